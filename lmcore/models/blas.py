"""One thread for numpy's matrix products: for vectors as short as a model's, a second one makes them 5 times slower."""

from __future__ import annotations

import ctypes
from functools import lru_cache
from pathlib import Path

import numpy as np

SETTERS = ("scipy_openblas_set_num_threads64_", "scipy_openblas_set_num_threads", "openblas_set_num_threads")


@lru_cache(maxsize=1)
def use_one_thread() -> bool:
    """Tell numpy's own OpenBLAS, for the whole process; the same as OPENBLAS_NUM_THREADS=1 before the start.

    False where numpy brings another BLAS (on a Mac, Accelerate), which is left as it is. Large products are torch's,
    which has threads of its own.
    """
    package = Path(np.__file__).parent
    for folder in (package.parent / "numpy.libs", package / ".dylibs"):
        for file in sorted(folder.glob("*openblas*")):
            try:
                library = ctypes.CDLL(str(file))  # it is loaded already: this is a handle to it
            except OSError:
                continue
            for name in SETTERS:
                if hasattr(library, name):
                    getattr(library, name)(1)
                    return True
    return False
