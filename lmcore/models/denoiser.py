"""A denoiser: a translator from broken passages to whole ones, with one vocabulary for both.

The encoder reads the passage with its blanks, to both sides; the decoder writes all of it anew, from left to right, and
ends. `given(source)` is a language model like any other.

Letters in shapes: T tokens of the passage, n blanks, V vocabulary.
"""

from __future__ import annotations

from typing import ClassVar

from torch import nn

from lmcore.models.masked_config import DenoiserConfig
from lmcore.models.translator import Translator

__all__ = ["Denoiser", "DenoiserConfig"]


class Denoiser(Translator):
    """The encoder-decoder of `translator.py`, reading and writing with the same table of vectors.

    Lewis et al., "BART: Denoising Sequence-to-Sequence Pre-training" (2020), https://arxiv.org/abs/1910.13461.
    """

    family: ClassVar[str] = "denoiser"
    shared: ClassVar[bool] = True
    config: DenoiserConfig  # type: ignore[assignment]

    @property
    def source_wte(self) -> nn.Embedding:  # type: ignore[override]
        """What is read has the vectors of what is written."""
        return self.wte

    @property
    def source_vocab_size(self) -> int:
        """How many tokens there are to read: the same as to write."""
        return self.config.vocab_size

    @property
    def mask_id(self) -> int:
        """The index that stands for one or more hidden words."""
        return self.config.mask_id

    @property
    def end_id(self) -> int:
        """The index that ends what is written."""
        return self.config.end_id
