"""Two at once, a full disk, a read-only folder, a damaged or newer database: words, and nothing lost."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy import text as sql

from lmcore import files
from lmcore.library import Library, LibraryError
from lmcore.library.base import named
from lmcore.paths import ROOT

WRITER = """
import sys
from pathlib import Path
from lmcore.library import Library
library = Library(Path(sys.argv[1]))
me = library.workspace_for(sys.argv[2] * 43)
for i in range(40):
    text = library.add_text(me, f"text {i}", f"{sys.argv[2]} {i % 20}")
    library.rename_text(me, text.id, f"renamed {i}")
    if i % 3 == 0:
        library.delete_text(me, text.id)
print(len(library.texts(me)))
"""


def test_two_processes_and_threads_write_at_once(library: Library, anna: str):
    command = [sys.executable, "-c", WRITER, str(library.folder)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    others = [subprocess.Popen([*command, name], env=env, stdout=subprocess.PIPE, text=True) for name in "xyz"]
    failures: list[Exception] = []

    def write(number: int) -> None:
        try:
            for i in range(15):
                library.add_text(anna, "", f"{number} {i}")
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = []
    for other in others:
        out, _ = other.communicate(timeout=60)
        assert other.returncode == 0
        counts.append(int(out))
    assert failures == []
    assert len(library.texts(anna)) == 60
    assert counts[0] == counts[1] == counts[2] > 0
    assert len(list(library.texts_folder.iterdir())) == 60 + sum(counts)


def full(*args: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_says_so_and_leaves_nothing_behind(library: Library, anna: str, monkeypatch: pytest.MonkeyPatch):
    kept = library.add_text(anna, "", "before")
    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(LibraryError, match="disk is full"):
        library.add_text(anna, "", "too much")
    monkeypatch.undo()
    assert library.texts(anna) == [kept]
    assert [p.name for p in library.texts_folder.iterdir()] == [f"{kept.sha256}.txt"]


def test_a_full_database_says_so(library: Library, anna: str):
    library.add_text(anna, "", "before")

    def stop_growing(connection: object, record: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # type: ignore[attr-defined]

    library.db.engine.dispose()
    event.listen(library.db.engine, "connect", stop_growing)

    def fill() -> None:
        for i in range(400):
            library.add_text(anna, "t" * 100, f"text {i}")

    with pytest.raises(LibraryError, match="disk is full"):
        fill()
    event.remove(library.db.engine, "connect", stop_growing)
    library.db.engine.dispose()
    assert library.add_text(anna, "", "after")


def test_a_read_only_database_says_so(library: Library, anna: str):
    def write() -> None:
        with library.db.write() as conn:
            conn.exec_driver_sql("PRAGMA query_only = ON")
            library.own(conn, anna)

    with pytest.raises(LibraryError, match="cannot be written"):
        write()
    library.db.engine.dispose()


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LibraryError):
        Library(tmp_path / "file" / "data")


def test_a_database_that_is_none_says_so(tmp_path: Path):
    (tmp_path / "library.sqlite3").write_bytes(b"not a database at all, but long enough to be looked at" * 50)
    with pytest.raises(LibraryError, match="damaged"):
        Library(tmp_path)


def test_a_newer_database_is_refused_and_an_empty_one_is_made(library: Library):
    with library.db.write() as conn:
        assert conn.execute(sql("select version from schema_version")).scalars().all() == [1]
        conn.execute(sql("update schema_version set version = 99"))
    with pytest.raises(LibraryError, match="newer version"):
        Library(library.folder)


def test_the_database_waits_for_its_writers(library: Library):
    with library.db.read() as conn:
        assert conn.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert conn.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert conn.exec_driver_sql("PRAGMA busy_timeout").scalar() == 10_000


def test_a_name_is_never_a_path():
    for name in ("../x", "a/b/c/d/e/f", "", ".hidden-file", "C:\\windows", "a" * 65, "abcdefgh\n", "ABCDEFGHI"):
        with pytest.raises(LibraryError):
            named(Path("/data"), name)


def test_a_failed_write_in_a_transaction_undoes_all_of_it(
    library: Library, anna: str, checkpoint: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(files, "place_folder", full)
    with pytest.raises(LibraryError, match="disk is full"):
        library.keep_model(anna, checkpoint())
    assert library.models(anna) == []
    assert library.n_devices(anna) == 0


def test_the_web_process_needs_no_torch():
    code = "import sys, lmcore.library, lmcore.jobs; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
