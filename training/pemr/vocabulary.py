"""The tags a person wants, made from the two vocabularies of the teacher with their synonyms merged.

Each entry names its sources in the MagnaTagATune ("mtt") and Million Song ("msd") vocabularies of musicnn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

GROUPS = ("genre", "mood", "instrument", "voice", "era", "character")


@dataclass(frozen=True)
class MergedTag:
    """A tag with a plain name, its group, and the teacher's words for it."""

    name: str
    group: str
    mtt: tuple[str, ...] = ()
    msd: tuple[str, ...] = ()

    @property
    def translation_key(self) -> str:
        return f"tag.{self.group}.{self.name.replace(' ', '-').replace('&', 'n')}"


def _tag(name: str, group: str, mtt: str = "", msd: str = "") -> MergedTag:
    return MergedTag(name, group, _words(mtt), _words(msd))


def _words(listed: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in listed.split(",") if word.strip())


VOCABULARY: tuple[MergedTag, ...] = (
    _tag("alternative", "genre", msd="alternative, alternative rock"),
    _tag("ambient", "genre", "ambient", "ambient"),
    _tag("blues", "genre", msd="blues"),
    _tag("classical", "genre", "classical, classic"),
    _tag("country", "genre", "country", "country"),
    _tag("dance", "genre", "dance", "dance"),
    _tag("easy listening", "genre", msd="easy listening"),
    _tag("electronic", "genre", "electronic", "electronic, electronica, electro"),
    _tag("experimental", "genre", msd="experimental"),
    _tag("folk", "genre", msd="folk"),
    _tag("funk", "genre", msd="funk"),
    _tag("hip-hop", "genre", msd="Hip-Hop"),
    _tag("house", "genre", msd="House"),
    _tag("indian", "genre", "indian"),
    _tag("indie", "genre", msd="indie, indie rock, indie pop"),
    _tag("jazz", "genre", msd="jazz"),
    _tag("metal", "genre", "metal", "metal, heavy metal"),
    _tag("new age", "genre", "new age"),
    _tag("opera", "genre", "opera"),
    _tag("pop", "genre", "pop", "pop"),
    _tag("progressive rock", "genre", msd="Progressive rock"),
    _tag("punk", "genre", msd="punk"),
    _tag("R&B", "genre", msd="rnb"),
    _tag("rock", "genre", "rock", "rock, hard rock, classic rock"),
    _tag("soul", "genre", msd="soul"),
    _tag("techno", "genre", "techno"),
    _tag("beautiful", "mood", msd="beautiful"),
    _tag("chill", "mood", msd="chill, chillout"),
    _tag("happy", "mood", msd="happy"),
    _tag("mellow", "mood", "soft", "Mellow"),
    _tag("party", "mood", msd="party"),
    _tag("sad", "mood", msd="sad"),
    _tag("sensual", "mood", msd="sexy"),
    _tag("cello", "instrument", "cello"),
    _tag("drums", "instrument", "drums"),
    _tag("flute", "instrument", "flute"),
    _tag("guitar", "instrument", "guitar", "guitar"),
    _tag("harp", "instrument", "harp"),
    _tag("harpsichord", "instrument", "harpsichord"),
    _tag("piano", "instrument", "piano"),
    _tag("sitar", "instrument", "sitar"),
    _tag("strings", "instrument", "strings"),
    _tag("synthesizer", "instrument", "synth"),
    _tag("violin", "instrument", "violin"),
    _tag("choir", "voice", "choir, choral"),
    _tag("female voice", "voice", "female, woman, female vocal, female voice", "female vocalists, female vocalist"),
    _tag("instrumental", "voice", "no vocals, no vocal, no voice", "instrumental"),
    _tag("male voice", "voice", "male, man, male vocal, male voice", "male vocalists"),
    _tag("vocals", "voice", "vocals, vocal, voice, singing"),
    _tag("1960s", "era", msd="60s"),
    _tag("1970s", "era", msd="70s"),
    _tag("1980s", "era", msd="80s"),
    _tag("1990s", "era", msd="90s"),
    _tag("2000s", "era", msd="00s"),
    _tag("oldies", "era", msd="oldies"),
    _tag("acoustic", "character", msd="acoustic"),
    _tag("beat", "character", "beat, beats"),
    _tag("catchy", "character", msd="catchy"),
    _tag("fast", "character", "fast"),
    _tag("loud", "character", "loud"),
    _tag("quiet", "character", "quiet"),
    _tag("slow", "character", "slow"),
    _tag("solo", "character", "solo"),
    _tag("weird", "character", "weird"),
)

# what people write into files, beside the names above and the teacher's words for them
SPELLINGS = {
    "alternative": "alternative & punk, alt rock",
    "R&B": "rhythm and blues, r and b, contemporary r&b",
    "hip-hop": "hip hop, hiphop, rap, hip hop/rap, hip-hop/rap",
    "electronic": "edm, electronics, electronic music",
    "easy listening": "lounge, easylistening",
    "new age": "newage",
    "classical": "classical music, classique, klassik, orchestral, chamber music, baroque, romantic",
    "folk": "folk music, folk/rock, traditional",
    "metal": "heavymetal, thrash metal, black metal, death metal",
    "country": "country music",
    "soul": "r&b/soul, soul and r&b",
    "chill": "chill out, chill-out, downtempo",
    "mellow": "calm, relaxed",
    "happy": "cheerful, joyful",
    "sad": "melancholic, melancholy",
    "female voice": "female singer",
    "male voice": "male singer",
    "instrumental": "instrumentals",
}
UNINFORMATIVE_WORDS = frozenset(
    ["", "other", "unknown", "misc", "miscellaneous", "none", "default", "genre", "various"]
)


def fold(text: str) -> str:
    """Letters without case, and one space or nothing where people differ: for comparing tags."""
    return " ".join(text.casefold().replace("-", " ").replace("_", " ").split())


def known_tag(word: str) -> MergedTag | None:
    """The tag of the vocabulary that a word of a file stands for: “Hip Hop” -> hip-hop; None if there is none."""
    return _BY_WORD.get(fold(word))


def tags_in(words: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Tag -> its group, for (field, value) of a file, fields being genre and mood.

    What the vocabulary does not know is a tag of the person's own, in lower case; words that say nothing are left out.
    """
    found: dict[str, str] = {}
    for group, value in words:
        for word in value.split(";"):
            tag = known_tag(word)
            if tag is not None:
                found[tag.name] = tag.group
            elif fold(word) not in UNINFORMATIVE_WORDS:
                found[" ".join(word.lower().split())] = group
    return found


def _by_word() -> dict[str, MergedTag]:
    found: dict[str, MergedTag] = {}
    for tag in VOCABULARY:
        for word in (tag.name, *tag.mtt, *tag.msd, *_words(SPELLINGS.get(tag.name, ""))):
            found.setdefault(fold(word), tag)
    return found


_BY_WORD = _by_word()

Probabilities = npt.NDArray[np.float32]


def merge(predictions: Mapping[str, tuple[Sequence[str], Probabilities]]) -> Probabilities:
    """Teacher outputs {"mtt": (tags, (n, 50)), "msd": (tags, (n, 50))} -> (n, len(VOCABULARY)).

    Words of one vocabulary split one idea between annotators: they combine as "at least one of them",
    1 - (1 - a)(1 - b). Two vocabularies are two predictions for the same idea: they are averaged.
    """
    columns = []
    for tag in VOCABULARY:
        views = []
        for name, words in (("mtt", tag.mtt), ("msd", tag.msd)):
            if words:
                known, probabilities = predictions[name]
                columns_of_words = [list(known).index(word) for word in words]
                views.append(1.0 - np.prod(1.0 - probabilities[:, columns_of_words], axis=1))
        columns.append(np.mean(views, axis=0))
    return np.stack(columns, axis=1).astype(np.float32)
