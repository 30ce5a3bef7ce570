"""Where things lie on disk. The only module that knows the layout of assets/ and of the data folder."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "assets"
CORPORA = ASSETS / "corpora"
CHECKPOINTS = ASSETS / "checkpoints"
COMPONENTS = ASSETS / "components"
IMAGES = ASSETS / "images"
MEASURED = ASSETS / "measured"


def data_dir() -> Path:
    """The folder for what people make (texts, models, runs): LM_PLAYGROUND_DATA, or data/ in the project."""
    folder = Path(os.environ.get("LM_PLAYGROUND_DATA") or ROOT / "data")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
