"""The Library's doors to Hugging Face: what goes out comes in again, and what cannot is refused in words."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lmcore import checkpoints, hugging_face
from lmcore.models.gpt import GPT, GPTConfig
from pages.shared import services
from tests.pages.page import no_exception, open_page, shown_text, workspace_of

DOOR = "library.hugging-face"


def shipped() -> bytes:
    checkpoint = checkpoints.load(checkpoints.shipped()["gpt-tales-word"])
    return hugging_face.zipped(hugging_face.files(checkpoint), "gpt")


def brought(data: bytes, name: str = "My <b>GPT.zip") -> AppTest:
    at = open_page("library")
    at.file_uploader(key=f"{DOOR}.file").set_value((name, data, "application/zip")).run()
    at.button(key=f"{DOOR}.open").click().run()
    no_exception(at)
    return at


def test_a_gpt2_folder_is_opened_and_kept() -> None:
    at = brought(shipped())
    assert "Opened and kept: `My <b>GPT`" in shown_text(at)
    (model,) = services.library().models(workspace_of(at))
    found, first = checkpoints.load(model.folder), checkpoints.load(checkpoints.shipped()["gpt-tales-word"])
    assert found.tokenizer.to_json() == first.tokenizer.to_json()
    at.switch_page("generation/temperature.py")
    at.query_params["model"] = f"mine-{model.id}"
    at.run()
    no_exception(at)
    assert at.selectbox(key="temperature.model").value == f"mine-{model.id}"


def test_what_is_no_gpt2_folder_is_refused_in_words() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x/config.json", b'{"model_type": "llama"}')
        archive.writestr("x/tokenizer.json", b"{}")
        archive.writestr("x/model.safetensors", b"")
    for data, words in ((b"PK", "not a \\.zip"), (buffer.getvalue(), "not a GPT\\-2 but 'llama'")):
        at = brought(data)
        assert words.replace("\\", "") in at.error[0].value.replace("\\", "")
        assert not services.library().models(workspace_of(at))


@pytest.mark.parametrize(("position", "offered"), [("learned", True), ("rotary", False)])
def test_a_model_is_offered_unless_gpt2_cannot_be_it(position: str, offered: bool, tmp_path: Path) -> None:
    at = open_page("library")
    first = checkpoints.load(checkpoints.shipped()["gpt-tales-word"])
    config = GPTConfig(first.tokenizer.vocab_size, n_layer=1, n_head=1, n_embd=8, position=position)
    checkpoints.save(tmp_path, GPT(config), first.tokenizer, {"title": "Mine"})
    workspace = workspace_of(at)
    model = services.library().keep_model(workspace, tmp_path)
    at.run()
    at.selectbox(key=f"{DOOR}.model").set_value(f"mine-{model.id}").run()
    no_exception(at)
    assert at.get("download_button")[0].proto.disabled is not offered
    assert ("rotary" in shown_text(at)) is not offered
