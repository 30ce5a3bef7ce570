"""Fine-tuning: the race that comes along in words and numbers, and a run of one's own from click to library."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from lmcore import checkpoints, measured
from lmcore.training.fine_tuning_race import BASE, SIZES, WAYS
from pages.shared import finetuning, finetuning_says, services
from pages.shared.lesson import percent
from tests.pages.page import no_exception, open_page, run_script, shown_text, wait_for_end, workspace_of

ROWS = measured.read(finetuning.NAME)["rows"]
OWN = "A frog hid the lamp & <b>ran</b>. :red[Then] the frog ran to the pond, and a small bird saw it all.\n\n" * 20


def figure(at: AppTest) -> dict:
    return json.loads(at.get("plotly_chart")[0].proto.spec)


def test_what_was_measured_belongs_to_the_shipped_model():
    """When it is trained anew: python -m lmcore.pretrain fine-tuning."""
    assert finetuning.texts_row(ROWS)["hash"] == checkpoints.read_card(checkpoints.shipped()[BASE])["hash"]


def test_fine_tuning_beats_from_scratch_within_200_steps():
    found = finetuning.learners(ROWS)
    assert set(found) == set(WAYS)
    assert finetuning.texts_row(ROWS)["steps"] <= 200
    for what in WAYS[1:]:
        assert found[what].second[-1] < found["scratch"].second[-1] - 0.3
    at, _goal = finetuning_says.caught_up(ROWS)
    assert at <= 20
    assert found["all"].first[-1] > found["all"].first[0] + 0.3  # what is forgotten
    counts = [found[what].n_trained for what in ("all", "last", "lora", "head")]
    assert counts == sorted(counts, reverse=True)
    few = {what: finetuning.few_points(ROWS, what) for what in ("scratch", "all")}
    assert [chars for chars, *_ in few["all"]] == list(SIZES)
    assert all(tuned[1] < new[1] for tuned, new in zip(few["all"], few["scratch"], strict=True))


def test_the_stage_draws_the_measured_losses_and_says_them():
    at = open_page("fine-tuning")
    no_exception(at)
    drawn = [trace for trace in figure(at)["data"] if trace.get("name")]
    found = finetuning.learners(ROWS)
    for trace, what in zip(drawn, ("scratch", "all"), strict=True):
        assert trace["y"] == found[what].second
    at.select_slider(key="fine-tuning.step").set_value(finetuning.moments()[-1]).run()
    text = shown_text(at)
    assert f"**{found['all'].second[-1]:.2f}**" in text
    assert found["all"].samples[finetuning.moments()[-1]] in text
    at.segmented_control(key="fine-tuning.loss").set_value("first").run()
    no_exception(at)
    assert "catastrophic forgetting" in shown_text(at)
    assert figure(at)["data"][1]["y"] == found["all"].first


@pytest.mark.parametrize("part", ["ways", "few"])
def test_the_other_parts_draw_and_tell_their_numbers(part: str):
    at = open_page("fine-tuning", query={"part": part})
    no_exception(at)
    assert len(figure(at)["data"]) == (len(WAYS) if part == "ways" else 2)
    table = finetuning.table("fine-tuning", part)
    assert len(table) > 7
    assert f"{finetuning.learners(ROWS)['lora'].n_trained:,}" in shown_text(at) or part == "few"


def test_the_four_ways_beside_from_scratch_can_be_compared():
    at = open_page("fine-tuning", query={"part": "ways"})
    found, text = finetuning.learners(ROWS), shown_text(at)
    for learner in found.values():
        begins = " ".join(learner.wrote(learner.steps[-1]).split())[: finetuning.WRITTEN]
        assert begins in text
    vocab_size, head = finetuning.texts_row(ROWS)["vocab_size"], found["head"].n_trained
    width = checkpoints.load(checkpoints.shipped()[BASE]).model.config.n_embd
    assert f"{head:,} numbers: {vocab_size} × {width} = {vocab_size * width:,}" in text
    assert f"and {head - vocab_size * width} of the last LayerNorm" in text
    assert "the LayerNorm after it" in text
    assert f"{percent(found['last'].n_trained / found['last'].n_params)}" in text
    at.segmented_control(key="fine-tuning.loss").set_value("first").run()
    no_exception(at)
    for what in ("all", "last", "lora", "head"):
        assert f"{found[what].first[-1]:.2f}" in shown_text(at)
    assert "numbers together reach" not in shown_text(at)


@pytest.mark.parametrize("part", ["race", "ways", "few"])
@pytest.mark.parametrize("which", ["second", "first"])
def test_what_you_see_does_not_answer_the_question(part: str, which: str):
    at = open_page("fine-tuning", query={"part": part, "loss": which})
    [question] = [radio for radio in at.radio if str(radio.key).endswith("predict")]
    said = finetuning_says.reading(ROWS, part, 50, which)
    before = shown_text(at)
    question.set_value(question.options[2]).run()
    no_exception(at)
    after = shown_text(at)
    assert "Yes. " in after
    why = after.replace("Yes. ", "\n").split("\n")
    told = next(line for line in why if "draws it" in line)
    if "by then" in told:
        soon = finetuning_says._at(finetuning.learners(ROWS)["all"].losses("first"), finetuning_says.SOON)
        assert f"{soon:.2f}" not in said
    else:
        assert f"{finetuning.few_points(ROWS, 'all')[0][1]:.2f}" not in said
    assert told not in before


def test_the_script_prints_what_is_drawn():
    script = finetuning.script("race").replace(", sizes=()", ", sizes=(), max_steps=2, eval_windows=2, batch_size=2")
    printed = run_script(script)
    assert "scratch step 0 new text" in printed
    assert "all step 2 new text" in printed


def use_text(at: AppTest, text: str, title: str) -> None:
    """Paste a text of one's own, and pick it."""
    at.text_area(key="fine-tuning.text.paste").set_value(text)
    at.text_input(key="fine-tuning.text.title").set_value(title)
    at.button(key="fine-tuning.text.use").click().run()
    no_exception(at)


@pytest.fixture
def own() -> AppTest:
    """The page with a text of one's own, run to its end."""
    at = open_page("fine-tuning", query={"part": "yours", "steps": "50"})
    workspace = workspace_of(at)
    use_text(at, OWN, "Frogs & <b>lamps</b> :red[x]")
    at.selectbox(key="fine-tuning.what").set_value("lora").run()
    no_exception(at)
    at.button(key="fine-tuning.go").click().run()
    no_exception(at)
    for job_id in finetuning_jobs(workspace):
        wait_for_end(job_id)
    at.run()
    no_exception(at)
    return at


def finetuning_jobs(workspace: str) -> list[str]:
    return [job.job_id for job in services.runner().jobs(workspace)]


def test_ones_own_text_is_raced_kept_and_asked(own: AppTest):
    text = shown_text(own)
    assert "Done: 50 steps each." in text
    assert "so much is forgotten" in text
    assert "`Frogs & <b>lamps</b> :red[x]`" in text
    assert len(figure(own)["data"]) == 2
    own.button(key="fine-tuning.keep").click().run()
    no_exception(own)
    assert own.button(key="fine-tuning.to-inspect")
    workspace = workspace_of(own)
    kept = services.library().models(workspace)[0]
    assert kept.title == "GPT on Shakespeare, letter by letter, then Frogs & <b>lamps</b> :red[x]"
    loaded = checkpoints.load(kept.folder)
    assert loaded.model.log_probs(loaded.tokenizer.encode("A frog")).shape[0] == 7


def test_a_text_the_model_cannot_read_is_refused_before_anything_runs():
    at = open_page("fine-tuning", query={"part": "yours"})
    use_text(at, "\N{GREEK SMALL LETTER PI}\N{HEBREW LETTER ALEF} " * 200, "Greek")
    no_exception(at)
    assert "That is too much" in shown_text(at)
    assert at.button(key="fine-tuning.go").disabled
