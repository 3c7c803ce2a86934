"""Seeded noisy views of a text: words split, characters replaced, keys missed.

The three steps and their strengths are those that Layer by Layer takes from nlpaug's defaults,
in a module of its own: nlpaug draws from global random state and needs a Google Drive client to
be imported at all.
"""

import hashlib
import math
import random
import re
import string
from collections.abc import Callable

AUGMENTATION_VERSION = 1
"""Raised when a view of the same (text, seed, view) changes, together with the versions of the
metrics that are computed from views: those are what the cache key holds."""

WORD_SHARE = 0.3
CHARACTER_SHARE = 0.3
MOST_WORDS = 10
MOST_CHARACTERS = 10
SHORTEST_WORD = 4
LONGEST = 2**22
"""Characters of a text that are augmented: no model reads as many, and the rest costs memory."""

_KEY_ROWS = (("qwertyuiop", 0.0), ("asdfghjkl", 0.25), ("zxcvbnm", 0.75))


def _neighbouring_keys() -> dict[str, str]:
    """For every letter the letters around it on a QWERTY keyboard."""
    places = {
        key: (column + offset, row)
        for row, (keys, offset) in enumerate(_KEY_ROWS)
        for column, key in enumerate(keys)
    }
    return {
        key: "".join(
            other for other in places if other != key and math.dist(place, places[other]) < 1.3
        )
        for key, place in places.items()
    }


NEIGHBOURING_KEYS = _neighbouring_keys()


def augment(text: str, seed: int, view: int) -> str:
    """The view of a text: the same for the same (text, seed, view), whatever else is drawn.

    A text without a word of 4 characters comes back as it is.
    """
    text = text[:LONGEST]
    identity = f"{AUGMENTATION_VERSION}\x00{seed}\x00{view}\x00{text}".encode(
        errors="surrogatepass"
    )
    generator = random.Random(hashlib.sha256(identity).digest())
    for step in (split_word, replace_characters, miss_keys):
        text = _change_words(text, step, generator)
    return text


def split_word(word: str, generator: random.Random) -> str:
    """A space somewhere inside."""
    place = generator.randrange(1, len(word))
    return f"{word[:place]} {word[place:]}"


def replace_characters(word: str, generator: random.Random) -> str:
    """Some letters and digits become random lower-case letters."""
    return _change_characters(word, lambda _: generator.choice(string.ascii_lowercase), generator)


def miss_keys(word: str, generator: random.Random) -> str:
    """Some letters become a neighbour on the keyboard, in their own case."""

    def missed(character: str) -> str:
        near = NEIGHBOURING_KEYS.get(character.lower())
        if near is None:
            return character
        key = generator.choice(near)
        return key.upper() if character.isupper() else key

    return _change_characters(word, missed, generator)


def _change_words(
    text: str, step: Callable[[str, random.Random], str], generator: random.Random
) -> str:
    """Apply the step to 30% of the words of 4 or more characters: at least one, at most ten."""
    parts = re.split(r"(\s+)", text)
    eligible = [place for place, part in enumerate(parts) if len(part) >= SHORTEST_WORD]
    eligible = [place for place in eligible if not parts[place].isspace()]
    if not eligible:
        return text
    count = min(max(1, round(WORD_SHARE * len(eligible))), MOST_WORDS)
    for place in sorted(generator.sample(eligible, count)):
        parts[place] = step(parts[place], generator)
    return "".join(parts)


def _change_characters(word: str, change: Callable[[str], str], generator: random.Random) -> str:
    characters = list(word)
    eligible = [place for place, character in enumerate(characters) if character.isalnum()]
    if not eligible:
        return word
    count = min(max(1, round(CHARACTER_SHARE * len(eligible))), MOST_CHARACTERS)
    for place in generator.sample(eligible, count):
        characters[place] = change(characters[place])
    return "".join(characters)
