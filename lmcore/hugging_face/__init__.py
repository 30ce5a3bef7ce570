"""A GPT as a folder that `transformers` opens, and such a folder as a model of this project. No torch here.

`write.py` makes the folder, `read.py` opens one, `tokenizer_json.py` is the vocabulary in both directions, and
`archive.py` carries the folder as a .zip. A stranger's folder is data: safetensors and JSON, checked before it is used.
"""

from __future__ import annotations

from lmcore.hugging_face.archive import unpacked, zipped
from lmcore.hugging_face.read import convert
from lmcore.hugging_face.write import export, files

__all__ = ["convert", "export", "files", "unpacked", "zipped"]
