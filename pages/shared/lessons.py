"""The table of lessons: chapter by chapter. The navigation, Home's cards and the tests all read it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Lesson:
    """One page: its address, its file under pages/, and what it says in a sentence."""

    slug: str
    file: str
    title: str
    says: str
    icon: str


CHAPTERS: dict[str, list[Lesson]] = {
    "": [
        Lesson("home", "home.py", "Home", "What a language model is, in one living picture.", ":material/home:"),
    ],
    "Workshop": [
        Lesson(
            "train", "workshop/train.py", "Train",
            "Choose a text, train a model on it, and watch it learn.", ":material/model_training:",
        ),
        Lesson(
            "library", "workshop/library.py", "Library",
            "The texts, models and runs you kept; share one, or use another device.", ":material/shelves:",
        ),
    ],
    "Foundations": [
        Lesson(
            "probability", "foundations/probability.py", "Probability",
            "From a coin to a sentence: one number for each, and together they are exactly 1.", ":material/casino:",
        ),
        Lesson(
            "tokens", "foundations/tokens.py", "Tokens",
            "A model never sees text, only numbers: cut yours into bytes, characters, words and pieces.",
            ":material/content_cut:",
        ),
        Lesson(
            "history", "foundations/history.py", "A short history",
            "From letters counted by hand to chatbots: every system in time, with its paper and its page.",
            ":material/history:",
        ),
        Lesson(
            "glossary", "foundations/glossary.py", "Glossary",
            "Every symbol and word of the course, with the page that shows it.", ":material/menu_book:",
        ),
    ],
    "Counting": [
        Lesson(
            "markov-chains", "counting/markov_chains.py", "Markov chains",
            "The future depends on the present only: a text as a map of its words, and a walk on it.",
            ":material/route:",
        ),
        Lesson(
            "n-grams", "counting/ngrams.py", "N-grams",
            "Count which word follows which: the simplest language model there is.", ":material/grid_on:",
        ),
    ],
    "Neural": [
        Lesson(
            "neural-lm", "neural/neural_lm.py", "A neural language model",
            "Words become vectors, vectors become probabilities: open every number on the way.", ":material/hub:",
        ),
        Lesson(
            "embeddings", "neural/embeddings.py", "Embeddings",
            "Words become vectors, and directions become meaning: queen − female + male.", ":material/scatter_plot:",
        ),
    ],
    "Memory": [
        Lesson(
            "rnn", "memory/rnn.py", "RNN",
            "One hidden state, changed by each token: step through it, and measure how far back it can learn.",
            ":material/repeat:",
        ),
        Lesson(
            "lstm-gates", "memory/lstm_gates.py", "LSTM gates",
            "Three gates decide what is kept, let in and shown: watch them read your sentence.",
            ":material/door_front:",
        ),
    ],
    "Transformers": [
        Lesson(
            "positions", "transformer/positions.py", "Positions",
            "How a word knows where it stands: waves, the hands of clocks, and what is lost without them.",
            ":material/schedule:",
        ),
        Lesson(
            "attention", "transformer/attention.py", "Attention by hand",
            "Queries, keys, values: every number of attention opened, on paper and in a trained model.",
            ":material/grid_view:",
        ),
        Lesson(
            "inside-gpt", "transformer/inside_gpt.py", "Inside a GPT",
            "Every head, block and number of a GPT: look, switch it off, and replay how it came about.",
            ":material/frame_inspect:",
        ),
        Lesson(
            "context", "transformer/context.py", "Context",
            "What a longer context buys and costs, and what a model learns within its prompt.",
            ":material/expand:",
        ),
    ],
    "Generation": [
        Lesson(
            "temperature", "generation/temperature.py", "Temperature",
            "Drag one slider and see the whole distribution breathe.", ":material/thermostat:",
        ),
        Lesson(
            "sampling", "generation/sampling.py", "Sampling",
            "Eight stages from logits to a token, then whole sequences: greedy, drawn, searched, guessed ahead.",
            ":material/filter_alt:",
        ),
        Lesson(
            "inspect", "generation/inspect_tokens.py", "Inspect",
            "Ask of any token what else could have come, and branch from there.", ":material/search_insights:",
        ),
    ],
    "Uses": [
        Lesson(
            "pre-training", "uses/pre_training.py", "Pre-training",
            "A text becomes pairs, one mask answers all of them at once, and one step is taken in slow motion.",
            ":material/school:",
        ),
        Lesson(
            "fine-tuning", "uses/fine_tuning.py", "Fine-tuning",
            "A trained model goes on with another text: what it gains, what it forgets, and how little may learn.",
            ":material/tune:",
        ),
        Lesson(
            "translator", "uses/translator.py", "Translator",
            "One network reads, another writes in French and looks back: follow every word, and teach it your pairs.",
            ":material/translate:",
        ),
        Lesson(
            "fill-in-the-blanks", "uses/blanks.py", "Fill in the blanks",
            "Hide words of a passage and ask three models of three shapes what stood there.",
            ":material/ink_eraser:",
        ),
        Lesson(
            "classifier", "uses/classifier.py", "Classifier",
            "A small head on a pre-trained body decides with few labels; leave a word out and see what moved it.",
            ":material/label:",
        ),
        Lesson(
            "chatbot", "uses/chatbot.py", "Chatbot",
            "A chat as people know it, and beside it the one text that a model reads again for every word.",
            ":material/forum:",
        ),
    ],
}  # fmt: skip

CHAPTER_SAYS = {
    "Workshop": "Train a model on your own text, and keep it.",
    "Foundations": "Numbers for chance, and numbers for text: what all the rest stands on.",
    "Counting": "The simplest models: count what follows what.",
    "Neural": "Words become vectors, and the vectors are learnt.",
    "Memory": "One state, carried from token to token.",
    "Transformers": "Every token looks back at all that came before it.",
    "Generation": "From probabilities to a text.",
    "Uses": "What a next-word predictor can become.",
}
"""What each chapter is about, for its card on Home."""

LESSONS = {lesson.slug: lesson for lessons in CHAPTERS.values() for lesson in lessons}
