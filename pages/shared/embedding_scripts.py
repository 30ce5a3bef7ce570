"""The script under "The code" of the lesson on embeddings."""

from __future__ import annotations

from collections.abc import Sequence

from lmcore import checkpoints
from pages.shared.embedding_parts import N_ANSWERS, N_NEAR, Asked
from pages.shared.vectors import SHIPPED, Vectors


def ask(found: Vectors, snapshot: int | None, word: str, drawn: Sequence[str], asked: Asked) -> str:
    """Lines that open these vectors and print a word's row, its neighbours, its place on the map, and the answers.

    `snapshot` says which of them is looked at; None is the end of the training.
    """
    is_shipped = found.folder == checkpoints.shipped()[SHIPPED]
    where = f"checkpoints.shipped()[{SHIPPED!r}]" if is_shipped else f"Path({str(found.folder)!r})"
    path = "" if is_shipped else "from pathlib import Path\n\n"
    at = "" if snapshot is None else f", step={found.steps[snapshot]}"
    question = ""
    if not asked.unknown and asked.plus:
        question = f"""
plus, minus = {asked.plus!r}, {asked.minus!r}
for answer in answers(vectors, [stoi[w] for w in plus], [stoi[w] for w in minus], {N_ANSWERS}, among):
    print(f"{{tokenizer.itos[answer.word]:16}} {{answer.cosine:.2f}}")
"""
    return f"""\
{path}from lmcore import checkpoints
from lmcore.corpora import kingdoms
from lmcore.probes.embeddings import accuracy, answers, neighbours, principal_axes, real_words

checkpoint = checkpoints.load({where}{at})
tokenizer, vectors = checkpoint.tokenizer, checkpoint.model.vectors  # (V, E)
among = real_words(tokenizer.itos)
stoi = {{tokenizer.itos[i]: i for i in among}}

index = stoi[{word!r}]
print(index, vectors[index])
near, cosines = neighbours(vectors, [index], {N_NEAR}, among)
for i, cosine in zip(near[0], cosines[0]):
    print(f"{{tokenizer.itos[i]:16}} {{cosine:.2f}}")

drawn = {list(drawn)!r}
last = checkpoints.load({where}).model.vectors  # the axes are those of the last step
axes = principal_axes(last[[stoi[w] for w in drawn]], 3)
print(axes.of(vectors[[index]]), axes.share)
{question}
print(accuracy(vectors, stoi, kingdoms.questions(), among))
"""
