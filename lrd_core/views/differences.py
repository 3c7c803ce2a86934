"""What two models, or two revisions of one, differ in, and what they share: one line."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from lrd_core.config import Config
from lrd_core.numbers import counted, whole
from lrd_core.settings import SETTINGS
from lrd_core.views import stored
from lrd_core.views.strip_order import size_in_words
from lrd_core.views.view import Selection
from lrd_core.views.words import joined

FACTS: Mapping[str, tuple[str, Callable[[Any], str]]] = {
    "family": ("family", str),
    "num_blocks": ("blocks", whole),
    "hidden_size": ("width", whole),
    "num_parameters": ("parameters", size_in_words),
}
"""What is said of a model beside its settings: column -> its name, how a value is written."""


def differences(config: Config, selection: Selection) -> str:
    """What the two selected models differ in on the selected tasks, and what they share.

    "" unless two are selected. What is not known of one of them is not compared.
    """
    if len(selection.models) != 2:
        return ""
    picked = selection.pick_runs(stored.runs(config))
    sides = [picked[picked["model"] == name] for name in selection.models]
    for name, side in zip(selection.models, sides, strict=True):
        if side.empty:
            return f"{name} has no run on the chosen tasks: nothing to compare it by."
    facts = dict(FACTS)
    for one in SETTINGS:
        if one.has_filter:
            facts[one.name] = (one.label.lower(), one.in_words)
    apart: list[str] = []
    same = 0
    for column, (label, write) in facts.items():
        values = [_values(side, column) for side in sides]
        if not all(values):
            continue
        if values[0] == values[1]:
            same += 1
        else:
            told = [joined(str(write(value)) for value in found) for found in values]
            apart.append(f"{label} {told[0]} against {told[1]}")
    return _sentence(selection.models, apart, same, [set(side["task"]) for side in sides])


def _values(side: pd.DataFrame, column: str) -> list[object]:
    """The known values of a column, each once; 0 of a number that nobody recorded is none."""
    if column not in side:
        return []
    found = sorted(side[column].dropna().unique().tolist(), key=str)
    unknown = ("num_parameters", "hidden_size")
    return [value for value in found if not (column in unknown and value == 0)]


def _sentence(
    names: Sequence[str], apart: Sequence[str], same: int, tasks: Sequence[set[str]]
) -> str:
    first = f"{names[0]} and {names[1]} differ in {joined(apart)}"
    parts = [first if apart else f"Nothing that is recorded of {names[0]} and {names[1]} differs"]
    parts.append(f"{counted(same, 'other recorded fact')} {'is' if same == 1 else 'are'} the same")
    parts += [
        f"only {name} was run on {joined(sorted(own - other), most=3)}"
        for name, own, other in zip(names, tasks, tasks[::-1], strict=True)
        if own - other
    ]
    return "; ".join(parts) + "."
