"""The plots of the tales: what can happen, and the sentences that tell it.

One table serves both ways: `tales.py` reads each template as a recipe to write a sentence and, turned into a regular
expression, as the test whether a sentence is one of ours.

How to read a template:
    {N} {M}      the hero and a friend: {N.he} {N.his} {N.him} {N.boy} agree with the name, {N.He} begins a sentence
    {O} {Q}      the object of the story and another one: {O.a} "a kite", {O.do} "fly", {O.did} "flew"; objects that can
                 be made also have {O.make} "knit", {O.made} "knitted", {O.of} "soft wool"
    {J} {K}      adjectives that fit {O} and {Q}: {J.a} {O} "an old kite"
    {A} {T}      an animal and its character: {T.a} {A} "a wise owl"
    {P} {R}      places: {P} "the river", {P.at} "by the river", {P.to} "to the river"
    {F}          something to be afraid of
    {day} …      a word of that class, drawn anew (WORDS in the lexicon)
    [this|that]  one of them
    {+N}         the plus sign marks the sentence in which someone or something enters the story
    //           one sentence ends, the next begins: they are told together or not at all
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Maybe:
    """A moment that a story may leave out."""

    templates: list[str]


@dataclass(frozen=True)
class Either:
    """A fork: the story follows one of these paths."""

    paths: list[list[Beat]]


Beat = list[str] | Maybe | Either


@dataclass(frozen=True)
class Plot:
    """A course of events: from each moment one template is told, in order."""

    name: str
    objects: str
    """The tag that {O} must carry: keep, food, made, or any."""
    beats: list[Beat]


HAVE = [
    "{+N} had {J.a} {+O}.",
    "Once there was a {N.boy} named {+N} who had {J.a} {+O}.",
    "{+N} loved {N.his} {J} {+O} more than [honey|summer|holidays].",
    "{+N} took {N.his} {J} {+O} everywhere, even to [bed|school|the bath].",
    "On {N.his} birthday, {+N} got {J.a} {+O}.",
    "In all the village, only {+N} had {J.a} {+O}.",
    "[Grandmother|Grandfather] gave {+N} {J.a} {+O}.",
]
COMES_BY = [
    "Then {T.a} {+A} came by.",
    "{T.A} {+A} heard {N.him} and came closer.",
    "Just then, {T.a} {+A} [looked over the wall|stopped to listen|peeked around the corner].",
]

LOST_AND_FOUND = Plot(
    "lost and found",
    "keep",
    [
        HAVE,
        [
            "One {day} {part}, the {O} was gone.",
            "One {day} {part}, {N.he} could not find it [anywhere|at all].",
            "But one {part}, a [strong|cold|cheeky] wind carried the {O} away.",
            "One {day} {part}, {N.he} {walked} {R.to} and came home without it.",
        ],
        [
            "{N} looked under the bed, behind the door and [even in the soup|inside both shoes|under the table].",
            '"Where is my {O}?" [asked|cried] {N}.',
            "{N.He} looked high and low, but found only [dust|leaves|mud|crumbs].",
            "{N} asked the [baker|teacher|farmer|miller], who had not seen it.",
            "{N} searched for {time}, but the {O} [did not answer|stayed away].",
        ],
        Maybe(
            [
                "{N} was too sad to [eat|sing|play].",
                "A big tear rolled down {N.his} [nose|cheek].",
                '"It cannot have walked away," said {N}.',
            ]
        ),
        COMES_BY,
        [
            '"[Look|Search] {P.at}," said the {A}.',
            "The {A} [sniffed the air|thought hard] and ran {P.to}.",
            '"I saw {J.a} {O} {P.at}," {said} the {A}.',
            '"Follow me {P.to}," said the {A} {softly}.',
        ],
        [
            "And there was the {O}, safe and [dry|sound].",
            "Under a [leaf|stone|bench] {P.at} lay the {O}.",
            "{N} followed, and there was the {O}.",
        ],
        [
            "{N} hugged the {O} and thanked the {A} [twice|three times].",
            "After that, {N} never let the {O} out of {N.his} sight.",
            "{N} {O.did} the {O} all {part}, and the {A} watched.",
            "That night, {N} dreamed of the {O} and the {A}.",
        ],
    ],
)

GIFT = Plot(
    "gift",
    "any",
    [
        [
            "{+N} wanted to give {N.his} friend {+M} a gift.",
            "{+M} had a birthday, and {+N} had no gift.",
            "Tomorrow was the birthday of {+M}, the best friend of {+N}.",
        ],
        [
            "{N} looked {P.at} and found {J.a} {+O}.",
            "{N} saved {N.his} pennies and bought {J.a} {+O}.",
            "{N} thought for {time} and then chose {J.a} {+O}.",
            "After {time}, {N} found {J.a} {+O} {P.at}.",
        ],
        [
            "{N.He} wrapped the {O} in [paper|leaves|moss] and tied it with [string|grass].",
            "{N.He} hid the {O} behind {N.his} back.",
            "The {O} was hard to wrap, so {N.he} put [paper|grass|moss] around it twice.",
        ],
        Maybe(
            [
                "Then {N.he} {walked} {R.to}, where {M} was [waiting|playing|resting].",
                "Then {N.he} {walked} to the house of {M} and knocked [twice|three times].",
            ]
        ),
        ['"This is for you," said {N} {softly}.', '"Close your eyes," said {N}.', '"Guess what I have," said {N}.'],
        Maybe(['"Is it an elephant?" asked {M}.', '"Is it a [dragon|castle|mountain]?" asked {M}.']),
        [
            '"I always wanted {J.a} {O}," said {M}.',
            "{M} [laughed|gasped|jumped] for joy.",
            '"What a beautiful {O}," {said} {M}.',
        ],
        [
            "{M} {O.did} the {O} at once, and {N} was {glad}.",
            "First {M} hugged {N}, and then {M.he} hugged the {O}.",
            "So {M} had the {O}, and {N} had a very happy friend.",
            "{M} thanked {N} and {O.did} the {O} before [bedtime|dark|supper].",
        ],
    ],
)

TRADE = Plot(
    "trade",
    "keep",
    [
        [
            "{+N} was tired of {N.his} {J} {+O}.",
            "{+N} had {J.a} {+O} and wished for something else.",
            "{+N} had {J.a} {+O}, but other people had other things.",
        ],
        [
            "One {day} {part}, {N.he} met {+M}, who had {K.a} {+Q}.",
            "{P.At}, {N.he} saw {+M} with {K.a} {+Q}.",
            "Then {+M} came by with {K.a} {+Q}.",
        ],
        [
            '"Will you trade your {Q} for my {O}?" asked {N}.',
            '"I will give you my {O} for your {Q}," said {N}.',
        ],
        ["{M} thought for {time} and nodded.", '"That is fair," said {M}.', "They shook hands {P.at}."],
        ["So {M} took the {O}, and {N} took the {Q}.", "{M} went home with the {O}, and {N} went home with the {Q}."],
        Either(
            [
                [
                    [
                        "But that night, {N} [missed|dreamed of] the {O}.",
                        "But the {Q} was not the same as the {O}.",
                    ],
                    ['"May I have my {O} back?" asked {N} the next day.', "The next day, {N} {walked} to {M}."],
                    Maybe(["{M} [laughed|smiled], for {M.he} missed the {Q} too."]),
                    [
                        "So they traded again, and {N} {O.did} the {O} with a smile.",
                        "They traded back, and {N} never called the {O} [old|dull] again.",
                    ],
                ],
                [
                    [
                        "Now {M} {O.did} the {O}, and {N} {Q.did} the {Q}.",
                        "{N} {Q.did} the {Q} all {part} and did not miss the {O}.",
                    ],
                    [
                        "And on Sundays, {N} came to visit the {O}.",
                        "{N} waved, and {M} waved back with the {O}.",
                        "Both were {glad}, and so was the {O}, thought {N}.",
                    ],
                ],
            ]
        ),
    ],
)

FEAR = Plot(
    "fear overcome",
    "keep",
    [
        [
            "{+N} was afraid of {F}.",
            "There was one thing {+N} did not like, and that was {F}.",
            "{+N} was not afraid of [giants|ghosts|dragons], only of {F}.",
        ],
        [
            "But {N.he} had {J.a} {+O} that made {N.him} [brave|feel safe|feel taller].",
            "Grandfather gave {N.him} {J.a} {+O} and said it was for brave people.",
            "So {N.he} always kept {J.a} {+O} close by.",
        ],
        [
            "One {day} {part}, {N.he} had to go {P.to} alone.",
            "One {day} {part}, something [moved|called for help|went bump] {P.at}.",
            "One {day} {part}, {N.his} mother sent {N.him} {P.to}.",
        ],
        [
            '"I am only a little afraid," said {N}, which was not quite true.',
            "{N.His} knees shook like [jelly|leaves].",
            '"I will [start|go|be brave] in [an hour|one minute|a moment]," said {N}.',
        ],
        [
            "{N.He} held the {O} [tight|close] and counted to [three|ten|seven].",
            '"Stay close to me," {N.he} told the {O}.',
            "Then {N.he} took the {O} and {walked} {P.to}.",
        ],
        [
            "Nothing bad happened at all.",
            "After ten steps, {F} did not seem so bad.",
            "It was only {T.a} {+A} looking for [supper|its mother|a friend].",
        ],
        [
            "From that day on, {N} and the {O} were not afraid of {F}.",
            "{N} patted the {O} and [laughed|smiled].",
            '"We did it," {N} [told|whispered to] the {O}.',
            "{N} went home {glad} and {O.did} the {O} all {part}.",
        ],
    ],
)

HELPER = Plot(
    "helper animal",
    "keep",
    [
        [
            "{+N} found {T.a} {+A} {P.at}.",
            "One {day} {part}, {+N} met {T.a} {+A} {P.at}.",
            "{P.At}, {+N} heard {T.a} {+A} crying.",
        ],
        [
            "The {A} was [stuck under a stone|too tired to walk|lost and cold].",
            '"Please help me," said the {A}.',
            "The {A} had a thorn in its foot.",
        ],
        [
            "{N} helped the {A} {softly} and gave it [water|bread|milk].",
            "{N} did not wait, but helped it at once.",
            '"Do not be afraid," said {N} {softly}.',
        ],
        Maybe(['"I will not forget you," said the {A}.', "The {A} bowed and thanked {N.him} [twice|three times]."]),
        [
            "The next day, {N} dropped {N.his} {J} {+O} into a deep hole.",
            "Some days later, the wind blew {J.a} {+O} out of {N.his} hands.",
            "That winter, {N} lost {N.his} {J} {+O} in the snow.",
        ],
        ['"Now it is my turn," said the {A}.', "Then somebody came running, and it was the {A}."],
        [
            "The {A} brought the {O} back, [wet|dusty|cold] but whole.",
            "The {A} found the {O} in less than [an hour|a day|one minute].",
        ],
        [
            "{N} {O.did} the {O}, and the {A} [danced|sang|rested] beside {N.him}.",
            "So {N} had the {O} again, and a friend as well.",
            "{N} hugged the {A} first and the {O} second.",
        ],
    ],
)

MAKING = Plot(
    "making something",
    "made",
    [
        [
            "{+N} wanted to {O.make} {+O.a}.",
            '"Today I will {O.make} {+O.a}," said {+N}.',
            "One {day} {part}, {+N} began to {O.make} {+O.a}.",
        ],
        [
            "{N.He} needed {O.of} and a lot of [time|luck].",
            "{N.He} took {O.of} and [set to work|began to hum].",
        ],
        [
            "The first one looked like a [potato|boot|turnip].",
            "The first one [fell apart|was too small|went wrong].",
        ],
        [
            '"Try again," said {N.his} friend {+M} {softly}.',
            "{N.His} friend {+M} came by and laughed only a little.",
            '"What is it?" asked {+M}. // "It is {O.a}, of course," said {N}.',
        ],
        [
            "So {N} tried again, and {M} helped.",
            "So {N} {O.made} another one, [slowly|carefully], while {M} sang.",
        ],
        ["At last, the {O} was ready.", "After {time}, the {O} was ready.", "This time, the {O} was just right."],
        [
            "{M} {O.did} the {O} first, and {N} did not mind.",
            "Everyone in the village wanted to see the {O} of {N}.",
            "{N} was so {glad} that {N.he} showed the {O} to the moon.",
            "It was a bit [crooked|lumpy], but {N} loved the {O} all the same.",
        ],
    ],
)

RACE = Plot(
    "race",
    "keep",
    [
        [
            "{+N} and {+M} wanted to race {P.to}.",
            '"I am faster than you," {+N} told {+M}.',
            "{+N} ran a race with {+M} {P.to}.",
        ],
        ["The prize was {J.a} {+O}.", "The winner would get {J.a} {+O}."],
        [
            "At first, {M} was far ahead.",
            "{M} ran like the wind, and {N} ran like a [cloud|wheel|river].",
            "They ran past {R} without a word.",
        ],
        [
            "Then {N} saw {T.a} {+A} stuck in the mud.",
            "Halfway there, {N} heard {T.a} {+A} crying.",
            "Near {R}, {N} met {T.a} {+A} that was lost.",
        ],
        Either(
            [
                [
                    ["{N} stopped to help, and {M} ran on and won.", "While {N} helped the {A}, {M} won the race."],
                    ["But {M} looked at the {O} and [sighed|shook {M.his} head|was quiet]."],
                    [
                        '"The {O} is yours," {M} told {N}.',
                        '"You stopped, so you won," said {M} and gave {N} the {O}.',
                    ],
                ],
                [
                    ["{N} stopped to help, and {M} stopped too.", "{M} turned back, and they helped the {A} together."],
                    ["So nobody won the race, and nobody minded.", "The {A} won the race that day."],
                    [
                        "{N} {O.did} the {O} on Mondays, and {M} got it on Tuesdays.",
                        "They gave the {O} to the {A}, and {N} laughed the loudest.",
                        "{N} and {M} {O.did} the {O} together.",
                    ],
                ],
            ]
        ),
    ],
)

SHARING = Plot(
    "sharing",
    "food",
    [
        [
            "{+N} had {J.a} {+O} for lunch.",
            "[Mother|Father|Grandmother] gave {+N} {J.a} {+O}.",
            "{+N} bought {J.a} {+O} with {N.his} last penny.",
        ],
        [
            "{N.He} sat down {P.at} to eat it [alone|in peace].",
            "{N.He} took it {P.to} and sat down on a [stone|bench].",
        ],
        [
            "Then {+M} came by with an empty [plate|stomach].",
            "{+M} sat down beside {N.him} and looked at the {O}.",
            "But {+M} was there too and had nothing to eat.",
        ],
        [
            '"That is a very nice {O}," said {M}.',
            '"Does it taste good?" asked {M}.',
            "{M} did not ask for any, but {M.his} stomach did.",
        ],
        [
            "{N} [sighed|smiled|nodded] and cut the {O} in two.",
            '"Half for you and half for me," said {N}.',
            "{N} looked at the {O}, then at {M}, then at the {O} again.",
        ],
        Maybe(["Then {T.a} {+A} came, so they made three parts.", "They gave the crumbs to {T.a} {+A}."]),
        [
            "Half of the {O} tasted better than all of it, thought {N}.",
            "{N} and {M} ate the {O} down to the last crumb.",
            "They shared the {O}, and {N} was {glad} all {part}.",
            '"Tomorrow I will bring the {O}," {M} told {N}.',
        ],
    ],
)

SECRET = Plot(
    "secret",
    "keep",
    [
        ["{+N} had a secret.", "{+N} knew something that nobody else knew."],
        ["{N.He} kept {J.a} {+O} {P.at}.", "It was {J.a} {+O}, and it was hidden {P.at}."],
        [
            "Every {part}, {N} went there and {O.did} the {O}.",
            '"Do not tell anyone," {N.he} told the {O}.',
            "{N} hummed [softly|quietly|happily] when {N.he} thought of the {O}.",
        ],
        [
            "One {day} {part}, {N.his} friend {+M} followed {N.him} on tiptoe.",
            "But {+M}, who sat beside {N.him} at school, was very curious.",
            '"Where do you go every {part}?" asked {+M}.',
        ],
        ["{N} took a deep breath and showed {M} the {O}.", '"Can you keep a secret?" asked {N}.'],
        [
            '"It is the best secret in the village," whispered {M}.',
            '"I can keep a secret until Sunday," said {M}.',
            "{M} nodded and said nothing for {time}.",
        ],
        [
            "Now two people knew about the {O}, and {N} liked it even better.",
            "After that, {N} and {M} {O.did} the {O} together.",
            "A secret for two, thought {N}, made the {O} twice as good.",
        ],
    ],
)

MISTAKE = Plot(
    "mistake and apology",
    "keep",
    [
        [
            "{+N} borrowed {J.a} {+O} from {+M}.",
            "{+M} had {J.a} {+O}, and {+N} asked to borrow it.",
            "{+M} let {+N} take {M.his} {J} {+O} home.",
        ],
        [
            "One {day} {part}, {N} dropped it {P.at}.",
            "But {N} was careless, and the {O} fell into the mud.",
            "But {N} sat down without looking, and the {O} went crack.",
        ],
        [
            "{N.He} hid the {O} under the bed and hoped that nobody would ask.",
            "{N} did not sleep well that night.",
            '"Perhaps a giant did it," thought {N}.',
        ],
        [
            "In the morning, {N.he} went to {M} and told the truth.",
            '"I am sorry about your {O}," {N} told {M}.',
            "At last, {N} {walked} to {M} with the {O} and a red face.",
        ],
        [
            '"Thank you for telling me," said {M}.',
            "{M} was angry, but only for [one minute|an hour|two days].",
            "{M} was quiet for {time}.",
        ],
        ["Together they [washed|mended] the {O}.", "Then {M} and {N} [washed|mended] the {O} together."],
        [
            "The {O} was almost like new, and {N} was {glad} again.",
            "The {O} had a little mark now, and {N} and {M} liked it that way.",
            "{N} {O.did} the {O} very carefully after that.",
        ],
    ],
)

WISH = Plot(
    "wish",
    "keep",
    [
        [
            "{+N} wished for {J.a} {+O}.",
            "All year, {+N} dreamed of {J.a} {+O}.",
            "More than anything, {+N} wanted {J.a} {+O}.",
        ],
        [
            "But {N.he} had only [two|three|seven] pennies and a loud piggy bank.",
            "But {O.a} cost more than {N.he} had.",
            '"I would {O.do} it every day," said {N}.',
        ],
        [
            "So {N.he} [swept floors|carried water|picked berries|fed the hens] for the [baker|farmer|miller|teacher].",
            "So {N.he} worked {P.at} for {time}.",
        ],
        Maybe(["{N.He} counted {N.his} pennies every {part}.", "The pennies grew slowly, like [trees|snails]."]),
        ["One {day} {part}, {N.he} had enough.", "At last, {N.his} pockets were full."],
        [
            "{N} {walked} {R.to} and bought the {O}.",
            '"The {O}, please," said {N} in {N.his} best voice.',
        ],
        [
            "That night, {N} put the {O} beside {N.his} bed.",
            "{N} {O.did} the {O} until the stars came out.",
            "The {O} was worth every penny, thought {N}.",
            "And {N} showed the {O} to everyone, even to the hens.",
        ],
    ],
)

VISITOR = Plot(
    "strange visitor",
    "keep",
    [
        [
            "One {day} {part}, {+N} heard a strange noise {P.at}.",
            "Something went [bump|tap|bang] {P.at}, and {+N} woke up.",
        ],
        Maybe(
            [
                "It sounded like a giant with a cold.",
                "It [came closer|stopped|grew louder], and then it [sneezed|hummed].",
            ]
        ),
        ['"Who is there?" asked {N}.', "{N} {walked} outside to look.", "{N} was more curious than afraid."],
        [
            "It was {T.a} {+A} with {J.a} {+O}.",
            "There stood {T.a} {+A} that tried to {O.do} {J.a} {+O}.",
        ],
        [
            '"I only wanted to {O.do} the {O}," said the {A}.',
            '"Is this {O} yours?" asked the {A}.',
            '"I am new here, and I brought {O.a}," said the {A}.',
        ],
        [
            "{N} [laughed|smiled] and showed it how.",
            '"Then you must come in," said {N}.',
            '"You may stay for {time}," said {N}.',
        ],
        [
            "Since then, {N} and the {A} {O.did} the {O} every {part}.",
            "The {A} gave {N} the {O} and went home {glad}.",
            "They had [tea|soup|milk], and {N} {O.did} the {O} for the {A}.",
        ],
    ],
)

PLOTS = [LOST_AND_FOUND, GIFT, TRADE, FEAR, HELPER, MAKING, RACE, SHARING, SECRET, MISTAKE, WISH, VISITOR]
