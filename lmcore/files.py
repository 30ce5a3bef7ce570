"""Files that are whole or not there: written beside their place under a temporary name, then moved into it.

No path is ever built from what a person typed: names here are hashes and random ids, and are checked to be.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from pathlib import Path

STATE_FILE = "state.safetensors"  # in a run's folder: all that is needed to go on
_NAME = re.compile(r"[0-9a-z]{8,64}\Z")


def named(folder: Path, name: str, suffix: str = "") -> Path:
    """folder/name+suffix for a hash or id. ValueError when the name could be anything else."""
    if not _NAME.match(name):
        raise ValueError("That is not the name of anything in the library.")
    return folder / f"{name}{suffix}"


def write_atomic(path: Path, data: bytes) -> None:
    """Write the whole file or nothing, and have it on the disk before the name is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def place_folder(source: Path, target: Path) -> None:
    """Make target/ hold what source/ holds, at once as seen from outside; files already there by that hash stay.

    Files are linked where the disk can do that (they are never changed in place), else copied.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        shutil.copytree(source, temporary, copy_function=_link_or_copy, ignore=shutil.ignore_patterns(".*"))
        if target.exists():  # the same content, perhaps with fewer snapshots: add what is missing
            shutil.copytree(temporary, target, copy_function=_link_if_missing, dirs_exist_ok=True)
        else:
            try:
                os.rename(temporary, target)
            except OSError:
                if not target.is_dir():  # else another process was faster, with the same content
                    raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def remove_folder(folder: Path) -> None:
    """Remove a folder as seen from outside at once: moved aside first, then emptied. Nothing happens if it is gone."""
    aside = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.gone")
    try:
        os.rename(folder, aside)
    except FileNotFoundError:
        return
    shutil.rmtree(aside, ignore_errors=True)


def size(folder: Path) -> int:
    """Bytes of all files below a folder (0 if there is none)."""
    total = 0
    for path in folder.rglob("*"):
        try:
            if path.is_file():
                total += path.stat().st_size
        except OSError:  # removed while we looked
            continue
    return total


def sweep(folder: Path, older_than: float) -> int:
    """Remove what an interrupted write left behind (.part, .gone) before the time `older_than`. Returns how many."""
    gone = 0
    if not folder.is_dir():
        return 0
    for path in folder.iterdir():
        if path.name.startswith(".") and path.suffix in (".part", ".gone") and path.stat().st_mtime < older_than:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
            gone += 1
    return gone


def _link_or_copy(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
    return target


def _link_if_missing(source: str, target: str) -> str:
    if not os.path.exists(target):
        _link_or_copy(source, target)
    return target
