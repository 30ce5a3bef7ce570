"""French by rule: how a verb is conjugated, an adjective agrees, and words melt together (l'eau, du pain, aux amis).

Only what the sentences of `lmcore.corpora.french` need, and the present tense alone. Reference: Grevisse and Goosse,
Le Bon Usage; the names of the rules are those of school grammars.
"""

from __future__ import annotations

from collections.abc import Sequence

from lmcore.corpora.french_lexicon import ASPIRATED, french_plural

JE, TU, IL, NOUS, VOUS, ILS = range(6)
"""The persons, as positions in a conjugation; vous is conjugated but never used: "you" is tu."""

# Melting ------------------------------------------------------------------------------------------------------------

_ELIDING = frozenset({"le", "la", "je", "ne", "de", "que", "me", "te"})
_CONTRACTED = {("de", "le"): "du", ("de", "les"): "des", ("à", "le"): "au", ("à", "les"): "aux"}


def vowel_first(word: str) -> bool:
    """Whether le, la, de, … lose their vowel before it: it begins with a vowel or with an h that is not aspirated."""
    return (word[0] in "aeiouhâàéèêëîïôûœAEIOUÉ" or word == "y") and word not in ASPIRATED


def melt(words: Sequence[str]) -> str:
    """The words as French writes them: elision first (l'eau), then contraction (du pain).

    An article is given as "le", "la" or "les"; whoever wants the pronoun to stay whole after à or de must not ask here
    (no sentence has it).
    """
    out: list[str] = []
    for word in reversed(" ".join(words).split(" ")):
        if out and word in _ELIDING and vowel_first(out[-1]):
            out[-1] = f"{word[:-1]}'{out[-1]}"
        elif out and (word, out[-1]) in _CONTRACTED:
            out[-1] = _CONTRACTED[word, out[-1]]
        else:
            out.append(word)
    return " ".join(reversed(out))


# Adjectives ---------------------------------------------------------------------------------------------------------

_FEMININE = {
    "beau": "belle", "nouveau": "nouvelle", "vieux": "vieille", "blanc": "blanche", "long": "longue", "gros": "grosse",
    "bon": "bonne", "gentil": "gentille", "frais": "fraîche", "italien": "italienne", "jaloux": "jalouse",
}  # fmt: skip
_BEFORE_VOWEL = {"beau": "bel", "nouveau": "nouvel", "vieux": "vieil"}


def agree(adjective: str, gender: str, plural: bool, next_word: str = "") -> str:
    """The adjective beside a noun of that gender and number; `next_word` only matters for bel, nouvel and vieil."""
    if gender == "f":
        if adjective in _FEMININE:
            form = _FEMININE[adjective]
        elif adjective.endswith("eux"):
            form = adjective[:-1] + "se"
        elif adjective.endswith("er"):
            form = adjective[:-2] + "ère"
        else:
            form = adjective if adjective.endswith("e") else adjective + "e"
        return form + "s" if plural else form
    if plural:
        return french_plural(adjective)
    return _BEFORE_VOWEL.get(adjective, adjective) if next_word and vowel_first(next_word) else adjective


# Verbs --------------------------------------------------------------------------------------------------------------

_IRREGULAR = {
    "être": "suis es est sommes êtes sont",
    "avoir": "ai as a avons avez ont",
    "aller": "vais vas va allons allez vont",
    "faire": "fais fais fait faisons faites font",
    "pouvoir": "peux peux peut pouvons pouvez peuvent",
    "vouloir": "veux veux veut voulons voulez veulent",
    "devoir": "dois dois doit devons devez doivent",
    "voir": "vois vois voit voyons voyez voient",
    "boire": "bois bois boit buvons buvez boivent",
    "venir": "viens viens vient venons venez viennent",
    "prendre": "prends prends prend prenons prenez prennent",
    "connaître": "connais connais connaît connaissons connaissez connaissent",
    "lire": "lis lis lit lisons lisez lisent",
    "écrire": "écris écris écrit écrivons écrivez écrivent",
    "rire": "ris ris rit rions riez rient",
    "sourire": "souris souris sourit sourions souriez sourient",
    "courir": "cours cours court courons courez courent",
    "dormir": "dors dors dort dormons dormez dorment",
    "suivre": "suis suis suit suivons suivez suivent",
    "peindre": "peins peins peint peignons peignez peignent",
    "ouvrir": "ouvre ouvres ouvre ouvrons ouvrez ouvrent",
    "appeler": "appelle appelles appelle appelons appelez appellent",
}


def conjugate(infinitive: str, person: int) -> str:
    """The present tense. ValueError for a verb that is neither regular nor in the table."""
    if infinitive in _IRREGULAR:
        return _IRREGULAR[infinitive].split()[person]
    stem, group = infinitive[:-2], infinitive[-2:]
    if group == "er":
        if person in (NOUS, VOUS):
            # nous mangeons: the g stays soft
            return stem + ("e" if person == NOUS and stem.endswith("g") else "") + ("ons", "ez")[person == VOUS]
        return _stressed(stem) + ("e", "es", "e", "", "", "ent")[person]
    if group == "ir" and not stem.endswith("o"):
        return stem + ("is", "is", "it", "issons", "issez", "issent")[person]
    if group == "re" and stem.endswith("d"):
        return stem + ("s", "s", "", "ons", "ez", "ent")[person]
    raise ValueError(f"no conjugation of {infinitive!r} is known")


def _stressed(stem: str) -> str:
    """The stem of an -er verb where the ending is silent: j'achète, je préfère, je nettoie."""
    if stem.endswith("oy"):
        return stem[:-1] + "i"
    if len(stem) > 2 and stem[-2] in "eé" and stem[-1] not in "aeioulz" and stem[-3] not in "aeiou":
        return stem[:-2] + "è" + stem[-1]
    return stem
