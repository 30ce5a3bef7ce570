"""Context: what goes further than the three parts, and where it was read."""

from __future__ import annotations

import streamlit as st


def further() -> None:
    """What the curve does not say, and what else is done past the window."""
    st.markdown(
        "**What the curve does not say.** A perplexity is a mean. Most tokens need only a few tokens before them, a "
        "few need one that stands far back, and those few carry the story. And a model can see far without looking: "
        "what it does with its window was learnt, from texts that were as long as they were."
    )
    st.markdown(
        "**Past the window.** Here a full window is cut to its last half, so that a cache is computed anew only once "
        "every block_size / 2 tokens. Others let the window slide with every token, keep the first tokens for good, or "
        "use positions that go on beyond the lengths of training, as on the page Positions."
    )
    st.caption(
        "Kaplan et al., “Scaling laws for neural language models” (2020), draw loss against the place in the context; "
        "Olsson et al., “In-context learning and induction heads” (2022), the loss on repeated random tokens; the cost "
        "of attention is in table 1 of Vaswani et al. (2017). Adapting within the prompt changes no weight: close the "
        "prompt, and it is forgotten."
    )
