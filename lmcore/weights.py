"""A stranger's weights: safetensors files read by hand, everything known to fit before anything is allocated."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_HEADER = 4 * 1024 * 1024
MAX_WEIGHTS = 1024**3
# An n-gram's sizes come from its text, so its arrays are known by name and type; the model checks what they say.
COUNTS = {"contexts": "uint64", "offsets": "int64", "tokens": "int32", "counts": "int64", "head": "int32"}
DTYPES: dict[str, type[Any]] = {
    "F32": np.float32,
    "F16": np.float16,
    "U64": np.uint64,
    "I64": np.int64,
    "I32": np.int32,
    "U8": np.uint8,
    "BOOL": np.bool_,
}

Arrays = dict[str, NDArray[Any]]


def read_weights(path: Path, config: Any) -> Arrays:
    """The arrays of a safetensors file, which must be exactly those that the configuration calls for.

    `config.shapes()` says which names and shapes these are; a family without it is one of counts. The file's length
    must be what its header adds up to, its tensors must fill it without gap or overlap, all numbers must be finite.
    """
    return read_tensors(path, lambda entries: _check_names(entries, config))


def read_tensors(path: Path, check: Callable[[list[Entry]], None]) -> Arrays:
    """All arrays of a safetensors file; `check` sees what its header says, and may refuse, before any is read."""
    try:
        size = path.stat().st_size
        if size > MAX_WEIGHTS:
            raise ValueError(f"{path.name} has {size:,} bytes; the limit is {MAX_WEIGHTS:,}")
        with path.open("rb") as file:
            entries, begin = _read_header(file, size, path.name)
            check(entries)
            file.seek(begin)
            data = file.read(size - begin)
    except OSError as error:
        raise ValueError(f"{path.name} cannot be read") from error
    if len(data) != size - begin:
        raise ValueError(f"{path.name} changed while it was read")
    arrays = {}
    for entry in entries:
        count = math.prod(entry.shape)
        array = np.frombuffer(data, entry.dtype, count, entry.begin).reshape(entry.shape)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(f"{entry.name} holds numbers that are not finite")
        arrays[entry.name] = array
    return arrays


@dataclass(frozen=True)
class Entry:
    """A tensor as the header names it: dtype in numpy, its bytes from `begin` to before `end` after the header."""

    name: str
    dtype: Any
    shape: tuple[int, ...]
    begin: int
    end: int


def _read_header(file: Any, size: int, what: str) -> tuple[list[Entry], int]:
    """The tensors a file says it holds, in order of place, and where their bytes begin.

    8 bytes (little-endian) give the header's length; the header is JSON: name -> dtype, shape, data_offsets.
    https://huggingface.co/docs/safetensors/index#format
    """
    length = int.from_bytes(file.read(8), "little")
    if size < 8 or not 2 <= length <= min(MAX_HEADER, size - 8):
        raise ValueError(f"{what} is not a safetensors file")
    header = parse_json(file.read(length), f"the header of {what}")
    if not isinstance(header, dict):
        raise ValueError(f"the header of {what} must be an object")
    header.pop("__metadata__", None)
    entries = sorted((_read_entry(name, entry) for name, entry in header.items()), key=lambda entry: entry.begin)
    at = 0
    for entry in entries:
        if entry.begin != at:
            raise ValueError(f"the bytes of {entry.name!r:.60} do not follow those before them")
        at = entry.end
    if 8 + length + at != size:
        raise ValueError(f"{what} is {size:,} bytes long, its header says {8 + length + at:,}")
    return entries, 8 + length


def _read_entry(name: str, entry: Any) -> Entry:
    def whole(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_WEIGHTS

    good = isinstance(entry, dict) and set(entry) == {"dtype", "shape", "data_offsets"}
    good = good and isinstance(entry["dtype"], str) and entry["dtype"] in DTYPES
    good = good and isinstance(entry["shape"], list) and len(entry["shape"]) <= 8 and all(map(whole, entry["shape"]))
    good = good and isinstance(entry["data_offsets"], list) and len(entry["data_offsets"]) == 2
    if not good or not all(map(whole, entry["data_offsets"])):
        raise ValueError(f"the entry of {name!r:.60} is not a plain tensor")
    dtype, shape, (begin, end) = np.dtype(DTYPES[entry["dtype"]]), tuple(entry["shape"]), entry["data_offsets"]
    if end - begin != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"the bytes of {name!r:.60} are not those of its shape {shape}")
    return Entry(name, dtype.newbyteorder("<"), shape, begin, end)


def _check_names(entries: list[Entry], config: Any) -> None:
    """Exactly the arrays of the configuration."""
    if not hasattr(config, "shapes"):
        if {entry.name: entry.dtype.name for entry in entries} != COUNTS or any(len(e.shape) != 1 for e in entries):
            raise ValueError(f"a file of counts must hold exactly {', '.join(COUNTS)}, each in one dimension")
        return
    found = {entry.name: entry.shape for entry in entries}
    expected = config.shapes()
    for name, shape in expected.items():
        if name not in found:
            raise ValueError(f"the weights lack {name}")
        if found[name] != shape:
            raise ValueError(f"{name} has the shape {found[name]} instead of {shape}")
    extra = sorted(set(found) - set(expected))
    if extra:
        raise ValueError(f"the weights hold {extra[0]!r:.60}, which this model does not have")
    if any(entry.dtype.kind != "f" for entry in entries):
        raise ValueError("weights must be float32 or float16")


def parse_json(data: bytes, what: str) -> Any:
    """JSON without NaN or doubled names; ValueError, with `what` it is, for anything else."""

    def no_constants(name: str) -> None:
        raise ValueError(f"{name} is not a JSON number")

    def no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a name occurs twice")
        return dict(pairs)

    try:
        return json.loads(data.decode("utf-8"), parse_constant=no_constants, object_pairs_hook=no_doubles)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{what} is not valid JSON: {str(error)[:100]}") from error
