"""A view between URL and session: links are followed, a URL that was only just replaced is not taken for one."""

from __future__ import annotations

import time

import pytest
from streamlit.runtime.state import QueryParamsProxy
from streamlit.testing.v1 import AppTest

from pages.shared import view as views


def page() -> None:
    import streamlit as st

    from pages.shared.view import View, whole

    view = View("test", {"n": whole(0, 0, 99)})
    st.number_input("n", 0, 99, key=view.key("n"))
    st.text(f"n is {view['n']}")
    view.publish()


def says(at: AppTest) -> str:
    assert not at.exception
    return str(at.text[0].value)


def test_a_link_is_followed_and_nonsense_is_not():
    at = AppTest.from_function(page)
    at.query_params["n"] = "7"
    assert says(at.run()) == "n is 7"
    at.query_params["n"] = "8"
    assert says(at.run()) == "n is 8"
    at.query_params["n"] = "-1"
    assert says(at.run()) == "n is 8"


def test_an_act_that_brings_the_url_of_before_is_no_link(monkeypatch: pytest.MonkeyPatch):
    """Two quick acts: the browser sends the second one before it has heard of the URL that the first one made."""
    at = AppTest.from_function(page)
    at.query_params["n"] = "10"
    at.run()
    at.number_input[0].set_value(11).run()
    at.query_params["n"] = "10"
    at.number_input[0].set_value(12)
    assert says(at.run()) == "n is 12"
    assert at.query_params["n"] == "12"
    later = time.monotonic() + views.LATE + 1
    monkeypatch.setattr(views.time, "monotonic", lambda: later)
    at.query_params["n"] = "10"
    assert says(at.run()) == "n is 10"  # a while later it is a link again


def page_with_acts() -> None:
    import streamlit as st

    from pages.shared.view import View, whole

    view = View("acts", {"n": whole(0, 0, 99)})
    n = st.number_input("n", 0, 99, key=view.key("n"))
    said = st.session_state.setdefault("said", [])

    def later(word: str) -> None:
        said.append(f"{word} {n}")

    def at_once() -> None:
        said.append(f"{'past' if view.is_past else 'now'} {n}")

    st.button("later", on_click=view.later, args=("later", "then"))
    st.button("at once", on_click=at_once)
    view.do(later)


def test_an_act_that_is_left_for_later_knows_what_came_with_it():
    """A callback itself knows the page as it was, and can tell that it is past."""
    at = AppTest.from_function(page_with_acts).run()
    at.button[0].click().run()
    at.button[1].click().run()
    at.number_input[0].set_value(7)
    at.button[0].click().run()
    at.number_input[0].set_value(8)
    at.button[1].click().run()
    at.run()
    assert not at.exception
    assert at.session_state["said"] == ["then 0", "now 0", "then 7", "past 7"]


def page_that_can_be_cut_short() -> None:
    import streamlit as st

    from pages.shared.view import View, whole

    view = View("quick", {"n": whole(0, 0, 99), "m": whole(0, 0, 99)})
    st.number_input("n", 0, 99, key=view.key("n"))
    st.button("seven", on_click=lambda: view.set(n=7))
    st.button("one", on_click=lambda: view.set(m=1))
    st.text(f"n is {view['n']}, m is {view['m']}")
    if st.session_state.get("cut"):
        st.stop()
    view.publish()


@pytest.mark.parametrize("cut", [True, False])
def test_a_quick_second_act_does_not_bring_back_what_the_first_one_changed(cut: bool, monkeypatch: pytest.MonkeyPatch):
    """A browser sends with the second act what it knew: the number from before the first."""
    now = time.monotonic()
    monkeypatch.setattr(views.time, "monotonic", lambda: now)
    at = AppTest.from_function(page_that_can_be_cut_short)
    at.run()
    at.session_state["cut"] = cut
    at.button[0].click().run()
    at.session_state["cut"] = False
    at.number_input[0].set_value(0)
    at.button[1].click()
    assert says(at.run()) == "n is 7, m is 1"
    now += 2 * views.ON_THE_WAY
    at.number_input[0].set_value(0)
    assert says(at.run()) == "n is 0, m is 1"  # somebody saw the 7, and turned it back


def test_what_a_person_changes_stays_changed():
    at = AppTest.from_function(page_that_can_be_cut_short)
    at.run()
    at.button[0].click().run()
    at.number_input[0].set_value(3)
    assert says(at.run()) == "n is 3, m is 0"
    at.button[0].click().run()
    at.run()
    at.query_params["n"] = "5"  # a link, followed at once
    assert says(at.run()) == "n is 5, m is 0"


def test_the_url_of_the_last_act_is_told_though_the_browser_seems_to_have_it(monkeypatch: pytest.MonkeyPatch):
    """10, 11, 10 in quick turns: with the last act comes the URL of the first, and that of the second is under way."""
    told: list[dict[str, str]] = []
    real = QueryParamsProxy.from_dict
    monkeypatch.setattr(QueryParamsProxy, "from_dict", lambda self, url: (told.append(url), real(self, url))[1])
    at = AppTest.from_function(page)
    at.query_params["n"] = "10"
    at.run()
    assert not told  # a link that is as it should be
    at.number_input[0].set_value(11).run()
    at.query_params["n"] = "10"
    at.number_input[0].set_value(10)
    assert says(at.run()) == "n is 10"
    assert told == [{"n": "11"}, {"n": "10"}]
    at.run()
    assert len(told) == 2
