"""Small talk with the chatbot: greetings, thanks, who it is, and what someone is called."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from lmcore.corpora.exact_fact import PEOPLE, Turn
from lmcore.corpora.tales_grammar import pick

BOT = "Pip"
HELLO = ("Hello.", "Hi.", "Good morning.", "Good evening.", "Hello, Pip.", "Hi, Pip.", "Hey.")
THANKS = ("Thank you.", "Thanks.", "Thank you, Pip.", "Thanks a lot.")
BYE = ("Goodbye.", "Bye.", "See you.", "Good night.", "Bye, Pip.")
FINE = ("Good.", "Fine.", "Very good.", "That is right.", "Yes.", "I see.", "Okay.", "Nice.")
NO = ("No.", "That is wrong.", "That is not right.")
ABOUT: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("What is your name?", "Who are you?", "Tell me your name.", "Do you have a name?", "What are you called?",
      "And what is your name?"), f"My name is {BOT}.", BOT),
    (("What are you?", "Are you a person?", "Are you a model?", "Are you a machine?", "Tell me what you are.",
      "Are you real?"), "I am a small language model.", "language model"),
    (("How are you?", "How do you do?", "Are you well?", "How are you today?"), "I am well, thank you.", "well"),
    (("What can you do?", "Can you help me?", "How can you help me?", "What do you know?", "Tell me what you can do."),
     "I can answer small questions and add small numbers.", "answer questions"),
    (("Where do you live?", "Where are you?", "Tell me where you live."), "I live in this page.", "page"),
    (("Who made you?", "Who trained you?", "Where do you come from?"),
     "I was trained on little stories, word by word.", "trained"),
)  # fmt: skip
MY_NAME = ("What is my name?", "Do you know my name?", "Who am I?", "Tell me my name.", "What am I called?",
           "Can you tell me my name?", "Do you remember my name?", "And what is my name?")  # fmt: skip
I_AM = (
    "My name is {}.",
    "I am {}.",
    "I am called {}.",
    "Hello, I am {}.",
    "Hi, my name is {}.",
    "Hello, my name is {}.",
)
CALLED = ("Pip, ", "Please, ", "Hello. ", "Now, ", "Hi. ")  # what may stand before a question about the bot or oneself


def small_talk(rng: Random) -> Turn:
    """A greeting, thanks, a goodbye, a yes or a no."""
    texts, reply = pick(
        rng,
        (
            (HELLO, "Hello. Ask me something."),
            (HELLO, "Hello. Ask me something."),
            (THANKS, "You are welcome."),
            (BYE, "Goodbye."),
            (FINE, "Good."),
            (NO, "I am sorry. I am only a small model."),
        ),
    )
    return Turn(pick(rng, texts), reply)


def about_bot(rng: Random) -> Turn:
    """A question about the bot itself."""
    texts, reply, answer = pick(rng, ABOUT)
    said = _called(rng, pick(rng, texts))
    return Turn(said, reply, "you and me", said, answer)


def about_me(rng: Random) -> Iterator[Turn]:
    """Someone says a name and asks for it later, or asks without having said it."""
    ask = _called(rng, pick(rng, MY_NAME))
    if rng.random() < 0.3:
        yield Turn(ask, "I do not know your name.", "not known", ask, "not know", frozenset(PEOPLE))
        return
    name = pick(rng, PEOPLE)
    yield Turn(pick(rng, I_AM).format(name), f"Hello, {name}.")
    yield Turn(ask, f"Your name is {name}.", "you and me", ask, name, frozenset(PEOPLE) - {name})


def _called(rng: Random, question: str) -> str:
    if rng.random() < 0.5:
        return question
    before = pick(rng, CALLED)
    return before + (question if before.endswith(". ") else question[0].lower() + question[1:])


FEW_WAYS = (*(text for texts, _, _ in ABOUT for text in texts), *MY_NAME, *HELLO, *THANKS, *BYE, *FINE, *NO)
"""What is asked and said in so few ways that none can be spared from training."""
