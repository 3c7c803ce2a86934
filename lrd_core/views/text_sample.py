"""What the stored values per text say about the sample: two groups of texts, enough texts?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.metrics.bimodality import dip_by_layer
from lrd_core.metrics.registry import all_metrics
from lrd_core.metrics.subsample import judge, subsample_curve
from lrd_core.numbers import counted, percent, whole
from lrd_core.tasks.content import noun_of
from lrd_core.views import stored
from lrd_core.views.command_text import commands_for_runs
from lrd_core.views.item_words import noun_of_runs
from lrd_core.views.lines import read_per_text
from lrd_core.views.series_names import series_text
from lrd_core.views.view import View, told
from lrd_core.views.words import joined, where

SIGNIFICANT = 0.05
SIZES = 6
REPEATS = 20
SMALLEST = 10
MOST_PANELS = 12
NUM_BINS = 48


@dataclass(frozen=True)
class SpreadView(View):
    """How texts differ at every layer: `table` has the columns of `shares_by_value`.

    tests: of each panel whether its texts fall into groups, a sentence each.
    """

    label: str = ""
    unit: str = ""
    tests: tuple[str, ...] = ()


@dataclass(frozen=True)
class SampleView(View):
    """A mean over texts on fewer of them: `table` as `subsamples` gives it.

    title: the model and task. num_blocks: of the model.
    """

    label: str = ""
    unit: str = ""
    title: str = ""
    num_blocks: int = 0


def spread(config: Config, run_keys: Sequence[str], series: str) -> SpreadView:
    """How the texts of the first MOST_PANELS of these runs differ in a series, layer by layer."""
    label, unit = series_text(series)
    runs = stored.runs_of(config, run_keys)
    shown = runs.head(MOST_PANELS)
    several = shown["task"].nunique() > 1 or shown["condition"].nunique() > 1
    names = [
        " · ".join(p for p in (run.model, *(run.task, run.condition) * several) if p)
        for run in shown.itertuples()
    ]
    parts = [
        read_per_text(config, run.run_key, series).assign(num_blocks=run.num_blocks, panel=name)
        for run, name in zip(shown.itertuples(), names, strict=True)
    ]
    rest = len(runs) - len(shown)
    return SpreadView(
        shares_by_value(pd.concat(parts, ignore_index=True)),
        notes=told(
            f"Not drawn: {counted(rest, 'more run')}; choose fewer models to see all."
            if rest
            else ""
        ),
        runs=shown,
        command=commands_for_runs(shown),
        alt=f"Share of {noun_of_runs(shown)}s by {label} and layer for "
        f"{', '.join(shown['model'].unique())}",
        label=label,
        unit=unit,
        tests=tuple(
            dip_sentence(
                dips(config, run.run_key, series), name, run.num_blocks, noun_of(run.modality)
            )
            for run, name in zip(shown.itertuples(), names, strict=True)
        ),
    )


def sample(config: Config, run_key: str, series: str) -> SampleView:
    """A series that is a mean over texts, on seeded subsamples of those of one run."""
    label, unit = series_text(series)
    runs = stored.runs_of(config, [run_key])
    run = runs.iloc[0]
    points = subsamples(config, run_key, series)
    return SampleView(
        points,
        sentence=enough_sentence(points, series, run["model"], noun_of(run["modality"])),
        runs=runs,
        command=commands_for_runs(runs),
        label=label,
        unit=unit,
        title=f"{run['model']} · {run['task']}",
        num_blocks=int(run["num_blocks"]),
    )


def shares_by_value(per_text: pd.DataFrame, num_bins: int = NUM_BINS) -> pd.DataFrame:
    """The share of texts in each bin of value, by panel and position, on bins all of them share.

    per_text: panel, num_blocks, position and text_values (an array), one row a position.
    Columns: panel, num_blocks, position, low, high (edges of the bin), share (0 to 1; each
    position sums to 1), mean (of the texts), n. NaN values are left out of all of them. Empty
    when no text has a value.
    """
    arrays = [np.asarray(values, dtype=float) for values in per_text["text_values"]]
    known = [array[np.isfinite(array)] for array in arrays]
    pooled = np.concatenate(known) if known else np.array([])
    columns = ["panel", "num_blocks", "position", "low", "high", "share", "mean", "n"]
    if pooled.size == 0:
        return pd.DataFrame(columns=columns)
    edges = np.histogram_bin_edges(pooled, bins=num_bins)
    rows = []
    for row, array in zip(per_text.itertuples(), known, strict=True):
        if array.size == 0:
            continue
        shares = np.histogram(array, bins=edges)[0] / array.size
        for low, high, share in zip(edges[:-1], edges[1:], shares, strict=True):
            place = (row.panel, row.num_blocks, row.position)
            rows.append((*place, low, high, share, array.mean(), array.size))
    return pd.DataFrame(rows, columns=columns)


def dips(config: Config, run_key: str, series: str) -> pd.DataFrame:
    """Hartigan's dip test of the per-text values at every position: statistic, p_value, n."""
    per_text = read_per_text(config, run_key, series)
    found = dip_by_layer(per_text["text_values"])
    rows = [(dip.statistic, dip.p_value, dip.n) for dip in found]
    table = pd.DataFrame(rows, columns=["statistic", "p_value", "n"])
    return table.assign(position=per_text["position"].to_numpy())


def dip_sentence(tests: pd.DataFrame, name: str, num_blocks: int, noun: str = "text") -> str:
    """Where the items fall into two groups, with the threshold that many tests ask for."""
    tested = tests[tests["p_value"].notna()]
    if tested.empty:
        return f"{name}: too few {noun}s for a test of two groups."
    threshold = SIGNIFICANT / len(tested)
    hits = tested[tested["p_value"] < threshold]
    rule = f"dip test, p below {SIGNIFICANT} / {len(tested)} positions"
    if hits.empty:
        return f"{name}: no sign of two groups of {noun}s at any position ({rule})."
    places = joined((where(p, num_blocks) for p in hits["position"]), most=4)
    return f"{name}: {noun}s fall into two groups or more {places} ({rule})."


def token_series(offered: Sequence[str]) -> list[str]:
    """Series whose value is a mean over texts, so that stored values answer for fewer texts."""
    token = {s.name for m in all_metrics() if m.inputs == "tokens" for s in m.series}
    return [name for name in offered if name in token]


def subsamples(config: Config, run_key: str, series: str, seed: int = 0) -> pd.DataFrame:
    """The series on seeded subsamples of the stored texts: position, size, repeat, value."""
    metric = next(m for m in all_metrics() for s in m.series if s.name == series)
    per_text = read_per_text(config, run_key, series)
    layers = [np.asarray(values, dtype=float) for values in per_text["text_values"]]
    n = len(layers[0]) if layers else 0
    columns = ["position", "size", "repeat", "value"]
    if n < SMALLEST:
        return pd.DataFrame(columns=columns)
    sizes = sorted({int(size) for size in np.geomspace(SMALLEST, n, SIZES)})
    points = subsample_curve(metric, layers, sizes, REPEATS, seed)
    rows = [(p.position, p.size, p.repeat, p.value) for p in points if p.series == series]
    table = pd.DataFrame(rows, columns=columns)
    verdicts = {v.position: v for v in judge([p for p in points if p.series == series], 1)}
    table["moving"] = [verdicts[p].moving for p in table["position"]]
    table["change"] = [verdicts[p].change for p in table["position"]]
    return table


def enough_sentence(table: pd.DataFrame, series: str, name: str, noun: str = "text") -> str:
    """Whether the largest sample is large enough: "moves by less than 0.3% from 480 to 1,000"."""
    label = series_text(series)[0]
    if table.empty:
        return f"{name}: fewer than {SMALLEST} {noun}s have a value, too few to tell."
    sizes = sorted(table["size"].unique())
    worst = float(table["change"].max())
    step = f"from {whole(sizes[-2])} to {whole(sizes[-1])} {noun}s" if len(sizes) > 1 else ""
    if not math.isfinite(worst):
        return f"{name}: the change {step} cannot be told."
    moving = int(table.loc[table["moving"], "position"].nunique())
    if moving:
        return (
            f"{name}: {label} still moves at {moving} layers {step}, by up to {percent(worst, 1)}. "
            f"Take more {noun}s."
        )
    return f"{name}: {label} changes by {percent(worst, 1)} at most {step}. n is large enough."
