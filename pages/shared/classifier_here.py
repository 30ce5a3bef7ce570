"""What the classifier's page looks at now: the classifier, the text, both verdicts on it."""

from __future__ import annotations

from dataclasses import dataclass

from lmcore.corpora.labels import Labelled
from lmcore.models.word_counts import WordCounts
from lmcore.probes.classifying import Verdict
from pages.shared import classifier_models as classifiers
from pages.shared.classifier_models import Ids
from pages.shared.models import Loaded

NETWORK, COUNTS = "The network", "Counting words"


@dataclass(frozen=True)
class Here:
    """One text before one classifier, with counting words beside it where its lines are still there."""

    loaded: Loaded
    text: str
    ids: Ids
    n_cut: int
    lines: Labelled | None
    counts: WordCounts | None
    network: Verdict
    counted: Verdict | None

    @classmethod
    def of(cls, loaded: Loaded, text: str) -> Here:
        """Everything about a text; cached by its content."""
        ids, n_cut = classifiers.ids_of(loaded, text)
        lines = classifiers.lines_of(loaded)
        counts = classifiers.counted(loaded, lines)
        counted = None if counts is None else classifiers.counts_verdict(loaded, counts, ids)
        return cls(loaded, text, ids, n_cut, lines, counts, classifiers.verdict(loaded, ids), counted)

    @property
    def labels(self) -> tuple[str, ...]:
        return classifiers.labels_of(self.loaded)

    @property
    def tokens(self) -> list[str]:
        """As they were typed where a word is unknown, in lower case."""
        itos, unk = self.loaded.tokenizer.itos, self.loaded.tokenizer.unk_id
        typed = self.typed()
        return [typed[t] if i == unk and t < len(typed) else itos[i] for t, i in enumerate(self.ids)]

    def typed(self) -> list[str]:
        """The words of the text, one a token."""
        from lmcore.tokenizers.word import split

        return split(" ".join(self.text.lower().split()))

    @property
    def unknown(self) -> list[int]:
        """Places of words that the model does not know."""
        unk = self.loaded.tokenizer.unk_id
        return [t for t, i in enumerate(self.ids) if i == unk]

    @property
    def verdicts(self) -> list[tuple[str, Verdict]]:
        return [(NETWORK, self.network)] + ([(COUNTS, self.counted)] if self.counted is not None else [])

    def strongest(self) -> int | None:
        """The word that speaks most for the network's label."""
        if not self.ids:
            return None
        return int(self.network.moves(self.network.best).argmax())
