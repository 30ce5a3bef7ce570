"""N-grams: the next token depends on the last n - 1 tokens only, and its probability is counted.

Shannon (1948), "A Mathematical Theory of Communication". How counts become probabilities: lmcore/models/smoothing.py.

Letters in shapes: T tokens given, V vocabulary, C different contexts, M different n-grams.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lmcore.batches import Tokens
from lmcore.models import smoothing
from lmcore.models.base import Floats, LanguageModel, check_ids
from lmcore.models.counts import MAX_ORDER, MAX_VOCAB, Counts, check_counts, count, shorter
from lmcore.models.smoothing import SMOOTHINGS, Doubles, Estimate, Source

CHUNK_FLOATS = 4_000_000  # the widest array of one chunk when many rows are computed
HELD_OUT = 0.1  # of the text, its end, tells the shares of Jelinek-Mercer
PLACES = 5000  # of it that are looked at, at most


@dataclass(frozen=True)
class NGramConfig:
    """What fixes an n-gram model, its counts aside. ValueError names the field and its limit."""

    vocab_size: int
    """V, how many tokens there are, the start token counted."""
    order: int = 3
    """n: a token and the n - 1 before it that it depends on."""
    smoothing: str = "add-k"
    """How counts become probabilities, one of smoothing.SMOOTHINGS."""
    k: float = 0.01
    """For add-k: added to every count; 1 is Laplace's rule."""

    def __post_init__(self) -> None:
        for name, low, high in (("vocab_size", 2, MAX_VOCAB), ("order", 1, MAX_ORDER)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise ValueError(f"{name} must be a whole number from {low} to {high:,}, not {value!r:.40}")
        if not isinstance(self.smoothing, str) or self.smoothing not in SMOOTHINGS:
            raise ValueError(f"smoothing must be one of {', '.join(SMOOTHINGS)}, not {self.smoothing!r:.40}")
        if isinstance(self.k, bool) or not isinstance(self.k, int | float) or not 0 <= self.k <= 1e6:
            raise ValueError(f"k must be a number from 0 to 1,000,000, not {self.k!r:.40}")

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    @classmethod
    def from_dict(cls, config: Mapping[str, Any]) -> NGramConfig:
        """Read `to_dict` back; ValueError on a missing or unknown field."""
        unknown = sorted(str(name)[:40] for name in set(config) - {field.name for field in fields(cls)})
        if unknown:
            raise ValueError(f"an n-gram model has no setting named {unknown[0]!r}")
        if "vocab_size" not in config:
            raise ValueError("an n-gram model's configuration needs a vocab_size")
        return cls(**config)


class NGram(LanguageModel):
    """p(x_t | x_1..x_{t-1}) = p(x_t | x_{t-n+1}..x_{t-1}), from counts. Before the text stand n - 1 start tokens."""

    family: ClassVar[str] = "ngram"

    def __init__(self, config: NGramConfig) -> None:
        """A model that has counted nothing yet: every token is as probable as any other."""
        self.config = config
        self._take(count(np.zeros(0, np.int32), np.zeros(1, np.int64), config.order, config.vocab_size), [])

    def variant(self, order: int, smoothing: str, k: float = 0.01, weights: Doubles | None = None) -> NGram:
        """The same counts up to an order, read by another method; nothing is counted anew.

        `weights` (order,) are the shares for Jelinek-Mercer, see `learned_shares`; without them each is a half.
        """
        other = NGram(NGramConfig(self.vocab_size, order, smoothing, k))
        other._take(self.table(order), self._head[:order], self._separate, weights)
        other._tables = {n: self.table(n) for n in range(1, order + 1)}
        return other

    def fit(self, tokens: Tokens) -> NGram:
        """Count a text; what was counted before is forgotten. Returns the model itself."""
        ids = tokens.ids
        if ids.size and not (ids.min() >= 1 and ids.max() < self.vocab_size):
            raise ValueError(f"the text has tokens that are not in the vocabulary 1..{self.vocab_size - 1}")
        order = self.config.order
        weights = None
        if self.config.smoothing == "jelinek-mercer":
            weights = learned_shares(tokens, order, self.vocab_size)
        table = count(ids, tokens.starts, order, self.vocab_size, tokens.separate)
        self._take(table, ids[:order].tolist(), tokens.separate, weights)
        return self

    def _take(self, table: Counts, head: list[int], separate: bool = False, weights: Doubles | None = None) -> None:
        self._tables = {table.order: table}
        self._head = head  # the first tokens of the text, see `shorter`
        self._separate = separate
        self._weights = np.full(table.order, 0.5) if weights is None else weights
        self._estimate: Estimate | None = None

    @property
    def vocab_size(self) -> int:
        return self.config.vocab_size

    @property
    def block_size(self) -> int | None:
        return None

    @property
    def n_params(self) -> int:
        """How many different n-grams of the model's order were counted."""
        return self.table().counts.size

    # Counts, for pictures and tables ---------------------------------------------------------------------------------

    def table(self, order: int | None = None) -> Counts:
        """The counts of an order from 1 to the model's own (the default); shorter ones are made when asked for."""
        order = self.config.order if order is None else order
        if not 1 <= order <= self.config.order:
            raise ValueError(f"this model has counts of the orders 1 to {self.config.order}, not {order}")
        if order not in self._tables:
            self._tables[order] = shorter(self.table(order + 1), self._head, self._separate)
        return self._tables[order]

    @property
    def weights(self) -> Doubles:
        """(n,) the share of each order for Jelinek-Mercer."""
        return self._weights

    @property
    def reads_by(self) -> Callable[[Source], Estimate]:
        """The function that reads the counts."""
        return SMOOTHINGS[self.config.smoothing]

    @property
    def estimate(self) -> Estimate:
        """The counts as the model's smoothing reads them."""
        if self._estimate is None:
            source = Source(self.config.order, self.vocab_size, self.table, self.config.k, self._weights)
            self._estimate = SMOOTHINGS[self.config.smoothing](source)
        return self._estimate

    def counts(self, order: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """(M, order) all n-grams of an order in lexicographic order, (M,) their counts; start tokens are 0."""
        table = self.table(order)
        return table.grams(), table.counts

    def top_ngrams(self, order: int, n: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The n most frequent n-grams (n, order) without start tokens, and their counts (n,); equals in order."""
        grams, counts = self.counts(order)
        inside = grams[:, 0] != self.start_id
        grams, counts = grams[inside], counts[inside]
        if 0 < n < counts.size:  # only what may be among the best is sorted
            often = counts >= np.partition(counts, -n)[-n]
            grams, counts = grams[often], counts[often]
        best = np.argsort(-counts, kind="stable")[: max(n, 0)]
        return grams[best], counts[best]

    def continuations(self, context: Sequence[int]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Which tokens followed a context, most frequent first, and how often.

        The context is 0 to n - 1 tokens, of which the order of the counts follows; start tokens are 0.
        """
        table, row = self._row(context)
        if row < 0:
            return np.zeros(0, np.int32), np.zeros(0, np.int64)
        part = slice(table.offsets[row], table.offsets[row + 1])
        by_count = np.argsort(-table.counts[part], kind="stable")
        return table.tokens[part][by_count], table.counts[part][by_count]

    def next_counts(self, context: Sequence[int]) -> NDArray[np.int64]:
        """(V,) how often each token followed a context of 0 to n - 1 tokens."""
        tokens, counts = self.continuations(context)
        out = np.zeros(self.vocab_size, dtype=np.int64)
        out[tokens] = counts
        return out

    def seen(self, context: Sequence[int]) -> bool:
        """Whether anything ever followed this context of 0 to n - 1 tokens."""
        return self._row(context)[1] >= 0

    def _row(self, context: Sequence[int]) -> tuple[Counts, int]:
        """The table for a context of this length, and the context's row in it, -1 when it was never seen."""
        if len(context) >= self.config.order:
            raise ValueError(f"a context of this model has at most {self.config.order - 1} tokens, not {len(context)}")
        if any(not 0 <= token < self.vocab_size for token in context):
            raise ValueError(f"the context has tokens that are not in the vocabulary 0..{self.vocab_size - 1}")
        table = self.table(len(context) + 1)
        return table, int(table.find(table.key([np.array([token]) for token in context or (0,)]))[0])

    # A language model ------------------------------------------------------------------------------------------------

    def context(self, ids: Sequence[int]) -> tuple[int, ...]:
        """The last n - 1 of the tokens, with start tokens before them where there are fewer."""
        n = self.config.order
        padded = (self.start_id,) * (n - 1) + tuple(ids)
        return padded[len(padded) - (n - 1) :]

    def _columns(self, ids: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """n - 1 columns (T+1,): the tokens before each place, and before the one after the last."""
        n = self.config.order
        padded = np.concatenate([np.zeros(n - 1, np.int64), ids])
        return [padded[i : i + ids.size + 1] for i in range(n - 1)]

    def log_probs(self, ids: Sequence[int]) -> Floats:
        columns = self._columns(check_ids(ids, self.vocab_size))
        out = np.empty((len(ids) + 1, self.vocab_size), dtype=np.float32)
        chunk = max(CHUNK_FLOATS // self.vocab_size, 1)
        for begin in range(0, len(out), chunk):
            rows = slice(begin, begin + chunk)
            out[rows] = _log(self.estimate.dense([column[rows] for column in columns], len(out[rows])))
        return out

    def score(self, ids: Sequence[int]) -> Floats:
        """(T,) ln p of each token, by looking up its own counts only: nothing here is V wide."""
        tokens = check_ids(ids, self.vocab_size)
        return _log(self.estimate.probs([column[:-1] for column in self._columns(tokens)], tokens))

    def start(self) -> tuple[tuple[int, ...], Floats]:
        return self.prompt([])

    def step(self, state: tuple[int, ...], token: int) -> tuple[tuple[int, ...], Floats]:
        check_ids([token], self.vocab_size)
        return self._after(self.context((*state, token)))

    def prompt(self, ids: Sequence[int]) -> tuple[tuple[int, ...], Floats]:
        return self._after(self.context(check_ids(ids, self.vocab_size).tolist()))

    def _after(self, context: tuple[int, ...]) -> tuple[tuple[int, ...], Floats]:
        return context, _log(self.estimate.dense([np.array([token]) for token in context], 1))[0]

    def trace(self, ids: Sequence[int]) -> dict[str, NDArray[Any]]:
        """ "log_probs" and what they are made of.

        "contexts" (T+1, n-1) the tokens each row depends on; "counts" (T+1, V) how often each token followed them;
        "totals" (T+1,) how often anything did; "token_counts" (T,) the count of the token that came; of each order
        that the smoothing asks, "order.2.gamma" (T+1,) the share that its context leaves for the shorter one.
        """
        tokens, table = check_ids(ids, self.vocab_size), self.table()
        columns = self._columns(tokens)
        rows = table.find(table.key(columns or [np.zeros(tokens.size + 1, np.int64)]))
        gammas = {
            f"order.{level.order}.gamma": self.estimate.rows(level, columns, rows.size)[1]
            for level in self.estimate.levels
        }
        return {
            "log_probs": self.log_probs(ids),
            "contexts": np.stack(columns, axis=1) if columns else np.zeros((rows.size, 0), np.int64),
            "counts": table.dense(rows).astype(np.int64),
            "totals": table.row_totals(rows),
            "token_counts": table.look_up(rows[:-1], tokens),
            **gammas,
        }

    # Files -----------------------------------------------------------------------------------------------------------

    def state_arrays(self) -> dict[str, NDArray[Any]]:
        """All that was counted (the model's own order) as plain arrays; `from_arrays` reads them back."""
        table = self.table()
        return {
            "contexts": table.contexts,
            "offsets": table.offsets.astype(np.int64),
            "tokens": table.tokens,
            "counts": table.counts.astype(np.int64),
            "head": np.array(self._head, dtype=np.int32),
            **({"separate": np.ones(1, np.int32)} if self._separate else {}),
            **({"weights": self._weights} if self.config.smoothing == "jelinek-mercer" else {}),
        }

    @classmethod
    def from_arrays(cls, config: NGramConfig, arrays: Mapping[str, NDArray[Any]]) -> NGram:
        """A model from `state_arrays`, checked as a stranger's file; ValueError says what is wrong."""
        head = arrays.get("head")
        if head is None or head.ndim != 1 or head.size > config.order or head.dtype != np.int32:
            raise ValueError("the n-gram file does not hold the first tokens of its text")
        check_ids(head.tolist(), config.vocab_size)
        weights = None
        if config.smoothing == "jelinek-mercer":
            weights = arrays.get("weights")
            if weights is None or weights.shape != (config.order,) or weights.dtype != np.float64:
                raise ValueError("the n-gram file does not hold the share of each order")
            if not np.all((weights > 0) & (weights < 1)):
                raise ValueError("the shares of the orders in the n-gram file must lie between 0 and 1")
        separate = arrays.get("separate")
        if separate is not None and not (separate.shape == (1,) and separate.dtype == np.int32 and separate[0] == 1):
            raise ValueError("the n-gram file does not say whether its sentences stand by themselves")
        model = cls(config)
        own = {"head", "separate"} | ({"weights"} if weights is not None else set())
        table = {name: array for name, array in arrays.items() if name not in own}
        model._take(check_counts(config.order, config.vocab_size, table), head.tolist(), separate is not None, weights)
        return model


def learned_shares(tokens: Tokens, order: int, vocab_size: int) -> Doubles:
    """(n,) the shares of the orders for Jelinek-Mercer: counted is the text but its end, which tells the shares."""
    cut = round(tokens.ids.size * (1 - HELD_OUT))
    before = Tokens(tokens.ids[:cut], tokens.starts[tokens.starts < cut], tokens.separate)
    counted = NGram(NGramConfig(vocab_size, order, "mle")).fit(before)
    places = np.arange(cut, tokens.ids.size)
    if places.size > PLACES:
        places = np.linspace(cut, tokens.ids.size - 1, PLACES).astype(np.int64)
    columns = [column[places] for column in contexts(tokens, order)]
    held_out = tokens.ids[places]
    shares, seen = np.zeros((held_out.size, order)), np.zeros((held_out.size, order), dtype=bool)
    for n in range(1, order + 1):
        table = counted.table(n)
        rows = table.find(table.key(columns[order - n :] or [np.zeros(held_out.size, np.int64)]))
        totals = np.maximum(table.row_totals(rows), 1)
        shares[:, n - 1], seen[:, n - 1] = table.look_up(rows, held_out) / totals, rows >= 0
    return smoothing.learn_weights(shares, seen, 1 / (vocab_size - 1))


def contexts(tokens: Tokens, order: int) -> list[NDArray[np.int64]]:
    """The order - 1 columns (N,) of the tokens before each token of a text; start tokens where a passage that stands by
    itself, or the text, begins.
    """
    N = tokens.ids.size
    inside = np.arange(N)
    if tokens.separate:
        inside = inside - np.repeat(tokens.starts, np.diff(np.append(tokens.starts, N)))
    columns = []
    for back in range(order - 1, 0, -1):
        column = np.zeros(N, np.int64)
        column[back:] = tokens.ids[:-back] if back < N else column[back:]
        column[inside < back] = 0
        columns.append(column)
    return columns


def _log(probs: Doubles) -> Floats:
    with np.errstate(divide="ignore"):  # ln 0 = -inf is meant
        return np.log(probs).astype(np.float32)
