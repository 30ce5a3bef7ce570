"""The first lines of every script under "The code": they open the same model or text as the page did.

What a person typed enters a script only by repr(), as data.
"""

from __future__ import annotations

import math
from pprint import pformat

from lmcore import corpora, paths
from lmcore.corpora import Corpus
from pages.shared import models, services
from pages.shared.models import COUNTED, Loaded
from pages.shared.scrubber import LAST


def open_model(loaded: Loaded, step: int = LAST) -> str:
    """Lines that make `model` (as it was at a step of its training, or at its end) and `tokenizer`; their imports."""
    if loaded.id in COUNTED:
        _title, name, kind, order = COUNTED[loaded.id]
        return f"""\
from lmcore import batches, corpora, models, tokenizers

corpus = corpora.load({name!r})
tokenizer = tokenizers.train({kind!r}, corpus.text)
model = models.build("ngram", {models.counted_config(order)!r}, tokenizer.vocab_size)
model.fit(batches.tokenize(tokenizer, corpus.text))"""
    own = loaded.folder is None or not loaded.folder.is_relative_to(paths.CHECKPOINTS)
    where = f"Path({str(loaded.folder)!r})" if own else f"checkpoints.shipped()[{loaded.id!r}]"
    imports = "from pathlib import Path\n\n" if own else ""
    return f"""\
{imports}from lmcore import checkpoints

checkpoint = checkpoints.load({where}{"" if step == LAST else f", {step}"})
model, tokenizer = checkpoint.model, checkpoint.tokenizer"""


def feed_forward(loaded: Loaded, step: int, prompt: str, unit: int, token: int) -> str:
    """A script that prints what a feed-forward model computes after a prompt, and its three names of one number."""
    return f"""\
import numpy as np

{open_model(loaded, step)}
from lmcore.probes import feed_forward
from lmcore.probes.one_number import one_number

ids = tokenizer.encode({prompt!r})
seen = feed_forward.look_into(model, ids)
print("window", seen.tokens)
print("embeddings", seen.embedding.shape, "hidden", seen.hidden.shape, "logits", seen.logits.shape)

unit = feed_forward.unit_sum(model, seen, {unit})
print("unit", {unit}, "sum", unit.total, "tanh", np.tanh(unit.total))
logit = feed_forward.logit_sum(model, seen, {token})
print("logit of", repr(tokenizer.itos[{token}]), logit.total, "probability", seen.probs[{token}])
for token in np.argsort(-seen.probs, kind="stable")[:10]:
    print(f"{{tokenizer.itos[token]!r:16}} {{seen.logits[token]:8.4f}} {{seen.probs[token]:.4g}}")
if ids:
    found = one_number(model, ids)
    print(found.by_product, found.by_sum, found.by_cross_entropy)
"""


def train(spec: dict) -> str:
    """A script that does the run of a spec and prints its losses."""
    text = spec["corpus"]
    resolve = ""
    if text["kind"] == "text":
        file = str(services.library().texts_folder / f"{text['sha256']}.txt")
        resolve = f', lambda _: corpora.from_bytes(Path({file!r}).read_bytes(), "text.txt")'
    imports = "from pathlib import Path\n\nfrom lmcore import corpora\n" if resolve else ""
    return f"""\
{imports}from lmcore.training import spec as specs

spec = {pformat(spec, width=100, sort_dicts=False)}
for event in specs.run(spec{resolve}):
    if event["kind"] == "step":
        print(event["step"], event["loss"], event["held_out_loss"])
"""


def open_text(corpus: Corpus) -> tuple[str, str]:
    """(the imports it needs, an expression that reads the text)."""
    if corpus.name in corpora.CATALOG:
        return "", f"corpora.load({corpus.name!r}).text"
    file = str(services.library().texts_folder / f"{corpus.sha256}.txt")
    return "from pathlib import Path\n\n", f'corpora.from_bytes(Path({file!r}).read_bytes(), "text.txt").text'


def counts(
    corpus: Corpus, kind: str, order: int, smoothing: str, k: float, context: str, token: int, limit: int | None
) -> str:
    """A script that counts a text, prints what may follow a context, and how one probability comes about."""
    imports, text = open_text(corpus)
    cut = f"[:{limit}]" if limit else ""
    return f"""\
{imports}import numpy as np

from lmcore import batches, corpora, models, sampling, tokenizers
from lmcore.probes.counting import path

text = {text}{cut}
tokenizer = tokenizers.train({kind!r}, text)
tokens = batches.tokenize(tokenizer, text)
settings = {{"order": {order}, "smoothing": {smoothing!r}, "k": {k!r}}}
model = models.build("ngram", settings, tokenizer.vocab_size).fit(tokens)

context = tokenizer.encode({context!r})
followers, counts = model.continuations(model.context(context))
often = dict(zip(followers.tolist(), counts.tolist()))
_, log_probs = model.prompt(context)
for token, p in sampling.top(np.exp(log_probs.astype(np.float64)), 12):
    print(f"{{tokenizer.itos[token]!r:16}} {{often.get(token, 0):6}} {{p:.4g}}")
for answer in path(model, context, {token}):
    print(answer)
"""


def number(value: float) -> str:
    """A number as Python source, infinity included."""
    return 'float("inf")' if value == math.inf else repr(value)
