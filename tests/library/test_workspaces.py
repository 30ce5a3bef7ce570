from __future__ import annotations

import pytest

from lmcore.library import Library, LibraryError
from lmcore.library import workspaces as module


def test_a_visitor_who_keeps_nothing_leaves_no_row(library: Library, anna: str):
    assert library.texts(anna) == library.models(anna) == []
    assert library.usage(anna).total == 0
    assert library.n_devices(anna) == 0
    assert library.db.engine.connect().exec_driver_sql("select count(*) from workspaces").scalar() == 0
    library.add_text(anna, "Mine", "some text")
    assert library.n_devices(anna) == 1


def test_only_the_hash_of_the_token_is_written(library: Library):
    token = library.new_token()
    library.add_text(library.workspace_for(token), "Mine", "some text")
    library.close()
    for file in library.folder.rglob("library.sqlite3*"):
        assert token.encode() not in file.read_bytes()


@pytest.mark.parametrize("token", [None, "", "short", "a" * 200, "../" * 15, "a" * 40 + "\n", "é" * 40])
def test_a_cookie_that_we_never_made_is_refused_in_words(library: Library, token: str | None):
    with pytest.raises(LibraryError, match="cookie"):
        library.workspace_for(token)


def test_a_device_code_opens_the_same_workspace_once(library: Library, anna: str):
    text = library.add_text(anna, "Mine", "some text")
    code = library.make_device_code(anna)
    token = library.redeem(f" {code.lower()} ")
    assert token
    other = library.workspace_for(token)
    assert other != anna
    assert library.texts(other) == [text]
    assert library.n_devices(anna) == 2
    assert library.redeem(code) is None


def test_a_new_code_ends_the_one_before_and_codes_expire(library: Library, anna: str, monkeypatch: pytest.MonkeyPatch):
    first, second = library.make_device_code(anna), library.make_device_code(anna)
    assert library.redeem(first) is None
    now = module.time.time()
    monkeypatch.setattr(module.time, "time", lambda: now + module.CODE_SECONDS + 1)
    assert library.redeem(second) is None


def test_wrong_codes_are_counted_for_each_caller(library: Library, anna: str):
    code = library.make_device_code(anna)
    for _ in range(module.WRONG_CODES):
        assert library.redeem("AAAA-AAAA", caller="here") is None
    with pytest.raises(LibraryError, match="Too many wrong codes"):
        library.redeem(code, caller="here")
    assert library.redeem(code, caller="there")


def test_codes_made_are_limited(library: Library, anna: str, ben: str):
    for _ in range(module.CODES_MADE):
        library.make_device_code(anna)
    with pytest.raises(LibraryError, match="Please wait"):
        library.make_device_code(anna)
    assert library.make_device_code(ben)


def test_forgetting_ends_one_device_and_the_last_one_leaves_it_to_be_emptied(library: Library):
    token = library.new_token()
    mine = library.workspace_for(token)
    library.add_text(mine, "Mine", "some text")
    other = library.redeem(library.make_device_code(mine))
    assert library.forget(token) == 1
    assert library.texts(mine) == []
    assert library.forget(other) == 0
    now = module.time.time()
    assert library.collect(now + 29 * 86400).workspaces == 0
    assert library.collect(now + 31 * 86400).workspaces == 1
    assert list(library.texts_folder.iterdir()) == []
