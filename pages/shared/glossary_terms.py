"""Every symbol and word of the course: what it means in a sentence or two, and the page that shows it.

One table. The glossary lists it; `tip` gives the same text where a term first appears on a lesson.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """A word or a symbol of the course."""

    name: str
    says: str
    """Plain text: it also serves as a tooltip."""
    page: str
    """The slug of the lesson that shows it."""
    symbol: str = ""
    """LaTeX, where it has one."""
    also: str = ""
    """Other names, by which it is found too."""


def _of(page: str, *rows: tuple[str, ...]) -> list[Term]:
    """Terms of one page: (name, what it says, symbol, other names), the last two where there are any."""
    return [Term(row[0], row[1], page, *row[2:]) for row in rows]


TERMS: list[Term] = [
    *_of(
        "probability",
        ("probability", "A number from 0 to 1: how likely something is. Those of all outcomes sum to 1.", "p"),
        (
            "conditional probability",
            "How likely something is when something else is known: the next token, given those before it.",
            r"p(y \mid x)", "given",
        ),
        (
            "language model",
            "What gives every sequence of tokens a probability; in practice, every possible next token after those "
            "so far.", r"p(x_1, \dots, x_L)", "LM, generator",
        ),
        (
            "chain rule",
            "The probability of a sequence is the product of the probabilities of its tokens, each given those before "
            "it.", r"\prod_t p(x_t \mid x_1, \dots, x_{t-1})", "autoregression, autoregressive",
        ),
        ("likelihood", "The probability that a model gave to what really happened. Training makes it large."),
        (
            "log-likelihood",
            "The logarithm of the likelihood: products become sums, and tiny numbers stay numbers.", r"\ln p",
            "log probability, underflow",
        ),
        (
            "maximum likelihood", "Choosing the model under which the text that was seen is most probable.", "",
            "MLE",
        ),
        (
            "nat", "The unit of surprise when logarithms are natural: −ln p. One nat is 1.44 bits.", "",
            "nats, bits, bit",
        ),
    ),
    *_of(
        "tokens",
        ("token", "A piece of text that a model reads as one: a character, a word, or a part of a word.", "x_t"),
        (
            "vocabulary", "All tokens that a model knows, each with its index. V is how many there are.", "V",
            "vocab_size",
        ),
        ("tokenizer", "What cuts a text into tokens and puts it together again.", "", "tokenization, encode, decode"),
        ("index", "The number of a token in the vocabulary. A model sees indices only; their order means nothing."),
        (
            "byte pair encoding",
            "Begin with single characters or bytes, and again and again join the pair that occurs most often.", "",
            "BPE, merges, subword",
        ),
        ("unknown token", "What stands in the place of a word that the vocabulary does not have.", "",
         "<unk>, OOV, out-of-vocabulary"),
        ("start token", "Stands before every text, so that the first token has something before it.", "", "<s>, BOS"),
        ("UTF-8", "How characters are written as bytes: one for a Latin letter, up to four for others.", "", "bytes"),
    ),
    *_of(
        "history",
        ("multimodal", "Reading text, pictures and sounds in one sequence: each is cut into tokens of its own.", "",
         "pictures, sounds, images, audio"),
        ("log axis", "An axis on which equal steps are equal factors: ten times more, and ten times more again.", "",
         "logarithmic scale"),
    ),
    *_of(
        "markov-chains",
        (
            "Markov assumption", "The future depends on the present only: on the last token, or the last few.",
            r"p(y_n \mid y_{n-1})", "first-order",
        ),
        ("transition matrix", "For each token now, the probabilities of the next: rows that sum to 1.", "", "bigram"),
        (
            "stationary distribution",
            "How often a chain is in each of its states in the long run, wherever it began.", r"\pi",
        ),
    ),
    *_of(
        "n-grams",
        ("n-gram", "n tokens in a row. An n-gram model predicts the last of them from the n − 1 before it.", "n",
         "bigram, trigram, order"),
        ("sparsity", "Most n-grams never occur in a text, so their counts are 0 although they are possible."),
        (
            "smoothing", "Taking some probability from what was seen and giving it to what was not.", r"\alpha, \gamma",
            "add-k, Witten-Bell, Kneser-Ney, absolute discounting, interpolation, Jelinek-Mercer",
        ),
        ("backoff", "Where a context was never seen, asking a shorter one.", "", "stupid backoff"),
    ),
    *_of(
        "neural-lm",
        ("neural network", "Layers of numbers: each is a matrix times the one before it, bent by a simple function."),
        ("parameter", "A number that training changes. All of them together are the model.", r"\theta",
         "weight, weights, parameters"),
        ("bias", "A number that is added after a matrix product, the same for every input.", "b"),
        ("linear layer", "A matrix product and a bias, with no bend after it.", "W x + b", "matrix, U"),
        ("hidden layer", "Numbers between input and output, which nobody prescribes: training finds what they are for.",
         "h", "hidden unit, activation"),
        ("logits", "The scores of all tokens before softmax: any numbers, the higher the likelier.", "z", "scores"),
        (
            "softmax", "Turns scores into probabilities: e to the power of each, divided by the sum of all.",
            r"\frac{e^{z_i}}{\sum_j e^{z_j}}",
        ),
        (
            "cross-entropy", "The mean of −ln p over the tokens that really came: the loss of a language model.",
            r"-\frac{1}{L}\sum_t \ln p(y_t)", "NLL, negative log-likelihood",
        ),
        (
            "perplexity", "e to the power of the loss: among how many equally likely tokens the model seems to guess.",
            r"e^{\mathrm{loss}}",
        ),
        ("feed-forward network", "Sees a window of a fixed number of tokens and passes it through its layers once.",
         "", "MLP, Bengio"),
    ),
    *_of(
        "embeddings",
        ("embedding", "The vector that stands for a token: a row of a learned table.", "e", "word vector, n_embd, wte"),
        ("Word2Vec", "Learns word vectors by guessing the words nearby (Mikolov and others, 2013).", "",
         "skip-gram, negative sampling"),
        ("one-hot", "A vector with 1 at a token's index and 0 elsewhere: times the table, it picks one row.", "x_w"),
        ("cosine", "How far two vectors point the same way: 1 the same, 0 at a right angle, −1 opposite.",
         r"\cos\theta", "cosine similarity, nearest neighbours"),
        ("analogy", "Directions carry meaning: queen − female + male lies near king.", "", "king, queen"),
        ("PCA", "The view of many dimensions, drawn in two or three, that keeps the most of their spread.", "",
         "principal components"),
    ),
    *_of(
        "rnn",
        ("RNN", "A recurrent neural network: one hidden state, changed by every token in turn.",
         r"h_t = f(W_x x_t + W_h h_{t-1} + b)", "recurrent"),
        ("hidden state", "What a recurrent network remembers: one vector, made anew at each token.", "h_t"),
        ("vanishing gradient", "Going back through many steps a gradient shrinks to nothing, so far things are not "
         "learnt.", "", "exploding gradient"),
        ("gradient clipping", "A gradient that is too long is scaled down before the step.", "", "clipping"),
        ("back-propagation through time", "Back-propagation through a recurrent network, unrolled over its tokens.", "",
         "BPTT"),
    ),
    *_of(
        "lstm-gates",
        ("LSTM", "A recurrent network with a cell that gates can keep for long (Hochreiter and Schmidhuber, 1997)."),
        ("cell state", "The long memory of an LSTM: what is kept of the old, plus what is let in of the new.",
         r"C_t = f_t C_{t-1} + i_t \tilde{C}_t"),
        ("forget gate", "How much of each number of the cell is kept, from 0 to 1.", "f_t"),
        ("input gate", "How much of each new number is let into the cell.", "i_t"),
        ("candidate", "What could be written into the cell.", r"\tilde{C}_t"),
        ("output gate", "How much of the cell is shown as the hidden state.", "o_t"),
        ("sigmoid", "Bends any number into one from 0 to 1.", r"\sigma(x) = 1 / (1 + e^{-x})"),
        ("tanh", "Bends any number into one from −1 to 1.", r"\tanh"),
        ("ReLU", "Bends by cutting: negative numbers become 0, the others stay.", r"\max(0, x)"),
    ),
    *_of(
        "positions",
        ("positional encoding", "What tells a transformer where a token stands: attention alone would not know.", "",
         "position, wpe"),
        ("sinusoidal positions", "Sines and cosines of many frequencies, like the digits of a counter, added to the "
         "embedding.", r"\sin(t\,\omega_i)", "waves"),
        ("rotary positions", "Queries and keys are turned by an angle that grows with the place; scores then depend on "
         "distances.", "", "RoPE"),
        ("ALiBi", "Attention scores fall in a straight line with the distance."),
    ),
    *_of(
        "attention",
        ("attention", "Every token looks at those before it and takes from each as much as its weight says.",
         r"\mathrm{softmax}(Q K^T / \sqrt{d} + M)\, V", "self-attention"),
        ("query", "What a token asks: a vector, compared with every key.", "q, Q"),
        ("key", "What a token offers to be found by.", "k, K"),
        ("value", "What a token hands out to those that look at it.", "v, V"),
        ("attention score", "Query times key, divided by √d: how well the two fit.", r"q \cdot k / \sqrt{d}"),
        ("attention weight", "The scores of one query after softmax: they are not negative and sum to 1."),
        ("causal mask", "Hides later tokens: their scores become −∞, their weights 0.", "M", "mask, causal"),
        ("head", "One attention with queries, keys and values of its own; several work side by side.", "H",
         "multi-head, n_head, head_dim"),
        ("head width", "How many numbers a query, key or value of one head has.", "d", "head_dim, D"),
    ),
    *_of(
        "inside-gpt",
        ("transformer", "Blocks of attention and MLP that enrich every token with its context (Vaswani and others, "
         "2017)."),
        ("GPT", "A transformer that reads from left to right only and predicts the next token: decoder-only.", "",
         "decoder-only, generative pre-trained transformer"),
        ("block", "Attention, then an MLP, each added to the stream.", "", "layer, n_layer"),
        ("width", "How many numbers stand for one token in a network.", "C", "n_embd, hidden_size, channels"),
        ("residual stream", "The vector of each token that runs through all blocks; each adds to it.", "x",
         "stream, skip connection"),
        ("layer norm", "Brings a vector to mean 0 and one size before a part reads it.", "", "LayerNorm"),
        ("MLP", "Two matrices with a bend between them, the same for every token by itself.", "", "feed-forward"),
        ("GELU", "A soft bend: positive numbers pass almost as they are, negative ones hardly."),
        ("logit lens", "What a model would say if it ended after a block."),
        ("induction head", "A head that finds where the present token stood before, and looks at what came next."),
        ("KL divergence", "How far one distribution lies from another, in nats; 0 when they are the same.",
         r"\mathrm{KL}(p \,\|\, q)"),
    ),
    *_of(
        "context",
        ("context", "The tokens that a model sees when it predicts the next.", "", "prompt, window"),
        ("block size", "The most tokens that a model sees at once.", "L", "block_size, context length"),
        ("in-context learning", "Getting better within one prompt, without any weight changing.", "", "few-shot"),
        ("KV cache", "Keys and values of earlier tokens, kept so that each new token costs one pass of one token."),
        ("O(L)", "How a cost grows with the length L: O(L) in a straight line, O(L²) with its square.", "",
         "complexity, quadratic"),
    ),
    *_of(
        "temperature",
        ("temperature", "Divides the scores before softmax: below 1 the likely tokens gain, above 1 the others do.",
         r"T", "annealed, p^(1/T)"),
        ("greedy", "Always taking the most probable token: temperature 0.", "T = 0", "argmax"),
        ("prompt", "The text that a model is given; what it writes after it is the completion.", "", "completion"),
        ("entropy", "How open a distribution is: the mean of −ln p under itself; ln V at most.", "H(p)"),
    ),
    *_of(
        "sampling",
        ("sampling", "Drawing the next token at random, each as often as its probability says.", "", "draw"),
        ("top-k", "Drawing from the k most probable tokens only.", "k"),
        ("top-p", "Drawing from the fewest tokens that together have probability p.", "p", "nucleus"),
        ("min-p", "Drawing only from tokens whose probability is at least a set share of the largest one."),
        ("repetition penalty", "Lowers the scores of tokens that were there already."),
        ("beam search", "Keeping the few best beginnings at each step: the likeliest sequence is not found greedily.",
         "", "beam"),
        ("speculative sampling", "A small model guesses ahead, a large one checks the guesses in one pass.", "",
         "draft"),
        ("seed", "A number that decides all that is random: the same seed gives the same draws."),
    ),
    *_of(
        "inspect",
        ("rank", "The place of a token when all are sorted by probability; 1 is the most probable."),
        ("branch", "Taking another token at some place and going on from there."),
    ),
    *_of(
        "train",
        ("training", "Again and again: a batch, its loss, the gradient, a step. Nothing is sampled in it."),
        ("epoch", "As many steps as it takes to see as many tokens as the text has."),
        ("held-out text", "Text that is not trained on, so that the loss on it tells what was learnt and not recited.",
         "", "validation, test, overfitting"),
        ("checkpoint", "The weights of a model, saved.", "", "snapshot"),
        ("hyperparameter", "A setting that is chosen, not learnt: width, number of blocks, learning rate.", "",
         "preset"),
        ("dropout", "Setting random numbers to 0 in training, so that no unit is relied on alone."),
    ),
    *_of(
        "pre-training",
        ("pre-training", "Learning to predict the next token of much text, before any other use.", "",
         "self-supervised"),
        ("window", "L tokens in a row, x, and the same one token later, y: [a b c d] and [b c d e].", "x, y"),
        ("stride", "How many tokens lie between the beginnings of two windows."),
        ("padding", "Tokens that only fill up a row to its length and must never count.", "*"),
        ("batch", "Windows that are learnt from together in one step: B of them, each L tokens long.", "B",
         "batch_size, minibatch"),
        ("loss", "What training makes small: the mean of −ln p of the true next tokens. It begins at ln V.", "",
         "objective"),
        ("gradient", "For every weight, how fast the loss rises with it.", r"\partial\,\mathrm{loss} / \partial w",
         "derivative, autograd"),
        ("back-propagation", "The chain rule of calculus from the loss back to every weight: all gradients in one "
         "backward pass.", "", "backward"),
        ("learning rate", "How far a step goes against the gradient, which points uphill.", r"\eta",
         "learning_rate, step size"),
        ("gradient descent", "Moving every weight a little against its gradient.", r"w \leftarrow w - \eta\, g",
         "SGD, stochastic"),
        ("AdamW", "Gradient descent that divides by the size gradients usually have, with weight decay (Loshchilov "
         "and Hutter, 2019).", "", "Adam, optimizer, weight_decay, beta"),
    ),
    *_of(
        "fine-tuning",
        ("fine-tuning", "Training a trained model on, with other and often much less text.", "", "transfer learning"),
        ("forgetting", "In fine-tuning: getting worse at the first text while learning the second.", "",
         "catastrophic forgetting"),
        ("freezing", "Leaving weights as they are while others are trained.", "", "frozen"),
        ("LoRA", "Leaves a matrix as it is and trains a small product of two thin ones that is added to it.",
         r"W + B A", "adapter, low-rank"),
    ),
    *_of(
        "translator",
        ("translator", "Reads a sentence once and writes it anew in another language, until the end token.", "",
         "machine translation, seq2seq"),
        ("encoder", "The part of a translator that reads the whole source, with no mask.", "", "encoder-decoder"),
        ("decoder", "The part of a translator that writes, one token at a time, looking at what it wrote and at the "
         "source."),
        ("cross-attention", "Attention whose queries come from the decoder, its keys and values from the encoder."),
        ("end token", "The token that says: this sentence is finished.", "", "</s>, EOS"),
        ("BLEU", "How many words and word groups of a translation also stand in a reference, from 0 to 100."),
        ("chrF", "How many groups of letters of a translation also stand in a reference, from 0 to 100.", "",
         "chrf"),
    ),
    *_of(
        "fill-in-the-blanks",
        ("masked model", "Reads a text in which words are hidden and guesses each of them from both sides (BERT: "
         "Devlin and others, 2019).", "", "masked language model, MLM, BERT, bidirectional"),
        ("mask token", "Stands in the place of a hidden word.", "", "<mask>, [MASK], blank"),
        ("encoder-only", "A transformer in which every token sees all the others: it reads well, and cannot write."),
        ("decoder-only", "A transformer under the causal mask: every token sees those before it, so it can write."),
        ("encoder-decoder", "An encoder reads a whole text; a decoder writes another and looks at both.", "",
         "sequence to sequence"),
        ("denoising", "Learning to write a damaged text as it was, with words hidden or left out (BART: Lewis and "
         "others, 2020).", "", "BART, denoiser, infilling, span"),
    ),
    *_of(
        "classifier",
        ("classifier", "Gives each label a probability for a text: here a head on top of a pre-trained body.", "",
         "classification, sentiment, topic"),
        ("label", "What a text is sorted under; a person gives it for each example.", "", "class, labelled"),
        ("classifier head", "What turns the vector of a whole text into a score for each label.", "",
         "feed-forward head"),
        ("accuracy", "The share of texts whose most probable label is the right one."),
        ("confusion matrix", "How many texts of each label (rows) were given each label (columns): right ones lie on "
         "the diagonal."),
        ("calibration", "Whether answers that are given with 80% are right in 80 of 100 cases.", "",
         "reliability, calibrated"),
        ("leave one out", "Taking one word away and asking again: what changes is what that word did.", "",
         "occlusion, attribution"),
        ("logistic regression", "Each feature times its weight, summed, through softmax: a classifier of one layer.",
         "", "word counts, bag of words"),
        ("few-label curve", "Accuracy against the number of labelled examples, with pre-training and without.", "",
         "learning curve, labels"),
    ),
    *_of(
        "chatbot",
        ("chatbot", "A next-token predictor, fine-tuned on conversations: the chat is one text, and it goes on.", "",
         "assistant, dialogue, conversation"),
        ("special token", "A token that no typed text becomes: it says who speaks or where an answer ends, and only "
         "the program puts it in.", "", "control token, mark"),
        ("turn", "What one side of a conversation says before the other answers.", "", "message, exchange"),
        ("full context", "When a chat is longer than the window its oldest part is left out: for the model it was "
         "never said.", "", "context full, forgets, memory"),
        ("refusal", "An answer that says no. It is learnt from examples, as every other answer is.", "", "refuse"),
    ),
]  # fmt: skip

BY_NAME = {term.name: term for term in TERMS}


def tip(name: str) -> str:
    """What a term means, as plain text for a tooltip. KeyError when the glossary does not have it."""
    return BY_NAME[name].says


def find(words: str) -> list[Term]:
    """The terms that have every one of these words in their name, other names or text, in the order of the course.

    Those whose name begins with what was asked for come first.
    """
    asked = words.casefold().split()
    found = [term for term in TERMS if all(word in f"{term.name} {term.also} {term.says}".casefold() for word in asked)]
    whole = " ".join(asked)
    return sorted(found, key=lambda term: not (whole and f"{term.name}, {term.also}".casefold().startswith(whole)))
