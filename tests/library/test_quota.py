from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore import checkpoints
from lmcore.library import Library, LibraryError
from lmcore.library.quota import thin_order

Write = Callable[..., Path]


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_every_second_snapshot_goes_first():
    assert thin_order([1, 2, 4, 8, 16]) == [2, 8, 4, 1, 16]
    assert thin_order([5]) == [5]


@given(st.sets(st.integers(0, 10**6), max_size=40))
def test_thinning_gives_up_every_snapshot_once_and_the_ends_last(steps: set[int]):
    order = thin_order(list(steps))
    assert sorted(order) == sorted(steps)
    assert set(order[-2:]) == {min(steps), max(steps)} if steps else order == []


def test_usage_counts_what_each_keeps(library: Library, anna: str, ben: str, checkpoint: Write):
    folder = checkpoint()
    library.add_text(anna, "", "12345")
    library.keep_model(anna, folder)
    library.keep_model(ben, folder)
    usage = library.usage(anna)
    assert usage.texts == 5
    assert usage.snapshots == size(folder / "snapshots")
    assert usage.total == 5 + size(folder)
    assert library.usage(ben).total == size(folder)
    assert usage.quota == 200_000_000


def test_the_oldest_snapshots_go_first_and_the_page_can_say_so_before(tmp_path: Path, checkpoint: Write):
    first, second = checkpoint(1), checkpoint(2)
    one = size(first / "snapshots") // 3
    with_room = Library(tmp_path / "data", quota_bytes=size(first) + size(second) - one - 10)
    me = with_room.workspace_for("a" * 43)
    model = with_room.keep_model(me, first, "First")
    told = with_room.would_thin(me, size(second))
    assert told.snapshots == [("First", 2), ("First", 1)]
    assert told.enough
    assert told.sentence().startswith("To make room, 2 old snapshots of “First” will be removed")
    with_room.keep_model(me, second, "Second")
    assert with_room.model(me, model.id).steps == (4,)
    assert checkpoints.steps(model.folder) == [4]
    assert with_room.models(me)[0].steps in ((1, 2, 4), (4,))
    assert with_room.usage(me).total <= with_room.quota_bytes
    assert with_room.would_thin(me, 0).sentence() == ""
    with_room.close()


def test_a_snapshot_stays_on_disk_as_long_as_another_keeps_it(tmp_path: Path, checkpoint: Write):
    folder, text = checkpoint(1), "x" * 1000
    library = Library(tmp_path / "data", quota_bytes=size(folder) + 500)
    anna, ben = library.workspace_for("a" * 43), library.workspace_for("b" * 43)
    mine, other = library.keep_model(anna, folder), library.keep_model(ben, folder)
    library.add_text(anna, "", text)
    assert library.model(anna, mine.id).steps == (1, 4)
    assert checkpoints.steps(mine.folder) == [1, 2, 4]
    library.add_text(ben, "", text)
    assert library.model(ben, other.id).steps == (1, 4)
    assert checkpoints.steps(mine.folder) == [1, 4]
    library.close()


def test_models_nobody_kept_go_whole_but_kept_ones_and_texts_never(tmp_path: Path, checkpoint: Write):
    first, second, third = checkpoint(1, ()), checkpoint(2, ()), checkpoint(3, ())
    library = Library(tmp_path / "data", quota_bytes=2 * size(first) + 100)
    me = library.workspace_for("a" * 43)
    library.keep_model(me, first, "Kept")
    aside = library.keep_model(me, second, "Aside", kept=False)
    assert library.would_thin(me, size(third)).models == ["Aside"]
    library.keep_model(me, third, "New")
    assert [m.title for m in library.models(me)] in (["Kept", "New"], ["New", "Kept"])
    assert not aside.folder.exists()
    assert not library.would_thin(me, 1000).enough
    with pytest.raises(LibraryError, match="Your library is full"):
        library.add_text(me, "", "x" * 1000)
    assert library.texts(me) == []
    assert len(library.models(me)) == 2
    library.close()
