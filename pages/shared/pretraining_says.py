"""What the page Pre-training says and tabulates, in the numbers of this model and text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lmcore.probes import pairs
from lmcore.probes.one_step import Rule, Step
from lmcore.probes.pairs import PAD, Compared, Windows
from pages.shared import lesson, scripts, scrubber
from pages.shared.models import Loaded
from pages.shared.pretraining import Batch
from pages.shared.pretraining_step import Part

Losses = np.ndarray[Any, np.dtype[np.float64]]


def word(loaded: Loaded, token: int) -> str:
    """A token as a chip."""
    return "*start*" if token == 0 else lesson.chip(loaded.tokenizer.itos[token])


# What you see --------------------------------------------------------------------------------------------------------


def of_windows(loaded: Loaded, windows: Windows, stride: int, at: int) -> str:
    """The windows of this text."""
    M, L = windows.x.shape
    x, y = windows.x[at], windows.y[at]
    said = (
        f"A text of {windows.sequence.size - 1} tokens, with the start token before them, gives {_n(M, 'window')} of "
        f"{_n(L, 'token')}, and so **{_n(M * L, 'pair')}** of a context and a next token. The last pair of window "
        f"{at + 1} asks for {word(loaded, int(y[-1]))} after {_n(L, 'token')} that begin with "
        f"{word(loaded, int(x[0]))}. "
    )
    if windows.n_left:
        said += f"The last {_n(windows.n_left, 'token')} of the text fill no window of their own. "
    if stride < L:
        often = f"{'about ' if L % stride else ''}{round(L / stride)} times"
        said += f"The stride is shorter than a window: most tokens are asked for {often}, after different contexts. "
    elif stride > L:
        said += f"The stride is longer than a window: {stride - L} of every {stride} tokens are never asked for. "
    else:
        said += "The stride is the window's length: every token is asked for once. "
    return said + "Nobody had to label anything: the answer to each question stands in the text."


def of_mask(found: Compared) -> str:
    """Why one pass is enough."""
    L = found.alone.size
    if L == 1:
        return "One pair, one pass: nothing is saved yet. A longer window shows what the mask is for."
    same = "do not differ by a bit" if found.gap == 0 else f"differ by {found.gap:.0e} nats at most, which is rounding"
    return (
        f"The {L} losses are the same in both columns: computed in float64 they {same}. Under the causal mask "
        f"place t sees what pair t shows and nothing else, so one pass is all {L} questions at once, for {L} times "
        f"fewer multiplications. What stands behind a pair, padding or the next tokens, is never looked at."
    )


def of_loss(loaded: Loaded, batch: Batch, losses: Losses, steps: list[int], step: int, at: int) -> str:
    """The loss of the batch, at a place and from the beginning on."""
    now, V = losses[step], loaded.model.vocab_size
    dear, cheap = int(now.argmax()), int(now.argmin())
    L = now.shape[1]
    names = [word(loaded, batch.y[place // L][place % L]) for place in (dear, cheap)]
    said = (
        f"After {steps[step]:,} steps a place of this batch costs {now.mean():.3g} nats on average, a perplexity of "
        f"{np.exp(now.mean()):.3g}: as unsure as if it guessed among so many tokens. "
    )
    if now.size > 1:
        said += (
            f"The dearest place is {names[0]} in window {batch.first + dear // L + 1} with {now.flat[dear]:.3g} nats, "
            f"the cheapest {names[1]} in window {batch.first + cheap // L + 1} with {_small(float(now.flat[cheap]))}. "
        )
    if len(steps) > 1 and steps[0] == 0:
        start = losses[0]
        said += (
            f"At step 0 the mean was {start.mean():.3g}, within {abs(start.mean() - np.log(V)):.2g} of "
            f"ln {V:,} = {np.log(V):.3g}, and no place was far from it: a model that knows nothing spreads its "
            "probability evenly."
        )
    return said


def of_step(step: Step, rule: Rule, batch: Batch, part: Part) -> str:
    """What the step did."""
    change = step.loss_after - step.loss
    expected = rule.learning_rate * step.slope
    share = float(np.abs(part.grads).max())
    said = (
        f"One step of all {step.n_weights:,} weights on {_n(batch.n_places, 'place')} takes their loss from "
        f"**{step.loss:.4g}** to **{step.loss_after:.4g}** nats. "
    )
    if np.isfinite(change):
        said += f"Were the loss a straight slope it would change by {expected:+.3g}; it changed by {change:+.3g}. "
    said = said.replace("by -", "by −")
    if change > 0:
        said += "The step was too long: the slope holds near the old weights only. "
    if rule.name == "adamw":
        said += (
            "A first step of AdamW moves nearly every weight by η, however large its gradient: it divides the gradient "
            f"by its own size. Here the largest gradient that is drawn is {share:.2g}."
        )
    else:
        said += (
            "Plain gradient descent moves a weight by η times its gradient, so weights with small gradients hardly "
            f"move. The largest gradient that is drawn is {share:.2g}, so its weight moves by "
            f"{rule.learning_rate * share:.2g}."
        )
    return said


def _small(nats: float) -> str:
    return f"{nats:.3g}" if nats >= 1e-3 else "less than 0.001"


def _n(count: int, name: str) -> str:
    return f"{count:,} {name}{'' if count == 1 else 's'}"


# Tables --------------------------------------------------------------------------------------------------------------


def table_of_pairs(loaded: Loaded, batch: Batch) -> pd.DataFrame:
    """Every pair of the windows that are drawn."""
    rows = []
    for m, (x, y) in enumerate(zip(batch.x, batch.y, strict=True)):
        contexts, targets = pairs.expanded(x, y)
        for t, context in enumerate(contexts.tolist()):
            written = ["*" if token == PAD else loaded.tokenizer.itos[token] for token in context]
            rows.append((batch.first + m + 1, t + 1, *written, loaded.tokenizer.itos[int(targets[t])]))
    names = [f"x{t + 1}" for t in range(len(batch.x[0]))]
    return pd.DataFrame(rows, columns=["window", "place", *names, "next token"])


def table_of_mask(loaded: Loaded, x: tuple[int, ...], y: tuple[int, ...], found: Compared) -> pd.DataFrame:
    """The two columns of losses."""
    itos = loaded.tokenizer.itos
    return pd.DataFrame(
        {
            "place": range(1, len(x) + 1), "last token": [itos[i] for i in x], "next token": [itos[i] for i in y],
            "loss alone": found.alone, "loss in one pass": found.at_once, "difference": found.alone - found.at_once,
        }
    )  # fmt: skip


def table_of_loss(loaded: Loaded, batch: Batch, losses: Losses, steps: list[int]) -> pd.DataFrame:
    """Every place at every kept step."""
    S, M, L = losses.shape
    table: dict[str, Any] = {
        "window": np.repeat(np.arange(M) + batch.first + 1, L), "place": np.tile(np.arange(L) + 1, M),
        "next token": [loaded.tokenizer.itos[i] for row in batch.y for i in row],
    }  # fmt: skip
    return pd.DataFrame(table | {f"step {steps[s]:,}": losses[s].ravel() for s in range(S)})


def table_of_step(part: Part, rule: Rule) -> pd.DataFrame:
    """The weights that are drawn."""
    r, c = np.meshgrid(part.rows, part.columns, indexing="ij")
    w, g = part.weights.ravel(), part.grads.ravel()
    way = g if rule.name == "sgd" else g / (np.abs(g) + rule.eps) + rule.weight_decay * w
    after = w - rule.learning_rate * way
    return pd.DataFrame({"row": r.ravel(), "column": c.ravel(), "w": w, "gradient": g, "w after the step": after})


# The script ----------------------------------------------------------------------------------------------------------


def script(
    loaded: Loaded, step: int, ids: tuple[int, ...], batch: Batch, cut: tuple[int, int], at: int, rule: Rule,
    name: str, cell: tuple[int, int],
) -> str:  # fmt: skip
    """A script that prints what the four views show of this text."""
    last = batch.first + len(batch.x)
    return f"""
{scripts.open_model(loaded, None if step == scrubber.LAST else step)}
from lmcore.probes import one_step, pairs

ids = {list(ids)!r}
windows = pairs.windows(ids, length={cut[0]}, stride={cut[1]})
x, y = windows.x[{at}], windows.y[{at}]
contexts, targets = pairs.expanded(x, y)
model = one_step.precise(model)
both = pairs.compare(model, x, y)
for context, target, alone, at_once in zip(contexts, targets, both.alone, both.at_once):
    words = [tokenizer.itos[i] if i != pairs.PAD else "*" for i in context]
    print(words, "->", repr(tokenizer.itos[target]), f"{{alone:.6f}} {{at_once:.6f}}")
print("mean", f"{{both.alone.mean():.6f}} {{both.at_once.mean():.6f}}")

X, Y = windows.x[{batch.first}:{last}], windows.y[{batch.first}:{last}]
print("ln V", pairs.guessing(model.vocab_size))
print("every place of the batch", pairs.losses(model, X, Y).round(3).tolist())

rule = one_step.Rule({rule.name!r}, {rule.learning_rate!r})
step = one_step.take(model, X, Y, rule)
name, cell = {name!r}, {cell!r}
grad = float(step.grads[name][cell])
one = one_step.one_weight(model, X, Y, name, cell, rule, grad)
print(f"loss {{step.loss:.6f}}, gradient {{one.grad:.6g}}, by difference {{one.measured:.6g}}")
print(f"weight {{one.weight:.6f}} -> {{one.moved:.6f}}, loss after the step {{step.loss_after:.6f}}")
"""
