"""What the page Inside a GPT says and tabulates, in the numbers of this model and text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from lmcore.models.gpt_config import GPTConfig
from lmcore.probes.arithmetic import Piece, pieces
from lmcore.probes.gates import WhatIf
from lmcore.probes.heads import CLEAR, KINDS, Heads
from lmcore.probes.what_if import Part
from lmcore.tokenizers.base import START_ID
from pages.shared import inside, lesson, scripts
from pages.shared.inside import Ids, Patch, Seen
from pages.shared.inside_map import Box
from pages.shared.models import Loaded

POSITIONS = {
    "learned": "a learned row for each place",
    "sinusoidal": "waves, nothing learned",
    "rotary": "queries and keys are turned inside each head",
    "alibi": "scores fall with distance inside each head",
    "none": "nothing says where a token stands",
}
ADDED = ("learned", "sinusoidal")  # the kinds that are added to the embedding


def boxes(config: GPTConfig, seen: int) -> list[Box]:
    """The map's parts, with what stands in each, in the order of `pieces`."""
    V, C, H, D = config.vocab_size, config.n_embd, config.n_head, config.head_dim
    found, added = [], config.position in ADDED
    for piece in pieces(config, seen):
        number = "" if piece.block is None else f"Block {piece.block + 1} · "
        title, what, shape, say, sign = {
            "embedding": ("Token embedding", "the token's row", f"{V:,} × {C}", "none", "="),
            "positions": (
                "Positions", POSITIONS[config.position], f"{config.block_size} × {C}" if added else "", "none",
                "+" if added else "·",
            ),
            "attention": (f"{number}attention", f"{H} heads of {D} look back", f"{C} → 3 · {C} → {C}", "none", "+"),
            "mlp": (f"{number}MLP", "each place by itself", f"{C} → {4 * C} → {C}", "none", "+"),
            "ln_f": ("Last norm", "to one size", f"{C}", "none", "→"),
            "head": ("Head", "a score for each token", f"{C} → {V:,}", "shared", "→"),
        }[piece.kind]  # fmt: skip
        found.append(Box(piece.kind, title, what, shape, piece.n_params, piece.n_products, say, sign))
    return found


def arithmetic(config: GPTConfig, seen: int) -> str:
    """How many multiplications one token costs, and where they are."""
    found = pieces(config, seen)
    total, params = (sum(getattr(piece, name) for piece in found) for name in ("n_products", "n_params"))
    share = {kind: sum(p.n_products for p in found if p.kind == kind) / total for kind in ("attention", "mlp", "head")}
    looking = 2 * seen * config.n_embd * config.n_layer
    return (
        f"**It is matrix multiplication.** One token after {seen - 1} others costs **{total:,} multiplications** and "
        f"as many additions: {share['mlp']:.0%} in the MLPs, {share['attention']:.0%} in attention, "
        f"{share['head']:.0%} in the head. Only {looking:,} of them depend on how long the text is: queries with keys, "
        f"weights with values. The others are one for each of almost all {params:,} parameters. Norms, softmax and "
        "GELU work number by number and are not counted."
    )


def reading(
    door: str, loaded: Loaded, ids: Ids, seen: Seen, heads: Heads | None, where: str, place: int, block: int,
    changed: str, moved: WhatIf | None,
) -> str:  # fmt: skip
    """What the door that is open shows, in this model's numbers; `changed` names what What if has changed."""
    config = inside.config_of(loaded)
    lens, norms, itos = seen.lens, seen.norms, loaded.tokenizer.itos
    first, last = lens.tokens[:, place, 0], int(lens.tokens[-1, place, 0])
    here = f"{lesson.chip(inside.tokens_of(loaded, ids)[place])} (place {place})"
    says = f"{lesson.chip(itos[last])} with {lesson.percent(float(lens.probs[-1, place, 0]))}"
    if door == "what-if":
        said = f"After {here} the model as it is says {says}. "
        if moved is None or not changed:
            return said + "Nothing is changed yet."
        other = int(moved.log_probs[place, START_ID + 1 :].argmax()) + START_ID + 1
        p = float(np.exp(moved.log_probs[place, other]))
        return said + f"With {changed} it says {lesson.chip(itos[other])} with {lesson.percent(p)}."
    size = f"{config.n_layer} blocks of {config.n_head} heads, {loaded.model.n_params:,} parameters. "
    said = (size if door == "map" else "") + f"After {here} the model says {says}. "
    if door == "attention":
        return said + _kinds(config, heads, where)
    if door == "mlp":
        return said + (
            f"In block {block + 1} attention adds a vector of length {norms.attn_out[block, place]:.3g} to the stream "
            f"there, the MLP one of length {norms.mlp_out[block, place]:.3g}."
        )
    if door in ("embedding", "lens"):
        said += (
            f"The embedding alone would say {lesson.chip(itos[int(first[0])])}; from {when(decided(first))} on the "
            "last answer is the first choice. "
        )
    if door == "embedding":
        return said
    grown = norms.residual[-1, place] / max(float(norms.embedding[place]), 1e-9)
    return said + f"What runs through the model is {grown:.3g} times as long at the end as at the beginning."


def _kinds(config: GPTConfig, heads: Heads | None, where: str) -> str:
    if heads is None:
        return ""
    names = Counter(heads.name(b, h)[0] for b in range(config.n_layer) for h in range(config.n_head))
    n, mixed = config.n_layer * config.n_head, names.pop("mixed", 0)
    kinds = ", ".join(f"{n} {name}" for name, n in names.most_common()) or "none"
    return (
        f"A head is named by a kind that has at least {CLEAR:.0%} of its weight. Of its {n} heads: {kinds}; "
        f"{mixed} mixed (measured on {heads.n_tokens:,} tokens of {lesson.named(where)}, induction on random "
        "tokens that come twice)."
    )


def decided(first: np.ndarray) -> int:
    """(L + 1,) first choices -> after how many blocks the last one is there to stay."""
    other = np.flatnonzero(first != first[-1])
    return int(other[-1]) + 1 if other.size else 0


def when(blocks: int) -> str:
    """That number in words."""
    return "the embedding" if blocks == 0 else f"block {blocks}"


def scores(heads: Heads, layer: int, head: int) -> str:
    """All scores of one head."""
    shares = [
        f"{kind} **{x:.2f}** (an even head {e:.2f})" if np.isfinite(x) else f"{kind}: no such place"
        for kind, x, e in zip(KINDS, heads.scores[layer, head], heads.even, strict=True)
    ]
    return f"Block {layer + 1}, head {head + 1}, share of its weight by kind: " + " · ".join(shares) + "."


def names_of(off: Sequence[Part]) -> str:
    """The parts that are switched off, in words."""
    return ", ".join(part.title for part in off) or "nothing"


def changes(off: Sequence[Part], patch: Patch | None) -> str:
    """What is changed, in words; "" for nothing."""
    found = [f"{names_of(off)} switched off"] if off else []
    if patch is not None:
        found.append(f"place {patch.position} after {when(patch.after)} taken from the other text")
    return " and ".join(found)


# Tables ---------------------------------------------------------------------------------------------------------------

TABLES = ("Parts", "Heads", "One head", "Lens", "What if")


def table(
    which: str, loaded: Loaded, ids: Ids, seen: Seen, heads: Heads | None, picked: tuple[int, int], moved: WhatIf
) -> pd.DataFrame:
    """The table that is asked for."""
    config, tokens = inside.config_of(loaded), inside.tokens_of(loaded, ids)
    if which == "Heads":
        rows = [
            (b + 1, h + 1, *(("", *[float("nan")] * len(KINDS)) if heads is None else
                             (heads.name(b, h)[0], *heads.scores[b, h])))
            for b in range(config.n_layer) for h in range(config.n_head)
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=["block", "head", "name", *KINDS])
    if which == "One head":
        weights = seen.attention.exact(*picked)
        i, j = np.tril_indices(len(tokens))
        return pd.DataFrame(
            {
                "place": i, "token": [tokens[k] for k in i], "looks at place": j, "which is": [tokens[k] for k in j],
                "weight": weights[i, j],
            }
        )  # fmt: skip
    if which == "Lens":
        lens, n = seen.lens, seen.norms
        rows = []
        for b in range(config.n_layer + 1):
            for p, token in enumerate(tokens):
                added = (n.attn_out[b - 1, p], n.mlp_out[b - 1, p], n.residual[b - 1, p]) if b else (
                    float("nan"), float("nan"), n.embedding[p],
                )  # fmt: skip
                guess = loaded.tokenizer.itos[int(lens.tokens[b, p, 0])]
                rows.append((b, p, token, guess, lens.probs[b, p, 0], lens.kl[b, p], *added))
        columns = ["after block", "place", "token", "first guess", "probability", "KL to the end", "attention adds"]
        return pd.DataFrame(rows, columns=[*columns, "MLP adds", "stream"])
    if which == "What if":
        return pd.DataFrame(
            {
                "place": range(len(tokens)),
                "after": tokens,
                "KL (nats)": moved.kl,
                "total variation": moved.total_variation,
            }
        )
    return pd.DataFrame([_row(piece) for piece in pieces(config, len(tokens))])


def _row(piece: Piece) -> dict[str, object]:
    shapes = "; ".join(f"{name} {out} × {into}" for name, (out, into) in piece.matrices)
    return {
        "part": piece.kind, "block": "" if piece.block is None else str(piece.block + 1), "matrices (out × in)": shapes,
        "parameters": piece.n_params, "multiplications for one token": piece.n_products,
    }  # fmt: skip


# The script -----------------------------------------------------------------------------------------------------------


def script(
    loaded: Loaded, step: int, ids: Ids, place: int, picked: tuple[int, int], off: Sequence[str], patch: Patch | None
) -> str:
    """A script that prints what the page shows of this text."""
    layer, head = picked
    patched = ""
    if patch is not None:
        patched = f"""
other = model.trace({list(patch.other)!r})
name = {patch.name!r}
held |= what_if.patch(trace, name, {patch.position}, other[name], {patch.at})"""
    return f"""
{scripts.open_model(loaded, step)}
from lmcore.probes import arithmetic, heads, logit_lens, what_if

ids = {list(ids)!r}
config, itos = model.config, tokenizer.itos
for piece in arithmetic.pieces(config, len(ids) + 1):
    print(f"{{piece.kind:10}} {{piece.n_params:10,}} parameters {{piece.n_products:12,}} multiplications")

trace = model.trace(ids)
place, layer, head = {place}, {layer}, {head}
weights = trace[f"block.{{layer}}.attn_weights"][head]
for token, weight in zip(["start", *(itos[i] for i in ids)], weights[place]):
    print(f"block {{layer + 1}} head {{head + 1}} looks at {{token!r:12}} {{weight:.3f}}")
scores = [heads.share_there(weights, where) for where in heads.places(ids)]
print("on this text:", {{kind: round(float(s / max(n, 1)), 3) for kind, (s, n) in zip(heads.KINDS, scores)}})

lens = logit_lens.lens(model, trace)
for block in range(config.n_layer + 1):
    guess, p = lens.tokens[block, place, 0], lens.probs[block, place, 0]
    print(f"after block {{block}}: {{itos[guess]!r}} {{p:.4f}}, KL to the end {{lens.kl[block, place]:.4f}}")

parts = [what_if.part(code, config.n_layer, config.n_head) for code in {list(off)!r}]
held = what_if.off(parts, config.n_head){patched}
moved = what_if.what_if(model, ids, held)
best = moved.log_probs[place, 1:].argmax() + 1
print(f"what if: KL {{moved.kl[place]:.4f}} nats, now {{itos[best]!r}}")
"""
