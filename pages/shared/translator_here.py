"""What every part of the lesson Translator starts from: a model, a sentence, and what is written for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore.beam import Tree
from lmcore.probes import translating
from lmcore.probes.translating import Written
from lmcore.tokenizers import phrase
from pages.shared import translator_models as translators
from pages.shared.models import Loaded
from pages.shared.translation import Shown
from pages.shared.view import View

PAGE = "translator"
STAGE = f"{PAGE}.stage"
K = 8  # words shown at each place
Ids = tuple[int, ...]


@dataclass(frozen=True)
class Here:
    """The page as it stands. With a `refusal` nothing was read, and what was written is empty."""

    view: View
    loaded: Loaded
    sentence: str
    text: str
    """The sentence as it is read."""
    source: Ids
    taken: Ids
    refusal: str
    written: Written | None = field(default=None, repr=False)
    tree: Tree | None = field(default=None, repr=False)

    @classmethod
    def of(cls, view: View, loaded: Loaded, sentence: str) -> Here:
        """Read the sentence and write its translation, as the view asks."""
        text = translators.tidied(loaded, sentence)
        source = translators.source_of(loaded, text)
        taken = tuple(i for i in view["taken"] if 0 < i < loaded.tokenizer.vocab_size)
        refusal = _refusal(source)
        if refusal:
            return cls(view, loaded, sentence, text, source, (), refusal)
        try:
            written, tree = translators.written(loaded, source, taken, view["beams"])
        except ValueError as error:
            return cls(view, loaded, sentence, text, source, (), _said(error))
        return cls(view, loaded, sentence, text, source, taken, "", written, tree)

    @property
    def made(self) -> Written:
        """What is written; ValueError where the sentence was refused."""
        if self.written is None:
            raise ValueError("nothing was written: the sentence was refused")
        return self.written

    @property
    def tokens(self) -> Ids:
        """The written tokens, the end token with them."""
        return self.made.tokens if self.written else ()

    @property
    def pieces(self) -> tuple[str, ...]:
        """The source's tokens as text."""
        return translators.pieces(self.loaded, self.source)

    @property
    def words(self) -> tuple[str, ...]:
        """The written tokens as text."""
        itos = self.loaded.tokenizer.itos
        return tuple(itos[i] for i in self.tokens)

    @property
    def translated(self) -> str:
        """The translation as a sentence."""
        return translators.text_of(self.loaded, self.tokens)

    @property
    def unknown(self) -> tuple[int, ...]:
        """Places of source words that the model does not know."""
        tokenizer: Any = self.loaded.tokenizer
        unk = tokenizer.source.unk_id
        return tuple(s for s, token in enumerate(self.source) if unk is not None and token == unk)

    @property
    def n_heads(self) -> int:
        """Heads of the last block that look at the source; 1 in a recurrent network, which has no heads."""
        return int(self.made.cross.shape[1])

    @property
    def looks(self) -> NDArray[np.float32]:
        """(P, S) where the last layer looks for each word, its heads averaged; the one matrix of a recurrent one."""
        return self.made.cross[-1].mean(axis=0)


def _said(error: ValueError) -> str:
    """An error's words as a sentence."""
    words = str(error)
    return f"{words[:1].upper()}{words[1:]}."


def _refusal(source: Ids) -> str:
    if not source:
        return "There is nothing to translate yet. Write a sentence."
    if len(source) > translators.MOST_SOURCE:
        return (
            f"This has {len(source):,} tokens. The models learnt from single sentences of up to about 20, so "
            f"{translators.MOST_SOURCE} is the limit here: cut it into sentences."
        )
    return ""


def shown(here: Here) -> Shown:
    """What the stage draws."""
    made = here.made
    ids, probs = translating.alternatives(made.log_probs, K)
    tokenizer: Any = here.loaded.tokenizer
    return Shown(
        source=_named(here),
        unknown=here.unknown,
        words=here.words,
        ids=here.tokens,
        ended=made.ended,
        given=min(len(here.taken), len(here.tokens)),
        weights=here.looks,
        alt_ids=ids,
        alt_probs=probs,
        vocab_size=tokenizer.vocab_size,
        end=tokenizer.end_id,
        lines="lines: where it looks" + (", the last block's heads averaged" if here.n_heads > 1 else ""),
    )


def _named(here: Here) -> tuple[str, ...]:
    """The source's tokens as text, an unknown word as it was typed and not as <unk>."""
    if not here.unknown:
        return here.pieces
    typed = phrase.split(here.text)
    if len(typed) != len(here.source):
        return here.pieces
    return tuple(typed[s] if s in here.unknown else piece for s, piece in enumerate(here.pieces))
