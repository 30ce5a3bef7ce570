"""The chatbot's training: only the bot's words are learnt, and a small run makes a checkpoint with all it needs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lmcore import checkpoints, models
from lmcore.corpora import Corpus, conversations, village
from lmcore.tokenizers.chat import ChatTokenizer
from lmcore.training import chat
from lmcore.training import spec as specs

TOKENIZER = ChatTokenizer.train("a b c d e ? .")
SMALL = {"family": "chatbot", "n_layer": 1, "n_head": 1, "n_embd": 8, "block_size": 64}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Corpus:
    """A few conversations, and a small village to grow up in."""
    lines = ["\t".join(p for t in turns for p in (t.said, t.reply)) for turns in conversations.training(40, seed=3)]
    corpus = Corpus("village", "Village", village.generate(20_000, seed=1), "", "")
    monkeypatch.setattr(village, "corpus", lambda: corpus)
    monkeypatch.setattr(chat, "BASE", chat.BASE | {"max_steps": 2, "batch_size": 2, "warmup_steps": 1})
    exam = conversations.exam()[::30]
    monkeypatch.setattr(conversations, "exam", lambda: exam)
    return Corpus("small", "Small", "\n".join(lines) + "\n", "", "")


def spec_for(corpus: Corpus) -> dict:
    return {
        "version": 1,
        "corpus": {"kind": "text", "sha256": corpus.sha256, "title": corpus.title},
        "tokenizer": {"kind": "chat"},
        "model": SMALL,
        "train": {"max_steps": 4, "batch_size": 4, "warmup_steps": 1, "n_snapshots": 2, "optimizer": "muon"},
    }


def test_only_the_bots_words_and_its_end_are_to_be_predicted():
    row = chat.conversation_ids(TOKENIZER, (("a b", "c ."), ("d?", "e")))
    x, y = chat.padded([row, chat.conversation_ids(TOKENIZER, (("a", "b"),))], 64)
    names = {**dict(enumerate(TOKENIZER.itos)), chat.IGNORED: "-"}
    assert " ".join(names[i] for i in x[0]) == "<s> <user> a b <bot> c . <end> <user> d ? <bot> e"
    assert " ".join(names[i] for i in y[0]) == "- - - - c . <end> - - - - e <end>"
    assert (y[1] != chat.IGNORED).sum() == 2
    assert chat.padded([row], 6)[0].shape == (1, 6)


def test_a_word_that_nobody_knows_is_read_as_unknown():
    ids, own = chat.conversation_ids(TOKENIZER, (("<unk> a", "b"),))
    assert ids[1] == TOKENIZER.unk_id
    assert own == [False, False, False, False, True, True]


def test_batches_take_every_conversation_once_a_round_and_depend_on_the_step_alone():
    rows = [chat.conversation_ids(TOKENIZER, (("a " * (i + 1), "b"),)) for i in range(8)]
    data = chat.ChatBatches(rows, batch_size=2, block_size=64, seed=1)
    seen = [int((row == TOKENIZER.encode("a")[0]).sum()) for step in range(4) for row in data.batch_at(step)[0]]
    assert sorted(seen) == list(range(1, 9))
    for step in (5, 2):
        for one, other in zip(
            data.batch_at(step), chat.ChatBatches(rows, batch_size=2, block_size=64, seed=1).batch_at(step), strict=True
        ):
            np.testing.assert_array_equal(one, other)


def test_a_small_run_from_the_village_to_a_checkpoint(small: Corpus, tmp_path: Path):
    events = list(checkpoints.record(tmp_path / "bot", chat.run(spec_for(small), lambda _: small)))
    kinds = [event["kind"] for event in events]
    assert kinds[0] == "base"
    assert kinds.index("start") > kinds.index("base")
    assert kinds[-1] == "done"
    found = checkpoints.load(tmp_path / "bot")
    assert found.model.family == "chatbot"
    assert isinstance(found.tokenizer, ChatTokenizer)
    assert checkpoints.steps(tmp_path / "bot") == [0, 4]
    assert found.card["base"]["corpus"]["title"] == "Village"
    assert specs.measure(found.model, found.tokenizer, small.split()[1]) == pytest.approx(
        found.card["metrics"], rel=1e-3
    )


def test_what_makes_no_sense_is_refused(small: Corpus):
    good = spec_for(small)
    assert chat.validate(chat.validate(good)) == chat.validate(good)
    for change in ({"tokenizer": {"kind": "word"}}, {"model": {"family": "gpt"}}, {"version": 2}):
        with pytest.raises(ValueError, match="chatbot"):
            chat.validate(good | change)
    with pytest.raises(ValueError, match="conversations"):
        specs.validate(good | {"tokenizer": {"kind": "word"}})


def test_the_loss_counts_the_bots_tokens_only():
    model = models.build("chatbot", {name: v for name, v in SMALL.items() if name != "family"}, TOKENIZER.vocab_size)
    row = chat.conversation_ids(TOKENIZER, (("a b", "c ."),))
    loss = chat.held_out_loss(model, [row])
    assert loss == pytest.approx(-float(np.mean(model.score(row[0])[np.array(row[1])])), abs=1e-4)
