"""What families of models do, in one sentence: in how many of each a series bends, and how far."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lrd_core.analysis.profiles import valley_depth
from lrd_core.metrics.score import declared
from lrd_core.numbers import in_sentence
from lrd_core.settings import FAMILIES
from lrd_core.views.findings import clear_from
from lrd_core.views.heavy import HALF
from lrd_core.views.series_names import series_text
from lrd_core.views.words import joined


def bends_sentence(named: pd.DataFrame, series: str) -> str:
    """In how many lines of each family the series has a clear valley or peak, and how far it goes.

    named: lines with a `name` each. What is clear says findings.clear_from. Valleys
    that a few tokens make (views.dominance.explain) are counted as such.
    """
    own = named[named["series"] == series]
    kind, values = bends(own)
    threshold = clear_from(own["value"])
    families = own.drop_duplicates("name").groupby("family", sort=False)["name"].apply(list)
    parts = []
    for family, names in families.items():
        bent = [values[name] for name in names if values.get(name, 0) > threshold]
        depths = f" (median {in_sentence(float(np.median(bent)))})" if bent else ""
        words = f"{len(bent)} of {len(names)} {_called(family, len(names))}{depths}"
        parts.append((len(bent) / len(names), words))
    parts.sort(key=lambda part: -part[0])
    told = joined(words for _, words in parts)
    clear = [name for name in values if values[name] > threshold]
    return f"{series_text(series)[0]} has a clear {kind} in {told}.{_gone(own, values, clear)}"


def _gone(own: pd.DataFrame, values: Mapping[str, float], clear: Sequence[str]) -> str:
    """How many of the clear valleys are the doing of a few tokens of huge norm."""
    if "without" not in own or not clear:
        return ""
    gone = 0
    for name, line in own[own["name"].isin(clear)].groupby("name", sort=False):
        others = line.assign(value=line["without"].fillna(line["value"])).sort_values("position")
        gone += bend(others["value"].dropna().to_numpy(float)) < HALF * values[str(name)]
    if not gone:
        return ""
    them = "It goes away" if len(clear) == 1 else f"{gone} of these {len(clear)} go away"
    return f" {them} without the few tokens of huge norm that dominate those layers."


def bends(named: pd.DataFrame) -> tuple[str, dict[str, float]]:
    """valley or peak, as the first series is marked, and how far each line goes, by its name."""
    series = named["series"].iloc[0]
    known = declared(series)
    peaks = known is not None and known.mark is not None and known.mark.kind != "valley"
    values = {}
    for name, line in named[named["series"] == series].groupby("name", sort=False):
        held = line.sort_values("position")["value"].dropna()
        if len(held) > 2:
            values[str(name)] = bend(held.to_numpy(float), peak=peaks)
    return "peak" if peaks else "valley", values


def bend(values: Sequence[float] | np.ndarray, *, peak: bool = False) -> float:
    """How far a profile dips below both of its ends, or with `peak` rises above them; 0 if not."""
    profile = np.asarray(values, dtype=float) * (-1 if peak else 1)
    return max(float(valley_depth(profile)), 0.0)


def line_names(lines: pd.DataFrame) -> list[str]:
    """What each line is called beside others: its model, variation and variant."""
    parts = zip(lines["model"], lines["variation"], lines["variant"], strict=True)
    return [
        f"{model} ({', '.join(filter(None, told))})" if any(told) else str(model)
        for model, *told in parts
    ]


def _called(family: object, number: int) -> str:
    known = FAMILIES.get(str(family))
    if known is None:
        return f"{family or 'unknown family'}"
    return known.singular if number == 1 else known.plural
