"""The measured downstream score of a layer, read beside the series of the metrics."""

from lrd_core.errors import UnknownNameError
from lrd_core.metrics.registry import find_series
from lrd_core.metrics.series import Card, Mark, Series

MEASURED = Series(
    "score",
    "Measured score",
    "main score of the task",
    "layer",
    Card(
        "The task's main score with the embeddings of this layer, as MTEB computes it.",
        "0 to 1, or -1 to 1 for a correlation.",
        "High: the layer serves the task well. It needs labels, which the metrics do not.",
        "Scores of different tasks, splits or settings are not comparable.",
    ),
    bounds=(-1.0, 1.0),
    direction="higher",
    mark=Mark("best", "best layer"),
)
"""Measured, not computed by a metric: it is declared as they are and never registered."""


def declared(name: str) -> Series | None:
    """The series called `name`, the measured score included; None where nobody declares it."""
    if name == MEASURED.name:
        return MEASURED
    try:
        return find_series(name)
    except UnknownNameError:
        return None
