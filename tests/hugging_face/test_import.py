"""GPT-2 folders made by transformers, and by us, as our models; and what strangers may put into such a folder."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer as HuggingFaceTokenizer
from tokenizers import decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, AutoTokenizer, GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from lmcore import checkpoints, hugging_face
from lmcore.hugging_face.read_tokenizer import from_tokenizer_json
from lmcore.hugging_face.tokenizer_json import pieces
from lmcore.models.gpt import GPTConfig
from lmcore.tokenizers import train
from tests.hugging_face.test_export import SIZES, TEXT, checkpoint_of, greedy, shaken

END = "<|endoftext|>"
PROMPTS = ["The cat", "don't  stop\n\nnow 123 it's Café!", END, "", "हिन्दी 😀"]


def gpt2_tokenizer(end_last: bool = False) -> PreTrainedTokenizerFast:
    """Byte-level BPE as GPT-2's, with <|endoftext|> as its first token, or as its last one as in GPT-2 itself."""
    made = HuggingFaceTokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False,
        special_tokens=[] if end_last else [END],
    )  # fmt: skip
    made.train_from_iterator([TEXT], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=made, bos_token=END, eos_token=END)


def theirs(folder: Path, *, end_last: bool = False, dtype: torch.dtype = torch.float32, **config: Any) -> Path:
    """A tiny GPT-2 of transformers with random weights, saved as transformers does."""
    tokenizer = gpt2_tokenizer(end_last)
    tokenizer.save_pretrained(folder)
    end = tokenizer.convert_tokens_to_ids(END)
    sizes = {"n_positions": 32, "n_embd": 24, "n_layer": 2, "n_head": 3, "vocab_size": len(tokenizer)}
    torch.manual_seed(1)
    made = GPT2LMHeadModel(GPT2Config(**{**sizes, "bos_token_id": end, "eos_token_id": end, **config}))
    with torch.no_grad():
        for parameter in made.parameters():
            parameter += 0.3 * torch.randn(parameter.shape)
    made.to(dtype).save_pretrained(folder)
    return folder


def opened(folder: Path, out: Path) -> checkpoints.Checkpoint:
    hugging_face.convert(folder, out, "Theirs")
    return checkpoints.load(out)


@pytest.mark.parametrize("end_last", [False, True])
def test_a_gpt2_of_transformers_says_the_same_here(end_last: bool, tmp_path: Path) -> None:
    folder = theirs(tmp_path / "theirs", end_last=end_last)
    ours = opened(folder, tmp_path / "ours")
    reads, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder).eval()
    end = reads.convert_tokens_to_ids(END)
    place = {i: reads.convert_tokens_to_ids(piece) for i, piece in enumerate(_pieces(ours))}
    place[0] = end
    for prompt in PROMPTS:
        ids = ours.tokenizer.encode(prompt)
        expected = reads.encode(prompt, split_special_tokens=True)
        assert [place[i] for i in ids] == expected
        assert ours.tokenizer.decode(ids) == reads.decode(expected) == prompt
        with torch.no_grad():
            logits = model(torch.tensor([[end, *expected]])).logits[0].numpy()
        order = [place[i] for i in range(ours.tokenizer.vocab_size)]
        np.testing.assert_allclose(ours.model.trace(ids)["logits"], logits[:, order], atol=1e-4, rtol=1e-4)
    batch = torch.tensor([[end, *reads.encode("The cat")]])
    plain = {"do_sample": False, "suppress_tokens": [end], "pad_token_id": end}
    written = model.generate(batch, attention_mask=torch.ones_like(batch), max_new_tokens=12, **plain)
    assert reads.decode(written[0], skip_special_tokens=True) == greedy(ours, "The cat", 12)


def _pieces(checkpoint: checkpoints.Checkpoint) -> list[str]:
    return list(pieces(checkpoint.tokenizer))  # type: ignore[arg-type]


def test_there_and_back_is_the_same_model(tmp_path: Path) -> None:
    for kind, options in (("char", {}), ("word", {}), ("bpe", {"vocab_size": 280})):
        tokenizer = train(kind, TEXT, **options)
        model = shaken(GPTConfig(vocab_size=tokenizer.vocab_size, dropout=0.1, **SIZES))
        hugging_face.export(checkpoint_of(model, tokenizer), tmp_path / kind)
        back = opened(tmp_path / kind, tmp_path / f"{kind}-back")
        assert back.tokenizer.to_json() == tokenizer.to_json()
        assert back.model.config == model.config
        assert back.card["title"] == "Theirs"
        for name, array in model.state_arrays().items():
            np.testing.assert_array_equal(back.model.state_arrays()[name], array)


def test_an_opened_gpt2_can_go_back(tmp_path: Path) -> None:
    ours = opened(theirs(tmp_path / "theirs"), tmp_path / "ours")
    hugging_face.export(ours, tmp_path / "again")
    reads = AutoTokenizer.from_pretrained(tmp_path / "again")
    for prompt in PROMPTS:
        assert reads.encode(prompt, add_special_tokens=False) == ours.tokenizer.encode(prompt)
    back = opened(tmp_path / "again", tmp_path / "back")
    assert back.tokenizer.to_json() == ours.tokenizer.to_json()


def test_float16_prefixes_heads_and_masks_of_older_files_are_read(tmp_path: Path) -> None:
    folder = theirs(tmp_path / "theirs", dtype=torch.float16)
    half = opened(folder, tmp_path / "half")
    path = folder / "model.safetensors"
    arrays = load_file(path)
    assert all(array.dtype == np.float16 for array in arrays.values())
    bare = {name.removeprefix("transformer."): array for name, array in arrays.items()}
    mask = np.tril(np.ones((1, 1, 32, 32), np.float32))
    for found in (
        bare,
        arrays | {"lm_head.weight": arrays["transformer.wte.weight"]},
        bare | {"h.0.attn.bias": mask, "h.1.attn.bias": mask.astype(bool), "h.0.attn.masked_bias": np.float32([-1e4])},
    ):
        save_file(found, path)
        assert opened(folder, tmp_path / f"again-{len(found)}").hash == half.hash


def change(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"model_type": "llama"}, "not a GPT-2 but 'llama'"),
        ({"activation_function": "relu"}, "another activation"),
        ({"layer_norm_epsilon": 1e-6}, "epsilon"),
        ({"scale_attn_weights": False}, "not divided"),
        ({"n_inner": 50}, "4 times as wide"),
        ({"n_positions": 33}, "block_size must be even"),
        ({"n_positions": 10**9}, "block_size must lie"),
        ({"n_embd": "24"}, "4 times as wide"),
        ({"n_embd": 4096, "n_head": 32}, "has the shape"),
        ({"n_layer": 48}, "lack h.2"),
        ({"n_layer": 1}, "does not have"),
        ({"vocab_size": 200_000}, "do not match"),
        ({"resid_pdrop": "x"}, "dropout"),
        ({"resid_pdrop": 10**400}, "dropout"),
        ({"n_head": True}, "n_head"),
    ],
)
def test_another_model_than_gpt2_is_refused_in_words(values: dict[str, Any], words: str, tmp_path: Path) -> None:
    folder = theirs(tmp_path / "theirs")
    change(folder / "config.json", **values)
    with pytest.raises(ValueError, match=words):
        hugging_face.convert(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_other_weights_are_refused_in_words(tmp_path: Path) -> None:
    folder = theirs(tmp_path / "theirs")
    path = folder / "model.safetensors"
    arrays = load_file(path)
    wte = arrays["transformer.wte.weight"]
    for changes, words in (
        ({"lm_head.weight": wte + 1}, "weights of its own"),
        ({"wte.weight": wte}, "twice"),
        ({"transformer.h.0.crossattention.c_attn.weight": wte}, "does not have"),
        ({"transformer.ln_f.bias": np.full(24, np.nan, np.float32)}, "not finite"),
        ({"transformer.ln_f.bias": np.zeros(24, np.int32)}, "float32 or float16"),
    ):
        save_file(arrays | changes, path)
        with pytest.raises(ValueError, match=words):
            hugging_face.convert(folder, tmp_path / "out")
    path.write_bytes(b"\x80\x04pickle")
    with pytest.raises(ValueError, match="not a safetensors file"):
        hugging_face.convert(folder, tmp_path / "out")
    shutil.move(path, folder / "pytorch_model.bin")
    with pytest.raises(ValueError, match="least of all a pickle"):
        hugging_face.convert(folder, tmp_path / "out")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda f: [], "not a file of Hugging Face"),
        (lambda f: f | {"normalizer": {"type": "Lowercase"}}, "reads text in a way"),
        (lambda f: f | {"pre_tokenizer": {"type": "Whitespace"}}, "reads text in a way"),
        (lambda f: f | {"pre_tokenizer": f["pre_tokenizer"] | {"add_prefix_space": True}}, "reads text in a way"),
        (lambda f: f | {"decoder": None}, "reads text in a way"),
        (lambda f: f | {"model": f["model"] | {"type": "Unigram"}}, "reads text in a way"),
        (lambda f: f | {"model": f["model"] | {"type": "WordLevel"}}, "reads text in a way"),
        (lambda f: f | {"model": f["model"] | {"byte_fallback": True}}, "reads text in a way"),
        (lambda f: f | {"model": f["model"] | {"merges": f["model"]["merges"][:-1]}}, "no merge makes"),
        (lambda f: f | {"model": f["model"] | {"merges": [["x", 1]]}}, "pair of strings"),
        (lambda f: f | {"model": f["model"] | {"merges": 5}}, "no list of merges"),
        (lambda f: f | {"model": f["model"] | {"vocab": {"a": 0, "b": 5}}}, "without a gap"),
        (lambda f: f | {"model": f["model"] | {"vocab": {"a": 0, "b": "1"}}}, "without a gap"),
        (lambda f: f | {"model": f["model"] | {"vocab": {}}}, "vocabulary of 2 to"),
        (lambda f: f | {"added_tokens": []}, "does not say which"),
        (
            lambda f: f | {"added_tokens": [*f["added_tokens"], {"content": "<pad>", "id": len(f["model"]["vocab"])}]},
            "no merge makes",
        ),
        (lambda f: f | {"added_tokens": [3]}, "added token"),
    ],
)
def test_a_tokenizer_that_reads_otherwise_is_refused_in_words(damage: Any, words: str, tmp_path: Path) -> None:
    tokenizer = gpt2_tokenizer()
    tokenizer.save_pretrained(tmp_path)
    file = json.loads((tmp_path / "tokenizer.json").read_text())
    from_tokenizer_json(json.dumps(file).encode(), 0)
    with pytest.raises(ValueError, match=words):
        from_tokenizer_json(json.dumps(damage(file)).encode(), 0)


# Archives -----------------------------------------------------------------------------------------------------------


def archive(*entries: tuple[str, bytes], packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packed) as made:
        for name, data in entries:
            made.writestr(name, data)
    return buffer.getvalue()


GOOD = [("x/config.json", b"{}"), ("x/tokenizer.json", b"{}"), ("x/model.safetensors", b"w")]


def test_an_archive_is_unpacked_under_fixed_names(tmp_path: Path) -> None:
    extra = ("x/../../../evil.py", b"x"), ("__MACOSX/x/config.json", b"no"), ("/etc/passwd", b"x")
    hugging_face.unpacked(archive(*GOOD, *extra), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.rglob("*")} == {
        "config.json": b"{}", "tokenizer.json": b"{}", "model.safetensors": b"w"
    }  # fmt: skip
    climbing = [(f"../../{name}", data) for name, data in GOOD]
    hugging_face.unpacked(archive(*climbing), tmp_path / ".")
    assert not (tmp_path.parent.parent / "config.json").exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a .zip"),
        (b"PK\x03\x04 nothing", "not a .zip"),
        (archive(*GOOD)[:-30], "not a .zip"),
        (archive(*GOOD[:2]), "no model.safetensors in the archive"),
        (archive(*GOOD[:2], ("x/pytorch_model.bin", b"\x80")), "never opened"),
        (archive(*GOOD, ("y/config.json", b"{}")), "2 files named config.json"),
        (archive(("config.json", b" " * (1024**2 + 1)), *GOOD[1:]), "larger than 1 MB"),
        (archive(*GOOD, *((f"{i}", b"") for i in range(1000))), "1,003 files"),
    ],
)
def test_a_bad_archive_is_refused_in_words(data: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=words):
        hugging_face.unpacked(data, tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_archive_that_lies_about_its_size_is_not_believed(tmp_path: Path) -> None:
    data = bytearray(archive(("config.json", b" " * 5 * 1024**2), *GOOD[1:]))
    size = (5 * 1024**2).to_bytes(4, "little")
    while (at := data.find(size)) >= 0:  # in the local header and in the directory
        data[at : at + 4] = (2).to_bytes(4, "little")
    with pytest.raises(ValueError, match=r"larger than|not a \.zip"):
        hugging_face.unpacked(bytes(data), tmp_path)
