"""The Library's two doors to Hugging Face: a GPT as a .zip that `transformers` opens, and a GPT-2 folder as a model."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import streamlit as st

from lmcore import hugging_face
from lmcore.checkpoints import Checkpoint
from lmcore.corpora.uploads import title_of
from lmcore.hugging_face.write import NO_PLACE
from lmcore.library import LibraryError
from pages.shared import lesson, models, services

KEY = "library.hugging-face"
USE = """\
from transformers import AutoModelForCausalLM, AutoTokenizer

model = AutoModelForCausalLM.from_pretrained("FOLDER")
tokenizer = AutoTokenizer.from_pretrained("FOLDER")
ids = tokenizer("PROMPT", return_tensors="pt")
print(tokenizer.decode(model.generate(**ids, max_new_tokens=40, do_sample=True)[0]))"""


def section() -> None:
    """Both doors, under one heading."""
    st.subheader("Hugging Face", anchor=False)
    st.markdown("A GPT of yours, or a shipped one, as the GPT-2 that other programs know; and theirs, opened here.")
    take, bring = st.columns(2, gap="large")
    with take:
        _take()
    with bring:
        _bring()


def _take() -> None:
    gpts = {id: choice for id, choice in models.choices().items() if choice.family == "gpt"}
    titles = {id: choice.title for id, choice in gpts.items()}
    if st.session_state.get(f"{KEY}.model") not in gpts:
        st.session_state[f"{KEY}.model"] = models.DEFAULT
    picked = st.selectbox("A GPT", list(titles), format_func=titles.__getitem__, key=f"{KEY}.model")
    loaded = models.load(gpts[picked])
    reason = NO_PLACE.get(str(loaded.card["config"].get("position")))
    row = st.container(horizontal=True, gap="small")
    row.download_button(
        "Download for Hugging Face", functools.partial(_zip, loaded), f"{picked}.zip", "application/zip",
        key=f"{KEY}.take", icon=":material/download:", on_click="ignore", disabled=reason is not None,
    )  # fmt: skip
    if reason:
        st.caption(f"This model cannot be written as a GPT-2: {reason}.")
    else:
        with row.popover("How to use it", icon=":material/code:"):
            st.caption("Unpack the .zip, then, with the packages transformers and torch:")
            st.code(USE.replace("FOLDER", picked).replace("PROMPT", "Once"), language="python")


def _zip(loaded: models.Loaded) -> bytes:
    """The archive; made when it is asked for."""
    checkpoint = Checkpoint(loaded.model, loaded.tokenizer, loaded.card, loaded.hash, Path())
    return hugging_face.zipped(hugging_face.files(checkpoint), loaded.id)


def _bring() -> None:
    uploaded = st.file_uploader("A GPT-2 folder as a .zip, at most 20 MB", type="zip", key=f"{KEY}.file")
    asked = st.button(
        "Open a GPT-2 folder", key=f"{KEY}.open", icon=":material/folder_open:", disabled=uploaded is None
    )
    if asked and uploaded is not None:
        try:
            with tempfile.TemporaryDirectory() as folder, st.spinner("Opening …"):
                source, out = Path(folder, "theirs"), Path(folder, "ours")
                source.mkdir()
                hugging_face.unpacked(uploaded.getvalue(), source)
                title = title_of(uploaded.name)
                hugging_face.convert(source, out, title)
                model = services.library().keep_model(services.workspace(), out, title)
        except (LibraryError, ValueError) as refusal:
            lesson.refuse(f"That folder was not opened: {refusal}")
            return
        st.session_state[f"{KEY}.opened"] = model.title
        st.rerun()
    if opened := st.session_state.pop(f"{KEY}.opened", None):
        st.success(f"Opened and kept: {lesson.named(opened)} is among your models.", icon=":material/check:")
    else:
        st.caption(
            "It needs config.json, tokenizer.json and model.safetensors, with a byte-level BPE as GPT-2 has it, or a "
            "vocabulary that was downloaded here."
        )
