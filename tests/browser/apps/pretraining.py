"""A page with nothing but the components of Pre-training, on numbers that a test can make again."""

import numpy as np
import streamlit as st

from lmcore.probes.one_step import OneWeight, Rule, Step
from pages.shared.pretraining_loss import Look, loss_places
from pages.shared.pretraining_pairs import Beside, Cut, cut_in, training_pairs
from pages.shared.pretraining_step import Look as StepLook
from pages.shared.pretraining_step import one_step, part_of

st.set_page_config(layout="wide")
state = st.session_state
WORDS = ["", "the", "<b>cat</b>", "sat", "on", "the", "mat", "😀", "and", "slept", "."]
rng = np.random.default_rng(0)
weights, grads = rng.normal(0, 0.1, (4, 6)), rng.normal(0, 0.01, (4, 6))
losses = rng.uniform(0.1, 7, (3, 2, 4))
losses[2, 0, 0] = 0.0001

state["runs"] = state.get("runs", 0) + 1
state.setdefault("cut", Cut(4, 4, 1))
if st.button("The first window"):
    state.cut = Cut(4, 4, 0)


def follow() -> None:
    state.cut = cut_in("pairs") or state.cut


cut = training_pairs(WORDS, state.cut, key="pairs", on_cut=follow)
beside = Beside(losses[0, 0], losses[0, 0], "4 × 2 = 8 multiplications", "2 multiplications")
training_pairs(WORDS, Cut(4, 4, 0), key="mask", beside=beside)
look = loss_places(
    WORDS[:8], WORDS[1:9], losses, [0, 10, 100], guess=2.3, vocab_size=10, look=Look(2, 0), first=8, key="loss"
)
step = one_step(
    part_of("w", "A matrix", weights, grads), Step(2.0, 1.875, 1.0, -0.1, 24, {}), Rule("sgd", 0.1), n_places=8,
    row_names=["", "<b>a</b>", "", ""], look=StepLook(0, 7), key="step",
    checked=(7, OneWeight(weights[1, 1], grads[1, 1], 1.5, 1.5 + 2e-4 * grads[1, 1], 1e-4, 0.0)),
)  # fmt: skip
st.caption(
    f"length={cut.length} stride={cut.stride} at={cut.at} step={look.step} place={look.at} phase={step.phase} "
    f"weight={step.at} runs={state.runs}"
)
