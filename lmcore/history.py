"""The systems of this playground in time, each with its paper; and how many parameters models have, here and elsewhere.

Years are those of the cited publication; where a paper was public earlier, `paper` says so. Parameter counts elsewhere
are published ones, each with its source; those of the models here are read from their checkpoints.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from lmcore import checkpoints


@dataclass(frozen=True)
class System:
    """A system, and what it stands on."""

    id: str
    year: int
    name: str
    idea: str
    """Its idea in a sentence."""
    brought: str
    """What it could do that those before it could not."""
    paper: str
    """Authors, title, where it was published."""
    after: tuple[str, ...] = ()
    """The systems that it builds on most directly, by id."""
    page: str = ""
    """The slug of the lesson where it runs; empty where none shows it."""


SYSTEMS: tuple[System, ...] = (
    System(
        "markov", 1913, "Markov chain",
        "What comes next depends on what stands there now: count the pairs.",
        "The first statistics of this kind on a text: vowels and consonants, counted by hand in 20,000 letters of a "
        "novel in verse.",
        "A. A. Markov, “An example of statistical investigation of the text Eugene Onegin concerning the connection "
        "of samples in chains”, Imperial Academy of Sciences, St. Petersburg",
        page="markov-chains",
    ),
    System(
        "ngram", 1948, "N-grams",
        "Letters or words are drawn as often as they followed the last ones in real text.",
        "Longer contexts, text that a chain writes by itself, and a measure of surprise, the entropy; in 1951 people "
        "guess the next letter, to find how much of English is predictable.",
        "C. E. Shannon, “A mathematical theory of communication”, Bell System Technical Journal 27; then “Prediction "
        "and entropy of printed English”, the same journal 30, 1951",
        ("markov",), "n-grams",
    ),
    System(
        "eliza", 1966, "ELIZA",
        "Rules look for key words and turn what was said into a question.",
        "The first well-known program to chat with. It learns nothing and predicts nothing, and people confided in it "
        "all the same. Nothing below stands on it.",
        "J. Weizenbaum, “ELIZA: a computer program for the study of natural language communication between man and "
        "machine”, Communications of the ACM 9(1)",
    ),
    System(
        "smoothing", 1987, "Smoothing, backoff",
        "Take some probability from what was seen, and ask a shorter context about the rest.",
        "N-grams that no unseen pair can stop; in this form they served speech recognition and translation for "
        "decades.",
        "S. M. Katz, “Estimation of probabilities from sparse data for the language model component of a speech "
        "recognizer”, IEEE Transactions on Acoustics, Speech, and Signal Processing 35(3); R. Kneser and H. Ney, "
        "“Improved backing-off for m-gram language modeling”, ICASSP 1995",
        ("ngram",), "n-grams",
    ),
    System(
        "rnn", 1990, "RNN",
        "One hidden state is changed by each token in turn, and read to predict the next.",
        "A context without a fixed length: what matters is learnt, not counted.",
        "J. L. Elman, “Finding structure in time”, Cognitive Science 14(2)",
        page="rnn",
    ),
    System(
        "lstm", 1997, "LSTM",
        "A cell that carries its content on unchanged unless gates open.",
        "Gradients that do not vanish on the way back, so that things far apart can be learnt. The forget gate came "
        "in 2000.",
        "S. Hochreiter and J. Schmidhuber, “Long short-term memory”, Neural Computation 9(8); F. A. Gers and others, "
        "“Learning to forget”, Neural Computation 12(10), 2000",
        ("rnn",), "lstm-gates",
    ),
    System(
        "neural", 2003, "Neural language model",
        "Words become vectors, a network turns those of the last words into a probability for every next one.",
        "Similar words share what is learnt, so that a sentence may be likely that was never seen.",
        "Y. Bengio, R. Ducharme, P. Vincent and C. Jauvin, “A neural probabilistic language model”, Journal of "
        "Machine Learning Research 3",
        ("ngram",), "neural-lm",
    ),
    System(
        "word2vec", 2013, "Word2Vec",
        "Learn word vectors by guessing the words nearby, with as little network as possible.",
        "Vectors from billions of words, in which directions have meaning: king − man + woman lies near queen.",
        "T. Mikolov, K. Chen, G. Corrado and J. Dean, “Efficient estimation of word representations in vector space”, "
        "ICLR workshop",
        ("neural",), "embeddings",
    ),
    System(
        "seq2seq", 2014, "Encoder-decoder",
        "One recurrent network reads a sentence into a vector, another writes a sentence from it.",
        "One network, trained end to end, that turns a sequence into another of a different length.",
        "K. Cho and others, “Learning phrase representations using RNN encoder–decoder for statistical machine "
        "translation”, EMNLP; I. Sutskever, O. Vinyals and Q. V. Le, “Sequence to sequence learning with neural "
        "networks”, NIPS",
        ("lstm", "neural"), "translator",
    ),
    System(
        "attention", 2015, "Attention",
        "While it writes, the decoder looks back at every word of the source, at each as much as it matters now.",
        "A long sentence need no longer fit into one vector.",
        "D. Bahdanau, K. Cho and Y. Bengio, “Neural machine translation by jointly learning to align and translate”, "
        "ICLR (on arXiv in 2014)",
        ("seq2seq",), "translator",
    ),
    System(
        "bpe", 2016, "Byte pair encoding",
        "Join the pair that occurs most often, again and again: common words become one token, rare ones a few.",
        "A vocabulary of fixed size in which no word is unknown. The method is one for compressing data, by "
        "P. Gage, 1994.",
        "R. Sennrich, B. Haddow and A. Birch, “Neural machine translation of rare words with subword units”, ACL",
        page="tokens",
    ),
    System(
        "transformer", 2017, "Transformer",
        "Attention alone: every token looks at the others, in several heads, block after block.",
        "No token waits for the one before it, so training uses a whole processor at once, and models could grow.",
        "A. Vaswani and others, “Attention is all you need”, NIPS",
        ("attention", "bpe"), "attention",
    ),
    System(
        "gpt", 2018, "GPT",
        "Take the decoder alone, train it to predict the next token of many books, then fine-tune it for each task.",
        "Text without labels teaches most of what a task needs.",
        "A. Radford, K. Narasimhan, T. Salimans and I. Sutskever, “Improving language understanding by generative "
        "pre-training”, OpenAI",
        ("transformer",), "inside-gpt",
    ),
    System(
        "bert", 2019, "BERT",
        "Take the encoder alone, hide some words, and guess them from both sides.",
        "Every word is read with what comes after it, too: good for understanding, not for writing.",
        "J. Devlin, M.-W. Chang, K. Lee and K. Toutanova, “BERT: pre-training of deep bidirectional transformers for "
        "language understanding”, NAACL (on arXiv in 2018)",
        ("transformer", "gpt"), "fill-in-the-blanks",
    ),
    System(
        "gpt2", 2019, "GPT-2",
        "The same model, ten times larger, on eight million web pages.",
        "It continues a prompt in any style, and does some tasks that nobody trained it for.",
        "A. Radford and others, “Language models are unsupervised multitask learners”, OpenAI",
        ("gpt",), "pre-training",
    ),
    System(
        "bart", 2020, "BART",
        "Damage a text; an encoder reads what is left, a decoder writes the whole text again.",
        "BERT’s reading and GPT’s writing in one model: whole spans are filled in, texts summed up.",
        "M. Lewis and others, “BART: denoising sequence-to-sequence pre-training for natural language generation, "
        "translation, and comprehension”, ACL (on arXiv in 2019)",
        ("bert", "gpt"), "fill-in-the-blanks",
    ),
    System(
        "gpt3", 2020, "GPT-3",
        "The same again, a hundred times larger.",
        "A few examples in the prompt take the place of fine-tuning: it learns in its context.",
        "T. B. Brown and others, “Language models are few-shot learners”, NeurIPS",
        ("gpt2",), "context",
    ),
    System(
        "pictures", 2021, "Pictures as tokens",
        "Cut a picture into squares of 16 × 16 points: each becomes a vector, and a Transformer reads them like words.",
        "The same network for text and pictures, and so models that read both.",
        "A. Dosovitskiy and others, “An image is worth 16x16 words: transformers for image recognition at scale”, "
        "ICLR (on arXiv in 2020)",
        ("transformer",),
    ),
    System(
        "chat", 2022, "Chatbots",
        "Fine-tune a next-token predictor on good answers, then towards those that people prefer.",
        "It answers instead of going on with the text. ChatGPT, of the same year, is a sibling of this model.",
        "L. Ouyang and others, “Training language models to follow instructions with human feedback”, NeurIPS",
        ("gpt3",), "chatbot",
    ),
    System(
        "sounds", 2023, "Sounds as tokens",
        "A codec turns sound into a sequence of indices; a language model continues it.",
        "Speech and music go on from a few seconds of prompt, without a written word.",
        "Z. Borsos and others, “AudioLM: a language modeling approach to audio generation”, IEEE/ACM Transactions on "
        "Audio, Speech, and Language Processing 31 (on arXiv in 2022)",
        ("transformer",),
    ),
)  # fmt: skip

BY_ID = {system.id: system for system in SYSTEMS}


@dataclass(frozen=True)
class Size:
    """How many parameters a model has."""

    id: str
    name: str
    n_params: int
    source: str
    here: bool = False
    """True for a model that comes with the playground."""


PUBLISHED: tuple[Size, ...] = (
    Size("big-lstm", "Sequence to sequence, 2014", 384_000_000, "Sutskever and others, 2014"),
    Size("transformer-base", "Transformer base, 2017", 65_000_000, "Vaswani and others, 2017, table 3"),
    Size("gpt-1", "GPT, 2018", 117_000_000, "Radford and others, 2019, on the first GPT"),
    Size("bert-large", "BERT large, 2019", 340_000_000, "Devlin and others, 2019"),
    Size("gpt2-small", "GPT-2 small, 2019", 124_000_000, "github.com/openai/gpt-2 (the paper’s 117 M was corrected)"),
    Size("gpt2-xl", "GPT-2, 2019", 1_558_000_000, "github.com/openai/gpt-2"),
    Size("bart-large", "BART large, 2020", 400_000_000, "fairseq, examples/bart"),
    Size("gpt-3", "GPT-3, 2020", 175_000_000_000, "Brown and others, 2020"),
    Size("llama-405b", "Llama 3.1, 2024", 405_000_000_000, "Meta, The Llama 3 herd of models, 2024"),
    Size(
        "deepseek-v3", "DeepSeek-V3, 2024", 671_000_000_000,
        "DeepSeek-AI, technical report, 2024; 37 billion of them work on each token",
    ),
)  # fmt: skip
"""Only counts that their makers published. Of many closed models of today, there is none."""


def sizes_here() -> list[Size]:
    """The models that come with the playground, each with the parameters that its checkpoint holds."""
    cards = {name: checkpoints.read_card(folder) for name, folder in checkpoints.shipped().items()}
    return [
        Size(name, str(card["title"]), int(card["n_params"]), "its checkpoint", here=True)
        for name, card in cards.items()
    ]


def sizes() -> list[Size]:
    """All of them, from the smallest to the largest."""
    return sorted(chain(sizes_here(), PUBLISHED), key=lambda size: (size.n_params, size.name))


def gpt_params(n_layer: int, n_embd: int, vocab_size: int, block_size: int) -> int:
    """The parameters of a GPT-2 of this shape: token and position embeddings (the first also reads out), 12 C² + 13 C a
    block (weights and biases of attention and MLP, two norms), and the last norm.
    """
    C = n_embd
    return (vocab_size + block_size) * C + n_layer * (12 * C * C + 13 * C) + 2 * C
