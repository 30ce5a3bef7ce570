"""The component that shows a beam search as a tree that grows."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

import numpy as np

from lmcore.beam import Tree
from pages.shared.components import controlled, index_sent, nothing, pack, register

_TREE = register("beam_tree")


def beam_tree(
    tree: Tree,
    itos: Sequence[str],
    prompt: str,
    length_penalty: float,
    *,
    locked: int = -1,
    key: str,
    on_locked: Callable[[], None] | None = None,
) -> int:
    """Every node that the search looked at. Returns the node that is locked, -1 for none.

    Whoever keeps it elsewhere brings that copy up to date in `on_locked`, with `locked_in(key, n)`.
    """
    n = len(tree.nodes)
    moved, seq = index_sent(key, range(-1, n), name="node")
    memory = controlled(key, locked if locked < n else -1, moved, seq)
    arrays = {
        "parent": np.array([node.parent for node in tree.nodes], np.int32),
        "depth": np.array([node.depth for node in tree.nodes], np.int32),
        "state": np.array([node.kept + 2 * node.finished for node in tree.nodes], np.int32),
        "log_prob": np.array([node.log_prob for node in tree.nodes], np.float32),
        "total": np.array([node.total for node in tree.nodes], np.float32),
        "score": np.array([node.score for node in tree.nodes], np.float32),
    }
    texts = [itos[node.token] for node in tree.nodes]
    about = repr((texts, prompt, length_penalty)).encode("utf-8", "surrogatepass")
    header = {
        "sig": zlib.crc32(b"".join(array.tobytes() for array in arrays.values()), zlib.crc32(about)),
        "rev": memory.rev,
        "locked": memory.pushed,
        "texts": texts,
        "prompt": prompt,
        "best": tree.found[0].node,
        "length_penalty": length_penalty,
    }
    _TREE(key=key, data=pack(header, **arrays), on_locked_change=on_locked or nothing)
    now = memory.now
    return now if isinstance(now, int) and -1 <= now < n else -1


def locked_in(key: str, n: int) -> int | None:
    """The node that the person locked in the component `key` of n nodes; None before they touched it."""
    return index_sent(key, range(-1, n), name="node")[0]
