"""The words of the opinions: five topics, what is said of their things, and how a verdict sounds."""

from __future__ import annotations


def _words(text: str) -> list[str]:
    return text.split()


POSITIVE, NEGATIVE = "positive", "negative"

GENERAL = {
    POSITIVE: _words(
        "good great wonderful excellent lovely brilliant superb fantastic nice perfect delightful pleasant impressive "
        "beautiful enjoyable amazing splendid charming"
    ),
    NEGATIVE: _words(
        "bad awful terrible poor horrible disappointing dreadful weak unpleasant miserable annoying hopeless mediocre "
        "ugly lousy frustrating pathetic dismal"
    ),
}
"""Said of anything."""

TOPICS: dict[str, dict[str, list[str]]] = {
    "food": {
        "things": _words(
            "soup bread curry salad cake pizza coffee breakfast stew dessert sauce pudding sandwich steak pasta "
            "omelette pie rice cheese dinner"
    ),
        POSITIVE: _words("tasty delicious fresh crispy juicy tender creamy fragrant"),
        NEGATIVE: _words("bland stale burnt greasy soggy rancid undercooked tasteless"),
        "details": [
            "we ordered it on friday", "the waiter brought two plates", "the kitchen was open until ten",
            "we sat at the table by the window", "my sister read the menu aloud", "the bill came at nine",
            "there were six people at our table", "the chef comes from lyon", "we shared it with two forks",
            "it was served in a bowl",
        ],
        "verdict positive": [
            "i would order it again", "i asked for a second plate", "i ate every bite", "i left a big tip",
            "i want the recipe",
        ],
        "verdict negative": [
            "i left most of it on the plate", "i sent it back", "i went home hungry", "i left no tip",
            "i will never eat there again",
        ],
    },
    "film": {
        "things": _words(
            "film plot acting ending dialogue script cast hero villain scene soundtrack sequel story comedy drama "
            "camera actress trailer finale documentary"
    ),
        POSITIVE: _words("gripping funny moving clever thrilling witty touching original"),
        NEGATIVE: _words("boring predictable confusing wooden tedious shallow silly clumsy"),
        "details": [
            "we saw it on friday", "the cinema was half full", "it runs for two hours", "the director is from lyon",
            "we sat in the third row", "my sister bought the tickets", "it is based on a book",
            "the screen was wide", "it was shown with subtitles", "there were six people in the cinema",
        ],
        "verdict positive": [
            "i would watch it again", "i clapped at the credits", "i told all my friends to see it",
            "i stayed until the last credit", "it deserves every award",
        ],
        "verdict negative": [
            "i left before the credits", "i fell asleep in my seat", "i warned all my friends", "i looked at my watch",
            "it deserves no award",
        ],
    },
    "weather": {
        "things": _words(
            "weather morning sky breeze afternoon wind spring autumn evening winter summer air sunset season day night "
            "climate month light week"
    ),
        POSITIVE: _words("sunny warm mild bright gentle balmy golden clear"),
        NEGATIVE: _words("icy stormy gloomy humid freezing bleak grey damp"),
        "details": [
            "we were outside on friday", "the forecast came at nine", "my sister wore a coat",
            "clouds came from the west", "we walked along the coast", "the thermometer hung by the window",
            "it rained for two hours", "the sun set at ten", "we had two umbrellas", "it was the third of may",
        ],
        "verdict positive": [
            "i stayed outside until dark", "i took my coat off", "i sat in the garden all day",
            "i wished it would stay",
            "i whistled on the way home",
        ],
        "verdict negative": [
            "i stayed indoors", "i wanted to go back inside", "i caught a cold", "i wished it would end",
            "i cancelled the picnic",
        ],
    },
    "sport": {
        "things": _words(
            "match team goalkeeper defence striker coach game referee crowd race final tournament captain training "
            "pitch stadium runner penalty attack pass"
    ),
        POSITIVE: _words("fair skilful strong brave energetic precise determined lively"),
        NEGATIVE: _words("slow lazy sloppy unfair careless sluggish aimless timid"),
        "details": [
            "they played on friday", "the whistle blew at nine", "we stood behind the goal", "the score was two to one",
            "my sister knows the coach", "it was the third round", "there were six players on the bench",
            "the second half began late", "the players came from lyon", "we wore scarves",
        ],
        "verdict positive": [
            "i cheered until i was hoarse", "i will buy a season ticket", "the fans sang all night", "i jumped for joy",
            "they deserve the cup",
        ],
        "verdict negative": [
            "the fans whistled and left", "i want my ticket refunded", "i went home at half time",
            "i booed with the rest",
            "they deserve to go down",
        ],
    },
    "travel": {
        "things": _words(
            "hotel room train flight journey airport beach ferry guide tour hostel bus view harbour museum cabin bed "
            "lobby pool trip"
    ),
        POSITIVE: _words("clean comfortable quiet cosy spacious punctual friendly relaxing"),
        NEGATIVE: _words("dirty noisy cramped crowded shabby smelly uncomfortable overpriced"),
        "details": [
            "we arrived on friday", "the journey to lyon took two hours", "we had six suitcases",
            "my sister booked it in may", "the key was at the desk", "we stayed for two nights",
            "the passport office was open until ten", "we changed platforms once", "there was a map by the window",
            "it was on the third floor",
        ],
        "verdict positive": [
            "i would book it again", "i did not want to go home", "i sent a postcard to everybody",
            "i gave it five stars", "i would stay a month",
        ],
        "verdict negative": [
            "i asked for my money back", "i wanted to go home", "i complained at the desk", "i gave it one star",
            "i packed my bags at once",
        ],
    },
}  # fmt: skip
"""Topic -> its things, what is said only of them, sentences that say nothing of worth, and what somebody then does."""

VERDICTS = {
    POSITIVE: ["i smiled all the way", "i can only recommend it", "it made my day", "i was very happy"],
    NEGATIVE: ["i frowned all the way", "i cannot recommend it", "it ruined my day", "i was very unhappy"],
}
"""What somebody says of anything."""

VERBS = {
    POSITIVE: _words("loved enjoyed liked adored admired praised"),
    NEGATIVE: _words("hated disliked regretted loathed detested cursed"),
}
BARE = {
    "loved": "love", "enjoyed": "enjoy", "liked": "like", "adored": "adore", "admired": "admire", "praised": "praise",
    "hated": "hate", "disliked": "dislike", "regretted": "regret", "loathed": "loathe", "detested": "detest",
    "cursed": "curse",
}  # fmt: skip
"""As they stand after "did not"."""

UNCOUNTED = ("bread", "rice", "cheese", "weather", "air", "light", "acting", "dialogue", "training", "attack")
"""Things that have no "a" before them."""

INTENSE = _words("very really truly absolutely rather quite so simply")
"""They add force and turn nothing round."""

# T a thing, A a word that is said of it and agrees with the opinion, N one that is turned round; V and W are verbs.
PLAIN = (
    "the T was A", "the T was I A", "what a A T", "i found the T A", "we had a A T", "i V the T", "we all V the T",
    "everybody said that the T was A", "a really A T",
    "the T seemed A to me",
)  # fmt: skip
TURNED = (
    "the T was not N", "the T was not N at all", "the T was never N", "the T was far from N",
    "the T was anything but N",
    "the T was by no means N", "i did not W the T", "nobody W the T", "nobody found the T N",
    "the T was not very N", "the T was not really N",
    "i cannot say that the T was N", "the T was hardly N",
)  # fmt: skip
# X is a clause of the other opinion about another thing, Y one that decides; both plain or turned.
CONTRAST = (
    "X, but Y", "X, yet Y", "although X, Y", "even though X, Y", "Y, although X", "Y, even though X",
    "i expected a N T, but it was A", "i thought that the T would be N, but it was A", "despite the N S, i V the T",
    "the S was N, but the T was A", "i hoped for a N T, but it was A",
)  # fmt: skip
CLAUSES = ("the T was A", "i V the T", "the T was I A", "the T was not N", "i did not W the T", "the T was far from N")
