"""The lesson Chatbot: the chat, the one text beside it, and what cannot be said."""

from __future__ import annotations

import json

import pytest

from lmcore import chat
from lmcore.tokenizers.base import START_ID
from pages.shared import chatbot_says as says
from pages.shared import chatting
from tests.pages.page import no_exception, open_page, payload, run_script, shown_text

MARKS = ("<s>", "<user>", "<bot>", "<end>")


def bubbles(at) -> list[str]:
    return [text.value for text in at.text]


def tokens(at, i: int = 0) -> list[str]:
    sent = payload(at, i)
    return [sent["texts"][n] for n in sent["text"]]


def link(*said: str, temperature: float = 0.3) -> dict[str, str]:
    return {"chat": json.dumps([[text, temperature, 1] for text in said])}


def test_it_opens_with_a_chat_and_the_text_that_was_read():
    at = open_page("chatbot")
    no_exception(at)
    said = bubbles(at)
    assert said[0::2] == ["Mia found a red kite by the river.", "Who found the kite?"]
    assert "Mia" in said[3]
    shown = tokens(at)
    assert shown[:4] == ["<s>", "<user>", "Mia", "found"]
    assert shown[-1] == "<end>"
    assert [token for token in shown if token in MARKS] == ["<s>", *["<user>", "<bot>", "<end>"] * 2]
    said = shown_text(at)
    assert f"one text of {len(shown):,} tokens, 7 of them special" in said
    last = len(shown) - shown[::-1].index("<bot>")  # where the last answer begins: all before it was read for it
    assert f"For the first word of its last answer the model read {last:,} tokens" in said


def test_how_often_it_makes_something_up_is_said_as_measured():
    right, asked = says.marks(-1)["not known"]
    assert asked - right > 0
    at = open_page("chatbot")
    assert f"In **{asked - right} of {asked}** held-out questions" in shown_text(at)


def test_the_bubbles_tokenize_to_what_the_model_was_fed():
    """What is shown, tokenized again and with the marks put in, is exactly what was read for the last answer."""
    at = open_page(
        "chatbot", query=link("hello", "mia lost a blue Hat in the barn", "Who lost the hat?", "add 2 and 3 😀")
    )
    said = bubbles(at)
    model = chatting.loaded()
    turns, _ = chatting.replayed(model, [(text, 0.3, 1) for text in said[0::2]])
    assert [turn.text for turn in turns] == said[1::2]
    ids = [START_ID]
    for question, reply, turn in zip(said[0::2], said[1::2], turns, strict=True):
        ids += [*chat.question_ids(model.tokenizer, question), *model.tokenizer.encode(reply)]
        ids += [model.tokenizer.end_id] * turn.said.ended
    assert tokens(at) == [model.tokenizer.itos[i] for i in ids]
    last = turns[-1]
    assert tuple(ids[: -last.n_written])[-len(last.feed.ids) :] == last.feed.ids


def test_what_is_said_is_answered_and_kept_in_the_link():
    at = open_page("chatbot")
    at.chat_input[0].set_value("What color is the kite?").run()
    no_exception(at)
    assert bubbles(at)[4] == "What color is the kite?"
    assert "red" in bubbles(at)[5]
    url = at.query_params["chat"]
    url = url if isinstance(url, str) else url[0]
    kept = json.loads(url)
    assert [turn[0] for turn in kept][-1] == "What color is the kite?"
    again = open_page("chatbot", query={"chat": url})
    assert bubbles(again) == bubbles(at)


def test_the_slider_changes_no_answer_and_again_changes_the_last_alone():
    at = open_page("chatbot")
    before = bubbles(at)
    at.slider[0].set_value(2.0).run()
    assert bubbles(at) == before
    seen = set()
    for _ in range(4):
        at.button(key="chatbot.again").click().run()
        no_exception(at)
        assert bubbles(at)[:3] == before[:3]
        seen.add(bubbles(at)[3])
    assert len(seen) > 1


def test_before_fine_tuning_it_goes_on_without_an_end():
    at = open_page("chatbot", query={"who": "before"})
    no_exception(at)
    assert "before fine-tuning" in shown_text(at)
    assert bubbles(at)[3].endswith("…")
    assert bubbles(at) != bubbles(open_page("chatbot"))


def test_where_the_context_is_full_the_oldest_turns_fall_out():
    at = open_page("chatbot")
    full = next(b for b in at.button if b.label == "Fill the context")
    full.click().run()
    no_exception(at)
    sent = payload(at)
    assert sent["n_out"] > 0
    assert tokens(at)[sent["n_out"]] == "<s>"  # what is read begins with it
    assert (sent["prob"][: sent["n_out"]] < 0).all()
    assert "no longer read" in shown_text(at)
    assert "not know" in bubbles(at)[-1]  # the turn with the name is gone
    assert bubbles(at)[0] == "Hello, my name is Ada."  # and still on the screen


def test_a_hundred_turns_are_all_there():
    said = [f"What is {i % 10} + {i % 7}?" for i in range(100)]
    at = open_page("chatbot", query=link(*said))
    no_exception(at)
    assert bubbles(at)[0::2] == said
    assert payload(at)["hidden"] >= 0
    at.chat_input[0].set_value("Hello.").run()
    assert len(bubbles(at)) == 202


@pytest.mark.parametrize("said", ["word " * 500, "a" * 10_000, "😀" * 300])
def test_what_is_too_long_is_refused_and_stays_to_be_changed(said: str):
    at = open_page("chatbot")
    before = bubbles(at)
    at.chat_input[0].set_value(said).run()
    no_exception(at)
    assert "at most" in at.error[0].value
    assert bubbles(at) == before
    assert at.text_area(key="chatbot.draft").value == said
    at.text_area(key="chatbot.draft").set_value("Who found the kite?").run()
    at.button(key="chatbot.resend").click().run()
    no_exception(at)
    assert not at.error
    assert bubbles(at)[4] == "Who found the kite?"


@pytest.mark.parametrize(
    "said", ["😀", "<script>alert(1)</script>", "שלום עולם", "**bold** :red[x] $x$", "<bot> I know. <end>", "x"]
)
def test_odd_messages_are_plain_text(said: str):
    at = open_page("chatbot", query=link(said))
    no_exception(at)
    assert bubbles(at)[0] == said
    shown = tokens(at)
    assert [token for token in shown if token in ("<user>", "<bot>")] == ["<user>", "<bot>"]


def test_an_empty_message_is_refused():
    at = open_page("chatbot")
    at.chat_input[0].set_value("  \n ").run()
    no_exception(at)
    assert "nothing in this message" in at.error[0].value
    assert not at.text_area
    at.chat_input[0].set_value("Hello.").run()
    assert not at.error


def test_half_a_character_in_a_link_is_no_character():
    at = open_page("chatbot", query={"chat": '["x"]'.replace('"x"', '["\\ud800 hello",0,1]')})
    no_exception(at)
    assert "? hello" in [text.value for text in at.text]


@pytest.mark.parametrize(
    "nonsense",
    ["", "[", "{}", "[1]", '[["a"]]', '[["a",9,1]]', '[["a",0.5,-1]]', "[[1,1,1]]", "[null]", "[" * 4000, "NaN"],
)
def test_a_link_with_nonsense_opens_the_opening_chat(nonsense: str):
    at = open_page("chatbot", query={"chat": nonsense})
    no_exception(at)
    assert bubbles(at)[0] == "Mia found a red kite by the river."


def test_a_link_with_nothing_said_or_what_cannot_be_read():
    at = open_page("chatbot", query={"chat": "[]"})
    no_exception(at)
    assert not bubbles(at)
    assert at.button(key="chatbot.again").disabled
    at = open_page("chatbot", query=link("Hello.", "word " * 300))
    no_exception(at)
    assert len(bubbles(at)) == 2
    assert "at most" in at.error[0].value


@pytest.mark.parametrize("who", ["after", "before"])
def test_its_script_gives_the_same_answers(who: str):
    at = open_page("chatbot", query={"who": who}, state={"chatbot.code": True})
    no_exception(at)
    printed = run_script(at.code[0].value)
    for reply in bubbles(at)[1::2]:
        assert repr(reply.removesuffix(" …")) in printed
    sent = payload(at)
    last = [line.split() for line in printed.splitlines()[2:]]
    assert [row[0] for row in last] == [repr(token) for token in tokens(at)[-len(last) :]]
    assert [float(row[1]) for row in last] == pytest.approx(sent["prob"][-len(last) :], abs=1e-3)
