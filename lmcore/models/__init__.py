"""The families of language models, by name. Each is imported when first asked for: torch comes with networks only."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

FAMILIES: dict[str, tuple[str, str]] = {
    "ngram": ("lmcore.models.ngram", "NGram"),
    "ffnn": ("lmcore.models.ffnn", "FeedForward"),
    "rnn": ("lmcore.models.rnn", "RNN"),
    "lstm": ("lmcore.models.lstm", "LSTM"),
    "gpt": ("lmcore.models.gpt", "GPT"),
}

OTHERS: dict[str, tuple[str, str]] = {
    "word2vec": ("lmcore.models.word2vec", "Word2Vec"),
    "translator": ("lmcore.models.translator", "Translator"),
    "bahdanau": ("lmcore.models.seq2seq", "Bahdanau"),
    "chatbot": ("lmcore.models.chatbot", "Chatbot"),
    "body": ("lmcore.models.classifier", "Body"),
    "classifier": ("lmcore.models.classifier", "Classifier"),
    "masked": ("lmcore.models.masked", "Masked"),
    "denoiser": ("lmcore.models.denoiser", "Denoiser"),
}
"""Trained, saved and traced like the families above, but no language models: by themselves they give no p(next token).

Those of TRANSLATORS become one when they have read something: `model.given(source_ids)`; a chatbot is one, of
conversations, which nobody but its own lesson has."""

TRANSLATORS = ("translator", "bahdanau")
BLANKS = ("masked", "denoiser")
"""Those that fill in blanks; their vocabulary is a tokenizer's with a mask and an end (lmcore.tokenizers.blanks)."""

# Each family's config dataclass, with `from_dict`; in modules that import no torch, so that specs are checked cheaply.
CONFIGS: dict[str, tuple[str, str]] = {
    "ngram": ("lmcore.models.ngram", "NGramConfig"),
    "ffnn": ("lmcore.models.ffnn_config", "FeedForwardConfig"),
    "rnn": ("lmcore.models.recurrent_config", "RNNConfig"),
    "lstm": ("lmcore.models.recurrent_config", "LSTMConfig"),
    "gpt": ("lmcore.models.gpt_config", "GPTConfig"),
    "word2vec": ("lmcore.models.word2vec_config", "Word2VecConfig"),
    "translator": ("lmcore.models.translator_config", "TranslatorConfig"),
    "bahdanau": ("lmcore.models.translator_config", "BahdanauConfig"),
    "chatbot": ("lmcore.models.gpt_config", "GPTConfig"),
    "body": ("lmcore.models.gpt_config", "GPTConfig"),
    "classifier": ("lmcore.models.classifier_config", "ClassifierConfig"),
    "masked": ("lmcore.models.masked_config", "MaskedConfig"),
    "denoiser": ("lmcore.models.masked_config", "DenoiserConfig"),
}


def model_class(family: Any) -> Any:
    """The class of a family; ValueError when there is none of that name."""
    return _look_up({**FAMILIES, **OTHERS}, family)


def configure(family: Any, config: Mapping[str, Any], vocab_size: int) -> Any:
    """The checked config dataclass of a family, for a vocabulary of V tokens; `config` is without the vocab_size."""
    if not isinstance(config, Mapping):
        raise ValueError(f"the settings of a model must be an object of named values, not {type(config).__name__}")
    return _look_up(CONFIGS, family).from_dict({**config, "vocab_size": vocab_size})


def build(family: Any, config: Mapping[str, Any], vocab_size: int) -> Any:
    """A new, untrained model (an n-gram has counted nothing yet); ValueError on an unknown family or setting."""
    settings = configure(family, config, vocab_size)
    return model_class(family)(settings)


def _look_up(table: dict[str, tuple[str, str]], family: Any) -> Any:
    if not isinstance(family, str) or family not in table:
        raise ValueError(f"there is no model family {family!r:.40}; there are {', '.join(CONFIGS)}")
    module, name = table[family]
    return getattr(import_module(module), name)
