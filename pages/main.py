"""The map of the playground: every chapter and lesson, in the order in which a class goes through them."""

import sys
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # `streamlit run` puts this file's folder on the path, not the project's
    sys.path.insert(0, str(ROOT))

st.set_page_config(page_title="LM Playground", page_icon=str(ROOT / "assets" / "images" / "icon.png"), layout="wide")

from pages.shared import glossary_words  # noqa: E402  (needs the path above)
from pages.shared.lessons import CHAPTERS  # noqa: E402

pages = {
    chapter: [
        st.Page(
            lesson.file,
            title=lesson.title,
            icon=lesson.icon,
            url_path=lesson.slug,
            default=lesson.slug == "home",
        )
        for lesson in lessons
    ]
    for chapter, lessons in CHAPTERS.items()
}
st.navigation(pages).run()
glossary_words.tips()
