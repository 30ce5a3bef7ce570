"""Our GPT opened by transformers: the same logits, the same greedy text; what GPT-2 cannot be is refused by name."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from lmcore import checkpoints, hugging_face, sampling
from lmcore.checkpoints import Checkpoint
from lmcore.models import build
from lmcore.models.gpt import GPT, GPTConfig
from lmcore.tokenizers import Tokenizer, train

TEXT = 'The cat sat on "the mat". Café?\n' * 20
SIZES = {"block_size": 32, "n_layer": 2, "n_head": 3, "n_embd": 24}


def shaken(config: GPTConfig, seed: int = 0) -> GPT:
    """Every parameter random, norms and biases too, so that none can be forgotten or exchanged unseen."""
    model = GPT(config, seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.3 * torch.randn(parameter.shape, generator=generator)
    return model.eval()


def checkpoint_of(model: object, tokenizer: Tokenizer) -> Checkpoint:
    return Checkpoint(model, tokenizer, {}, "0" * 64, Path("nowhere"))  # type: ignore[arg-type]


def greedy(checkpoint: Checkpoint, prompt: str, n: int) -> str:
    """What our model writes at T = 0, prompt included."""
    ids = checkpoint.tokenizer.encode(prompt)
    steps = sampling.generate(checkpoint.model, ids, max_new_tokens=n, temperature=0)
    return checkpoint.tokenizer.decode([*ids, *(step.token for step in steps)])


@pytest.mark.parametrize("position", ["learned", "sinusoidal"])
@pytest.mark.parametrize(("kind", "options"), [("char", {}), ("word", {}), ("bpe", {"vocab_size": 280})])
def test_transformers_says_the_same(kind: str, options: dict, position: str, tmp_path: Path) -> None:
    tokenizer = train(kind, TEXT, **options)
    model = shaken(GPTConfig(vocab_size=tokenizer.vocab_size, position=position, **SIZES))
    ours = checkpoint_of(model, tokenizer)
    hugging_face.export(ours, tmp_path / "folder")
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path / "folder").eval()
    reads = AutoTokenizer.from_pretrained(tmp_path / "folder")
    prompt = 'The mat "sat'
    batch = reads(prompt, return_tensors="pt")
    assert batch.input_ids[0].tolist() == [0, *tokenizer.encode(prompt)]
    with torch.no_grad():
        logits = theirs(**batch).logits[0].numpy()
    np.testing.assert_allclose(logits, model.trace(tokenizer.encode(prompt))["logits"], atol=1e-4, rtol=1e-4)
    written = theirs.generate(**batch, max_new_tokens=12, do_sample=False)
    assert reads.decode(written[0], skip_special_tokens=True) == greedy(ours, prompt, 12)


def test_a_shipped_model_writes_the_same_story(tmp_path: Path) -> None:
    ours = checkpoints.load(checkpoints.shipped()["gpt-tales-word"])
    hugging_face.export(ours, tmp_path)
    theirs, reads = AutoModelForCausalLM.from_pretrained(tmp_path).eval(), AutoTokenizer.from_pretrained(tmp_path)
    prompt = "Once there was a"
    written = theirs.generate(**reads(prompt, return_tensors="pt"), max_new_tokens=30, do_sample=False)
    assert reads.decode(written[0], skip_special_tokens=True) == greedy(ours, prompt, 30)


@pytest.mark.parametrize(("position", "words"), [("rotary", "rotary"), ("alibi", "ALiBi"), ("none", "no positions")])
def test_positions_that_gpt2_does_not_have_are_refused_by_name(position: str, words: str, tmp_path: Path) -> None:
    tokenizer = train("char", TEXT)
    model = GPT(GPTConfig(vocab_size=tokenizer.vocab_size, position=position, **{**SIZES, "n_head": 2}))
    with pytest.raises(ValueError, match=words):
        hugging_face.export(checkpoint_of(model, tokenizer), tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


def test_other_families_and_folders_in_use_are_refused(tmp_path: Path) -> None:
    tokenizer = train("char", TEXT)
    other = build("rnn", {}, tokenizer.vocab_size)
    with pytest.raises(ValueError, match="only a GPT can be written for Hugging Face, not rnn"):
        hugging_face.export(checkpoint_of(other, tokenizer), tmp_path)
    gpt = GPT(GPTConfig(vocab_size=tokenizer.vocab_size, **SIZES))
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match="is there already"):
        hugging_face.export(checkpoint_of(gpt, tokenizer), tmp_path)


def test_equal_models_give_equal_archives_that_hold_the_folder() -> None:
    tokenizer = train("word", TEXT)
    files = hugging_face.files(checkpoint_of(GPT(GPTConfig(vocab_size=tokenizer.vocab_size, **SIZES)), tokenizer))
    assert hugging_face.zipped(files, "a") == hugging_face.zipped(dict(files), "a")
    assert set(files) == {
        "config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"
    }  # fmt: skip
    assert json.loads(files["config.json"])["architectures"] == ["GPT2LMHeadModel"]
