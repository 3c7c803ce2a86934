"""What a profile does, in one plain sentence computed from its numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from lrd_core.metrics.score import MEASURED, declared
from lrd_core.numbers import in_sentence, percent
from lrd_core.views.heavy import Heavy, heavy_at, look
from lrd_core.views.only_kind import is_only_kind
from lrd_core.views.series_names import series_text
from lrd_core.views.words import mid_sentence, possessive, where

Shape = Literal["valley", "hill", "rising", "falling", "flat"]

CLEAR, LEAST = 0.12, 0.05
"""A bend counts when it is this share of the series' whole range over all lines shown, and this
share of their typical size: lines that are nearly level have no valley, whatever is beside them."""


MOST_TOLD = 4
"""Valleys that are told of one by one."""


@dataclass(frozen=True)
class Finding:
    """The shape of one line and the place that shows it best.

    line: its model, with what tells its lines apart. run_key: "" for a score.
    """

    line: str
    model: str
    run_key: str
    shape: Shape
    position: float
    value: float
    num_blocks: int
    low: float
    high: float
    heavy: Heavy | None = None

    @property
    def looks_compressed(self) -> bool:
        """Whether less than half of its valley is left without the tokens that dominate it."""
        return self.shape == "valley" and self.heavy is not None and self.heavy.makes_it


def clear_from(values: pd.Series) -> float:
    """How far a line of these has to bend to be called bent; values: of all lines shown."""
    known = values.dropna()
    whole = float(known.max() - known.min())
    return max(CLEAR * whole, LEAST * float(known.abs().median()))


def find_shape(values: Sequence[float], threshold: float) -> tuple[Shape, int]:
    """The shape of a line and the index of its telling point.

    A valley dips below both ends by more than `threshold`, a hill rises above both.
    """
    lowest = min(range(len(values)), key=values.__getitem__)
    highest = max(range(len(values)), key=values.__getitem__)
    first, last = values[0], values[-1]
    dip = min(first, last) - values[lowest]
    bump = values[highest] - max(first, last)
    if dip > threshold and dip >= bump:
        return "valley", lowest
    if bump > threshold:
        return "hill", highest
    if abs(last - first) > threshold:
        return ("rising", highest) if last > first else ("falling", lowest)
    return "flat", lowest


def find_lines(lines: pd.DataFrame, series: str) -> list[Finding]:
    """One finding a line of this series, clearest bend first; gaps in a line are skipped."""
    rows = lines[(lines["series"] == series) & lines["value"].notna()]
    if rows.empty:
        return []
    threshold = clear_from(rows["value"])
    several, found = rows["task"].nunique() > 1, []
    for _, line in rows.groupby(["model", "task", "variation", "variant"], sort=False):
        ordered = line.sort_values("position")
        values = [float(value) for value in ordered["value"]]
        if len(values) < 3:
            continue
        shape, at = find_shape(values, threshold)
        row = ordered.iloc[at]
        found.append(
            Finding(
                _line_name(row, several),
                str(row["model"]),
                str(row["run_key"]),
                shape,
                float(row["position"]),
                values[at],
                int(row["num_blocks"]),
                min(values),
                max(values),
                heavy_at(ordered, at, threshold),
            )
        )
    order = {"valley": 0, "hill": 0, "falling": 1, "rising": 1, "flat": 2}
    return sorted(found, key=lambda f: (order[f.shape], f.low - f.high))


def sentence(lines: pd.DataFrame, series: str, most: int = 2, *, count_rest: bool = True) -> str:
    """What the first lines of a series do: "SmolLM2's prompt entropy falls to 0.41 at ...".

    Up to `most` lines are named, the clearest first; the rest is counted where
    `count_rest`. Empty when there is nothing to say.
    """
    found = find_lines(lines, series)
    if not found:
        return ""
    label = mid_sentence(series_text(series)[0])
    named = telling(found, most)
    clauses = [
        look(finding.heavy, finding.line, finding.num_blocks, label, finding.value)
        if finding.heavy is not None and finding.looks_compressed
        else f"{possessive(finding.line)} {label if index == 0 else ''}".rstrip()
        + f" {_verb(finding, series)}"
        for index, finding in enumerate(named)
    ]
    rest = len(found) - len(named)
    more = (
        f" {rest} more {'line is' if rest == 1 else 'lines are'} drawn."
        if rest and count_rest
        else ""
    )
    told = "; ".join(clauses)
    if named[0].looks_compressed:  # models keep their own first letter, whatever it is
        told = told[0].upper() + told[1:]
    return f"{told}.{more}"


def telling(found: Sequence[Finding], most: int = 2) -> list[Finding]:
    """The lines that a sentence names: the clearest bend, then the least clear ones."""
    return [found[0], *found[:0:-1]][:most] if found else []


def difference_sentence(lines: pd.DataFrame, series: str, reference: str) -> str:
    """The largest difference of a series to the reference, with its line and place."""
    rows = lines[(lines["series"] == series) & lines["value"].notna()]
    if rows.empty:
        return ""
    row = rows.loc[rows["value"].abs().idxmax()]
    change = float(row["value"])
    label, place = series_text(series)[0], where(float(row["position"]), int(row["num_blocks"]))
    if change == 0:
        return f"{label} is the same as that of {reference} at every position."
    size = in_sentence(abs(change))
    return (
        f"The largest difference: {label} of {_line_name(row)} is {size} "
        f"{'above' if change > 0 else 'below'} that of {reference} {place}."
    )


def remaining(drawn: pd.DataFrame, series: str) -> list[str]:
    """How much of each valley is left without dominating tokens; of many, how many mostly go."""
    label = mid_sentence(series_text(series)[0])
    valleys = [
        (found, found.heavy)
        for found in find_lines(drawn[drawn["variant"] == ""], series)
        if found.shape == "valley" and found.heavy is not None
    ]
    if len(valleys) > MOST_TOLD:
        gone = sum(heavy.makes_it for _, heavy in valleys)
        return [
            f"Of {gone} of {len(valleys)} valleys in {label}, less than half is left without "
            "dominating tokens."
        ]
    return [
        f"Of {possessive(found.line)} valley in {label}, {percent(heavy.remains)} is left "
        "without dominating tokens."
        for found, heavy in valleys
    ]


def find_marks(lines: pd.DataFrame) -> pd.DataFrame:
    """Places worth pointing at: rows of `lines` with `kind` and `text`.

    valley, peak, best: what the series declares to be worth marking (metrics.series.Mark). pick: on
    the measured score, the layer that a drawn series with a published rule (Series.pick) would
    choose without labels.
    """
    key = ["model", "task", "variation", "variant"]
    marked: list[dict[str, object]] = []
    for series, rows in lines[lines["value"].notna()].groupby("series", sort=False):
        threshold = clear_from(rows["value"])
        for _, line in rows.groupby(key, sort=False):
            ordered = line.sort_values("position")
            found = _mark(str(series), ordered, threshold)
            if found is not None:
                kind, at = found
                marked.append(_marked_row(ordered.iloc[at], kind))
    marked += _picks(lines, key)
    return pd.DataFrame(marked, columns=[*lines.columns, "kind", "text"])


def _mark(series: str, line: pd.DataFrame, threshold: float) -> tuple[str, int] | None:
    values = [float(value) for value in line["value"]]
    if len(values) < 3:
        return None
    known = declared(series)
    if known is None or known.mark is None:
        return None
    kind = known.mark.kind
    shape, at = find_shape(values, threshold)
    if kind == "valley":
        return (kind, at) if shape == "valley" else None
    if kind == "peak" and shape == "flat":
        return None
    return kind, max(range(len(values)), key=values.__getitem__)


def _picks(lines: pd.DataFrame, key: list[str]) -> list[dict[str, object]]:
    scores = lines[(lines["series"] == MEASURED.name) & lines["value"].notna()]
    if scores.empty:
        return []
    marked = []
    for name in lines["series"].unique():
        series = declared(name)
        if series is None or not series.pick:
            continue
        rows = lines[lines["series"] == name]
        rows = rows[(rows["variant"] == "") | is_only_kind(rows, [*key[:3], "series"])]
        for (model, task, variation, _), line in rows[rows["value"].notna()].groupby(key):
            best = line["value"].idxmin() if series.pick == "lowest" else line["value"].idxmax()
            same = (scores["model"] == model) & (scores["task"] == task)
            same &= (scores["variation"] == variation) | (scores["variation"] == "")
            at = scores[same & (scores["position"] == line.loc[best, "position"])]
            if not at.empty:
                marked.append(_marked_row(at.iloc[0], "pick", f"{series.label} would pick"))
    return marked


def _marked_row(row: pd.Series, kind: str, text: str = "") -> dict[str, object]:
    place = where(float(row["position"]), int(row["num_blocks"]))
    value = in_sentence(float(row["value"]))
    place = place.split(" of ")[0].removeprefix("at ").replace("between layers", "layers")
    words = {"best": f"best {value}, {place}", "pick": text}.get(kind, f"{value}, {place}")
    return {**row.to_dict(), "kind": kind, "text": words}


def _verb(finding: Finding, series: str) -> str:
    told = _plain_verb(finding, series)
    if finding.heavy is None or series == MEASURED.name:
        return told
    return f"{told} ({in_sentence(finding.heavy.without)} without dominating tokens)"


def _plain_verb(finding: Finding, series: str) -> str:
    place = where(finding.position, finding.num_blocks)
    value = in_sentence(finding.value)
    if series == MEASURED.name:
        return (
            f"is best {place} ({value})"
            if finding.shape in ("hill", "rising")
            else (_span(finding))
        )
    if finding.shape == "valley":
        return f"falls to {value} {place}"
    if finding.shape == "hill":
        return f"peaks at {value} {place}"
    if finding.shape == "rising":
        return f"rises to {value} {place}"
    if finding.shape == "falling":
        return f"falls to {value} {place}"
    return _span(finding)


def _span(finding: Finding) -> str:
    low, high = in_sentence(finding.low), in_sentence(finding.high)
    return f"stays at {low}" if low == high else f"stays between {low} and {high}"


def _line_name(row: pd.Series, with_task: bool = False) -> str:
    told = [str(row["variation"])] if row["variation"] else []
    told += [f"on {row['task']}"] if with_task else []
    return f"{row['model']} ({', '.join(told)})" if told else str(row["model"])
