"""What was drawn of a view stays: the same view drawn again is the same figure.

To build a figure takes a hundred times as long as to see that its view was drawn before, and most
runs of a page change one figure of several, or come back to what was shown a moment ago:

    figure = drawn.of(view, widgets.look())

All visitors share what is kept, so it is to be read only. What has to differ is drawn as another
figure (`kept`).
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from pickle import dumps
from threading import Lock
from typing import Any, TypeVar

import plotly.graph_objects as go

from lrd_core.plots.figures import figure_of
from lrd_core.plots.steady import steady
from lrd_core.plots.theme import Look
from lrd_core.views.view import View

Drawn = TypeVar("Drawn")

MOST_KEPT = 64
"""A figure takes about 1 MB, half of what is kept are lines of its foot."""

_kept: "OrderedDict[Hashable, Any]" = OrderedDict()
_keeping = Lock()


def of(view: View, look: Look, height: int | None = None) -> go.Figure:
    """The view's figure; height: in pixels, where it is not the figure's own."""
    return kept([view], (look, height), lambda: steady(new(view, look, height)))


def new(view: View, look: Look, height: int | None = None) -> go.Figure:
    """The same drawn anew, not yet steady: to be changed, and sent as `steady` gives it."""
    figure = figure_of(view, look)
    return figure.update_layout(height=height) if height else figure


def kept(views: Sequence[View], how: Hashable, draw: Callable[[], Drawn]) -> Drawn:
    """What `draw` gives for these views, drawn once for each `how`.

    Views are told apart by all that they hold: pages put many of them together anew in every run.
    """
    key = (hashlib.blake2b(dumps(list(views)), digest_size=16).digest(), how)
    with _keeping:
        if key in _kept:
            _kept.move_to_end(key)
            value: Drawn = _kept[key]
            return value
    value = draw()  # two visitors at once may both draw it: no harm
    with _keeping:
        _kept[key] = value
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return value
