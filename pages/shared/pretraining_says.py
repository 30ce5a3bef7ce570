"""What the page Pre-training says and tabulates, in the numbers of this model and text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lmcore.probes import pairs
from lmcore.probes.one_step import Rule, Step
from lmcore.probes.pairs import PAD, Compared, Windows
from pages.shared import lesson, scripts
from pages.shared.models import Loaded
from pages.shared.pretraining import Batch
from pages.shared.pretraining_step import Part

Losses = np.ndarray[Any, np.dtype[np.float64]]
NEAR_GUESS = 0.5  # nats: a place that is no farther from ln V is as good as guessed


def word(loaded: Loaded, token: int) -> str:
    """A token as a chip."""
    return "*start*" if token == 0 else lesson.chip(loaded.tokenizer.itos[token])


# What you see --------------------------------------------------------------------------------------------------------


def of_windows(loaded: Loaded, windows: Windows, at: int) -> str:
    """The windows of this text."""
    M, L = windows.x.shape
    first, last = word(loaded, int(windows.x[at][0])), word(loaded, int(windows.y[at][-1]))
    after = first if L == 1 else f"{_n(L, 'token')}, the first of which is {first}"
    return (
        f"A text of {_n(windows.sequence.size - 1, 'token')}, with the start token before, gives {_n(M, 'window')} of "
        f"{_n(L, 'token')}, and so **{_n(M * L, 'pair')}** of a context and a next token. The last pair of window "
        f"{at + 1} asks for {last} after {after}. {_asked(windows)} "
        "Nobody had to label anything: the answer to each question stands in the text."
    )


def times_asked(windows: Windows) -> NDArray[np.int64]:
    """(N − 1,) how many windows ask for each token of the text."""
    places = (windows.first[:, None] + np.arange(windows.length)).ravel()
    return np.bincount(places, minlength=windows.sequence.size - 1)


def _asked(windows: Windows) -> str:
    """How often tokens are asked for, counted."""
    M, L = windows.x.shape
    times = times_asked(windows)
    left = windows.n_left
    n_between = int((times == 0).sum()) - left
    unfilled = "one fills no window of its" if left == 1 else f"{left} fill no window of their"
    end = f", but the last {unfilled} own and {_is_not(left)}." if left else "."
    if M == 1:
        return f"{'In this window' if left else 'One window holds the whole text:'} every token is asked for once{end}"
    stride = int(windows.first[1] - windows.first[0])
    if stride > L:
        ends = f", nor {_is_or_are(left)} the last {left}, which {_fills(left)} no window" if left else ""
        between = f"{_n(n_between, 'token')} between windows {_is_not(n_between)}"
        return f"The stride is longer than a window: {between}{ends}."
    if stride == L:
        return f"The stride is the window's length: every token is asked for once{end}"
    return (
        f"The stride is shorter than a window: a token is asked for {times[times > 0].mean():.2g} times on average, "
        f"{times.max()} at most, after different contexts{end}"
    )


def _is_or_are(count: int) -> str:
    return "is" if count == 1 else "are"


def _fills(count: int) -> str:
    return "fills" if count == 1 else "fill"


def _is_not(count: int) -> str:
    return f"{_is_or_are(count)} never asked for"


def of_mask(found: Compared) -> str:
    """Why one pass is enough."""
    L = found.alone.size
    if L == 1:
        return "One pair, one pass: nothing is saved yet. A longer window shows what the mask is for."
    same = (
        "do not differ by a bit" if found.gap == 0 else f"differ by {number(found.gap)} nats at most, which is rounding"
    )
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
        f"After {_n(steps[step], 'step')} a place of this batch costs {now.mean():.3g} nats on average. "
        f"{unsure(float(now.mean()), V)} "
    )
    if now.size > 1:
        said += (
            f"The dearest place is {names[0]} in window {batch.first + dear // L + 1} with {now.flat[dear]:.3g} nats, "
            f"the cheapest {names[1]} in window {batch.first + cheap // L + 1} with {_small(float(now.flat[cheap]))}. "
        )
    if len(steps) > 1 and steps[0] == 0:
        said += at_first(losses[0], V)
    return said


def unsure(loss: float, V: int) -> str:
    """A mean loss as so many tokens to guess among; far above ln V it is no guessing."""
    if loss <= np.log(V) + 0.1:  # a new model guesses, give or take
        return f"That is a perplexity of {number(np.exp(loss))}: as unsure as if it guessed among so many tokens."
    return (
        f"Guessing among all {V:,} tokens would cost less, ln {V:,} = {np.log(V):.3g}: here the model is not unsure "
        "but wrong, for it gives nearly all its probability to other tokens."
    )


def at_first(start: Losses, V: int) -> str:
    """How near to guessing a batch is before anything was learnt."""
    guess, mean = float(np.log(V)), float(start.mean())
    where = f"At step 0 the mean was {mean:.3g}, {abs(mean - guess):.2g} from ln {V:,} = {guess:.3g}"
    if start.size > 1:
        where += f", and the places lay between {start.min():.3g} and {start.max():.3g}"
    if np.abs(start - guess).max() <= NEAR_GUESS:
        return f"{where}: a model that knows nothing spreads its probability almost evenly."
    return f"{where}: random weights know nothing, but they favour some tokens by chance."


def of_step(step: Step, rule: Rule, batch: Batch, part: Part) -> str:
    """What the step did."""
    change = step.loss_after - step.loss
    expected = rule.learning_rate * step.slope
    share = float(np.abs(part.grads).max())
    said = (
        f"One step of all {step.n_weights:,} weights on {_n(batch.n_places, 'place')} takes their loss from "
        f"**{step.loss:.4g}** to **{number(step.loss_after, 4)}** nats. "
    )
    if np.isfinite(change):
        by = [f"{'+' if x > 0 else ''}{number(x)}" for x in (expected, change)]
        said += f"Were the loss a straight slope it would change by {by[0]}; it changed by {by[1]}. "
    if not change <= 0:  # it may be no number any more
        said += "The step was too long: the slope holds near the old weights only. "
    if rule.name == "adamw":
        said += (
            "A first step of AdamW moves nearly every weight by η, however large its gradient: it divides the gradient "
            f"by its own size. Here the largest gradient that is drawn is {number(share, 2)}."
        )
    else:
        said += (
            "Plain gradient descent moves a weight by η times its gradient, so weights with small gradients hardly "
            f"move. The largest gradient that is drawn is {number(share, 2)}, so its weight moves by "
            f"{number(rule.learning_rate * share, 2)}."
        )
    return said


def number(x: float, digits: int = 3) -> str:
    """So many significant digits as people write them: a true minus, thousands apart, a power of ten where it must."""
    size, sign = abs(float(x)), "−" if x < 0 else ""
    if not np.isfinite(size):
        return f"{sign}∞"
    if size and not 1e-4 <= size < 1e9:
        power = int(np.floor(np.log10(size)))
        raised = str(power).replace("-", "⁻").translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return f"{sign}{size / 10.0**power:.{digits}g} · 10{raised}"
    return f"{sign}{size:,.0f}" if size >= 10 ** (digits - 1) else f"{sign}{size:.{digits}g}"


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
{scripts.open_model(loaded, step)}
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
