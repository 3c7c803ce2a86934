"""How every figure looks: colours, dashes, markers, fonts, the depth axis, labels at line ends.

Colour says which model, dash says which family, marker says which task, cividis says how deep.
A figure function takes a `Look` and asks it; it sets no colour or font size of its own.
"""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Literal

import plotly.graph_objects as go
import plotly.io as pio
from plotly.colors import sample_colorscale

from lrd_core.numbers import drawn
from lrd_core.settings import ENCODER, FAMILIES, family_rank

Mode = Literal["light", "dark"]
DepthScale = Literal["percent", "layer"]

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
"""Without yellow, which vanishes on white; the seventh is black or white, as the page demands."""

MARKERS = (
    "circle",
    "square",
    "diamond",
    "triangle-up",
    "x",
    "triangle-down",
    "cross",
    "star",
    "hexagon",
    "pentagon",
)
DEPTH_COLOURS = "Cividis"
DARKEST_DEPTH = 0.42
"""Where the colours of depth begin on dark paper, as a share of the scale."""

DIVERGING = [[0.0, "#0072B2"], [0.5, "#F2F2F2"], [1.0, "#D55E00"]]
"""Correlations, with zmid=0."""

BAND_OPACITY = 0.2
CONTEXT_GREY = {"light": "#B9C0C9", "dark": "#4A5462"}
MOST_END_LABELS = 6
LONGEST_END_LABEL = 36
MOST_COLOURED_LINES = 12


@dataclass(frozen=True)
class Look:
    """Everything a figure needs to know about the page it stands on.

    order: every model of the store, in the fixed order that colours follow. together: those that
    are drawn beside each other, no two of which get one colour while there are enough.
    """

    mode: Mode = "light"
    present: bool = False
    order: Sequence[str] = field(default_factory=tuple)
    together: Sequence[str] = field(default_factory=tuple)

    @property
    def text(self) -> str:
        return "#1B1F24" if self.mode == "light" else "#E8EAED"

    @property
    def quiet(self) -> str:
        return "#57606A" if self.mode == "light" else "#A3ADBA"

    @property
    def grid(self) -> str:
        return "#E4E7EB" if self.mode == "light" else "#2B3442"

    @property
    def background(self) -> str:
        return "#FFFFFF" if self.mode == "light" else "#12161C"

    @property
    def context(self) -> str:
        """Lines that are there for comparison only."""
        return CONTEXT_GREY[self.mode]

    @property
    def font_size(self) -> int:
        return 18 if self.present else 13

    @property
    def line_width(self) -> float:
        return 3.0 if self.present else 2.0

    @property
    def marker_size(self) -> int:
        return 9 if self.present else 6

    def colour(self, model: str) -> str:
        """The model's colour; models unknown to the order come after it."""
        palette = (*OKABE_ITO, "#000000" if self.mode == "light" else "#FFFFFF")
        return palette[self._places.get(model, self._rank(model)) % len(palette)]

    def _rank(self, model: str) -> int:
        order = list(self.order)
        return order.index(model) if model in order else len(order)

    @cached_property
    def _places(self) -> dict[str, int]:
        """The colour of each model drawn together: its own, or a free one where an earlier model
        of the order has that."""
        size, places = len(OKABE_ITO) + 1, dict[str, int]()
        homeless = []
        for model in sorted(dict.fromkeys(self.together), key=self._rank):
            own = self._rank(model) % size
            if own in places.values():
                homeless.append(model)
            else:
                places[model] = own
        free = [place for place in range(size) if place not in places.values()]
        return places | dict(zip(homeless, free, strict=False))

    def label_colour(self, model: str) -> str:
        """The model's colour, darkened or lightened until text in it can be read."""
        return readable(self.colour(model), self.background)


def family_colour(family: str) -> str:
    """The colour of a family where families are drawn instead of models."""
    return OKABE_ITO[family_rank(family)[0] % len(OKABE_ITO)]


def family_dash(family: str | None) -> str:
    """The dash of a model family, by the words in its name; unknown families are solid."""
    name = (family or "").lower()
    return next(
        (one.dash for one in FAMILIES.values() if any(word in name for word in one.words)),
        FAMILIES[ENCODER].dash,
    )


def depth_scale(look: Look) -> list[list[Any]]:
    """The colours of depth where they fill marks: on dark paper without those that vanish there."""
    low = 0.0 if look.mode == "light" else DARKEST_DEPTH
    shares = [step / 8 for step in range(9)]
    places = [low + (1 - low) * share for share in shares]
    colours = sample_colorscale(DEPTH_COLOURS, places)
    return [[share, colour] for share, colour in zip(shares, colours, strict=True)]


def task_marker(task: str, tasks: Sequence[str]) -> str:
    """The marker of a task, by its place among the tasks shown."""
    return MARKERS[(list(tasks).index(task) if task in tasks else 0) % len(MARKERS)]


def plot_text(text: object) -> str:
    """Text from outside as figure text: Plotly reads tags in every string it draws."""
    return html.escape(str(text), quote=False).replace("$", "&#36;")


def apply_theme(figure: go.Figure, look: Look, height: int | None = None) -> go.Figure:
    """Fonts, colours and hover of the page, as defaults that a figure may overrule."""
    # Assigned, it would be checked and copied again: 25 ms a figure, more than all that is drawn.
    figure._layout["template"] = _template(look.mode, look.present)
    if height is not None:
        figure.layout.height = round(height * (1.25 if look.present else 1))
        figure.layout.autosize = True
    return figure


@lru_cache(maxsize=4)
def _template(mode: Mode, present: bool) -> dict[str, Any]:
    """The same for all figures, which must not write into it."""
    look = Look(mode=mode, present=present)
    axis = {
        "gridcolor": look.grid,
        "linecolor": look.grid,
        "zerolinecolor": look.grid,
        "tickfont": {"color": look.quiet, "size": look.font_size - 1},
        "title": {"font": {"color": look.text, "size": look.font_size}},
        "automargin": True,
    }
    template = go.layout.Template(pio.templates["plotly"])
    template.update(
        layout={
            "font": {
                "family": "Source Sans, Source Sans Pro, sans-serif",
                "color": look.text,
                "size": look.font_size,
            },
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "hoverlabel": {
                "bgcolor": look.background,
                "bordercolor": look.grid,
                "align": "left",
                "font": {"color": look.text, "size": look.font_size},
                "namelength": -1,
            },
            "legend": {
                "font": {"size": look.font_size},
                "itemdoubleclick": "toggle",
                "itemclick": "toggleothers",
            },
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": look.quiet, "activecolor": look.text},
            "xaxis": axis,
            "yaxis": axis,
        }
    )
    checked: dict[str, Any] = template.to_plotly_json()
    return checked


def depth_axis(
    scale: DepthScale, num_blocks: int | None, look: Look, *, title: bool = True
) -> dict[str, Any]:
    """Settings of an x axis over depth; the ends are named embedding and output.

    num_blocks: L where all models have the same, else None (layers then have no common end).
    """
    if scale == "percent":
        values = [0, 20, 40, 60, 80, 100]
        names = ["embedding", "20", "40", "60", "80", "output"]
        name, upper, hover = "Depth (% of blocks)", 100.0, f"Depth {drawn('x', 'whole')}%"
    else:
        last = num_blocks or 0
        step = max(1, math.ceil(last / 12))
        values = [v for v in range(0, last, step) if last - v >= step or v == 0] + [last]
        names = [str(value) for value in values]
        names[0], names[-1] = "embedding", f"output ({last})"
        name, upper, hover = "Layer", float(last or 1), "Layer %{x}"
    return {
        "title": {"text": name} if title else None,
        "unifiedhovertitle": {"text": hover},
        "tickmode": "array",
        "tickvals": values,
        "ticktext": names,
        "range": [-0.015 * upper, 1.015 * upper],
        "zeroline": False,
    }


def padded_range(values: Sequence[float], share: float = 0.08) -> list[float]:
    """A fixed axis range with air above and below, so that nothing jumps when lines change."""
    finite = [value for value in values if value is not None and math.isfinite(value)]
    if not finite:
        return [0.0, 1.0]
    low, high = min(finite), max(finite)
    margin = (high - low) * share or max(abs(high) * share, 1e-3)
    return [low - margin, high + margin]


def dodge(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move places apart until neighbours are `gap` away, within [low, high], order kept.

    The sum of squared moves is least (pool adjacent violators), so labels stay by their lines.
    """
    order = sorted(range(len(places)), key=lambda i: places[i])
    blocks: list[tuple[float, int]] = []
    for rank, index in enumerate(order):
        blocks.append((places[index] - rank * gap, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (mean_b, size_b), (mean_a, size_a) = blocks.pop(), blocks.pop()
            size = size_a + size_b
            blocks.append(((mean_a * size_a + mean_b * size_b) / size, size))
    offsets = [mean for mean, size in blocks for _ in range(size)]
    ceiling = high - (len(places) - 1) * gap
    moved = [0.0] * len(places)
    for rank, index in enumerate(order):
        moved[index] = max(low, min(offsets[rank], ceiling)) + rank * gap
    return moved


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio of two #RRGGBB colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, background: str, ratio: float = 4.5) -> str:
    """The colour moved towards black or white until its contrast reaches `ratio`."""
    target = 0 if _luminance(background) > 0.18 else 255
    channels = _channels(colour)
    for step in range(21):
        moved = [round(c + (target - c) * step / 20) for c in channels]
        candidate = "#{:02X}{:02X}{:02X}".format(*moved)
        if contrast(candidate, background) >= ratio:
            return candidate
    return candidate


def translucent(colour: str, opacity: float) -> str:
    """#RRGGBB with an opacity from 0 to 1."""
    red, green, blue = _channels(colour)
    return f"rgba({red},{green},{blue},{opacity})"


def tint(colour: str, background: str, share: float) -> str:
    """The colour mixed with `share` of the background: lines of one model at several strengths."""
    mixed = [
        round(c + (b - c) * share)
        for c, b in zip(_channels(colour), _channels(background), strict=True)
    ]
    return "#{:02X}{:02X}{:02X}".format(*mixed)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    parts = [c / 255 for c in _channels(colour)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
