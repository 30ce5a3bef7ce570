"""The same blanks for three models: counted once each, and as shipped."""

from __future__ import annotations

from lmcore import measured, tokenizers
from lmcore.models import build
from lmcore.probes.blanks import WHERE
from lmcore.tokenizers import BlankTokenizer
from lmcore.training import blanks_race

TEXT = "\n\n".join(f"Tom had a {word} . The {word} was red ." for word in ("kite", "ball", "hat", "cup") * 5)
NAMES = ("masked", "left", "denoiser", "commonest")


def test_every_blank_counts_once_and_for_all_models():
    words = tokenizers.train("word", TEXT)
    marks = BlankTokenizer(words)
    shape = {"n_layer": 1, "n_head": 1, "n_embd": 8, "block_size": 16}
    both = [build(family, shape, marks.vocab_size) for family in ("masked", "denoiser")]
    gpt = build("gpt", shape, words.vocab_size)
    rows = {row["where"]: row for row in blanks_race.race(*both, gpt, marks, words, TEXT)}
    assert tuple(rows) == WHERE
    for name in ("n", *NAMES):
        assert rows["all"][name] == sum(rows[kind][name] for kind in WHERE[1:])
    assert all(0 <= row[name] <= row["n"] for row in rows.values() for name in NAMES)
    assert rows["all"]["n"] >= 20


def test_as_shipped_who_sees_what_follows_knows_what_stands_there():
    rows = {row["where"]: row for row in measured.read("blanks")["rows"]}
    assert rows["later"]["n"] >= 100
    assert rows["later"]["denoiser"] > rows["later"]["left"]  # it copies what the GPT has not read yet
    assert rows["nowhere"]["masked"] > rows["nowhere"]["left"]
    assert all(rows["all"][name] > 5 * rows["all"]["commonest"] for name in NAMES[:3])
