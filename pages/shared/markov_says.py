"""What the Markov page says about a chain, in this chain's numbers. Tokens of a text go through `lesson.chip`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lmcore.figures.markov import percent
from lmcore.probes import markov
from lmcore.probes.markov import Chain, Part, Stationary
from lmcore.tokenizers.base import Tokenizer
from pages.shared.lesson import chip
from pages.shared.markov import Ending


def of_row(part: Part, row: int, chips: Sequence[str]) -> str:
    """What comes after the state `row`; `chips` (K,) are the states' names as Markdown."""
    probs = part.probs
    here = probs[row]
    best, sure = int(here.argmax()), int(probs.max(axis=1).argmax())
    n_next = int((here > 0).sum())
    bits = -float((here * np.log2(np.where(here > 0, here, 1))).sum()) + 0.0
    return (
        f"{chips[row]} stands in the text {part.counts[row]:,} times. After it {chips[best]} comes most often, with "
        f"{percent(here[best])}; of the {len(chips)} states in the picture {n_next} can follow, and which one does is "
        f"worth {bits:.2f} bits. None is surer of what comes next than {chips[sure]}: {percent(probs[sure].max())} for "
        f"{chips[int(probs[sure].argmax())]}. The walk knows nothing but the token it stands on, so it writes pairs "
        "that the text has, and sentences that the text may never have had."
    )


def of_endings(endings: Sequence[Ending], unknown: Sequence[str]) -> str:
    """What two sentences' bars have to do with each other; `unknown` are words that the text does not have."""
    both, says = [each for each in endings if each.last is not None], ""
    if len(both) == 2 and both[0].last == both[1].last and both[0].tokens.size:
        says = "The same last token, so the same bars: that is the assumption, and its limit. "
        if both[0].longer and both[1].longer and both[0].longer_probs != both[1].longer_probs:
            says += "The marks differ, so the words before it did matter. "
    elif len(both) == 2 and both[0].last != both[1].last:
        says = "The last tokens differ, and so do the bars. "
    if unknown:
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        says += (
            f"The text does not have {', '.join(map(chip, unknown[:5]))}{more}. Before the last word that makes no "
            "difference to a chain."
        )
    return says


def habits(chain: Chain, found: Stationary, tokenizer: Tokenizer) -> list[str]:
    """What is special about a chain, a sentence each; most texts have nothing or little of it."""
    says = []
    if chain.closed:
        says.append(
            f"Nothing ever followed {chip(tokenizer.itos[chain.last])}, the text's last token: every walk would end "
            f"there. So after it the text begins again, with {chip(tokenizer.itos[chain.first])}."
        )
    if found.left.size:
        some = ", ".join(chip(tokenizer.itos[token]) for token in found.left[:5])
        more = f" and {found.left.size - 5:,} more" if found.left.size > 5 else ""
        says.append(
            f"A walk that has left {some}{more} never comes back, because the text does not: a long walk spends no "
            "time there."
        )
    if found.period > 1:
        says.append(
            f"This chain has a period: a walk can be back where it was only after a multiple of {found.period:,} "
            "steps, so where it is at one moment never settles. Its average does, and that is what is drawn."
        )
    if found.moved > markov.TOLERANCE:
        says.append(
            f"After {found.n_steps:,} steps the distribution still moves by {found.moved:.1g} a step: walks in this "
            "text take very long to forget where they began."
        )
    return says
