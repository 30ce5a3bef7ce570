"""All the small pages of this folder in one server, each at its own name; at / there is nothing."""

from pathlib import Path

import streamlit as st

apps = [path for path in sorted(Path(__file__).parent.glob("*.py")) if path.name != "main.py"]
nothing = st.Page(lambda: None, title="nothing", default=True)
st.navigation([nothing, *(st.Page(path, url_path=path.stem) for path in apps)], position="hidden").run()
