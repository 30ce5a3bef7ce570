"""The playground's own components, one typed function each. Newer ones have their wrapper in a module of
their own beside this one.

Each is assets/components/<name>.js and .css with common.js and common.css in front, read once. A component gets one
payload of bytes (see `pack`): a JSON header, then plain arrays, so that 50,000 log-probabilities are 200 kB and not a
megabyte of JSON.

What a person does in a component comes back as state or as a trigger. What the program sets goes down with a revision
number that only changes when the program changes its mind (see `controlled`): after a drag the payload is the same
to the byte, Streamlit's message cache sends nothing anew, and the picture does not jump back.
"""

from __future__ import annotations

import functools
import json
import math
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from lmcore.figures.theme import DARK, LIGHT
from lmcore.paths import COMPONENTS

MAX_TEMPERATURE = 5.0  # the slider's last number; after it only infinity
N_ALTERNATIVES = 10


PARTS = {  # files of their own that a component needs before its own
    "temperature_bench": ("temperature_slider", "temperature_distribution"),
    "sampling_pipeline": (
        "temperature_slider",
        "temperature_distribution",
        "sampling_stages",
        "sampling_words",
        "sampling_knobs",
    ),
    "embedding_map": ("embedding_picture",),
    "token_cuts": ("token_face",),
    "bpe_merges": ("token_face",),
    "lstm_gates": ("lstm_parts", "units_tokens"),
    "rnn_cell": ("units_tokens",),
    "pipeline": ("pipeline_cells", "pipeline_sums"),
    "attention_by_hand": ("attention_matrix", "attention_sums"),
    "attention_explorer": ("token_line", "attention_picture"),
    "logit_lens": ("token_line",),
    "glossary_tips": ("sidebar",),
}


@functools.cache
def assets(name: str) -> tuple[str, str]:
    """(js, css) of a component with the shared parts in front."""
    scales = json.dumps({"light": LIGHT.probability, "dark": DARK.probability})
    js = [f"const PROBABILITY = {scales};", (COMPONENTS / "common.js").read_text(encoding="utf-8")]
    files = [COMPONENTS / part for part in (*PARTS.get(name, ()), name)]
    js += [script.read_text(encoding="utf-8") for file in files if (script := file.with_suffix(".js")).is_file()]
    styles = [COMPONENTS / "common.css", *(file.with_suffix(".css") for file in files)]
    css = [file.read_text(encoding="utf-8") for file in styles if file.is_file()]  # a part may have only one of them
    return "\n".join(js), "\n".join(css)


def register(name: str, *, isolate_styles: bool = True) -> Any:
    """A component of the two files of its name in assets/components; once, when its wrapper is imported."""
    js, css = assets(name)
    return st.components.v2.component(
        f"lm_{name}", html=f'<div class="lm {name.replace("_", "-")}"></div>', js=js, css=css,
        isolate_styles=isolate_styles,
    )  # fmt: skip


_BENCH = register("temperature_bench")
_STRIP = register("token_strip")
_SENTENCE = register("living_sentence")


def pack(header: Mapping[str, Any], **arrays: NDArray[Any]) -> bytes:
    """One payload: uint32 length of the header, the header as JSON in UTF-8 padded with spaces to a multiple of 4, then
    the arrays, little-endian float32 or int32. The header's "arrays" lists their [name, type, length] in order.
    """
    kinds = {name: "f4" if array.dtype.kind == "f" else "i4" for name, array in arrays.items()}
    listed = [[name, kinds[name], int(array.size)] for name, array in arrays.items()]
    text = json.dumps({**header, "arrays": listed}, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    parts = [np.ascontiguousarray(array, dtype=f"<{kinds[name]}").tobytes() for name, array in arrays.items()]
    return b"".join([struct.pack("<I", len(text)), text, *parts])


def nothing() -> None:
    """State keys need a callback to exist in the result."""


@dataclass
class _Memory:
    """What is in force in one mounted component, and since when."""

    given: Any
    now: Any
    pushed: Any
    rev: int = 1
    seq: Any = None


def controlled(key: str, given: Any, moved: Any, seq: Any) -> _Memory:
    """Settle between what the program asks for (`given`) and what the person last did (`moved`, with its `seq`).

    A new `seq` means that the person acted: their value is in force. A `given` that differs from the last one and from
    what is in force (or just was) means that the program changed its mind: it wins, and goes down with a new `rev`.
    """
    slot = f"component/{key}"
    memory: _Memory | None = st.session_state.get(slot)
    mounted = key in st.session_state
    if memory is None or not mounted:  # also after another page was shown: the component starts anew
        memory = _Memory(given, given, given, memory.rev + 1 if memory else 1)
    before = memory.now
    if seq is not None and seq != memory.seq:
        memory.now, memory.seq = moved, seq
    if given != memory.given and given not in (memory.now, before):
        memory.now = memory.pushed = given
        memory.rev += 1
    memory.given = given
    st.session_state[slot] = memory
    return memory


# ---- the temperature bench --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BenchResult:
    """What is set on a bench, and what the person just asked for (both `draw` and `take` last for one run)."""

    temperature: float  # 0 to 5, or math.inf
    top_k: int  # 0: off
    top_p: float  # 1: off
    min_p: float  # 0: off
    draw: bool = False
    take: int | None = None  # a token's index


def temperature_bench(
    tokens: Sequence[str],
    log_probs: NDArray[Any],
    *,
    temperature: float,
    top_k: int = 0,
    top_p: float = 1.0,
    min_p: float = 0.0,
    key: str,
    drawn: int | None = None,
    excluded: Sequence[int] = (0,),
    height: int = 424,
    on_settings: Callable[[], None] | None = None,
    on_draw: Callable[[], None] | None = None,
    on_take: Callable[[], None] | None = None,
) -> BenchResult:
    """Bars of the next token under a temperature that the person drags; nothing is sent until they let go.

    `tokens` and `log_probs` (V,) belong together; tokens in `excluded` (the start token) are not shown and get no
    probability at any temperature. `height` is that of the scrolling list of the 60 most likely, in pixels. `drawn`
    is marked. ValueError when an argument makes no sense.

    Whoever keeps the settings elsewhere brings that copy up to date in `on_settings`, with `bench_settings(key)`:
    an argument that stays as it was means "leave it as the person has it".
    """
    log_probs = np.asarray(log_probs, dtype=np.float32).reshape(-1)
    if len(tokens) != log_probs.size:
        raise ValueError(f"there are {len(tokens)} tokens but {log_probs.size} log-probabilities")
    out = sorted({int(i) for i in excluded if 0 <= int(i) < log_probs.size})
    inside = np.ones(log_probs.size, dtype=bool)
    inside[out] = False
    if np.isnan(log_probs).any() or not np.isfinite(log_probs[inside]).any():
        raise ValueError("log_probs need at least one finite value outside `excluded`, and no NaN")
    given = _settings({"temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p})
    moved, seq = _moved(key)
    memory = controlled(key, given, moved, seq)

    words = _join(tuple(tokens))
    raw = log_probs.tobytes()
    pushed: BenchResult = memory.pushed
    header = {
        "sig": zlib.crc32(raw, zlib.crc32(repr((words[1], out)).encode())),
        "rev": memory.rev,
        "settings": {
            "temperature": "inf" if math.isinf(pushed.temperature) else pushed.temperature,
            "top_k": pushed.top_k,
            "top_p": pushed.top_p,
            "min_p": pushed.min_p,
        },
        "tokens": words[0],
        "excluded": out,
        "drawn": None if drawn is None or drawn in out else int(drawn),
        "height": int(height),
    }
    result = _BENCH(
        key=key,
        data=pack(header, log_probs=log_probs),
        on_settings_change=on_settings or nothing,
        on_draw_change=on_draw or nothing,
        on_take_change=on_take or nothing,
    )
    now: BenchResult = memory.now
    return BenchResult(
        now.temperature,
        now.top_k,
        now.top_p,
        now.min_p,
        result.draw is not None,
        _index(result.take, log_probs.size, out),
    )


def bench_settings(key: str) -> BenchResult | None:
    """What the person has set on the bench `key`; None before they touched it. For callbacks."""
    return _moved(key)[0]


@functools.lru_cache(maxsize=16)
def _join(tokens: tuple[str, ...]) -> tuple[list[str], int]:
    """The tokens as a list, and their checksum: once for a vocabulary, not for each rerun."""
    return list(tokens), zlib.crc32("\0".join(tokens).encode("utf-8", "surrogatepass"))


def _settings(values: Mapping[str, Any]) -> BenchResult:
    """Checked settings; ValueError names what is wrong."""
    temperature, top_p, min_p = (float(values[name]) for name in ("temperature", "top_p", "min_p"))
    top_k = int(values["top_k"])
    if not (0 <= temperature <= MAX_TEMPERATURE or temperature == math.inf):
        raise ValueError(f"temperature is {temperature}; the bench takes 0 to {MAX_TEMPERATURE:g}, or infinity")
    if top_k < 0:
        raise ValueError(f"top_k is {top_k}; it is a number of tokens, 0 for off")
    if not 0 <= top_p <= 1:
        raise ValueError(f"top_p is {top_p}; it lies from 0 to 1")
    if not 0 <= min_p <= 1:
        raise ValueError(f"min_p is {min_p}; it lies from 0 to 1")
    return BenchResult(temperature, top_k, top_p, min_p)


def _moved(key: str) -> tuple[BenchResult | None, Any]:
    """(settings, seq) as the browser sent them. They are data from a stranger: nonsense counts as nothing."""
    state = st.session_state.get(key)
    sent = state.get("settings") if isinstance(state, Mapping) else None
    if not isinstance(sent, Mapping):
        return None, None
    try:
        return _settings(sent), sent["seq"]
    except (KeyError, TypeError, ValueError, OverflowError):
        return None, None


def _index(sent: Any, size: int, excluded: Sequence[int] = ()) -> int | None:
    """The token index in a trigger's value, or None when it is none of the vocabulary."""
    token = whole(sent.get("token")) if isinstance(sent, Mapping) else None
    return token if token is not None and 0 <= token < size and token not in excluded else None


def index_sent(
    key: str, allowed: range, event: str = "locked", name: str = "at", *, lets_go: bool = False
) -> tuple[int | None, Any]:
    """(index, seq) as the browser sent them. They are data from a stranger: nonsense counts as nothing.

    Where a place can be let go again, none with its seq is an answer too.
    """
    state = st.session_state.get(key)
    sent = state.get(event) if isinstance(state, Mapping) else None
    if not isinstance(sent, Mapping) or "seq" not in sent:
        return None, None
    at = whole(sent.get(name))
    if at is not None and at in allowed:
        return at, sent["seq"]
    return None, sent["seq"] if lets_go else None


def numbers_sent(key: str, event: str, names: Sequence[str]) -> tuple[tuple[int, ...] | None, Any]:
    """(whole numbers of these names, seq) as the browser sent them in one event; nothing where one is missing."""
    state = st.session_state.get(key)
    sent = state.get(event) if isinstance(state, Mapping) else None
    if not isinstance(sent, Mapping) or "seq" not in sent:
        return None, None
    numbers = [whole(sent.get(name)) for name in names]
    if None in numbers:
        return None, None
    return tuple(number for number in numbers if number is not None), sent["seq"]


def whole(value: Any) -> int | None:
    """A JSON value when it is a whole number, else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


# ---- the token strip --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StripResult:
    """Which token is locked, and the branch the person just asked for (that one lasts for one run)."""

    locked: int | None
    branch: tuple[int, int] | None = None  # (position, token id): take this token there instead


def token_strip(
    tokens: Sequence[Mapping[str, Any]],
    *,
    key: str,
    n_prompt: int = 0,
    locked: int | None = None,
    height: int = 300,
    can_branch: bool = True,
    on_locked: Callable[[], None] | None = None,
    on_branch: Callable[[], None] | None = None,
) -> StripResult:
    """A text as tokens coloured by probability; hovering previews what else could have come there, a click locks it.

    Each of `tokens` has "text", "prob" and "rank" (None when it was not scored), "entropy" in nats, "alternatives": up
    to 10 of [text, prob, id], most likely first; and may have its own "id". The first `n_prompt` were given, the others
    continued. `height` is the most that the strip itself takes before it scrolls, in pixels.
    """
    moved, seq = index_sent(key, range(len(tokens)), lets_go=True)
    memory = controlled(key, locked, moved, seq)
    header, arrays = _strip_payload(tokens)
    header |= {
        "sig": zlib.crc32(
            b"".join(a.tobytes() for a in arrays.values()), zlib.crc32(json.dumps(header["texts"]).encode())
        ),
        "n_prompt": int(n_prompt),
        "rev": memory.rev,
        "locked": memory.pushed,
        "height": int(height),
        "can_branch": bool(can_branch),
    }
    result = _STRIP(
        key=key,
        data=pack(header, **arrays),
        on_locked_change=on_locked or nothing,
        on_branch_change=on_branch or nothing,
    )
    now = memory.now if memory.now is not None and memory.now < len(tokens) else None
    return StripResult(now, _branch(result.branch, len(tokens)))


def strip_branch(key: str, size: int) -> tuple[int, int] | None:
    """The branch (position, token id) that the person just asked for on the strip `key` of `size`. For callbacks."""
    state = st.session_state.get(key)
    return _branch(state.get("branch"), size) if isinstance(state, Mapping) else None


def _strip_payload(tokens: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Each text once in a table; the rest as arrays. For N tokens with K alternatives: N and N*K numbers each."""
    table: dict[str, int] = {}
    n = len(tokens)
    k = min(N_ALTERNATIVES, max((len(token.get("alternatives") or ()) for token in tokens), default=0))
    arrays: dict[str, NDArray[Any]] = {
        "text": np.empty(n, np.int32),
        "id": np.full(n, -1, np.int32),
        "prob": np.full(n, -1, np.float32),
        "rank": np.zeros(n, np.int32),
        "entropy": np.full(n, -1, np.float32),
        "alt_text": np.zeros((n, k), np.int32),
        "alt_prob": np.full((n, k), -1, np.float32),
        "alt_id": np.full((n, k), -1, np.int32),
    }
    for i, token in enumerate(tokens):
        arrays["text"][i] = table.setdefault(str(token["text"]), len(table))
        for name in ("id", "prob", "rank", "entropy"):
            if token.get(name) is not None:
                arrays[name][i] = token[name]
        for j, (text, prob, alternative) in enumerate(list(token.get("alternatives") or ())[:k]):
            arrays["alt_text"][i, j] = table.setdefault(str(text), len(table))
            arrays["alt_prob"][i, j] = prob
            arrays["alt_id"][i, j] = alternative
    return {"texts": list(table), "n": n, "k": k}, arrays


def _branch(sent: Any, size: int) -> tuple[int, int] | None:
    """(position, token id) in a trigger's value. Whether the id is in the vocabulary is for the model to check."""
    if not isinstance(sent, Mapping):
        return None
    position, token = (whole(sent.get(name)) for name in ("position", "token_id"))
    if position is None or token is None or not 0 <= position < size or token < 0:
        return None
    return position, token


# ---- the living sentence ----------------------------------------------------------------------------------------


def living_sentence(runs: Sequence[Mapping[str, Any]], *, key: str, step_ms: int = 700) -> None:
    """Precomputed generations, played token by token with the distribution of the next token moving below.

    Plays in the browser alone; after the last token it waits, then begins the next run.
    """
    _SENTENCE(key=key, data=living_sentence_payload(runs, step_ms))


def _short(p: float) -> float:
    """Five digits, however small it is: no token with a probability is shown as one without."""
    return float(f"{p:.5g}")


def living_sentence_payload(runs: Sequence[Mapping[str, Any]], step_ms: int = 700) -> bytes:
    """What the component draws, packed.

    Each run: {"prompt": str, "steps": [{"text", "prob", "alternatives": [[text, prob], …8], "other": the rest's
    probability, "chosen": which alternative was drawn, -1 for another token}, …]}.
    """
    if not runs or not all(run["steps"] for run in runs):
        raise ValueError("a living sentence needs at least one run, and each run at least one step")
    shown = [
        {
            "prompt": str(run["prompt"]),
            "steps": [
                [
                    str(step["text"]),
                    _short(step["prob"]),
                    [[str(text), _short(prob)] for text, prob, *_ in list(step["alternatives"])[:8]],
                    _short(step["other"]),
                    int(step["chosen"]) if int(step["chosen"]) < 8 else -1,
                ]
                for step in run["steps"]
            ],
        }
        for run in runs
    ]
    return pack({"runs": shown, "sig": zlib.crc32(json.dumps(shown).encode()), "step_ms": int(step_ms)})
