"""The folder as one .zip: how it leaves a browser, and how it comes in.

An uploaded archive is a stranger's: no name in it ever becomes a path, what is read is counted as it is read (an
archive may say anything about its sizes), and only three files are taken.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

WANTED = {"config.json": 1024**2, "tokenizer.json": 20 * 1024**2, "model.safetensors": 64 * 1024**2}
"""File -> the most bytes it may have, unpacked."""
MAX_ENTRIES = 1000
_WHEN = (1980, 1, 1, 0, 0, 0)  # equal models give equal archives


def zipped(files: Mapping[str, bytes], folder: str) -> bytes:
    """A .zip with `folder`/name for each file. Weights are stored as they are: nothing can be pressed out of them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            packed = zipfile.ZIP_STORED if name.endswith(".safetensors") else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(f"{folder}/{name}", _WHEN), data, packed)
    return buffer.getvalue()


def unpacked(data: bytes, target: Path) -> None:
    """Write the wanted files of an archive into `target`, under their own fixed names.

    ValueError when it is no archive, lacks one, has one in several folders, or one that is too large or damaged.
    """
    contents: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                raise ValueError(f"the archive has {len(entries):,} files; the limit is {MAX_ENTRIES:,}")
            for name, limit in WANTED.items():
                contents[name] = _read(archive, _only(entries, name), limit)
    except ValueError:
        raise
    except Exception as error:  # BadZipFile, zlib.error, LZMAError, RuntimeError for a password, …
        raise ValueError("this is not a .zip that can be opened: it is damaged, locked, or something else") from error
    for name, content in contents.items():
        (Path(target) / name).write_bytes(content)


def _only(entries: list[zipfile.ZipInfo], name: str) -> zipfile.ZipInfo:
    """The one entry of this name, in whatever folder. Apple's own copies ("__MACOSX/._config.json") are passed over."""
    found = [e for e in entries if PurePosixPath(e.filename).name == name and not e.filename.startswith("__MACOSX/")]
    if not found:
        others = any(e.filename.endswith((".bin", ".pt", ".pth", ".ckpt")) for e in entries)
        pickle = "; weights as pickle (.bin, .pt) are never opened" if others and name.endswith("safetensors") else ""
        raise ValueError(f"there is no {name} in the archive{pickle}")
    if len(found) > 1:
        raise ValueError(f"the archive has {len(found)} files named {name}; it must hold one folder of a model")
    return found[0]


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes:
    """The bytes of an entry, and never more than `limit` of them, whatever it says of itself."""
    with archive.open(entry) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise ValueError(f"a file in the archive is larger than {limit // 1024**2} MB")
    return content
