"""The words of the English-French sentences: every English word has exactly one French one.

Where English leaves open what French must say, one side is decided once and for all: a friend, a neighbour and a
doctor are masculine, "you" is one friend (tu), "they" are "ils". Words whose number cannot be seen in English (sheep,
fish) or that mean two things (a trunk) are left out.
"""

# ruff: noqa: E501, SIM905  (tables and lists of words read better as lines of words)

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Noun:
    """`gender` "m" or "f"; `groups` say what can be said of it and which verbs take it."""

    english: str
    english_plural: str
    french: str
    french_plural: str
    gender: str
    groups: frozenset[str]


@dataclass(frozen=True)
class Adjective:
    """`before` the noun in French or after it; `second` may follow another adjective in English ("a small red car")."""

    english: str
    french: str  # masculine singular
    before: bool
    groups: frozenset[str]
    second: bool


@dataclass(frozen=True)
class Verb:
    """`english` may be two words ("wait for"); `takes` are the groups of nouns that can be its object."""

    english: str
    french: str  # infinitive
    takes: frozenset[str]
    lasting: bool  # never "is seeing"


# Nouns --------------------------------------------------------------------------------------------------------------

# English, French, gender: those that belong together.
_NOUNS = {
    "person": """man homme m; woman femme f; boy garçon m; girl fille f; child enfant m; king roi m; queen reine f;
        prince prince m; princess princesse f; father père m; mother mère f; brother frère m; sister sœur f; son fils m;
        daughter fille f; uncle oncle m; aunt tante f; grandmother grand-mère f; friend ami m; neighbour voisin m;
        student étudiant m; baker boulanger m; farmer fermier m; actor acteur m; actress actrice f; tourist touriste m;
        hero héros m; cook cuisinier m; thief voleur m; witch sorcière f""",
    "person job": """doctor médecin m; teacher professeur m; painter peintre m; dentist dentiste m; pianist pianiste m;
        artist artiste m; journalist journaliste m; architect architecte m""",
    "animal": """cat chat m; dog chien m; horse cheval m; bird oiseau m; cow vache f; mouse souris f; rabbit lapin m;
        bear ours m; wolf loup m; fox renard m; lion lion m; elephant éléphant m; duck canard m; hen poule f;
        frog grenouille f; owl hibou m; donkey âne m; squirrel écureuil m; spider araignée f; snake serpent m;
        pig cochon m; goat chèvre f; turtle tortue f""",
    "thing paper": "book livre m; letter lettre f; newspaper journal m; poem poème m; story histoire f",
    "thing opens": "door porte f; window fenêtre f; box boîte f; bottle bouteille f; bag sac m; drawer tiroir m",
    "thing flat": "table table f; chair chaise f; bed lit m; bench banc m; wall mur m",
    "thing small": """key clé f; cup tasse f; knife couteau m; spoon cuillère f; plate assiette f; watch montre f;
        ring bague f; lamp lampe f; photo photo f; pencil crayon m; umbrella parapluie m; phone téléphone m;
        clock horloge f; stone pierre f; ball balle f; computer ordinateur m; present cadeau m; mirror miroir m""",
    "thing clothes": "hat chapeau m; coat manteau m; shirt chemise f; shoe chaussure f; dress robe f; scarf écharpe f",
    "thing vehicle": "car voiture f; bicycle vélo m; boat bateau m; train train m; plane avion m; lorry camion m",
    "thing nature": "flower fleur f; tree arbre m; leaf feuille f; star étoile f; cloud nuage m; plant plante f",
    "fruit": """apple pomme f; pear poire f; orange orange f; lemon citron m; cake gâteau m; carrot carotte f;
        tomato tomate f; potato pomme_de_terre f; onion oignon m; egg œuf m; strawberry fraise f; biscuit biscuit m""",
    "food mass": """bread pain m; cheese fromage m; meat viande f; rice riz m; butter beurre m; honey miel m; soup soupe f;
        chocolate chocolat m; sugar sucre m; jam confiture f; salad salade f""",
    "drink mass": "water eau f; milk lait m; tea thé m; coffee café m; wine vin m",
    "place": """house maison f; school école f; garden jardin m; park parc m; market marché m; kitchen cuisine f;
        street rue f; city ville f; village village m; forest forêt f; beach plage f; station gare f; shop magasin m;
        museum musée m; church église f; hospital hôpital m; hotel hôtel m; library bibliothèque f; lake lac m;
        farm ferme f; castle château m; airport aéroport m; restaurant restaurant m; theatre théâtre m;
        factory usine f; office bureau m; island île f; bakery boulangerie f""",
}
_ENGLISH_PLURALS = {
    "man": "men", "woman": "women", "child": "children", "mouse": "mice", "wolf": "wolves", "knife": "knives",
    "leaf": "leaves", "thief": "thieves", "scarf": "scarves", "tomato": "tomatoes", "potato": "potatoes",
    "hero": "heroes",
}  # fmt: skip
ASPIRATED = frozenset({"héros", "hibou", "hiboux", "huit", "onze"})
"""French words before which nothing is dropped, though they begin with an h or a vowel: le hibou, les onze."""


def english_plural(word: str) -> str:
    if word in _ENGLISH_PLURALS:
        return _ENGLISH_PLURALS[word]
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


def french_plural(word: str) -> str:
    """The plural of a noun or of a masculine adjective."""
    if word.startswith("pomme de"):
        return "pommes de terre"
    if word.startswith("grand-"):
        return "grands-mères"
    if word.endswith(("s", "x", "z")):
        return word
    if word.endswith("al"):
        return word[:-2] + "aux"
    return word + ("x" if word.endswith(("eau", "hibou")) else "s")


def _nouns() -> list[Noun]:
    found = []
    for groups, rows in _NOUNS.items():
        for row in rows.split(";"):
            english, french, gender = row.split()
            french = french.replace("_", " ")
            found.append(
                Noun(english, english_plural(english), french, french_plural(french), gender, frozenset(groups.split()))
            )
    return found


NOUNS = _nouns()
NAMES = (("Anna", "f"), ("Emma", "f"), ("Sara", "f"), ("Julia", "f"), ("Paul", "m"), ("Omar", "m"), ("Adam", "m"),
         ("Lucas", "m"))  # fmt: skip
"""First names, the same in both languages."""
PARTS = {  # "the door of the house": the part, and what can have it
    "door": "house school church castle hotel car",
    "window": "kitchen house hotel shop train",
    "key": "house hotel car box",
    "wall": "kitchen garden castle museum",
    "leaf": "tree plant flower",
    "street": "city village island",
}

# Adjectives ---------------------------------------------------------------------------------------------------------

# Before the noun in French: beauty, age, goodness, size. All the others follow it.
_BEFORE = {
    "person animal": "small petit; big grand; young jeune; old vieux; beautiful beau; pretty joli; bad mauvais; good bon",
    "place": "small petit; big grand; old vieux; beautiful beau; pretty joli; new nouveau",
    "thing": "small petit; big grand; old vieux; beautiful beau; pretty joli; new nouveau; good bon; bad mauvais",
    "thing paper": "long long",
    "fruit": "small petit; big grand; good bon; beautiful beau",
    "mass": "good bon; bad mauvais",
}
_AFTER = {
    "person": """intelligent intelligent; rich riche; sad triste; happy heureux; tired fatigué; sick malade; kind gentil;
        funny drôle; curious curieux; serious sérieux; famous célèbre; strong fort; calm calme; shy timide;
        jealous jaloux; patient patient""",
    "animal": "intelligent intelligent; tired fatigué; curious curieux; strong fort; calm calme; dangerous dangereux",
    "place": "calm calme; famous célèbre; clean propre; modern moderne; dark sombre",
    "thing": "expensive cher; useful utile",
    "small flat opens vehicle clothes": "round rond; heavy lourd; light léger; broken cassé; clean propre",
    "opens": "open ouvert; closed fermé; empty vide",
    "paper": "interesting intéressant; difficult difficile; easy facile; funny drôle; sad triste",
    "fruit": "fresh frais; sweet sucré; round rond; expensive cher",
    "mass": "cold froid; hot chaud; fresh frais; expensive cher",
}
_SECOND = {
    "animal": "black noir; white blanc; grey gris",
    "small flat opens vehicle clothes nature": "red rouge; blue bleu; green vert; black noir; white blanc; yellow jaune; grey gris",
    "fruit": "red rouge; green vert; yellow jaune",
    "person place paper": "French français; English anglais; Italian italien; Spanish espagnol; German allemand",
}
EPICENE = ("young", "rich", "sad", "sick", "funny", "famous", "calm", "shy")
"""Adjectives that sound the same for him and for her: those that "I" and "you" may be."""


def _adjectives() -> list[Adjective]:
    rows: dict[str, tuple[str, bool, set[str], bool]] = {}
    for table, before, second in ((_BEFORE, True, False), (_AFTER, False, False), (_SECOND, False, True)):
        for groups, text in table.items():
            for row in text.split(";"):
                english, french = row.split()
                entry = rows.setdefault(english, (french, before, set(), second))
                entry[2].update(groups.split())
    return [Adjective(e, f, before, frozenset(groups), second) for e, (f, before, groups, second) in rows.items()]


ADJECTIVES = _adjectives()

# Verbs --------------------------------------------------------------------------------------------------------------

_INTRANSITIVE = """sleep dormir; sing chanter; dance danser; work travailler; run courir; walk marcher; laugh rire;
    cry pleurer; swim nager; play jouer; smile sourire; wait attendre; dream rêver; travel voyager; talk parler"""
_TRANSITIVE = {
    "person animal thing place fruit": "look_at regarder; draw dessiner; find trouver; look_for chercher",
    "person animal place": "know* connaître; love* aimer",
    "person animal thing place": "see* voir; paint peindre",
    "person animal": "follow suivre; listen_to écouter; help aider; wait_for attendre; call appeler; hear* entendre",
    "person": "thank remercier; invite inviter",
    "thing fruit mass": "buy acheter; sell vendre; choose choisir; carry porter; bring apporter; take prendre",
    "fruit food": "eat manger; prepare préparer; cut couper",
    "drink": "drink boire",
    "paper": "read lire; write écrire; finish finir",
    "opens": "open ouvrir; close fermer",
    "clothes opens vehicle flat": "wash laver; clean nettoyer",
    "small vehicle paper": "lose perdre; repair réparer; break casser; hide cacher",
    "place": "visit visiter; leave quitter",
    "thing fruit animal": "have* avoir; want* vouloir",
    "clothes": "wear porter",
}


def _verbs() -> tuple[list[Verb], list[Verb]]:
    alone = [Verb(en, fr, frozenset(), False) for en, fr in (row.split() for row in _INTRANSITIVE.split(";"))]
    taking = []
    for groups, rows in _TRANSITIVE.items():
        for row in rows.split(";"):
            english, french = row.split()
            taking.append(
                Verb(english.rstrip("*").replace("_", " "), french, frozenset(groups.split()), english.endswith("*"))
            )
    return alone, taking


ALONE, TAKING = _verbs()
LIKING = tuple(Verb(e, f, frozenset({"person", "animal", "fruit", "mass"}), True) for e, f in (("like", "aimer"),
    ("love", "aimer"), ("prefer", "préférer"), ("hate", "détester")))  # fmt: skip
"""Verbs of taste: "I like bread" is "j'aime le pain"."""
TOWARDS = tuple(Verb(e, f, frozenset({"place"}), False) for e, f in (("go to", "aller à"), ("return to", "retourner à"),
    ("arrive at", "arriver à"), ("come from", "venir de"), ("talk about", "parler de")))  # fmt: skip
GIVING = tuple(Verb(e, f, frozenset({"small", "paper", "fruit"}), False) for e, f in (("give", "donner"), ("show", "montrer"),
    ("sell", "vendre")))  # fmt: skip
MODALS = (("can", "pouvoir"), ("must", "devoir"), ("want to", "vouloir"), ("like to", "aimer"))
STATES = (("hungry", "faim"), ("thirsty", "soif"), ("right", "raison"), ("wrong", "tort"))
"""What one is in English and has in French."""

WHERE = (
    ("in", "dans"),
    ("in front of", "devant"),
    ("behind", "derrière"),
    ("near", "près de"),
    ("next to", "à côté de"),
)
ON = (("on", "sur"), ("under", "sous"), ("behind", "derrière"), ("near", "près de"))
WHEN = (("today", "aujourd'hui"), ("now", "maintenant"), ("every day", "tous les jours"), ("in the morning", "le matin"),
        ("in the evening", "le soir"), ("on Monday", "lundi"), ("on Friday", "vendredi"), ("on Sunday", "dimanche"),
        ("this week", "cette semaine"))  # fmt: skip
OFTEN = (("often", "souvent"), ("always", "toujours"))
NUMBERS = dict(zip(range(2, 21), zip(
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty".split(),
    "deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf "
    "vingt".split(), strict=True), strict=True))  # fmt: skip
