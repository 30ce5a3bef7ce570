"""The ARPA format: n-gram models as text, which every tool for them reads and writes.

For each order a section of lines "log10 p <tab> the n-gram <tab> log10 of its backoff weight". Whoever reads it finds
p(w | c) in the line of the n-gram c w; where there is none, it is the backoff weight of c times p(w | c').

An interpolated model fits into it: what is written for a seen n-gram is alpha + gamma p(w | c'), already added up, and
for what was never seen alpha is 0, so that gamma is the backoff weight.

pyarrow makes and cuts the millions of lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from lmcore.models.counts import MAX_ORDER, MAX_VOCAB, Counts, Ints, ends_in, pairs_of, picked, tabulate
from lmcore.models.smoothing import Columns, Doubles, Estimate
from lmcore.tokenizers.base import START, START_ID
from lmcore.tokenizers.sentences import END
from lmcore.tokenizers.word import UNK

NEVER = -99.0  # log10 of the probability of <s>, which is never predicted; the format's custom
LINES = 200_000  # that are made at a time
DECIMALS = 7
NUMBER = re.compile(rb"[0-9]{1,15}")


# Writing ---------------------------------------------------------------------------------------------------------


def write(file: BinaryIO, estimate: Estimate, words: Sequence[str]) -> None:
    """Write a model whose words have no spaces in them. ValueError for an estimate that `check` refuses."""
    check(estimate)
    levels = estimate.levels
    probs = interpolated(estimate)
    V, n = len(words), len(levels)
    sizes = [V, *(level.table.tokens.size for level in levels[1:])]
    file.write(b"\\data\\\n" + b"".join(b"ngram %d=%d\n" % (k, size) for k, size in enumerate(sizes, 1)))
    for k, level in enumerate(levels, 1):
        file.write(b"\n\\%d-grams:\n" % k)
        last = k == n
        with np.errstate(divide="ignore"):
            if k == 1:
                columns: list[Any] = [np.arange(V)]
                logs = np.log10(_unigrams(estimate, V))
                logs[START_ID] = NEVER
            else:
                columns = [*(column[level.table.rows] for column in level.table.context_tokens()), level.table.tokens]
                logs = np.log10(probs[k - 1])
            weights = None if last else np.log10(_weights(levels[k].table, levels[k].gamma, level.table, V))
        for lines in _lines(logs, columns, weights, words):
            file.write(lines)
    file.write(b"\n\\end\\\n")


def check(estimate: Estimate) -> None:
    """ValueError for an estimate that does not fit into the format: it must have every order, and interpolate."""
    levels = estimate.levels
    if [level.order for level in levels] != list(range(1, len(levels) + 1)) or estimate.backs_off:
        raise ValueError("an ARPA file needs a smoothing that asks every order and interpolates")


def interpolated(estimate: Estimate) -> list[Doubles]:
    """For each order (M,) the whole probability of its n-grams: alpha + gamma p(w | c')."""
    found: list[Doubles] = []
    for level in estimate.levels:
        below: Any = estimate.uniform
        if found:
            below = found[-1][ends_in(level.table, estimate.levels[len(found) - 1].table)]
        found.append(level.alpha + level.gamma[level.table.rows] * below)
    return found


def _unigrams(estimate: Estimate, V: int) -> Doubles:
    """(V,) p(w) in no context."""
    level = estimate.levels[0]
    gamma = float(level.gamma[0]) if level.gamma.size else 1.0
    p = np.full(V, gamma * estimate.uniform)
    p[level.table.tokens] += level.alpha
    return p


def _weights(longer: Counts, gamma: Doubles, table: Counts, V: int) -> Doubles:
    """(M,) the backoff weight of each n-gram: the gamma of the context that it is; 1 when nothing followed it."""
    columns = longer.context_tokens()
    out = np.ones(V if table.order == 1 else table.tokens.size)
    if table.order == 1:
        out[columns[0].astype(np.int64)] = gamma
        return out
    rows = table.find(table.key(columns[:-1]))
    out[table.places(rows, columns[-1].astype(np.int64))] = gamma
    return out


def _strings(words: Sequence[str]) -> Any:
    import pyarrow as pa

    return pa.array(words, pa.string())


def _lines(
    logs: Doubles, columns: Sequence[Any], weights: Doubles | None, words: Sequence[str]
) -> Iterator[memoryview]:
    """The lines of a section, some at a time."""
    import pyarrow as pa
    import pyarrow.compute as pc

    first, others = _strings([f"\t{word}" for word in words]), _strings([f" {word}" for word in words])
    for begin in range(0, len(logs), LINES):
        part = slice(begin, begin + LINES)
        pieces: list[Any] = [_numbers(logs[part], "", "")]
        for i, column in enumerate(columns):
            pieces.append((others if i else first).take(pa.array(column[part].astype(np.int32))))
        pieces.append("\n" if weights is None else _numbers(weights[part], "\t", "\n"))
        lines = pc.binary_join_element_wise(*pieces, "")  # the last is what stands between the pieces: nothing
        _, offsets, data = lines.buffers()
        yield memoryview(data)[: int(np.frombuffer(offsets, np.int32)[len(lines)])]


def _numbers(logs: Doubles, before: str, after: str) -> Any:
    """Logarithms as text with seven decimals, as many as a float32 of this size has."""
    import pyarrow as pa
    import pyarrow.compute as pc

    units = np.rint(np.abs(logs) * 10**DECIMALS)
    if not logs.size or logs.max() > 0 or units.max() >= 10 ** (DECIMALS + 1):  # rare: not "-d.ddddddd"
        text = pa.array(np.round(logs, DECIMALS) + 0.0).cast(pa.string())
        return pc.binary_join_element_wise(before, text, after, "")
    # "-d.ddddddd": the digits of all numbers side by side, as characters
    left = units.astype(np.uint32)
    pattern = f"{before}-0.{'0' * DECIMALS}{after}".encode()
    characters = np.tile(np.frombuffer(pattern, np.uint8), (logs.size, 1))
    for place in reversed([len(before) + 1, *range(len(before) + 3, len(before) + 3 + DECIMALS)]):
        left, digit = np.divmod(left, np.uint32(10))
        characters[:, place] += digit.astype(np.uint8)
    offsets = np.arange(logs.size + 1, dtype=np.int32) * len(pattern)
    return pa.StringArray.from_buffers(logs.size, pa.py_buffer(offsets), pa.py_buffer(characters))


# Reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Arpa:
    """A model as it was read: for each order its n-grams, their log10 probabilities and backoff weights."""

    words: list[str]
    """The vocabulary: `<s>`, `<unk>`, `</s>` if the file has it, then the others in the file's order."""
    tables: list[Counts]
    log_probs: list[Doubles]
    """(M,) log10."""
    weights: list[Doubles]
    """(M,) log10; 0 where the file has none."""

    @property
    def order(self) -> int:
        return len(self.tables)

    def log10_probs(self, columns: Columns, tokens: NDArray[np.integer]) -> Doubles:
        """(T,) log10 p(token | context), contexts as n - 1 columns (T,)."""
        T = len(tokens)
        found = np.full(T, -np.inf)
        for k, table in enumerate(self.tables, 1):
            last = list(columns[len(columns) - (k - 1) :])
            if k > 1:  # what the longer context would say of a word that it has not seen
                found = found + picked(self.weights[k - 2], self._places(last), 0.0)
            rows = table.find(table.key(last or [np.zeros(T, np.int64)]))
            places = table.places(rows, tokens)
            if k > 2:  # a context begins at <s>: with two of them it is none of its own
                places = np.where((last[0] == START_ID) & (last[1] == START_ID), -1, places)
            found = np.where(places >= 0, picked(self.log_probs[k - 1], places), found)
        return found

    def _places(self, columns: Sequence[Any]) -> Ints:
        """(T,) where the n-grams stand in the table of their order, -1 where not."""
        table = self.tables[len(columns) - 1]
        rows = table.find(table.key(columns[:-1] or [np.zeros(len(columns[0]), np.int64)]))
        return table.places(rows, columns[-1])


def read(path: Path) -> Arpa:
    """A model of order 1 to 5 from an ARPA file. ValueError says what is wrong with it."""
    data = path.read_bytes()
    sizes = _header(data)
    words: list[str] = []
    grams: list[list[Any]] = []
    numbers: list[tuple[Doubles, Doubles]] = []
    for k, size in enumerate(sizes, 1):
        logs, texts, weights = _section(data, k, k < len(sizes))
        if len(logs) != size:
            raise ValueError(f"the file promises {size:,} {k}-grams but has {len(logs):,}")
        if k == 1:
            words = _words(texts.to_pylist())
            if len(words) > MAX_VOCAB:
                raise ValueError(f"the file has {len(words):,} words; the limit is {MAX_VOCAB:,}")
        grams.append(_columns(texts, k, words))
        numbers.append((logs, weights))
    V = len(words)
    tables, log_probs, all_weights = [], [], []
    pairs = pairs_of(grams[-1], V)
    for columns, (logs, weights) in zip(grams, numbers, strict=True):
        table, by_gram = tabulate(columns, V, pairs)
        if table.tokens.size != len(logs):
            raise ValueError(f"the file has some {table.order}-grams twice")
        tables.append(table)
        log_probs.append(logs[by_gram])
        all_weights.append(weights[by_gram])
    return Arpa(words, tables, log_probs, all_weights)


def _words(unigrams: list[str]) -> list[str]:
    """The vocabulary: `<s>`, `<unk>`, `</s>` if the file has it, then the others in the file's order."""
    if len(set(unigrams)) < len(unigrams):
        raise ValueError("the file has some 1-grams twice")
    first = [START, UNK, END][: 2 + (END in unigrams)]
    return [*first, *(word for word in unigrams if word not in first)]


def _header(data: bytes) -> list[int]:
    """How many n-grams of each order the file says it has."""
    begin, end = data.find(b"\\data\\"), data.find(b"\\1-grams:")
    if begin < 0 or end < begin:
        raise ValueError("this is no ARPA file: it has no \\data\\ section before \\1-grams:")
    sizes: list[int] = []
    for line in data[begin:end].splitlines()[1:]:
        name, _, number = line.strip().partition(b"=")
        if name:
            if name.split() != [b"ngram", b"%d" % (len(sizes) + 1)] or not NUMBER.fullmatch(number.strip()):
                said = line[:60].decode("utf-8", "replace")
                raise ValueError(f"a line of the \\data\\ section cannot be read: {said}")
            sizes.append(int(number))
    if not 1 <= len(sizes) <= MAX_ORDER:
        raise ValueError(f"the file has {len(sizes)} orders; 1 to {MAX_ORDER} can be read")
    return sizes


def _section(data: bytes, k: int, weighted: bool) -> tuple[Doubles, Any, Doubles]:
    """The log10 probabilities, the n-grams as text and the backoff weights of one section."""
    import pyarrow as pa
    from pyarrow import csv

    mark = b"\\%d-grams:" % k
    begin = data.find(mark)
    if begin < 0:
        raise ValueError(f"the file has no section of {k}-grams")
    begin = data.find(b"\n", begin) + 1
    end = data.find(b"\n\\", begin - 1)
    body = data[begin : end + 1 if end >= 0 else len(data)].replace(b"\r\n", b"\n").strip(b"\n") + b"\n"
    if weighted:  # a line may leave out a weight of 0
        lines = body.split(b"\n")
        if any(line and line.count(b"\t") < 2 for line in lines):
            body = b"".join((line if line.count(b"\t") == 2 else line + b"\t0") + b"\n" for line in lines if line)
    names = ["log", "gram", *(["weight"] if weighted else [])]
    kinds = {"log": pa.float64(), "gram": pa.string(), "weight": pa.float64()}
    if not body.strip():
        return np.zeros(0), pa.array([], pa.string()), np.zeros(0)
    try:
        table = csv.read_csv(
            pa.BufferReader(body),
            read_options=csv.ReadOptions(column_names=names),
            parse_options=csv.ParseOptions(delimiter="\t", quote_char=False),
            convert_options=csv.ConvertOptions(column_types={name: kinds[name] for name in names}, null_values=[]),
        )
    except pa.ArrowInvalid as error:
        raise ValueError(f"the section of {k}-grams cannot be read: {str(error)[:120]}") from error
    logs = table["log"].to_numpy()
    weights = table["weight"].to_numpy() if weighted else np.zeros(len(logs))
    if not (np.all(logs <= 0) and np.all(np.isfinite(weights))):  # NaN is no number either
        raise ValueError(f"a number in the section of {k}-grams is none that the logarithm of a probability can be")
    return logs, table["gram"].combine_chunks(), weights


def _columns(texts: Any, k: int, words: list[str]) -> list[NDArray[np.int64]]:
    """The n-grams as k columns of word indices."""
    import pyarrow.compute as pc

    if not len(texts):
        return [np.zeros(0, np.int64)] * k
    split = pc.split_pattern(texts, " ")
    if not pc.all(pc.equal(pc.list_value_length(split), k)).as_py():
        raise ValueError(f"a line in the section of {k}-grams does not have {k} words")
    ids = pc.index_in(pc.list_flatten(split), _strings(words))
    if ids.null_count:
        raise ValueError(f"the {k}-grams have words that are not among the 1-grams")
    return list(ids.to_numpy().astype(np.int64).reshape(-1, k).T)
