"""Seeded splits without leakage: a text, or its twin, is on one side only."""

import itertools
import re
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import TypeVar

import numpy as np

Group = TypeVar("Group", bound=Hashable)

BEGINS = 12
"""Words by which texts are told apart before they are compared as a whole."""


def text_key(text: str) -> str:
    """What is left of a text without case, punctuation and spacing; equal keys are duplicates."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def words_of_key(text: str, start: int, stop: int) -> str:
    """Some of the words of `text_key`, without looking at the rest of a long text."""
    found = itertools.islice(re.finditer(r"\w+", text.casefold()), start, stop)
    return " ".join(word.group() for word in found)


def first_of_each(texts: Sequence[str]) -> list[int]:
    """Positions of the first occurrence of every distinct text_key, in order."""
    # Most texts differ in their first words already; the others are compared as a whole.
    begins = [words_of_key(text, 0, BEGINS) for text in texts]
    alike = Counter(begins)
    seen: dict[tuple[str, str], int] = {}
    for position, (text, begin) in enumerate(zip(texts, begins, strict=True)):
        seen.setdefault((begin, text_key(text) if alike[begin] > 1 else ""), position)
    return list(seen.values())


def shuffled(count: int, seed: int) -> list[int]:
    """A seeded permutation of range(count)."""
    return [int(position) for position in np.random.default_rng(seed).permutation(count)]


def take_groups(groups: Sequence[Group], target: int, seed: int) -> set[int]:
    """Positions of whole groups, drawn in seeded order until at least `target` are taken."""
    members: dict[Group, list[int]] = {}
    for position, group in enumerate(groups):
        members.setdefault(group, []).append(position)
    ordered = list(members.values())
    taken: set[int] = set()
    for index in shuffled(len(ordered), seed):
        if len(taken) >= target:
            break
        taken.update(ordered[index])
    return taken


def take_per_label(labels: Sequence[str], allowed: set[int], each: int, seed: int) -> set[int]:
    """`each` seeded positions of every label, drawn from the allowed ones."""
    taken: dict[str, list[int]] = {label: [] for label in labels}
    for position in shuffled(len(labels), seed):
        chosen = taken[labels[position]]
        if position in allowed and len(chosen) < each:
            chosen.append(position)
    return {position for chosen in taken.values() for position in chosen}


def connected_groups(left: Sequence[str], right: Sequence[str]) -> list[int]:
    """One number a pair; pairs that share a left or a right text, even by a chain, share it."""
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def root(node: tuple[str, str]) -> tuple[str, str]:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    nodes = [("left", text_key(a)) for a in left]
    for node, b in zip(nodes, right, strict=True):
        parent[root(node)] = root(("right", text_key(b)))
    numbers: dict[tuple[str, str], int] = {}
    return [numbers.setdefault(root(node), len(numbers)) for node in nodes]
