"""What defines a page's view (text, model, prompt, temperature, seed) lives in the URL, so that a link reopens it.

Each page's view is also kept in session_state and written back to the URL on return, since moving between pages
drops the query string. Values from a URL are data from a stranger: every field parses and checks its own.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

ON_THE_WAY = 0.3  # seconds that a value may need to the browser; nobody who sees it come turns it back that fast
_UNSEEN = "view/unseen"  # what this run set: key -> (the value before, the value)
_TOLD = "view/told"  # what the last run set, and when it came to its end
LATE = 3.0  # seconds in which a browser may still send the URL that was replaced: it had not heard of the new one yet


@dataclass(frozen=True)
class Field:
    """One value of a view: its default, how to read it from a URL (ValueError when bad), how to write it."""

    default: Any
    parse: Callable[[str], Any]
    format: Callable[[Any], str] = str


def text(default: str, max_chars: int = 2000) -> Field:
    """Any text up to `max_chars`; a link holds no more of it."""
    return Field(default, lambda value: value[:max_chars], lambda value: value[:max_chars])


def choice(default: Any, options: Sequence[Any]) -> Field:
    """One of `options`, compared as text."""

    def parse(value: str) -> Any:
        return next(option for option in options if str(option) == value)

    return Field(default, parse)


def whole(default: int, low: int, high: int) -> Field:
    """A whole number from `low` to `high`."""

    def parse(value: str) -> int:
        number = int(value)
        if not low <= number <= high:
            raise ValueError(value)
        return number

    return Field(default, parse)


def number(default: float, low: float, high: float, infinity: bool = False) -> Field:
    """A number from `low` to `high`, or "inf" where it is allowed."""

    def parse(value: str) -> float:
        found = float(value)
        if infinity and found == math.inf:
            return found
        if not low <= found <= high:
            raise ValueError(value)
        return found

    return Field(default, parse, lambda value: f"{value:g}")


def token_list(most: int) -> Field:
    """Drawn tokens: indices with dots between. That they are in the vocabulary is checked where they are used."""

    def parse(value: str) -> tuple[int, ...]:
        return tuple(int(part) for part in value.split(".")[:most] if part)

    return Field((), parse, lambda ids: ".".join(map(str, ids)))


def hold(key: str) -> None:
    """Set a widget's value once more when the browser does not know it yet.

    A browser loads a widget's script when it first draws one. Is the page run anew before that (an early click on a
    slow network), the widget would begin with its own default, not with what session_state says, and send that back.
    """
    context = get_script_run_ctx()
    state = context.session_state._state if context else None
    if state and state._get_widget_id(key) not in state._new_widget_state.states:  # what this run's request brought
        st.session_state[key] = st.session_state[key]


def put(key: str, value: Any) -> None:
    """Set a widget's value in a callback, such that the browser's old one does not come back.

    Every request brings all values that the browser knew when it was sent. Two quick acts, and the second one brings
    the values from before the first, as if the person had just chosen them.
    """
    if key in st.session_state:
        unseen = st.session_state.setdefault(_UNSEEN, {})
        old = unseen[key][0] if key in unseen else st.session_state[key]
        unseen[key] = (old, value)
    st.session_state[key] = value


def _put_again() -> None:
    """What was set when the browser had not yet heard of it: in a run that was cut short, or a moment ago."""
    told, at = st.session_state.get(_TOLD, ({}, 0.0))
    recent = told if time.monotonic() - at < ON_THE_WAY else {}
    for key, (old, value) in {**recent, **st.session_state.get(_UNSEEN, {})}.items():
        if key in st.session_state and st.session_state[key] == old != value:
            st.session_state[key] = value


class View:
    """The fields of one page, between URL, session and widgets.

    A widget takes `key=view.key(name)`; `view[name]` reads, `view.set(name=value)` changes (in a callback, or before
    the widget is drawn), `view.publish()` at the end of the page writes the URL.
    """

    def __init__(self, page: str, fields: dict[str, Field]) -> None:
        self.page, self.fields = page, fields
        self.store: dict[str, Any] = st.session_state.setdefault(
            f"view/{page}", {name: field.default for name, field in fields.items()}
        )
        url = dict(st.query_params)
        # a link was opened, or the person came back without a query string
        if url != self.store.get("_url") and not self._is_late(url):
            for name, field in fields.items():
                if name in url:
                    try:
                        self.store[name] = field.parse(url[name])
                    except (ValueError, StopIteration, OverflowError):
                        continue  # a bad value in a link falls back to what was there
                    st.session_state.pop(self.key(name), None)
            for key in (_UNSEEN, _TOLD):
                st.session_state.pop(key, None)
            self.store["_extra"] = {name: value for name, value in url.items() if name not in fields}
            self.store["_url"] = url
        _put_again()
        for name in fields:
            if self.key(name) in st.session_state:
                self.store[name] = st.session_state[self.key(name)]
                hold(self.key(name))
            else:
                st.session_state[self.key(name)] = self.store[name]

    @property
    def share(self) -> str | None:
        """The token of a share link, when this page was opened by one."""
        return self.store.get("_extra", {}).get("share")

    @property
    def untouched(self) -> bool:
        """True in the opening state."""
        return all(self.store[name] == field.default for name, field in self.fields.items())

    def key(self, name: str) -> str:
        """The session_state key of a field's widget."""
        return f"{self.page}.{name}"

    def __getitem__(self, name: str) -> Any:
        return self.store[name]

    def set(self, **values: Any) -> None:
        """Change fields; the widgets follow."""
        for name, value in values.items():
            self.store[name] = value
            put(self.key(name), value)

    def reset(self) -> None:
        """Back to the opening state."""
        self.set(**{name: field.default for name, field in self.fields.items()})

    def later(self, act: str, *args: Any) -> None:
        """In a callback: leave an act to `do`, by its function's name.

        A callback belongs to the page as it was. Who types a text and at once clicks a button sends both together, and
        the button's callback would still know the old text only.
        """
        self.store.setdefault("_acts", []).append((act, args))

    def do(self, *acts: Callable[..., None]) -> None:
        """Now that the page has read its controls: what callbacks left to do."""
        known = {act.__name__: act for act in acts}
        for name, args in self.store.pop("_acts", []):
            known[name](*args)

    @property
    def is_past(self) -> bool:
        """In a callback: whether a control was changed together with what was clicked, which then shows the past."""
        keys = {name: self.key(name) for name in self.fields}
        return any(key in st.session_state and st.session_state[key] != self.store[name] for name, key in keys.items())

    def _is_late(self, url: dict[str, str]) -> bool:
        """Was this URL only just replaced? Then an act that came quickly after another one brings it, not a link."""
        now = time.monotonic()
        self.store["_replaced"] = [(old, at) for old, at in self.store.get("_replaced", []) if now - at < LATE]
        return any(old == url for old, _ in self.store["_replaced"])

    def publish(self) -> None:
        """Write what differs from the opening state to the URL: the run came to its end."""
        if unseen := st.session_state.pop(_UNSEEN, None):
            st.session_state[_TOLD] = (unseen, time.monotonic())
        for name in self.fields:
            if self.key(name) in st.session_state:
                self.store[name] = st.session_state[self.key(name)]
        url = {
            name: field.format(self.store[name])
            for name, field in self.fields.items()
            if self.store[name] is not None and self.store[name] != field.default
        }
        url = {**self.store.get("_extra", {}), **url}
        # The browser may be on its way from this URL to another one: what it was told last counts, too.
        if dict(st.query_params) != url or self.store.get("_url", url) != url:
            st.query_params.from_dict(url)
        if (old := self.store.get("_url")) is not None and old != url:
            self.store.setdefault("_replaced", []).append((old, time.monotonic()))
        self.store["_url"] = url
