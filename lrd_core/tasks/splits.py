"""Seeded splits without leakage: a text, or its twin, is on one side only."""

import re
from collections.abc import Hashable, Sequence
from typing import TypeVar

import numpy as np

Group = TypeVar("Group", bound=Hashable)


def text_key(text: str) -> str:
    """What is left of a text without case, punctuation and spacing; equal keys are duplicates."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def first_of_each(texts: Sequence[str]) -> list[int]:
    """Positions of the first occurrence of every distinct text_key, in order."""
    seen: dict[str, int] = {}
    for position, text in enumerate(texts):
        seen.setdefault(text_key(text), position)
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

    for a, b in zip(left, right, strict=True):
        parent[root(("left", text_key(a)))] = root(("right", text_key(b)))
    numbers: dict[tuple[str, str], int] = {}
    return [numbers.setdefault(root(("left", text_key(a))), len(numbers)) for a in left]
