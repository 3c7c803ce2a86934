"""Names beside points, placed so that none covers another name or a point."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

GAP = 5.0
STEP, LINE_ROOM = 8.0, 1.0
"""Pixels between the places by which a line is known, and what it takes on each side."""

RINGS = 7
CHARACTER, LINE = 0.56, 1.25
"""Width of a character and height of a line, in font sizes."""


@dataclass(frozen=True)
class Placed:
    """Where a name goes, in pixels from its point: x to the right, y downwards.

    anchor: which side of the text sits there. leader: whether it is far enough for a line.
    """

    x: float
    y: float
    anchor: str
    leader: bool


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def place_labels(
    points: Sequence[tuple[float, float]],
    names: Sequence[str],
    *,
    width: float,
    height: float,
    font_size: float,
    marker_size: float,
    obstacles: Sequence[tuple[float, float]] = (),
    lines: Sequence[Sequence[tuple[float, float]]] = (),
) -> list[Placed | None]:
    """A place for each name, or None where no free place is left near its point.

    points: in pixels inside a plot of width x height, y downwards. Names stay inside the plot. The
    first names choose first: put the important ones in front. obstacles: other points to keep
    clear of, such as those of a line. lines: points that a line joins; a name lies over one only
    where there is no other place. On a wider plot the points move
    apart, so what does not overlap here does not overlap there.
    """
    half = marker_size / 2 + 1
    taken = _boxes([*points, *obstacles], half)
    crossed = _boxes([place for line in lines for place in _along(line, STEP)], LINE_ROOM)
    placed: list[Placed | None] = []
    for (x, y), name in zip(points, names, strict=True):
        size = (len(name) * font_size * CHARACTER, font_size * LINE)
        inside = [
            (candidate, box)
            for candidate in _candidates(half + GAP, size[1])
            if (box := label_box(x, y, size, candidate)).left >= 0
            and box.right <= width
            and box.top >= 0
            and box.bottom <= height
        ]
        free = [(candidate, box) for candidate, box in inside if not _meets_any(box, taken)]
        clear = (one for one in free if not _meets_any(one[1], crossed))
        found = next(clear, next(iter(free), None))
        placed.append(found and found[0])
        if found:
            box = found[1]
            taken = np.vstack([taken, [[box.left, box.top, box.right, box.bottom]]])
    return placed


def _boxes(places: Sequence[tuple[float, float]], half: float) -> np.ndarray:
    """(places, 4) squares around places: left, top, right, bottom."""
    middles = np.array(places, dtype=float).reshape(-1, 2)
    return np.hstack([middles - half, middles + half])


def _along(line: Sequence[tuple[float, float]], step: float) -> list[tuple[float, float]]:
    """Places on a line, at most `step` apart."""
    found: list[tuple[float, float]] = []
    for (x, y), (to_x, to_y) in itertools.pairwise(line):
        count = max(1, math.ceil(math.hypot(to_x - x, to_y - y) / step))
        shares = [part / count for part in range(count + 1)]
        found += [(x + share * (to_x - x), y + share * (to_y - y)) for share in shares]
    return found


def _meets_any(box: "Box", others: np.ndarray) -> bool:
    left, top, right, bottom = others.T
    beside = (left < box.right) & (box.left < right)
    return bool((beside & (top < box.bottom) & (box.top < bottom)).any())


def label_box(x: float, y: float, size: tuple[float, float], placed: Placed) -> Box:
    """The rectangle that a placed name of this (width, height) covers."""
    left = x + placed.x
    if placed.anchor == "right":
        left -= size[0]
    elif placed.anchor == "center":
        left -= size[0] / 2
    top = y + placed.y - size[1] / 2
    return Box(left, top, left + size[0], top + size[1])


def annotation_place(placed: Placed, colour: str, marker_size: float) -> dict[str, Any]:
    """The settings of a Plotly annotation that put a name at its place, with or without a line."""
    if placed.leader:
        move: dict[str, Any] = {"ax": placed.x, "ay": placed.y, "showarrow": True, "arrowhead": 0}
        move |= {"arrowwidth": 1, "arrowcolor": colour, "standoff": marker_size / 2}
    else:
        move = {"showarrow": False, "xshift": placed.x, "yshift": -placed.y}
    return {"xanchor": placed.anchor, "yanchor": "middle", **move}


def _candidates(near: float, line: float) -> list[Placed]:
    """Right, left, above, below, the corners, then the same further away with a line."""
    found = []
    for ring in range(RINGS):
        up = near + line / 2 + ring * line
        side = near + ring * line * 0.8
        leader = ring > 0
        found += [
            Placed(side, 0, "left", leader),
            Placed(-side, 0, "right", leader),
            Placed(0, -up, "center", leader),
            Placed(0, up, "center", leader),
            Placed(side, -up * 0.7, "left", leader),
            Placed(side, up * 0.7, "left", leader),
            Placed(-side, -up * 0.7, "right", leader),
            Placed(-side, up * 0.7, "right", leader),
        ]
    return found
