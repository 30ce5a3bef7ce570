from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lmcore import checkpoints
from lmcore.library import Library, LibraryError

Write = Callable[..., Path]


def test_a_kept_model_is_the_checkpoint_that_was_written(library: Library, anna: str, checkpoint: Write):
    folder = checkpoint()
    model = library.keep_model(anna, folder, "  My\nmodel ", run_id="r" * 32)
    assert (model.title, model.family, model.corpus, model.steps) == ("My model", "gpt", "Mice", (1, 2, 4))
    assert model.hash == checkpoints.read_card(folder)["hash"] == model.card["hash"]
    assert checkpoints.read_card(model.folder) == checkpoints.read_card(folder)
    assert checkpoints.steps(model.folder) == [1, 2, 4]
    assert model.n_bytes == sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
    assert library.models(anna) == [model]
    assert library.keep_model(anna, folder).title == "gpt on mice"
    assert len(library.models(anna)) == 1


def test_nobody_reaches_the_model_of_another(library: Library, anna: str, ben: str, checkpoint: Write):
    model = library.keep_model(anna, checkpoint())
    for call in (
        lambda: library.model(ben, model.id),
        lambda: library.rename_model(ben, model.id, "Ben's"),
        lambda: library.keep(ben, model.id),
        lambda: library.share_model(ben, model.id),
        lambda: library.revoke_share(ben, model.id),
        lambda: library.delete_model(ben, model.id),
    ):
        with pytest.raises(LibraryError, match="no such model in this workspace"):
            call()
    assert library.models(ben) == []
    assert library.rename_model(anna, model.id, "").title == "My model"


def test_the_same_model_is_kept_once_on_disk(library: Library, anna: str, ben: str, checkpoint: Write):
    mine = library.keep_model(anna, checkpoint())
    other = library.keep_model(ben, checkpoint(), "Ben's")
    assert mine.folder == other.folder
    library.delete_model(anna, mine.id)
    assert checkpoints.read_card(other.folder)["hash"] == other.hash
    library.delete_model(ben, other.id)
    assert list(library.models_folder.iterdir()) == []


def test_what_is_no_checkpoint_is_refused_in_words(library: Library, anna: str, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(LibraryError, match="not a checkpoint"):
        library.keep_model(anna, tmp_path / "empty")


def test_a_share_link_works_until_it_is_revoked(library: Library, anna: str, checkpoint: Write):
    model = library.keep_model(anna, checkpoint())
    assert model.share is None
    link = library.share_model(anna, model.id)
    assert library.share_model(anna, model.id) == link
    assert len(link) == 22
    opened = library.shared(link)
    assert opened
    assert (opened.hash, opened.folder) == (model.hash, model.folder)
    assert library.model(anna, model.id).share == link
    library.revoke_share(anna, model.id)
    assert library.shared(link) is None
    assert library.share_model(anna, model.id) != link
    library.delete_model(anna, model.id)
    assert library.shared(link) is None
    assert library.shared("") is None


def test_files_nobody_holds_go_after_an_hour(library: Library, anna: str, checkpoint: Write):
    model = library.keep_model(anna, checkpoint())
    for name in ("models/" + "f" * 64, "runs/" + "e" * 32):
        (library.folder / name).mkdir()
    (library.texts_folder / f"{'d' * 64}.txt").write_text("left over")
    (library.texts_folder / ".x.txt.0.part").write_text("half")
    assert library.collect().files == 0
    assert library.collect(time.time() + 3700).files == 4
    assert checkpoints.read_card(library.model(anna, model.id).folder)
