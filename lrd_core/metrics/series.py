"""What a series says of itself: everything that the rest of the program needs to know of it.

One declaration beside the metric function. Cards, axes, marks, picks, defaults and sentences are
made from it, so that nothing outside this package has to name a metric.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

At = Literal["layer", "transition", "interior", "model", "layer_pair", "layer_curve"]
"""Where the values of a series sit.

layer: l = 0..L. transition: l + 1/2. interior: l = 1..L-1. model: one number.
layer_pair: (L+1, L+1) matrix. layer_curve: (L+1, points) matrix.
"""

Direction = Literal["higher", "lower", "none"]
"""Which way is commonly read as better; none where there is no such reading."""

Counts = Literal["", "directions", "nats", "share"]
"""How the values count directions, of which n texts allow no more than n.

directions: as such. nats: by the logarithm of their number. share: by that logarithm over its
maximum, log min(n, d). Empty for a series that n does not cap.
"""

Change = Literal["scale", "lengths", "turn", "shift", "order"]
"""What may be done to the vectors of a layer without changing the values.

scale: all of them times one factor. lengths: each times a factor of its own. turn: a rotation of
the dimensions. shift: one vector added to all. order: the texts (for a token metric the tokens
of a text) in another order, the same at every layer.
"""

End = Literal["", "lowest", "highest"]

Listing = Literal[
    "depth", "shape", "change", "models", "means", "picks", "enough", "subsamples", "peaks"
]
"""Lists in which some series have a rank; those without one come after them, as registered.

depth: quantities over depth. shape, change: of which the overview draws the first it finds: what
has a shape over depth, and how much changes. models: numbers that models are compared by. means:
profiles whose means stand in for those. picks: what the papers pick a layer with. enough: curves
over the number of texts. subsamples: metrics computed for those. peaks: where along depth
families differ.
"""


@dataclass(frozen=True)
class Card:
    """What a visitor needs to read a series: plain words, no formula without a gloss."""

    definition: str
    range: str
    reading: str
    pitfalls: str


@dataclass(frozen=True)
class Names:
    """What a series is called where its label does not fit; "" for the label.

    short: where there is little room. sentence: inside a sentence. peak: of a profile, what the
    place of its peak tells, as a title.
    """

    short: str = ""
    sentence: str = ""
    peak: str = ""


@dataclass(frozen=True)
class Mark:
    """The place of a profile that is worth pointing at.

    kind: valley: the lowest point, where it dips below both ends. peak: the highest point, unless
    the profile is flat. best: the highest point, always.
    words: what is marked, such as "lowest entropy".
    """

    kind: Literal["valley", "peak", "best"]
    words: str


@dataclass(frozen=True)
class Published:
    """The name and the normalisation of a series in the published table of Layer by Layer."""

    name: str
    normalisation: str


@dataclass(frozen=True)
class Series:
    """One named, stored and drawable quantity.

    bounds: lowest and highest value in exact mode, infinite where there is no such bound that
    holds for every n, width and rank; the card has the tighter one in words.
    ignores: changes of the vectors that leave the values as they are; any other may change them.
    attribute: where the value sits in the metric's result, `name` unless told otherwise; a result
    that is a plain number has no attributes. per_text: the attribute, if any, with the values that
    a profile averages, (places, anchors); `anchors` of the same result are the texts' indices.
    keeps_items: whether the values of single texts are stored, of a metric that gives one a text.
    over_items: how they become one value a layer. absent: why a layer has none, if no item has one.
    all_tokens: the series that this one is without the tokens that dominate.
    scale: of the axis that it is drawn on.
    pick: the end of the profile at which the papers choose a layer, though it may not be better
    as such. spare: the end at which a block is likely to be dispensable, if it is read so.
    self_term: whether the last value compares the last layer with itself.
    ranks: places in lists, 1 first. chosen: lists in which it is chosen before anybody chooses.
    """

    name: str
    label: str
    unit: str
    at: At
    card: Card
    bounds: tuple[float, float] = (-math.inf, math.inf)
    ignores: tuple[Change, ...] = ()
    direction: Direction = "none"
    attribute: str = ""
    per_text: str = ""
    keeps_items: bool = True
    over_items: Literal["mean", "most common"] = "mean"
    absent: str = "no item is long enough"
    all_tokens: str = ""
    scale: Literal["linear", "log"] = "linear"
    counts: Counts = ""
    names: Names = field(default_factory=Names)
    mark: Mark | None = None
    pick: End = ""
    spare: End = ""
    self_term: bool = False
    ranks: Mapping[Listing, int] = field(default_factory=dict, hash=False)
    chosen: tuple[Listing, ...] = ()
    published: Published | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "attribute", self.attribute or self.name)

    @property
    def is_profile(self) -> bool:
        """Whether it has one value a place along depth, and so can be drawn over it."""
        return self.at in ("layer", "transition", "interior")

    @property
    def short(self) -> str:
        """The name where there is little room."""
        return self.names.short or self.label

    @property
    def picked_at(self) -> End:
        """The end of the profile to take a layer at; "" where there is no reason to take any."""
        if self.pick or self.at != "layer":
            return self.pick
        ends: dict[Direction, End] = {"higher": "highest", "lower": "lowest", "none": ""}
        return ends[self.direction]
