"""Workshop / Library: the texts, models and runs that this browser keeps; share one, or use another device."""

from urllib.parse import urlsplit

import pandas as pd
import streamlit as st

from lmcore.library import LibraryError, Model
from lmcore.models import TRANSLATORS
from pages.shared import hugging_face, lesson, services, texts
from pages.shared.lessons import LESSONS
from pages.shared.models import SHARED
from pages.shared.small_components import same_tab_link

PAGE = "library"
ONLY_IN = {"classifier": ("classifier",), **dict.fromkeys(TRANSLATORS, ("translator",))}
"""Family -> the lessons that open it, where no other can ask it what comes next."""
MB = 1e6
here = "{0.scheme}://{0.netloc}".format(urlsplit(str(st.context.url or "")))
library, workspace = services.library(), services.workspace()


def safely(act, *args) -> None:
    """Do it, or say why not."""
    try:
        act(*args)
    except LibraryError as refusal:
        st.session_state[f"{PAGE}.refusal"] = str(refusal)


def rename(id: str) -> None:
    """To what stands in the box at this moment; an empty box changes nothing."""
    if title := st.session_state[f"{PAGE}.title.{id}"].strip():
        library.rename_model(workspace, id, title)


def share(model: Model) -> None:
    """The door to a model's read-only link."""
    with st.popover("Share", icon=":material/share:"):
        st.caption("A link that nobody can guess opens this model, and nothing else of yours, to look at.")
        if model.share:
            link = f"{here}/temperature?share={model.share}&model={SHARED}"
            st.code(link, language=None, wrap_lines=True)
            st.button(
                "End the link", key=f"{PAGE}.revoke.{model.id}", on_click=safely,
                args=(library.revoke_share, workspace, model.id),
            )  # fmt: skip
        else:
            st.button(
                "Make a link", key=f"{PAGE}.share.{model.id}", on_click=safely,
                args=(library.share_model, workspace, model.id),
            )  # fmt: skip


st.title("Library", anchor=False)
st.markdown("What you kept, on this server, for this browser. Nobody else sees it unless you share it.")
if refusal := st.session_state.pop(f"{PAGE}.refusal", None):
    lesson.refuse(refusal)

models, kept_texts = library.models(workspace), library.texts(workspace)
usage = library.usage(workspace)
st.progress(
    min(1.0, usage.total / usage.quota), text=f"{usage.total / MB:.1f} of {usage.quota / MB:.0f} MB used. When it is "
    "full, the oldest snapshots go first, then models that were not kept on purpose.",
)  # fmt: skip

st.subheader("Models", anchor=False)
if not models:
    st.caption("None yet. Train one, then keep it.")
    st.page_link(LESSONS["train"].file, label="Train a model", icon=LESSONS["train"].icon)
for model in models:
    with st.container(border=True, key=f"model-{model.id}"):
        st.markdown(f"**{lesson.named(model.title)}**")
        corpus = f", on {lesson.named(model.corpus)}" if model.corpus else ""
        st.caption(f"{model.family}{corpus}, {model.n_bytes / MB:.1f} MB, {len(model.steps)} snapshots")
        with st.container(horizontal=True, gap="small"):
            for page in ONLY_IN.get(model.family, ("temperature", "inspect")):  # the lessons that open it
                if st.button(LESSONS[page].title, icon=LESSONS[page].icon, key=f"{PAGE}.{page}.{model.id}"):
                    st.switch_page(LESSONS[page].file, query_params={"model": f"mine-{model.id}"})
            with st.popover("Rename", icon=":material/edit:"):
                st.text_input("New name", max_chars=80, key=f"{PAGE}.title.{model.id}")
                st.button("Rename", key=f"{PAGE}.rename.{model.id}", on_click=safely, args=(rename, model.id))
            if model.family not in ONLY_IN:
                share(model)
            with st.popover("Delete", icon=":material/delete:"):
                st.write("The model and its link go for good.")
                st.button(
                    "Delete it", key=f"{PAGE}.delete.{model.id}", on_click=safely,
                    args=(library.delete_model, workspace, model.id),
                )  # fmt: skip

hugging_face.section()

st.subheader("Texts", anchor=False)
if not kept_texts:
    st.caption("None yet. Add one where a lesson asks for a text.")
for text in kept_texts:
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"text-{text.id}"):
        st.markdown(f"{lesson.named(text.title)} {text.n_chars:,} characters", width="stretch")
        with st.popover("Delete", icon=":material/delete:"):
            st.write("The text goes for good; models trained on it stay.")
            st.button(
                "Delete it", key=f"{PAGE}.drop.{text.id}", on_click=safely,
                args=(library.delete_text, workspace, text.id),
            )  # fmt: skip

st.subheader("Runs", anchor=False)
jobs = services.runner().jobs(workspace)
if not jobs:
    st.caption("None yet.")
else:
    titles = texts.own_titles()
    rows = {
        "model": [job.spec.get("model", {}).get("family", job.task) for job in jobs],
        "text": [texts.title_of(job.spec.get("corpus", {}), titles) for job in jobs],
        "state": [job.state for job in jobs],
        "step": [job.step for job in jobs],
        "of": [job.max_steps for job in jobs],
        "started": pd.to_datetime([job.started or job.created for job in jobs], unit="s", utc=True),
    }
    when = st.column_config.DatetimeColumn(format="distance")  # the browser knows its clock and its time zone
    st.dataframe(pd.DataFrame(rows), hide_index=True, key=f"{PAGE}.runs", column_config={"started": when})
    st.page_link(LESSONS["train"].file, label="Watch the newest", icon=LESSONS["train"].icon)

st.subheader("Devices", anchor=False)
st.markdown("The library belongs to this browser's cookie. A code, good once and for ten minutes, opens it on another.")
with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
    asked = st.button("Use another device", icon=":material/devices:", key=f"{PAGE}.code")
    same_tab_link("Forget this computer", "/workspace/forget", key=f"{PAGE}.forget")
if asked:
    try:
        st.code(library.make_device_code(workspace), language=None, width="content")
        st.caption(f"Open {here}/workspace/join on the other device and type it there.")
    except LibraryError as refusal:
        lesson.refuse(str(refusal))
