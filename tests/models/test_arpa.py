"""ARPA files: what is written reads back the same, KenLM's files read, and broken ones are refused in words."""

from __future__ import annotations

import io
import math
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmcore.batches import Tokens
from lmcore.cli_ngram import judge
from lmcore.models import arpa
from lmcore.models.ngram import NGram, NGramConfig, contexts
from lmcore.models.smoothing import SMOOTHINGS
from lmcore.tokenizers import sentences

LINES = b"""the cat saw the mouse
the mouse ate
a mouse ate the cat
a cat slept
the mouse slept
"""
OTHERS = b"the cat ate the mouse\na dog slept\n\nmouse mouse\n"  # seen and unseen words, one unknown; an empty sentence
ODD = ["a", "é", "犬", "<x>", '"', "1,5", "\\end\\"]
WRITABLE = [name for name in SMOOTHINGS if name not in ("mle", "add-k", "stupid-backoff")]

# What `lmplz -o 2 --discount_fallback` (KenLM, Heafield et al. 2013) made of LINES, copied.
KENLM = """\\data\\
ngram 1=10
ngram 2=16

\\1-grams:
-1.1883258\t<unk>\t0
0\t<s>\t-0.079181254
-0.6764423\t</s>\t0
-0.82930374\tthe\t-0.079181254
-1.067282\tcat\t-0.25527254
-0.9727259\tsaw\t-0.25527254
-1.067282\tmouse\t-0.24454866
-0.9727259\tate\t-0.25527254
-0.9727259\ta\t-0.25527254
-1.067282\tslept\t-0.23408322

\\2-grams:
-0.5764676\tcat </s>
-0.6362686\tmouse </s>
-0.46948147\tate </s>
-0.26797253\tslept </s>
-0.908485\t<s> the
-0.27839628\tsaw the
-0.5163746\tate the
-0.62334985\tthe cat
-0.5689508\ta cat
-0.6833912\tcat saw
-1.1464633\tthe mouse
-0.5689508\ta mouse
-0.5702984\tmouse ate
-0.592777\t<s> a
-0.7083416\tcat slept
-0.7961978\tmouse slept

\\end\\
"""


def fitted(data: bytes, order: int, name: str) -> tuple[NGram, list[str]]:
    words, read = sentences.read(data, 1000)
    model = NGram(NGramConfig(len(words), order, name))
    return model.fit(Tokens(read.ids, read.starts, separate=True)), words


def written(model: NGram, words: list[str]) -> bytes:
    file = io.BytesIO()
    arpa.write(file, model.estimate, words)
    return file.getvalue()


def read(tmp_path: Path, data: bytes | str) -> arpa.Arpa:
    path = tmp_path / "model.arpa"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return arpa.read(path)


def scored(model: arpa.Arpa, data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """log10 of each token of a text, and the tokens."""
    found = sentences.encode(data, model.words)
    text = Tokens(found.ids, found.starts, separate=True)
    return model.log10_probs(contexts(text, model.order), text.ids), text.ids


# Round trips --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("name", WRITABLE)
def test_what_is_written_reads_back(name: str, order: int, tmp_path: Path) -> None:
    model, words = fitted(LINES, order, name)
    again = read(tmp_path, written(model, words))
    assert again.words == words
    assert again.order == order
    rng = np.random.default_rng(order)
    V = len(words)
    for data in (LINES, OTHERS):
        logs, ids = scored(again, data)
        text = Tokens(ids, sentences.encode(data, words).starts, separate=True)
        np.testing.assert_allclose(logs, np.log10(model.estimate.probs(contexts(text, order), ids)), atol=2e-6)
    # any word after any words, most of them never seen together, <unk> among both
    ids, columns = rng.integers(1, V, 500), [rng.integers(1, V, 500) for _ in range(order - 1)]
    np.testing.assert_allclose(again.log10_probs(columns, ids), np.log10(model.estimate.probs(columns, ids)), atol=2e-6)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.lists(st.lists(st.sampled_from(ODD), max_size=5), min_size=1, max_size=6),
    st.integers(1, 5),
    st.sampled_from(WRITABLE),
)  # fmt: skip
def test_any_words_round_trip(
    tmp_path_factory: pytest.TempPathFactory, lines: list[list[str]], order: int, name: str
) -> None:
    data = "\n".join(" ".join(["first", *line]) for line in lines).encode()
    model, words = fitted(data, order, name)
    again = read(tmp_path_factory.mktemp("arpa"), written(model, words))
    assert again.words == words
    found = sentences.encode(data, words)
    text = Tokens(found.ids, found.starts, separate=True)
    expected = np.log10(model.estimate.probs(contexts(text, order), text.ids))
    np.testing.assert_allclose(scored(again, data)[0], expected, atol=2e-6)


def test_the_file_has_the_standard_form() -> None:
    model, words = fitted(LINES, 2, "modified-kneser-ney")
    lines = written(model, words).decode().splitlines()
    assert lines[:5] == ["\\data\\", "ngram 1=10", "ngram 2=16", "", "\\1-grams:"]
    assert lines[-1] == "\\end\\"
    assert lines[lines.index("\\2-grams:") - 1] == ""
    start = next(line for line in lines if "\t<s>\t" in line)
    assert start.startswith("-99\t") or float(start.split("\t")[0]) == -99
    # the numbers are KenLM's, line by line
    mine = {line.split("\t")[1]: line.split("\t") for line in lines if "\t" in line}
    theirs = {line.split("\t")[1]: line.split("\t") for line in KENLM.splitlines() if "\t" in line}
    assert mine.keys() == theirs.keys()
    for gram, (log, _, *weight) in theirs.items():
        if gram != "<s>":
            assert float(mine[gram][0]) == pytest.approx(float(log), abs=1e-6)
        assert [float(w) for w in mine[gram][2:]] == pytest.approx([float(w) for w in weight], abs=1e-6)


@pytest.mark.parametrize("name", ["stupid-backoff", "mle", "add-k"])
def test_what_does_not_fit_into_the_format_is_refused(name: str) -> None:
    model, words = fitted(LINES, 2, name)
    with pytest.raises(ValueError, match="every order and interpolates"):
        written(model, words)


# Files of others ----------------------------------------------------------------------------------------------------


def test_a_file_of_kenlm_has_its_perplexity(tmp_path: Path) -> None:
    # What KenLM's `query` says of OTHERS: 14 tokens, 1 unknown, perplexities 7.5369709 and 6.8175369
    found = judge(*scored(read(tmp_path, KENLM), OTHERS))
    assert (found["scored_tokens"], found["unknown_words"]) == (14, 1)
    assert found["perplexity_with_unknown_words"] == pytest.approx(7.536970924, rel=1e-6)
    assert found["perplexity_without_unknown_words"] == pytest.approx(6.817536928, rel=1e-6)
    assert found["log10_probability"] == pytest.approx(-5.05894 - 3.3716297 - 0.7556236 - 3.0945625, abs=1e-5)


def shuffled(text: str) -> str:
    """The lines of each section in another order."""
    rng, out, section = random.Random(1), [], []
    for line in text.splitlines():
        if "\t" in line:
            section.append(line)
        else:
            rng.shuffle(section)
            out += [*section, line]
            section = []
    return "\n".join(out) + "\n"


@pytest.mark.parametrize(
    "change",
    [
        shuffled,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\t0\n", "\n"),  # a weight of 0 may be left out
        lambda text: text.replace("\n0\t<s>", "\n-99\t<s>"),
        lambda text: text.removesuffix("\n"),
        lambda text: "\n\nmade by hand\n\n" + text,
        lambda text: text.replace("ngram 1=10", "ngram 1 = 10"),
        lambda text: text.replace("\\2-grams:\n", "\n\n\\2-grams:\n"),
        lambda text: text.replace("-0.6764423\t", "-6.764423e-01\t"),
    ],
    ids=["shuffled", "crlf", "no weights", "-99", "no last newline", "preface", "spaces", "blank lines", "exponent"],
)
def test_other_forms_of_the_same_file(change, tmp_path: Path) -> None:
    expected, _ = scored(read(tmp_path, KENLM), OTHERS)
    assert change(KENLM) != KENLM
    np.testing.assert_allclose(scored(read(tmp_path, change(KENLM)), OTHERS)[0], expected, atol=1e-9)


def test_a_file_without_unk_finds_unknown_words_impossible(tmp_path: Path) -> None:
    text = KENLM.replace("-1.1883258\t<unk>\t0\n", "").replace("ngram 1=10", "ngram 1=9")
    found = judge(*scored(read(tmp_path, text), OTHERS))
    assert found["perplexity_with_unknown_words"] == math.inf
    assert found["perplexity_without_unknown_words"] == pytest.approx(6.817536928, rel=1e-6)


def put(old: str, new: str) -> str:
    assert old in KENLM
    return KENLM.replace(old, new, 1)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "no ARPA file"),
        ("\n\n", "no ARPA file"),
        ("Once there was a mouse.\n", "no ARPA file"),
        (bytes(range(256)) * 40, "no ARPA file"),
        ("\\data\\\nngram 1=1\n", "no ARPA file"),
        ("\\1-grams:\n\\data\\\n", "no ARPA file"),
        ("\\data\\\n\n\\1-grams:\n\\end\\\n", "0 orders"),
        (put("ngram 2=16", "".join(f"ngram {n}=0\n" for n in range(2, 7))), "6 orders; 1 to 5"),
        (put("ngram 1=10", "ngram 1=11"), "promises 11 1-grams but has 10"),
        (put("ngram 2=16", "ngram 2=15"), "promises 15 2-grams but has 16"),
        (put("ngram 2=16", "ngram 2=-16"), "cannot be read: ngram 2=-16"),
        (put("ngram 2=16", "ngram 2=many"), "cannot be read"),
        (put("ngram 2=16", "ngram 3=16"), "cannot be read"),
        (put("ngram 2=16", "ngram 2=" + "9" * 5000), "cannot be read|promises"),
        (put("ngram 2=16", "ngram 2=16\nngram 3=1"), "no section of 3-grams"),
        (put("\\2-grams:", "\\3-grams:"), "no section of 2-grams"),
        (put("-0.82930374\tthe", "nan\tthe"), "number"),
        (put("-0.82930374\tthe", "inf\tthe"), "number"),
        (put("-0.82930374\tthe", "0.5\tthe"), "number"),
        (put("-0.82930374\tthe\t-0.079181254", "-0.82930374\tthe\tnan"), "number"),
        (put("-0.82930374\tthe\t-0.079181254", "-0.82930374\tthe\t-inf"), "number"),
        (put("-0.82930374\tthe", "half\tthe"), "1-grams cannot be read"),
        (put("-0.82930374\tthe", "\tthe"), "1-grams cannot be read"),
        (put("-0.82930374\tthe\t", "-0.82930374 the "), "1-grams cannot be read"),
        (put("-0.5163746\tate the", "-0.5163746\tate elephant"), "not among the 1-grams"),
        (put("-0.5163746\tate the", "-0.5163746\tate"), "does not have 2 words"),
        (put("-0.5163746\tate the", "-0.5163746\tate the cat"), "does not have 2 words"),
        (put("-0.5163746\tate the", "-0.5163746\tate  the"), "does not have 2 words"),
        (put("-0.5163746\tate the", "-0.5163746\tcat saw"), "2-grams twice"),
        (put("-0.5163746\tate the", "-0.5163746\tate the\t0\t0"), "2-grams cannot be read"),
        (put("-0.9727259\tate", "-0.9727259\tcat"), "1-grams twice"),
        (put("-0.9727259\tate", "-0.9727259\tate mouse"), "does not have 1 words"),
        (KENLM.encode("utf-16"), "no ARPA file"),
        (KENLM.encode().replace(b"slept", b"sl\xffpt"), "UTF-8|UTF8|utf8"),
        (KENLM[: KENLM.index("-0.5689508\ta cat")], "promises 16 2-grams"),
        (KENLM[: KENLM.index("-0.9727259\tsaw")], "promises 10 1-grams|no section"),
    ],
)  # fmt: skip
def test_broken_files_are_refused_in_words(data: bytes | str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=reason):
        read(tmp_path, data)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.data())
def test_a_damaged_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    raw = bytearray(KENLM.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=3) | st.sampled_from([b"\t", b"\n"]))
    try:
        model = read(tmp_path_factory.mktemp("arpa"), bytes(raw))
    except ValueError:
        return
    if sentences.END in model.words:
        logs, _ = scored(model, OTHERS)
        assert not np.isnan(logs).any()
