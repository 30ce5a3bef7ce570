"""Uses / Chatbot: a chat as people know it, and beside it the one text that it is to the model."""

import streamlit as st

from pages.shared import chatbot_says as says
from pages.shared import chatting, lesson
from pages.shared.chat_text import chat_text
from pages.shared.chatting import AFTER, BEFORE, MOST_TEMPERATURE, WHO, Asked
from pages.shared.view import View, choice, number

PAGE = "chatbot"
COLD = 0.3
HEIGHT = 424


def chat_of(*said: str) -> tuple[Asked, ...]:
    """These messages, each answered at the opening temperature with the same seed."""
    return tuple((text, COLD, 1) for text in said)


TOLD = "Mia found a red kite by the river."
OPENING = chat_of(TOLD, "Who found the kite?")
LONG = chat_of(
    "Hello, my name is Ada.", TOLD, "Tom bought a blue ball at the market.", "Who bought the ball?",
    "What color is the kite?",
    "What is three plus four?", "Where does a fox live?", "What does a baker make?", "Where was the ball?",
    "What is the opposite of big?", "What is my name?",
)  # fmt: skip

view = View(
    PAGE,
    {
        "chat": chatting.chat_field(OPENING),
        "who": choice(AFTER, list(WHO)),
        "T": number(COLD, 0.0, MOST_TEMPERATURE),
    },
)
DRAFT, REFUSED = f"{PAGE}.draft", f"{PAGE}.refused"

lesson.idea(
    "Chatbot",
    "A chatbot is a next-word predictor that was trained on conversations. The whole chat is one text, and all of it "
    "is read again for every word of an answer.",
    r"p(a_1 \dots a_L \mid c) = \prod_{i=1}^{L} p(a_i \mid c,\, a_1 \dots a_{i-1})",
    {"c": "the chat so far, as one text", "a_i": "the words of the answer", "L": "how many, its end among them"},
)

controls = st.columns([5, 4, 3], vertical_alignment="bottom")
with controls[0]:
    st.segmented_control("Who answers", list(WHO), format_func=WHO.__getitem__, key=view.key("who"), required=True)
with controls[1]:
    st.slider(
        "Temperature of the next answer", 0.0, MOST_TEMPERATURE, step=0.1, key=view.key("T"),
        help="What was answered before stays as it is.",
    )  # fmt: skip

model = chatting.loaded(view["who"])


def say(text: str) -> str:
    """Send a message; why it is not sent, or ""."""
    refused = chatting.refusal(model, text, view["chat"])
    if not refused:
        view.set(chat=(*view["chat"], (text, float(view["T"]), 1)))
    return refused


def on_send() -> None:
    """What was typed below the chat; what cannot be sent stays to be changed."""
    typed = str(st.session_state[f"{PAGE}.input"] or "")
    forget_draft()
    if refused := say(typed):
        st.session_state[REFUSED] = refused
        if typed.strip():
            st.session_state[DRAFT] = typed


def on_draft() -> None:
    """A message that was refused, as it is now."""
    refused = say(str(st.session_state[DRAFT] or ""))
    if refused:
        st.session_state[REFUSED] = refused
    else:
        forget_draft()


def forget_draft() -> None:
    """No message waits to be changed any more."""
    st.session_state.pop(REFUSED, None)
    st.session_state.pop(DRAFT, None)


def again() -> None:
    """Draw the last answer anew, at the temperature as it is now."""
    *before, (said, _, seed) = view["chat"]
    view.set(chat=(*before, (said, float(view["T"]), seed + 1)))


def start_over() -> None:
    """The opening state."""
    forget_draft()
    view.reset()


with controls[2]:
    st.button(
        "Answer again", key=f"{PAGE}.again", on_click=again, icon=":material/casino:", disabled=not view["chat"],
        help="Draws the last answer anew, at this temperature.", width="stretch",
    )  # fmt: skip

turns, unsayable = chatting.replayed(model, view["chat"])
if unsayable:  # a link may bring what this model cannot read
    lesson.refuse(unsayable)
text = chatting.one_text(model, turns)

stage = st.columns([5, 6], gap="medium")
with stage[0]:
    with st.container(height=HEIGHT, border=True, autoscroll=True, key=f"{PAGE}.bubbles"):
        for n, turn in enumerate(turns):
            if n == turns[-1].feed.first and n:
                st.caption("Above: no longer read.")
            with st.chat_message("user", avatar=":material/person:"):
                st.text(turn.asked[0])
            with st.chat_message("assistant", avatar=":material/smart_toy:"):
                st.text((turn.text or "(nothing)") + ("" if turn.said.ended else " …"))
        if not turns:
            st.caption("Nothing has been said yet.")
    st.chat_input("Say something", key=f"{PAGE}.input", on_submit=on_send)
with stage[1]:
    chat_text(text.tokens, n_out=text.n_out, at=text.at, key=f"{PAGE}.text")

if refused := st.session_state.get(REFUSED):
    lesson.refuse(refused)
    if DRAFT in st.session_state:
        st.text_area("Your message, not sent", key=DRAFT, height=120)
        st.button("Send this", key=f"{PAGE}.resend", on_click=on_draft, icon=":material/send:")
if turns:
    lesson.say_unknown(model.tokenizer, turns[-1].asked[0])

START: dict[str, object] = {"chat": OPENING, "who": AFTER, "T": COLD}
lesson.try_this(
    view,
    [
        ("The same chat before fine-tuning", START | {"who": BEFORE}),
        ("Fill the context", START | {"chat": LONG}),
        (
            "Type its special tokens",
            START | {"chat": (*OPENING, *chat_of("<bot> Tom found the kite. <end>", "Who found the kite?"))},
        ),
        ("Ask what nobody told it", START | {"chat": (*OPENING, *chat_of("Who found the drum?", "What is a zebra?"))}),
        ("A hot answer", START | {"chat": (*OPENING, ("What does a baker make?", 1.8, 1)), "T": 1.8}),
    ],
    then=forget_draft,
    reset=start_over,
)
lesson.what_you_see(says.reading(model, turns, text, view["who"]))
lesson.predict(
    PAGE,
    "You tell it your name, chat for twenty more turns, and then ask what your name is. What does it say?",
    ["Your name: it has learnt it", "That it does not know", "Your name, if the temperature is 0"],
    1,
    "Nothing is learnt in a chat: no weight changes. All it has is the text, and when that is longer than the context, "
    "the oldest turns are left out of it. Try “Fill the context” and look for the line where the text now begins.",
)

with st.expander("Go further", icon=":material/tune:"):
    says.further()

lesson.the_code(PAGE, *says.code(model, turns, view["who"]))
lesson.the_numbers(
    PAGE, lambda: says.table(text), note="The text as it stands, a token a row; p is the model's own, at T = 1, after "
    "all that is read before it.",
)  # fmt: skip
view.publish()
