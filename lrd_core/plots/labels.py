"""Names beside points, placed so that none covers another name or a point."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

GAP = 5.0
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
) -> list[Placed | None]:
    """A place for each name, or None where no free place is left near its point.

    points: in pixels inside a plot of width x height, y downwards. Names stay inside the plot. The
    first names choose first: put the important ones in front. obstacles: other points to keep
    clear of, such as those of a line. On a wider plot the points move
    apart, so what does not overlap here does not overlap there.
    """
    half = marker_size / 2 + 1
    marks = [*points, *obstacles]
    taken = [Box(x - half, y - half, x + half, y + half) for x, y in marks]
    placed: list[Placed | None] = []
    for (x, y), name in zip(points, names, strict=True):
        size = (len(name) * font_size * CHARACTER, font_size * LINE)
        found = None
        for candidate in _candidates(half + GAP, size[1]):
            box = label_box(x, y, size, candidate)
            inside = box.left >= 0 and box.right <= width and box.top >= 0 and box.bottom <= height
            if inside and not any(box.meets(other) for other in taken):
                found = candidate
                taken.append(box)
                break
        placed.append(found)
    return placed


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
