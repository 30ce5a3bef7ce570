"""Translator: what the stage draws is what the model writes, nonsense is refused, own pairs become a model."""

from __future__ import annotations

import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lmcore import checkpoints
from lmcore.corpora import french
from lmcore.corpora import pairs as reading
from pages.shared import translator_models as translators
from pages.shared.lesson import percent
from pages.shared.translator_own import SLOT, numbers, right_of
from tests.pages.page import no_exception, open_page, payload, reloaded, run_script, shown_text, wait_for_end

BOX = "translator.text"
HOSTILE = ["<script>alert(1)</script>", "</s> <unk> <s>", "😀", "x", "שלום עולם", "$x$ :red[y] `z`"]


@pytest.fixture(scope="module")
def shipped():
    return checkpoints.load(checkpoints.shipped()[translators.DEFAULT])


def asked(at: AppTest, sentence: str) -> AppTest:
    at.text_input(key=BOX).set_value(sentence).run()
    no_exception(at)
    return at


def test_the_stage_is_what_the_model_writes(shipped):
    at = open_page("translator")
    no_exception(at)
    drawn = payload(at, 0)
    tokenizer = shipped.tokenizer
    given = shipped.model.given(tokenizer.encode_source("The red car is in front of the white house."))
    assert tokenizer.decode(drawn["ids"].tolist()) == "La voiture rouge est devant la maison blanche."
    assert drawn["ended"]
    rows = given.trace(drawn["ids"][:-1].tolist())
    probs = np.exp(rows["log_probs"])
    N, S, K = len(drawn["ids"]), len(drawn["source"]), drawn["k"]
    ids = drawn["alt_id"].reshape(N, K)
    np.testing.assert_allclose(drawn["alt_prob"].reshape(N, K), np.take_along_axis(probs, ids, 1), rtol=1e-4)
    looks = rows["cross_weights"][-1].mean(axis=0)
    np.testing.assert_allclose(drawn["weights"].reshape(N, S), looks, atol=1e-5)
    assert f"p is **{percent(probs[1, drawn['ids'][1]])}**" in shown_text(at)
    assert run_script(at_code(at)).splitlines()[1].startswith("La voiture rouge est devant la maison blanche.")


def at_code(at: AppTest) -> str:
    """The script of "The code"."""
    at.session_state["translator.code"] = True
    at.run()
    return next(code.value for code in at.code if "translate(given" in code.value)


def test_a_small_word_and_no_mark_are_put_right_and_said():
    at = asked(open_page("translator"), "the dog  sleeps")
    assert "Read as `The dog sleeps.`" in shown_text(at)
    assert "`Le chien dort.`" in shown_text(at)


def test_an_unknown_word_is_named_and_shown_as_it_was_typed():
    at = asked(open_page("translator"), "The dragon sleeps.")
    drawn = payload(at, 0)
    assert drawn["source"][1] == "dragon"
    assert drawn["unknown"] == [1]
    assert "never seen `dragon`" in shown_text(at)


@pytest.mark.parametrize("sentence", HOSTILE)
def test_any_text_is_translated_or_refused_in_words(sentence: str):
    at = asked(open_page("translator"), sentence)
    for part in ("best", "quality", "own", "heads"):
        at.segmented_control(key="translator.part").set_value(part).run()
        no_exception(at)
    if sentence == "</s> <unk> <s>":  # plain text: no control token is made of it
        assert payload(at, 0)["source"][:4] == ["<", "/", "s", ">"]


@pytest.mark.parametrize(("sentence", "said"), [("", "nothing to translate"), ("the cat " * 200, "tokens")])
def test_nothing_and_too_much_are_refused(sentence: str, said: str):
    at = asked(open_page("translator"), sentence)
    assert said in at.error[0].value
    assert at.text_input(key=BOX).value == sentence


def test_a_sentence_longer_than_the_limit_stays_in_the_box_and_its_cut_is_said():
    at = asked(open_page("translator"), "x" * 10_000)
    assert at.text_input(key=BOX).value == "x" * 10_000
    assert "Only the first 2,000 of these 10,000 characters are read here." in shown_text(at)
    assert "is the limit here" in at.error[0].value


def test_the_question_comes_before_its_answer():
    said = [one.value for one in open_page("translator").markdown]
    question = next(i for i, text in enumerate(said) if "Predict, then reveal" in text)
    answer = next(i for i, text in enumerate(said) if "looks most at" in text)
    assert question < answer
    assert "`rouge`" not in said[answer]


def test_every_door_sets_all_that_it_shows():
    at = open_page("translator", query={"model": translators.OLDER, "text": "x", "beams": "3", "at": "7", "taken": "5"})
    n = len([button for button in at.button if str(button.key).startswith("translator.try")])
    assert n == 5
    for i in range(n):
        at.session_state["translator.model"], at.session_state["translator.text"] = translators.OLDER, "x"
        at.session_state["translator.beams"], at.session_state["translator.layer"] = 3, 0
        at.run()
        at.button(key=f"translator.try{i}").click().run()
        fresh = open_page("translator")
        fresh.button(key=f"translator.try{i}").click().run()
        no_exception(at)
        assert shown_text(at) == shown_text(fresh)
        assert dict(at.query_params) == dict(fresh.query_params)
        assert payload(at, 0)["at"] == fresh.session_state["translator.at"] < len(payload(at, 0)["words"])


def test_the_door_to_the_beam_shows_two_sentences():
    at = open_page("translator")
    at.button(key="translator.try4").click().run()
    no_exception(at)
    text = shown_text(at)
    assert "**Greedy** `Ma sœur a un biscuit.`" in text
    assert "**Beam of 4** `Ma sœur a une reine.`" in text
    assert "4.15 times as probable" in text


def test_shares_are_written_as_the_stage_writes_them():
    shares = [percent(p).replace("\u00a0", " ") for p in (1, 0.99999, 0.9996, 0.984, 0.05, 0.00123, 1e-7, 0)]
    assert shares == ["100%", ">99.9%", "99.96%", "98.4%", "5.00%", "0.123%", "<0.001%", "0%"]
    for part in ("best", "heads", "quality"):
        text = shown_text(open_page("translator", query={"part": part}))
        assert not re.search(r"\d\s%|= <|= -\d", text)


def test_another_word_is_taken_and_given_back(shipped):
    tokenizer = shipped.tokenizer
    un = tokenizer.encode("Un")[0]
    at = open_page("translator", query={"taken": str(un)})
    drawn = payload(at, 0)
    assert drawn["words"][0] == "Un"
    assert drawn["given"] == 1
    at.button(key="translator.own-words").click().run()
    assert payload(at, 0)["words"][0] == "La"


def test_a_link_with_tokens_that_do_not_exist_opens():
    for taken in ("0.5", "999999", "-3", "5.5.5"):
        no_exception(open_page("translator", query={"taken": taken, "at": "63", "layer": "11", "head": "63"}))


@pytest.mark.parametrize("kind", ["cross", "encoder", "decoder"])
def test_every_kind_of_attention_has_its_mask(kind: str):
    at = open_page("translator", query={"heads": kind})
    no_exception(at)
    drawn = payload(at, 1)
    assert drawn["causal"] == (kind == "decoder")
    stage = payload(at, 0)
    N, S = len(stage["words"]), len(stage["source"])
    assert drawn["first"] == (kind != "decoder")  # as the stage counts
    assert drawn["layer"] == drawn["L"] - 1  # the block that the stage draws
    assert (drawn["R"], drawn["K"]) == {"cross": (N, S), "encoder": (S, S), "decoder": (N, N)}[kind]


def test_the_older_network_has_one_matrix():
    at = open_page("translator", query={"model": translators.OLDER})
    no_exception(at)
    drawn = payload(at, 1)
    assert (drawn["L"], drawn["H"]) == (1, 1)
    assert drawn["only"] == "The alignments"
    assert "heads" not in payload(at, 0)["lines"]


def test_the_scores_are_those_of_the_cards_and_examples_are_held_out():
    at = open_page("translator", query={"part": "quality"})
    table = at.dataframe[0].value
    for name, row in zip(translators.shipped(), table.to_dict("records"), strict=True):
        assert row["exact"] == 100 * checkpoints.read_card(checkpoints.shipped()[name])["metrics"]["exact"]
    assert table["exact"][0] >= 95
    assert table["chrF"][0] >= 97
    assert french.held_out_pairs()[0].source in shown_text(at)
    at.button(key="translator.others").click().run()
    no_exception(at)
    assert french.held_out_pairs()[6].source in shown_text(at)


# Own pairs ----------------------------------------------------------------------------------------------------------


def own_page() -> AppTest:
    at = open_page("translator", query={"part": "own"})
    no_exception(at)
    return at


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("one;un\ntwo", "Line 2"),
        ("one;un", "one pair only"),
        ("a;b\na;b", "equal ones count once"),
        ("a;b\n;c\nd;e", "Line 2"),
        ("a\t" + "x" * 10_000, "200"),
    ],
)
def test_pairs_that_cannot_be_used_are_refused_and_stay_in_the_box(text: str, said: str):
    at = own_page()
    at.text_area(key=f"{SLOT}.text").set_value(text).run()
    no_exception(at)
    assert said in at.error[0].value
    assert at.text_area(key=f"{SLOT}.text").value == text
    at.button(key=f"{SLOT}.go").click().run()
    no_exception(at)
    assert [said in error.value.replace("\\", "") for error in at.error] == [True]  # said once, and nothing runs
    assert at.text_area(key=f"{SLOT}.text").value == text


def test_how_many_come_out_right_is_said_in_whole_pairs():
    assert right_of(1, 1.0) == "The one pair that was kept back **comes** out"
    assert right_of(1, 0.0) == "The one pair that was kept back **does not come** out"
    assert right_of(4, 0.25) == "Of 4 pairs that were kept back **1** comes out"
    assert right_of(1000, 0.983) == "Of 1,000 pairs that were kept back **983** (98.3%) come out"


def test_the_example_is_read():
    at = own_page()
    at.button(key=f"{SLOT}.example").click().run()
    no_exception(at)
    assert len(reading.parse(numbers()).pairs) == 333
    assert {"1\tone", "100\tone hundred", "997\tnine hundred ninety seven"} <= set(numbers().splitlines())


def test_own_pairs_become_a_model_that_translates():
    at = own_page()
    text = "\n".join(f"{a};{b}" for a, b in [("eins", "ОДИН"), ("zwei", "ДВА"), ("drei", "ТРИ"), ('"vier;"', "שלום")])
    at.text_area(key=f"{SLOT}.text").set_value("a;b\nc;d\ne;f").run()
    at.session_state[f"{SLOT}.steps"] = 200
    at.run()
    at.text_area(key=f"{SLOT}.text").set_value(text)  # other lines and the click come together: these are trained on
    at.button(key=f"{SLOT}.go").click().run()
    no_exception(at)
    wait_for_end(at.session_state[f"{SLOT}.job"])
    again = reloaded(at, "translator", {"part": "own"})
    no_exception(again)
    assert reading.parse(again.text_area(key=f"{SLOT}.text").value).pairs == reading.parse(text).pairs
    assert again.session_state[f"{SLOT}.steps"] == 200
    again.text_area(key=f"{SLOT}.text").set_value("").run()  # who empties the box wants it empty
    again.session_state["translator.part"] = "heads"
    again.run()
    again.session_state["translator.part"] = "own"
    again.run()
    assert again.text_area(key=f"{SLOT}.text").value == ""
    at.run()
    no_exception(at)
    assert re.search("comes?[*]* out right to the letter", shown_text(at))
    at.button(key=f"{SLOT}.keep").click().run()
    no_exception(at)
    at.button(key=f"{SLOT}.use").click().run()
    no_exception(at)
    assert str(at.session_state["translator.model"]).startswith("mine-")
    asked(at, "drei")
    assert payload(at, 0)["words"]
