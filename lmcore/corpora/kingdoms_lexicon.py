"""The people, animals and countries of `kingdoms`, and the sentences that can be said about them."""

from __future__ import annotations

Pair = tuple[str, str]

# him, her: what each of the two does (the same for both: only he and she, and what goes with them, tell them apart).
_SOMEBODY = {
    "royalty": """
        king queen: wears a golden crown; sits on the high throne; rules the wide kingdom; signs a new law
        prince princess: learns to rule; rides a small pony; waits to wear a crown; listens to the old tutor
        emperor empress: leads the great empire; counts the many legions; crosses the empire with an army
        duke duchess: owns a large estate; feeds the hunting hounds; walks through the deer park
        baron baroness: lives in a stone tower; calls the tenants; looks down from the tower wall
        count countess: keeps a green vineyard; opens the dusty bottles; tastes the sweet grapes""",
    "family": """
        father mother: raises the children; tells a bedtime story; wakes the children for school
        son daughter: obeys both parents; grows up fast; asks the parents a question
        brother sister: shares one room; argues over a blanket; tells the siblings a secret
        uncle aunt: visits on sunday; brings presents; comes with cake on sunday
        grandfather grandmother: sleeps in the armchair; remembers the old days; knits in the armchair
        nephew niece: writes long letters; spends the summer holiday here; posts letters in summer
        husband wife: remembers the wedding; wears a wedding ring; plans the anniversary
        grandson granddaughter: climbs on every lap; is the youngest of all; begs for sweets""",
    "people": """
        man woman: works in the city office; goes to work; earns some money; votes
        boy girl: plays with a ball; goes to school; loses a toy; climbs a tree
        actor actress: stands on the stage; bows to the audience; knows a long role; plays in the theatre
        waiter waitress: carries the hot soup; sets the table; counts the tips; cleans a table
        wizard witch: mixes a potion; whispers a spell; stirs the cauldron; reads a book of magic
        monk nun: prays in the chapel; lights the candles; copies a holy book; walks in the cloister
        host hostess: welcomes the guests; plans the dinner; fills the glasses of the guests
        hero heroine: fights the dragon; draws a sword; saves the village from the dragon
        heir heiress: inherits a fortune; spends the gold; counts the gold twice""",
    "animals": """
        lion lioness: hunts in the savanna; roars at night; rests under a thorn tree
        bull cow: eats the grass; stands in the meadow; sleeps in the barn
        rooster hen: pecks at the corn; sits in the straw; runs across the yard
        stallion mare: gallops over the hills; eats the oats; carries a saddle""",
}


def _read(lines: str) -> dict[Pair, tuple[str, ...]]:
    found: dict[Pair, tuple[str, ...]] = {}
    for row in lines.strip().splitlines():
        who, _, deeds = row.partition(":")
        him, her = who.split()
        found[him, her] = tuple(deed.strip() for deed in deeds.split(";"))
    return found


_READ = {group: _read(lines) for group, lines in _SOMEBODY.items()}
PAIRS: dict[str, tuple[Pair, ...]] = {group: tuple(pairs) for group, pairs in _READ.items()}
DEEDS: dict[Pair, tuple[str, ...]] = {pair: deeds for pairs in _READ.values() for pair, deeds in pairs.items()}

# Letter in a template -> the words for him and for her.
GENDERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "he": (("he",), ("she",)),
    "his": (("his",), ("her",)),
    "himself": (("himself",), ("herself",)),
    "male": (("male",), ("female",)),
    "N": (("Tom", "Leo", "Otto", "Hugo", "Omar", "Finn"), ("Mia", "Ada", "Rosa", "Lena", "Ruth", "Tess")),
    "beard": (("beard", "moustache", "waistcoat"), ("gown", "braid", "bonnet")),
}

# X who, D and E what that one does. The first five fit animals too.
ABOUT_PEOPLE = (
    "the X D and he E",
    "he is a X and he D",
    "the X D all by himself",
    "this X is male and D",
    "he D , says the X himself",
    "N is a X and D",
    "every X D , and so does he",
    "the X with his beard D",
    "the X takes his time and D",
    "a male X D",
)
ABOUT_ROYALS = (
    "the royal X of C D",
    "the noble A X D",
    "his royal court greets the noble X",
    "the X D in the royal palace",
    "the servants bow to the X , for he D",
)

# country, capital, its language (and all else that is called so), river, food
COUNTRIES: tuple[tuple[str, str, str, str, str], ...] = tuple(
    (country, capital, adjective, river, food)
    for country, capital, adjective, river, food in (
        row.split()
        for row in """
        France Paris French Seine cheese
        Italy Rome Italian Tiber pasta
        Spain Madrid Spanish Ebro olives
        Portugal Lisbon Portuguese Tagus sardines
        Germany Berlin German Rhine pretzels
        Greece Athens Greek Pineios figs
        Turkey Ankara Turkish Kizil apricots
        Poland Warsaw Polish Vistula dumplings
        Hungary Budapest Hungarian Tisza paprika
        Romania Bucharest Romanian Mures plums
        Russia Moscow Russian Volga caviar
        Sweden Stockholm Swedish Torne herring
        Norway Oslo Norwegian Glomma salmon
        Finland Helsinki Finnish Kemi rye
        Denmark Copenhagen Danish Guden butter
        England London English Thames biscuits
        Japan Tokyo Japanese Shinano sushi
        China Beijing Chinese Yangtze noodles
        Korea Seoul Korean Han ginseng
        Vietnam Hanoi Vietnamese Mekong pepper
        Thailand Bangkok Thai Ping mangoes
        """.strip().splitlines()
    )
)
KINDS = ("country", "capital", "language", "river", "food")

# C country, K capital, A its language, R river, F food
ABOUT_PLACES = (
    "K is the capital of C",
    "the towers of K rise above the river R",
    "in K people speak A and eat F",
    "trains leave K for the borders of C",
    "the mayor of K likes A F",
    "the streets of K smell of F",
    "the land of C is known for F",
    "the map of C shows the river R",
    "the cooks of C prefer F",
    "the people of C speak A at home",
    "the borders of C follow the R",
    "A is the language of C",
    "the A language is taught in K",
    "A words are heard along the R",
    "a A song about the river R",
    "boats on the river R carry F",
    "fresh F from C",
    "the water of the R flows through C",
)
