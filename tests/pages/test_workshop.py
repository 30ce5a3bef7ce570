"""Training on the page from the click to the kept model, and what the library does with it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lmcore import checkpoints
from lmcore.models import build
from lmcore.tokenizers.pairs import train_pairs
from lmcore.training.presets import PRESETS
from pages.shared import durations, live, services
from tests.pages.page import no_exception, open_page, run_script, shown_text, wait_for_end, workspace_of

QUICK = {"text": "mouse", "tokenizer": "word", "size": "tiny", "steps": "20"}


def trained(query: dict[str, str] = QUICK) -> AppTest:
    at = open_page("train", query=query)
    at.button(key="train.go").click().run()
    no_exception(at)
    wait_for_end(at.session_state["train.job"])
    at.run()
    no_exception(at)
    return at


@pytest.fixture
def kept() -> AppTest:
    at = trained()
    at.button(key="train.keep").click().run()
    no_exception(at)
    return at


def test_a_click_trains_a_model_and_says_how_it_went():
    at = trained()
    text = shown_text(at)
    assert "Done: 20 steps" in text
    assert "The loss went from" in text
    assert at.get("plotly_chart")


def test_the_same_run_is_replayed_and_says_so():
    trained()
    assert "this is a replay" in shown_text(trained())


def test_how_long_it_takes_follows_the_steps_and_the_machine(monkeypatch):
    monkeypatch.setattr(durations, "seconds_a_step", lambda: dict.fromkeys(PRESETS, 0.1))
    at = open_page("train", query={"size": "small", "steps": "2100"})
    size = at.selectbox(key="train.size")
    assert "GPT small, about 4 min" in size.options  # 210 s
    assert "N-gram of order 3, at once" in size.options
    at.number_input(key="train.steps").set_value(0).run()
    no_exception(at)
    assert "GPT small, about 70 s" in at.selectbox(key="train.size").options
    assert at.selectbox(key="train.size").value == "small"
    monkeypatch.setattr(durations, "seconds_a_step", lambda: dict.fromkeys(PRESETS, 0.01))
    at.run()
    no_exception(at)
    assert "GPT small, about 7 s" in at.selectbox(key="train.size").options
    assert at.selectbox(key="train.size").value == "small"


def test_a_size_that_has_not_run_here_is_scaled_by_those_that_have(monkeypatch):
    """GPT tiny takes a third of what it took elsewhere, an LSTM as long: the middle of both is two thirds."""

    class Runner:
        def seconds_a_step(self, spec: dict) -> float | None:
            return measured.get(spec["model"]["family"]) if spec["model"].get("n_embd") == 64 else None

    there = {size: preset.seconds / preset.train["max_steps"] for size, preset in PRESETS.items()}
    measured: dict[str, float] = {}
    monkeypatch.setattr(durations.services, "runner", Runner)
    assert durations.seconds_a_step() == pytest.approx(there)
    measured |= {"gpt": there["tiny"] / 3, "lstm": there["lstm"]}
    found = durations.seconds_a_step()
    assert found["tiny"] == measured["gpt"]
    assert found["lstm"] == measured["lstm"]
    assert found["medium"] == pytest.approx(2 / 3 * there["medium"])


def test_a_long_run_is_looked_at_less_often():
    at = open_page("train", query={**QUICK, "text": "tales", "steps": "20000"})
    at.button(key="train.go").click().run()
    job_id, after = at.session_state["train.job"], 0
    while (services.runner().status(job_id).expected_left_s or 0) < 60:
        after = services.runner().wait(job_id, after, timeout=60)[-1].seq
    at.run()
    no_exception(at)
    assert live.pace(services.runner().status(job_id)) == 1.0
    at.button(key="train.stop").click().run()
    wait_for_end(at.session_state["train.job"])
    at.run()
    no_exception(at)
    assert "Stopped at step" in shown_text(at)


def test_a_reload_finds_the_run_again():
    first = trained()
    second = AppTest.from_file(str(first._script_path), default_timeout=60)
    second.session_state["workspace"] = first.session_state["workspace"]
    second.run()
    second.switch_page("workshop/train.py").run()
    no_exception(second)
    assert "Done: 20 steps" in shown_text(second)


def test_an_ngram_is_a_run_like_any_other():
    assert "Done: counted in" in shown_text(trained({"text": "mouse", "tokenizer": "word", "size": "order-3"}))


def test_the_script_does_the_same_run():
    at = open_page("train", {"train.code": True, "train.numbers": True}, QUICK)
    at.button(key="train.go").click().run()
    wait_for_end(at.session_state["train.job"])
    at.run()
    no_exception(at)
    table = at.dataframe[0].value.set_index("step")
    printed = [line.split() for line in run_script(at.code[0].value).splitlines()]
    assert int(printed[-1][0]) == 20
    assert float(printed[-1][2]) == pytest.approx(table.loc[20, "held-out loss"], abs=0.02)


def test_an_unsaved_model_is_warned_about():
    at = trained()
    at.number_input(key="train.seed").set_value(7).run()
    at.button(key="train.go").click().run()
    no_exception(at)
    assert at.button(key="train.anyway").label == "Train without keeping it"
    before = at.session_state["train.job"]
    at.button(key="train.keep-first").click().run()
    no_exception(at)
    assert at.session_state["train.job"] != before
    assert len(services.library().models(workspace_of(at))) == 1


@pytest.mark.parametrize(
    ("sentence", "text", "tokenizer"),
    [("A text far too small", "mouse", "word"), ("Tales in words, in a few seconds", "tales", "word")],
)
def test_a_suggestion_trains_what_it_says(sentence: str, text: str, tokenizer: str):
    at = open_page("train", query={"text": "tales-small", "steps": "2"})
    next(button for button in at.button if button.label == sentence).click().run()
    no_exception(at)
    spec = services.runner().status(at.session_state["train.job"]).spec
    assert (spec["corpus"]["name"], spec["tokenizer"]["kind"]) == (text, tokenizer)
    wait_for_end(at.session_state["train.job"])


@pytest.mark.parametrize(
    ("query", "title"),
    [
        (QUICK, "GPT tiny on The mouse ate the cheese"),
        ({**QUICK, "size": "order-3"}, "N-gram of order 3 on The mouse ate the cheese"),
    ],
)
def test_a_model_is_named_after_its_run_whatever_the_controls_say_now(query: dict[str, str], title: str):
    at = trained(query)
    at.selectbox(key="train.text").set_value("tales").run()
    at.selectbox(key="train.size").set_value("lstm").run()
    at.button(key="train.keep").click().run()
    no_exception(at)
    assert [model.title for model in services.library().models(workspace_of(at))] == [title]


def test_two_people_with_the_same_text_each_read_their_own_title():
    text = "the cat sat on the mat and the dog sat on the log\n" * 20
    for title in ("First diary", "Second diary"):
        at = open_page("train", query={"tokenizer": "word", "size": "order-2"})
        at.text_area(key="train.text.paste").set_value(text).run()
        at.text_input(key="train.text.title").set_value(title).run()
        at.button(key="train.text.use").click().run()
        at.button(key="train.go").click().run()
        no_exception(at)
        wait_for_end(at.session_state["train.job"])
        at.run()
        assert f"Counts on `{title}`" in shown_text(at)
    assert "Second diary" in str(at.switch_page("workshop/library.py").run().dataframe[0].value)


def test_a_kept_model_is_offered_and_can_be_opened(kept: AppTest):
    model = services.library().models(workspace_of(kept))[0]
    kept.switch_page("generation/temperature.py")
    kept.query_params["model"] = f"mine-{model.id}"
    kept.run()
    no_exception(kept)
    assert kept.selectbox(key="temperature.model").value == f"mine-{model.id}"


def test_a_translator_is_opened_where_it_translates(tmp_path: Path):
    tokenizer = train_pairs([("good day", "bonjour"), ("good night", "bonne nuit")])
    sizes = {"source_vocab_size": tokenizer.source.vocab_size, "n_layer": 1, "n_head": 1, "n_embd": 8}
    checkpoints.save(tmp_path / "model", build("translator", sizes, tokenizer.vocab_size), tokenizer, {})
    at = open_page("library")
    model = services.library().keep_model(workspace_of(at), tmp_path / "model", "Greetings")
    at.run()
    no_exception(at)
    at.button(key=f"library.translator.{model.id}")
    names = {button.key for button in at.button}
    assert not names & {f"library.{what}.{model.id}" for what in ("temperature", "inspect", "share")}
    at.switch_page("generation/temperature.py").run()
    no_exception(at)
    assert "Greetings (yours)" not in at.selectbox(key="temperature.model").options


def test_rename_share_and_delete(kept: AppTest):
    workspace = workspace_of(kept)
    model = services.library().models(workspace)[0]
    kept.switch_page("workshop/library.py").run()
    no_exception(kept)
    kept.text_input(key=f"library.title.{model.id}").set_value("First").run()
    kept.text_input(key=f"library.title.{model.id}").set_value("<b>Mine</b> :red[x]")  # typed, and at once:
    kept.button(key=f"library.rename.{model.id}").click().run()
    no_exception(kept)
    assert services.library().model(workspace, model.id).title == "<b>Mine</b> :red[x]"
    kept.text_input(key=f"library.title.{model.id}").set_value("  ")
    kept.button(key=f"library.rename.{model.id}").click().run()
    no_exception(kept)
    assert services.library().model(workspace, model.id).title == "<b>Mine</b> :red[x]"
    kept.button(key=f"library.share.{model.id}").click().run()
    no_exception(kept)
    token = services.library().model(workspace, model.id).share
    assert token
    query = {"share": token, "model": "shared"}
    assert sum(code.value.count(token) for code in kept.code) == 1
    stranger = open_page("temperature", query=query)
    no_exception(stranger)
    assert stranger.selectbox(key="temperature.model").value == "shared"
    assert "".join("".join(value) for value in dict(stranger.query_params).values()).count(token) == 1
    assert services.library().models(workspace_of(stranger)) == []
    kept.button(key=f"library.revoke.{model.id}").click().run()
    gone = open_page("temperature", query=query)
    no_exception(gone)
    assert gone.selectbox(key="temperature.model").value != "shared"
    kept.button(key=f"library.delete.{model.id}").click().run()
    no_exception(kept)
    assert services.library().models(workspace) == []


def test_a_model_of_somebody_else_is_not_opened(kept: AppTest):
    model = services.library().models(workspace_of(kept))[0]
    stranger = open_page("temperature", query={"model": f"mine-{model.id}"})
    no_exception(stranger)
    assert stranger.selectbox(key="temperature.model").value != f"mine-{model.id}"


def test_a_pasted_text_is_kept_and_chosen():
    at = open_page("n-grams")
    text = "the cat sat on the mat and the dog sat on the log\n" * 20
    at.text_area(key="n-grams.text.paste").set_value(text).run()
    at.text_input(key="n-grams.text.title").set_value("![](http://x)").run()
    at.button(key="n-grams.text.use").click().run()
    no_exception(at)
    chosen = at.selectbox(key="n-grams.text").value
    assert chosen.startswith("mine-")
    assert [kept.n_chars for kept in services.library().texts(workspace_of(at))] == [len(text)]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.txt", b"", "0 characters"),
        ("a.txt", b"x", "1 character; it takes at least 200"),
        ("a.txt", b"caf\xe9 " * 100, "Latin-1"),
        ("a.txt", b"%PDF-1.7" + b"0" * 500, "PDF"),
        ("a.txt", b"abc\0" * 200, "binary"),
    ],
)
def test_a_bad_upload_is_refused_in_words(name: str, data: bytes, reason: str):
    at = open_page("n-grams")
    at.file_uploader(key="n-grams.text.file").upload(name, data).run()
    at.button(key="n-grams.text.use").click().run()
    no_exception(at)
    assert reason.lower() in at.error[0].value.lower().replace("\\", "")
    assert services.library().texts(workspace_of(at)) == []


def test_a_device_code_is_shown():
    at = open_page("library")
    at.button(key="library.code").click().run()
    no_exception(at)
    assert 9 in [len(code.value) for code in at.code]


def test_a_size_that_does_not_begin_by_guessing_says_so() -> None:
    told = live.Run()
    for step, loss in ((0, 10.5), (1, 3.0)):
        told.steps.append(step)
        told.losses.append(loss)
    assert live.BEGINS_ABOVE in live.reading(told, 800)
    told.losses[0] = math.log(800) + 0.1
    assert live.BEGINS_ABOVE not in live.reading(told, 800)
