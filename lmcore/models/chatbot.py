"""A chatbot is a GPT, and nothing more: what makes it one is the text that it was trained on."""

from __future__ import annotations

from typing import ClassVar

from lmcore.models.gpt import GPT

__all__ = ["Chatbot"]


class Chatbot(GPT):
    """A GPT whose tokenizer has the tokens <user>, <bot> and <end>. It has a name of its own only so that pages which
    ask for a text do not offer it: it reads conversations. See `lmcore/chat.py`.
    """

    family: ClassVar[str] = "chatbot"
