"""Three models and the same blanks: whose likeliest word is the hidden one, by where else that word stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lmcore.blanks import MEASURED_SHARE, choose
from lmcore.probes import blanks as probes
from lmcore.tokenizers.word import split
from lmcore.training import blanks

Row = dict[str, Any]
SEED = 11


def race(masked_model: Any, denoiser: Any, gpt: Any, tokenizer: Any, gpt_tokenizer: Any, text: str) -> Iterator[Row]:
    """A row for each of `probes.WHERE`: of n blanks how many each model fills with the hidden word, and how many are
    the commonest word. The words of a passage are the same for all; tokenizers may number them differently.
    """
    from collections import Counter

    rng = np.random.default_rng(SEED)
    names = ("masked", "left", "denoiser", "commonest")
    count = {place: dict.fromkeys(("n", *names), 0) for place in probes.WHERE}
    passages = blanks._passages(text, blanks.MEASURED)
    common = Counter(word for passage in passages for word in split(passage)).most_common(1)[0][0]
    for passage in passages:
        words = split(passage)[: masked_model.config.block_size - 1]
        ids = np.asarray(tokenizer.encode(passage)[: len(words)])
        theirs = np.asarray(gpt_tokenizer.encode(passage)[: len(words)])
        hidden = choose(len(words), MEASURED_SHARE, rng)
        said = {
            "masked": [tokenizer.itos[i] for i in probes.by_masked(masked_model, ids, hidden).argmax(axis=1)],
            "left": [gpt_tokenizer.itos[i] for i in probes.from_left(gpt, theirs, hidden).argmax(axis=1)],
            "denoiser": [tokenizer.itos[i] for i in probes.by_denoiser(denoiser, ids, hidden).argmax(axis=1)],
        }
        for k, place in enumerate(np.flatnonzero(hidden)):
            for kind in ("all", probes.where(ids, int(place))):
                count[kind]["n"] += 1
                count[kind]["commonest"] += words[place] == common
                for name, found in said.items():
                    count[kind][name] += found[k] == words[place]
    for kind, row in count.items():
        yield {"where": kind, **row}
