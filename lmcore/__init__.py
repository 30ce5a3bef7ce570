"""lmcore: small language models that read like the lesson they are used in.

Nothing here imports streamlit, and importing the package imports nothing heavy.
"""

__version__ = "0.5.0"
