"""LibraryError: everything that can go wrong while keeping things, as one sentence for a person."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class LibraryError(ValueError):
    """The message is a sentence, ready to be shown."""


FULL = "The disk is full, so nothing could be saved. Nothing kept before was lost."
READ_ONLY = "The data folder cannot be written to, so nothing could be saved."
BUSY = "The library was busy for too long. Please try again."
DAMAGED = "The library's database is damaged. Restore data/library.sqlite3 from a copy, or move it away to start anew."

_DATABASE = [  # what SQLite says -> what a person reads
    ("full", FULL),
    ("readonly", READ_ONLY),
    ("unable to open", READ_ONLY),
    ("locked", BUSY),
    ("serialize", BUSY),
    ("malformed", DAMAGED),
    ("not a database", DAMAGED),
]
_SYSTEM = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EROFS: READ_ONLY,
    errno.EACCES: READ_ONLY,
    errno.EPERM: READ_ONLY,
    errno.ENOENT: "A file of the library is missing. It may have been removed by hand.",
    errno.EMFILE: "The server has too many files open. Please try again in a moment.",
}


def sentence(error: Exception) -> str:
    """The sentence for a database or system error; unknown ones are named by their kind, never by a path."""
    if isinstance(error, OSError):
        return _SYSTEM.get(
            error.errno or 0, f"The data folder could not be used ({error.strerror or 'unknown cause'})."
        )
    if isinstance(error, PoolTimeout):
        return BUSY
    if isinstance(error, DBAPIError):
        said = str(error.orig).lower()
        for word, text in _DATABASE:
            if word in said:
                return text
    return f"The library could not be used ({type(error).__name__})."


@contextmanager
def in_words() -> Iterator[None]:
    """Turn every database and system error inside into a LibraryError."""
    try:
        yield
    except LibraryError:
        raise
    except (SQLAlchemyError, OSError) as error:
        raise LibraryError(sentence(error)) from error
