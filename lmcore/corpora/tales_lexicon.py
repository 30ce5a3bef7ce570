"""The people and things of the tales, and every form in which a sentence may mention them.

Few of each on purpose: a small model can only learn to keep track of a name or an object it has met hundreds of times.
No name, object or animal may also stand as a plain word in a template (a test holds this), so that whoever reads a
story, a program too, can tell by the word alone what is being mentioned.
"""
# ruff: noqa: SIM905  (lists of words read better as a line of words)

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Entity:
    """Someone or something a story can be about.

    `forms` maps what a template may ask for to the words it gets: {"": "kite", "a": "a kite", "do": "fly", …}.
    `tags` say in which plots it can play a part; `goes_with` names the groups that fit it (adjectives and objects).
    """

    kind: str
    key: str
    forms: dict[str, str] = field(hash=False)
    tags: frozenset[str] = frozenset()
    goes_with: str = ""


def article(words: str) -> str:
    """The words with the right indefinite article before them."""
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _name(name: str, girl: bool) -> Entity:
    he, his, him, boy = ("she", "her", "her", "girl") if girl else ("he", "his", "him", "boy")
    forms = {"": name, "he": he, "his": his, "him": him, "self": f"{him}self", "boy": boy}
    forms |= {"He": he.capitalize(), "His": his.capitalize()}
    return Entity("name", name, forms, frozenset({"girl" if girl else "boy"}))


GIRLS = "Mia Ada Lily Nora Rosa Ivy Ella Zoe Aisha Lena Maya Ruth Tess Yuki Priya".split()
BOYS = "Tom Ben Leo Max Sam Finn Noah Omar Hugo Otto Theo Kofi Milo Ravi Jonas".split()
NAMES = [_name(name, True) for name in GIRLS] + [_name(name, False) for name in BOYS]

# noun, what one does with it (now, past). The group decides which adjectives fit.
_OBJECTS = {
    "toy": """kite fly flew; ball bounce bounced; drum play played; doll dress dressed; puppet move moved;
        whistle blow blew; wagon pull pulled; puzzle finish finished; marble roll rolled; flute play played;
        bell ring rang; trumpet blow blew; balloon hold held; rattle shake shook; sled ride rode; fiddle play played;
        bicycle ride rode""",
    "cloth": """scarf wear wore; hat wear wore; coat wear wore; mitten wear wore; ribbon wear wore; cape wear wore;
        sock wear wore; apron wear wore; blanket fold folded; pillow hug hugged; flag wave waved;
        umbrella open opened""",
    "thing": """lamp light lit; lantern carry carried; candle light lit; basket carry carried; bucket fill filled;
        broom use used; ladder climb climbed; hammer use used; spoon polish polished; bowl fill filled; cup fill filled;
        kettle fill filled; teapot fill filled; jar open opened; bottle fill filled; box open opened; key turn turned;
        clock wind wound; compass follow followed; map follow followed; book read read; letter read read;
        pencil use used; brush use used; mirror clean cleaned; picture show showed; mask wear wore;
        button polish polished; needle use used; telescope use used; magnet use used; rope swing swung""",
    "treasure": """coin polish polished; locket open opened; shell hold held; feather wave waved;
        pearl polish polished; crown wear wore; pebble hold held; acorn hold held; medal wear wore""",
    "food": """cake eat ate; pie eat ate; bun eat ate; cookie eat ate; apple eat ate; pear eat ate; melon eat ate;
        pancake eat ate; loaf eat ate; sandwich eat ate""",
}
# How some of them can be made: verb (now, past) and what of.
_MADE = {
    ("bake", "baked", "flour and honey"): "cake pie bun cookie pancake loaf",
    ("knit", "knitted", "soft wool"): "scarf hat mitten sock blanket",
    ("sew", "sewed", "old cloth"): "doll cape apron pillow flag puppet",
    ("build", "built", "wood and nails"): "wagon sled box drum ladder",
    ("paint", "painted", "paper and paint"): "picture mask map",
    ("make", "made", "paper and string"): "kite lantern crown balloon basket",
}


def _objects() -> list[Entity]:
    made = {noun: how for how, nouns in _MADE.items() for noun in nouns.split()}
    found = []
    for group, rows in _OBJECTS.items():
        for row in rows.split(";"):
            noun, do, did = row.split()
            forms = {"": noun, "a": article(noun), "do": do, "did": did}
            tags = {group, "food" if group == "food" else "keep"}
            if noun in made:
                tags.add("made")
                forms |= dict(zip(("make", "made", "of"), made[noun], strict=True))
            found.append(Entity("object", noun, forms, frozenset(tags), group))
    return found


OBJECTS = _objects()

_ADJECTIVES = {
    "red blue green yellow white": "toy cloth thing",
    "little": "toy cloth thing treasure food",
    "big": "toy cloth thing food",
    "old new fine": "toy cloth thing treasure",
    "golden silver": "toy thing treasure",
    "shiny": "toy thing treasure",
    "striped": "toy cloth",
    "warm": "cloth food",
    "tiny": "thing treasure food",
    "round sweet fresh": "food",
    "odd": "toy thing treasure",
}
ADJECTIVES = [
    Entity("adjective", word, {"": word, "a": article(word)}, goes_with=groups)
    for words, groups in _ADJECTIVES.items()
    for word in words.split()
]


def _animal(noun: str) -> Entity:
    return Entity("animal", noun, {"": noun, "a": article(noun)})


ANIMALS = [
    _animal(noun)
    for noun in "owl fox hare hedgehog mouse duck goose crow squirrel frog cat dog pony goat bear mole badger robin "
    "tortoise otter".split()
]
TRAITS = [
    Entity("trait", word, {"": word, "a": article(word), "A": article(word).capitalize()})
    for word in "wise clever shy sleepy polite grumpy hungry kind small young".split()
]

_PLACES = {
    "by": "river lake pond well bridge fountain",
    "in": "garden forest meadow barn kitchen library park orchard tower cave attic cellar stable square",
    "at": "market school mill harbor station farm bakery lighthouse",
    "on": "hill beach",
}
PLACES = [
    Entity(
        "place",
        noun,
        {"": f"the {noun}", "at": f"{at} the {noun}", "At": f"{at.capitalize()} the {noun}", "to": f"to the {noun}"},
    )
    for at, nouns in _PLACES.items()
    for noun in nouns.split()
]

FEARS = [
    Entity("fear", words, {"": words})
    for words in "the dark|thunder|deep water|big waves|the wind|strange noises|high places|long shadows|spiders|bees|"
    "the old cellar stairs|loud crowds".split("|")
]

KINDS: dict[str, list[Entity]] = {
    "name": NAMES,
    "object": OBJECTS,
    "adjective": ADJECTIVES,
    "animal": ANIMALS,
    "trait": TRAITS,
    "place": PLACES,
    "fear": FEARS,
}

# Words that belong to no one: drawn anew each time a template asks for {day}, {glad}, …
WORDS: dict[str, list[str]] = {
    "day": "sunny windy rainy snowy quiet cold warm bright misty".split(),
    "part": "morning afternoon evening".split(),
    "glad": "happy proud glad cheerful".split(),
    "walked": "walked ran hurried skipped marched".split(),
    "softly": "softly kindly gently quietly".split(),
    "said": "said whispered answered called".split(),
    "time": "an hour|a long time|two days|a whole week|one minute".split("|"),
}
