"""The English-French sentences: French that an independent reader finds nothing wrong with, and one answer each.

The reader below knows nothing of the generator's tables: genders, jobs and irregular verbs are written down here a
second time, and everything else is read off the French words themselves.
"""

from __future__ import annotations

import hashlib
import re
from itertools import pairwise

import pytest

from lmcore.corpora import french
from lmcore.corpora.french_grammar import agree, conjugate, melt, vowel_first
from lmcore.corpora.french_lexicon import ADJECTIVES, NOUNS, french_plural
from lmcore.corpora.french_say import going, third
from lmcore.corpora.french_sentences import verbs
from lmcore.tokenizers.word import split as words_of

# ruff: noqa: E501, SIM905

# Written from a dictionary, not from the lexicon.
MASCULINE = """homme garçon enfant roi prince père frère fils oncle ami voisin étudiant boulanger fermier acteur
touriste héros cuisinier voleur médecin professeur peintre dentiste pianiste artiste journaliste architecte chat chien
cheval oiseau lapin ours loup renard lion éléphant canard hibou âne écureuil serpent cochon livre journal poème sac
tiroir lit banc mur couteau crayon parapluie téléphone cadeau miroir ordinateur chapeau manteau vélo bateau train avion camion
arbre nuage citron gâteau oignon œuf biscuit pain fromage riz beurre miel chocolat sucre lait thé café vin jardin parc
marché village magasin musée hôpital hôtel lac château aéroport restaurant théâtre bureau""".split()
FEMININE = """femme fille reine princesse mère sœur tante grand-mère actrice sorcière vache souris poule grenouille
araignée chèvre tortue lettre histoire porte fenêtre boîte bouteille table chaise clé tasse cuillère assiette montre
bague lampe photo horloge pierre balle chemise chaussure robe écharpe voiture fleur feuille étoile plante pomme poire
orange carotte tomate fraise viande soupe confiture salade eau maison école cuisine rue ville forêt plage gare église
bibliothèque ferme usine île boulangerie""".split()
PLURALS_IN_X = {
    word + "x": word for word in "oiseau couteau chapeau manteau cadeau bateau gâteau château bureau hibou".split()
} | {"chevaux": "cheval", "journaux": "journal", "hôpitaux": "hôpital"}
INVARIABLE = {"fils", "héros", "ours", "souris"}
VOWELS = tuple("aeiouyâàéèêîïôûœ")
ASPIRATED = ("héros", "hibou", "huit", "onze")


def starts_with_vowel(word: str) -> bool:
    return word.lower().startswith((*VOWELS, "h")) and not word.lower().startswith(ASPIRATED)


def noun(word: str) -> tuple[str, set[bool]] | None:
    """(gender, the numbers it can have: False singular, True plural); None for a word that is no noun."""
    if word in ("pommes", "pomme"):
        return "f", {word == "pommes"}
    for gender, known in (("m", MASCULINE), ("f", FEMININE)):
        if word in known:
            return gender, {False, True} if word in INVARIABLE else {False}
        single = PLURALS_IN_X.get(word) or (word[:-1] if word.endswith("s") else "")
        if word == "grands-mères":
            return "f", {True}
        if single in known:
            return gender, set() if word.endswith(("als", "eaus", "hibous")) else {True}
    return None


# determiner -> the genders and the numbers it may stand before
DETERMINERS = {"le": ("m", 0), "la": ("f", 0), "les": ("mf", 1), "un": ("m", 0), "une": ("f", 0), "des": ("mf", 1),
               "du": ("m", 0), "au": ("m", 0), "aux": ("mf", 1), "ce": ("m", 0), "cet": ("m", 0), "cette": ("f", 0),
               "ces": ("mf", 1), "chaque": ("mf", 0), "notre": ("mf", 0), "nos": ("mf", 1), "leur": ("mf", 0),
               "leurs": ("mf", 1)} | {a + "on": ("mf", 0) for a in "mts"} | {a + "a": ("f", 0) for a in "mts"} | {
               a + "es": ("mf", 1) for a in "mts"}  # fmt: skip
COUNTS = """deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit
dix-neuf vingt""".split()
# adjective -> gender, number (2: either)
FORMS = {
    form: (gender, number)
    for row in """petit petite petits petites; grand grande grands grandes; jeune jeune jeunes jeunes;
    vieux vieille vieux vieilles; beau belle beaux belles; joli jolie jolis jolies; mauvais mauvaise mauvais mauvaises;
    bon bonne bons bonnes; nouveau nouvelle nouveaux nouvelles; long longue longs longues""".split(";")
    for form, gender, number in zip(row.split(), "mfmf", (0, 0, 1, 1), strict=True)
}
FORMS |= {"bel": ("m", 0), "nouvel": ("m", 0), "vieil": ("m", 0), "jeune": ("mf", 0), "jeunes": ("mf", 1)}
FORMS |= {"vieux": ("m", 2), "mauvais": ("m", 2)}
AFTER = """rouge bleu vert noir blanc jaune gris français anglais italien espagnol allemand cher rond lourd léger cassé
utile propre ouvert fermé vide intéressant difficile facile drôle triste frais sucré froid chaud calme célèbre moderne
sombre intelligent riche heureux fatigué malade gentil curieux sérieux fort timide jaloux patient dangereux""".split()


def of_adjective(word: str) -> tuple[str, int] | None:
    """Gender and number of a form of an adjective that follows its noun, by the endings alone."""
    odd = {"blanche": "blanc", "gentille": "gentil", "fraîche": "frais", "chère": "cher", "légère": "léger",
           "italienne": "italien"}  # fmt: skip
    for one in AFTER:
        if word == one:
            return ("mf" if one.endswith("e") else "m"), (2 if one.endswith(("s", "x")) else 0)
        if word == one + "s" and not one.endswith(("s", "x")):
            return ("mf" if one.endswith("e") else "m"), 1
        feminine = one[:-1] + "se" if one.endswith("x") else one + "e"
        if not one.endswith("e") and word.rstrip("s") == feminine and one not in odd.values():
            return "f", int(word.endswith("s"))
    if word.removesuffix("s") in odd:
        return "f", int(word.endswith("s"))
    return None


def check(target: str) -> list[str]:
    """What is wrong with a French sentence; [] when nothing is."""
    wrong = []
    body = target[0].lower() + target[1:].rstrip(" ?.")
    words = re.sub(r"\b([ldnjmt]|qu)'", r"\1' ", body).split()
    for word, after in pairwise(words):
        if word.endswith("'") and not starts_with_vowel(after):
            wrong.append(f"{word}{after}: nothing to elide")
        if word in ("le", "la", "je", "ne", "de", "que", "me", "te", "ma", "ta", "sa", "ce") and starts_with_vowel(
            after
        ):
            wrong.append(f"{word} {after}: not elided")
        if (word, after) in (("de", "le"), ("de", "les"), ("à", "le"), ("à", "les")):
            wrong.append(f"{word} {after}: not contracted")
        if word in ("bel", "nouvel", "vieil", "cet") and not starts_with_vowel(after):
            wrong.append(f"{word} {after}: only before a vowel")
        if word in ("beau", "nouveau") and starts_with_vowel(after) and noun(after):
            wrong.append(f"{word} {after}: not before a vowel")
        if word == "des" and after in FORMS and not _has_owner(words, after):
            wrong.append(f"des {after}: de before an adjective")
        if word in ("pas", "jamais") and after in ("des", "un", "une") and not _keeps_its_article(words):
            wrong.append(f"{word} {after}: de after a negated verb")
    if words.count("ne") + words.count("n'") != words.count("pas") + words.count("jamais"):
        wrong.append("ne without pas")
    if not re.fullmatch(r"[A-ZÀÉÊÎÔŒ][a-zA-Zàâçèéêëîïôùûœ' -]+[a-zé](\.| \?)", target):
        wrong.append("not a capital, words, a mark")
    wrong += _noun_phrases(words)
    wrong += _persons(words)
    return wrong


def _has_owner(words: list[str], after: str) -> bool:
    """Whether "des" is de + les (of the, from the) instead of the plural of un: then it stays before an adjective."""
    earlier = [word for word in words[: max(0, words.index(after) - 1)] if word not in ("pas", "jamais")]
    before = earlier[-1] if earlier else ""
    return bool(noun(before)) or before in ("près", "côté", "peur", "besoin", "parler", "venir") or before in (
        conjugated("parler") | conjugated("venir")) or of_adjective(before) is not None  # fmt: skip


def conjugated(infinitive: str) -> set[str]:
    return {conjugate(infinitive, person) for person in range(6)}


def _keeps_its_article(words: list[str]) -> bool:
    """After être, and where "des" is de + les (parler de, venir de), denying leaves the article alone."""
    forms = {"suis", "es", "est", "sommes", "sont"} | conjugated("parler") | conjugated("venir") | {"parler", "venir"}
    return bool(forms & set(words))


def _noun_phrases(words: list[str]) -> list[str]:
    """Around every noun: its determiner, its number and its adjectives have its gender and its number."""
    wrong = []
    for i, word in enumerate(words):
        known = noun(word)
        if known is None or (word == "orange" and i and words[i - 1] not in ("l'", "une", "d'", *DETERMINERS, *COUNTS)):
            continue
        gender, numbers = known
        place = i - 1
        while place >= 0 and words[place] in FORMS:
            genders, number = FORMS[words[place]]
            if gender not in genders or (number != 2 and bool(number) not in numbers):
                wrong.append(f"{words[place]} {word}")
            place -= 1
        before = words[place] if place >= 0 else ""
        if before in COUNTS:
            if True not in numbers:
                wrong.append(f"{before} {word}")
            place -= 1
            before = words[place] if place >= 0 else ""
        if before in DETERMINERS:
            genders, number = DETERMINERS[before]
            if gender not in genders or bool(number) not in numbers:
                wrong.append(f"{before} {word}")
            if before in ("ma", "ta", "sa", "la", "ce") and starts_with_vowel(words[place + 1]):
                wrong.append(f"{before} {words[place + 1]}")
            if before in ("mon", "ton", "son") and gender == "f" and not starts_with_vowel(words[place + 1]):
                wrong.append(f"{before} {words[place + 1]} {word}")
        if (word == "pommes" and words[i + 1 : i + 3] == ["de", "terre"]) or (
            word == "pomme" and words[i + 1 : i + 2] == ["de"]
        ):
            i += 2
        for after in words[i + 1 : i + 3]:
            form = of_adjective(after)
            if form is None:
                break
            if gender not in form[0] or (form[1] != 2 and bool(form[1]) not in numbers):
                wrong.append(f"{word} {after}")
    return wrong


CLITICS = {"me", "m'", "te", "t'", "le", "la", "l'", "les", "nous"}


def _persons(words: list[str]) -> list[str]:
    """After a pronoun subject, the ending of the verb is that of its person."""
    wrong = []
    for i, word in enumerate(words):
        if word not in ("je", "j'", "tu", "il", "elle", "ils") and not (
            word == "nous" and (i == 0 or words[i - 1] in ("que",))
        ):
            continue
        rest = [w for w in words[i + 1 :] if w not in ("ne", "n'", "y")]
        while len(rest) > 1 and rest[0] in CLITICS:
            rest.pop(0)
        if not rest:
            continue
        verb = rest[0]
        ends = {"je": ("e", "s", "x", "ai"), "j'": ("e", "s", "x", "ai"), "tu": ("s", "x"), "il": ("e", "t", "d", "a"),
                "elle": ("e", "t", "d", "a"), "nous": ("ons", "sommes"), "ils": ("ent", "ont")}[word]  # fmt: skip
        if not verb.endswith(ends):
            wrong.append(f"{word} {verb}")
    return wrong


@pytest.fixture(scope="module")
def told() -> list[french.Pair]:
    return french.training_pairs() + french.held_out_pairs()


def test_the_reader_sees_mistakes():
    for bad in (
        "Je aime le pain.", "La homme dort.", "L'hibou dort.", "Elle mange de le pain.", "Le beau arbre est vert.",
        "Ma école est petite.", "Il ne mange la soupe.", "Il a des petits chats.", "Le maison est ici.",
        "Il mange les pomme.", "Une voiture vert est ici.", "Nous mange.", "Tu mange.", "Ils dort.", "Deux chat dorment.",
        "Il ne voit pas un chat.", "Ce arbre tombe.", "Les chevals dorment.", "Mon sœur dort.", "Des enfants heureuses dorment.",
    ):  # fmt: skip
        assert check(bad), bad


def test_every_french_sentence_is_right(told):
    wrong = [(pair.target, found) for pair in told if (found := check(pair.target))]
    assert wrong == []


def test_every_noun_has_the_gender_of_the_dictionary():
    for one in NOUNS:
        word = one.french.split(" ")[0]
        assert word in (MASCULINE if one.gender == "m" else FEMININE), one
    assert len(NOUNS) == len({one.english for one in NOUNS})
    assert len(NOUNS) == len({one.french for one in NOUNS}) + 1  # girl and daughter are both "fille"


def test_one_english_sentence_has_one_french_one(told):
    assert len({pair.source for pair in told}) == len(told) == 21_000
    again: dict[str, str] = {}
    for seed in (1, 2, 3):
        for pair in french.pairs(8_000, seed):
            assert again.setdefault(pair.source, pair.target) == pair.target


def test_a_and_an(told):
    """ "an" before a vowel, but "a useful one"."""
    for pair in told:
        for article, after in re.findall(r"\b([Aa]n?) (\w+)", pair.source):
            vowel = after[0].lower() in "aeiou" and after != "useful"
            assert article.lower() == ("an" if vowel else "a"), pair.source


def test_held_out_sentences_never_stand_in_the_training_pairs():
    training, held_out = french.split(seed=7, training=4_000, held_out=300)
    assert (len(training), len(held_out)) == (4_000, 300)
    assert not {pair.source for pair in training} & {pair.source for pair in held_out}


def test_the_vocabulary_is_several_hundred_words_and_nearly_all_are_met_often(told):
    for side in (0, 1):
        counts: dict[str, int] = {}
        for pair in told:
            for word in words_of(pair[side]):
                counts[word] = counts.get(word, 0) + 1
        assert 500 < len(counts) < 1_500
        assert sum(n < 3 for n in counts.values()) < 0.1 * len(counts)
        assert max(len(words_of(pair[side])) for pair in told) <= 24


def test_the_same_seed_gives_the_same_pairs_and_another_seed_others():
    assert french.pairs(200, 3) == french.pairs(200, 3) != french.pairs(200, 4)


def test_the_shipped_pairs_do_not_change_unnoticed(told):
    """Shipped checkpoints learnt from these: who changes the grammar on purpose trains them anew."""
    text = "\n".join(f"{pair.source}\t{pair.target}" for pair in told)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "6c42f0630b301f9d"


@pytest.mark.parametrize("n", [0, -1, 100_001])
def test_nonsense_numbers_of_pairs_are_refused(n):
    with pytest.raises(ValueError, match="pairs"):
        french.pairs(n, 1)


@pytest.mark.parametrize("part", [french.training_pairs, french.held_out_pairs])
def test_no_more_pairs_than_there_are(part):
    assert len(part(5)) == 5
    with pytest.raises(ValueError, match="must be 1 to"):
        part(20_001)


@pytest.mark.parametrize(
    ("words", "written"),
    [
        (["le", "homme"], "l'homme"), (["de", "la", "eau"], "de l'eau"), (["de", "le", "pain"], "du pain"),
        (["à", "les", "amis"], "aux amis"), (["à", "le", "hôpital"], "à l'hôpital"), (["le", "hibou"], "le hibou"),
        (["de", "les", "hiboux"], "des hiboux"), (["je", "ne", "aime", "pas"], "je n'aime pas"),
        (["il", "ne", "y", "a", "pas"], "il n'y a pas"), (["que", "est-ce", "que", "il"], "qu'est-ce qu'il"),
        (["de", "onze"], "de onze"), (["beaucoup", "de", "œufs"], "beaucoup d'œufs"),
    ],
)  # fmt: skip
def test_words_melt(words, written):
    assert melt(words) == written


# From a school grammar, by hand.
CONJUGATED = """parler parle parles parle parlons parlez parlent; finir finis finis finit finissons finissez finissent;
vendre vends vends vend vendons vendez vendent; manger mange manges mange mangeons mangez mangent;
acheter achète achètes achète achetons achetez achètent; préférer préfère préfères préfère préférons préférez préfèrent;
appeler appelle appelles appelle appelons appelez appellent; nettoyer nettoie nettoies nettoie nettoyons nettoyez nettoient;
être suis es est sommes êtes sont; avoir ai as a avons avez ont; aller vais vas va allons allez vont;
dormir dors dors dort dormons dormez dorment; remercier remercie remercies remercie remercions remerciez remercient;
voir vois vois voit voyons voyez voient; attendre attends attends attend attendons attendez attendent"""


@pytest.mark.parametrize("row", CONJUGATED.split(";"))
def test_verbs_are_conjugated_as_in_a_school_grammar(row):
    infinitive, *forms = row.split()
    assert [conjugate(infinitive, person) for person in range(6)] == forms


def test_every_verb_of_the_lexicon_has_its_endings():
    for verb in verbs():
        je, tu, il, nous, vous, ils = (conjugate(verb.french.split(" ")[0], person) for person in range(6))
        assert je.endswith(("e", "s", "x", "ai"))
        assert tu.endswith(("s", "x"))
        assert il.endswith(("e", "t", "d", "a"))
        assert (nous[-3:], vous[-2:]) == ("ons", "ez")
        assert ils.endswith(("ent", "ont"))


def test_a_verb_that_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="conjugation"):
        conjugate("battre", 0)
    with pytest.raises(ValueError, match="conjugation"):
        conjugate("recevoir", 0)


def test_adjectives_agree():
    assert [agree("beau", "m", False, "arbre"), agree("beau", "m", False, "chat"), agree("beau", "f", True)] == [
        "bel", "beau", "belles"]  # fmt: skip
    assert agree("heureux", "f", False) == "heureuse"
    assert agree("léger", "f", True) == "légères"
    assert agree("gris", "m", True) == "gris"
    assert {agree(one.french, "f", False)[-1] for one in ADJECTIVES} == {"e"}
    assert {agree(one.french, "m", True)[-1] for one in ADJECTIVES} == {"s", "x"}
    assert french_plural("cheval") == "chevaux"
    assert not vowel_first("hibou")
    assert vowel_first("homme")


def test_english_verbs():
    assert [third(v) for v in ("go to", "have", "carry", "wash", "buy", "look at")] == [
        "goes to", "has", "carries", "washes", "buys", "looks at"]  # fmt: skip
    assert [going(v) for v in ("run", "dance", "listen to", "see", "cut", "cry")] == [
        "running", "dancing", "listening to", "seeing", "cutting", "crying"]  # fmt: skip
