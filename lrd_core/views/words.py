"""Parts of sentences: lists, numbers and places as a person would say them."""

import math
from collections.abc import Iterable

from lrd_core.numbers import whole

PEOPLE = ("Grassmann",)
"""Names that keep their capital inside a sentence."""


def joined(names: Iterable[str], most: int | None = None) -> str:
    """a, b and c; of more than `most` names a, b and 4 more."""
    listed = list(names)
    if most is not None and len(listed) > most:
        listed = [*listed[: most - 1], f"{len(listed) - most + 1} more"]
    return " and ".join([", ".join(listed[:-1]), listed[-1]] if len(listed) > 1 else listed)


def where(position: float, num_blocks: int) -> str:
    """A position in words: a layer, a transition between two layers, or one of the ends."""
    if position != math.floor(position):
        return (
            f"between layers {math.floor(position)} and {math.floor(position) + 1} of {num_blocks}"
        )
    if position == 0:
        return "at the embedding"
    return (
        "at the output" if position == num_blocks else f"at layer {whole(position)} of {num_blocks}"
    )


def span(first: int, last: int) -> str:
    """Whole numbers beside each other in a few signs: 12 to 29, or 3."""
    return f"{first} to {last}" if last > first else f"{first}"


def possessive(name: str) -> str:
    """SmolLM2's; with brackets, the words stand after the name: SmolLM2 (on news):"""
    return f"{name}:" if name.endswith(")") else f"{name}'" if name.endswith("s") else f"{name}'s"


def mid_sentence(label: str) -> str:
    """A label as it stands inside a sentence: acronyms and names of people keep their capitals."""
    first = label.split()[0]
    is_name = first in PEOPLE or any(letter.isupper() for letter in first[1:])
    return label if is_name else label[0].lower() + label[1:]
