"""Generating, one token at a time on one thread: our step, plain and explained, beside transformers' GPT-2."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import numpy as np
import torch

from lmcore import sampling
from lmcore.bench.peers import twins
from lmcore.bench.row import Row, at_most, times
from lmcore.bench.timing import in_turns, ratio
from lmcore.models.gpt import GPT, GPTConfig

VOCABULARIES = {"full": (100, 1500), "tiny": (20,)}  # letters, and words of the tales
PROMPT = 8


def run(size: str) -> Iterator[Row]:
    """A greedy continuation by `step`, and a drawn one by `generate` with ten alternatives a token."""
    torch.set_num_threads(1)
    repeats, block_size = (9, 256) if size == "full" else (2, 16)
    new = block_size - PROMPT - 1  # with the start token the window is just full
    for vocab_size in VOCABULARIES[size]:
        config = GPTConfig(vocab_size=vocab_size, block_size=block_size, n_layer=4, n_head=4, n_embd=128)
        ours, theirs = twins(config)
        prompt = np.random.default_rng(1).integers(1, vocab_size, PROMPT).tolist()

        def greedy(ours=ours, prompt=prompt) -> None:
            state, log_probs = ours.prompt(prompt)
            for _ in range(new):
                state, log_probs = ours.step(state, 1 + int(log_probs[1:].argmax()))  # 0 is the start token

        def explained(ours=ours, prompt=prompt) -> None:
            for _ in sampling.generate(ours, prompt, max_new_tokens=new, temperature=0.8, seed=1, n_alternatives=10):
                pass

        @torch.inference_mode()
        def peer(theirs=theirs, prompt=prompt) -> None:
            out = theirs(input_ids=torch.tensor([[0, *prompt]]), use_cache=True)
            for _ in range(new):
                token = out.logits[:, -1].argmax(-1, keepdim=True)
                out = theirs(input_ids=token, past_key_values=out.past_key_values, use_cache=True)

        plain, told, peers = in_turns([greedy, explained, peer], repeats, time.process_time)
        shape = f"V = {vocab_size:,}"
        note = f"4 layers, 4 heads, 128 wide, the same weights; {new} tokens after {PROMPT}; processor time"
        for what, taken, goal in (
            (f"greedy through step, {shape}", plain, 4),
            (f"drawn, every token explained, {shape}", told, 3),
        ):
            yield Row(
                what=what, ours=new / statistics.median(taken), unit="tokens/s", repeats=len(taken),
                peer=new / statistics.median(peers), peer_name="transformers, cached, greedy",
                ratio=ratio(peers, taken), goal=times(goal), note=note,
            )  # fmt: skip
        early, late = growth(ours, prompt, new, repeats)
        yield Row(
            what=f"the last of {new} tokens beside the first, {shape}", ours=late / early, unit="times as long",
            repeats=repeats, goal=at_most(1.3), note="medians of 8 tokens each, explained; the first after the prompt",
        )  # fmt: skip


def growth(model: GPT, prompt: list[int], new: int, repeats: int) -> tuple[float, float]:
    """Seconds for one of the first and one of the last tokens of an explained continuation, medians over runs."""
    runs = []
    for seed in range(repeats):
        steps = sampling.generate(model, prompt, max_new_tokens=new, temperature=0.8, seed=seed, n_alternatives=10)
        taken = [step.seconds for step in steps][1:]  # the first one includes the prompt
        runs.append((statistics.median(taken[:8]), statistics.median(taken[-8:])))
    early, late = zip(*runs, strict=True)
    return statistics.median(early), statistics.median(late)
