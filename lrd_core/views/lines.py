"""The lines of the Depth page: values and measured scores of any runs as one table.

A line is one model on one task under one set of settings. Every table of lines has LINE_COLUMNS,
whatever its lines are: what is not known of a line (the pooling of a measured score, say) is
missing there. `with_variation` adds variation: what tells two lines of one model and task apart.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.settings import ASKED, find_setting
from lrd_core.store.connection import connect
from lrd_core.store.metric_id import sampled_texts
from lrd_core.store.metric_values import METRIC_VALUES
from lrd_core.store.per_text import PER_TEXT, series_of_texts
from lrd_core.store.reading import read_newest
from lrd_core.views.coverage import FILTERS, PLAIN, in_order
from lrd_core.views.only_kind import is_only_kind
from lrd_core.views.pinned import AT, pinned_rows
from lrd_core.views.provenance import short_revision
from lrd_core.views.score_tables import OWN
from lrd_core.views.series_names import SCORE, series_text
from lrd_core.views.stored import scores as read_scores
from lrd_core.views.stored import variant_name

RUN_COLUMNS = [
    *("run_key", "model", "family", "num_blocks", "task", "source"),
    *(one.name for one in FILTERS),
]


VALUE_COLUMNS = [
    "run_key",
    "metric",
    "series",
    "version",
    "variant",
    "position",
    "value",
    "low",
    "high",
    "reason",
    "token_texts",
]


LINE_COLUMNS = [*VALUE_COLUMNS, *RUN_COLUMNS[1:]]


def read_values(config: Config, run_keys: Sequence[str], series: Sequence[str]) -> pd.DataFrame:
    """Profile values of these runs and series, newest version of each metric, with `variant`.

    token_texts: how many texts a metric of tokens read, where not all of the run; else 0.
    """
    with connect(config, read_only=True) as connection:
        rows = read_newest(connection, METRIC_VALUES, run_key=list(run_keys), series=list(series))
    rows = rows[rows["position"].notna()]
    kinds = rows[["metric", "mode", "parameters"]].drop_duplicates()
    names = {tuple(kind): variant_name(*kind) for kind in kinds.itertuples(index=False)}
    keys = zip(rows["metric"], rows["mode"], rows["parameters"], strict=True)
    rows = rows.assign(variant=pd.Series([names[k] for k in keys], index=rows.index, dtype=object))
    texts = {parameters: sampled_texts(parameters) for parameters in kinds["parameters"].unique()}
    rows["token_texts"] = rows["parameters"].map(texts).astype(int)
    return rows[VALUE_COLUMNS].reset_index(drop=True)


def read_reasons(config: Config, run_keys: Sequence[str], series: Sequence[str]) -> pd.DataFrame:
    """run_key, series and reason of profiles that could not be computed at any layer."""
    with connect(config, read_only=True) as connection:
        rows = read_newest(connection, METRIC_VALUES, run_key=list(run_keys), series=list(series))
    whole = rows[rows["position"].isna() & rows["value"].isna() & rows["reason"].notna()]
    return whole[["run_key", "series", "reason"]].drop_duplicates(["run_key", "series"])


def per_text_series(config: Config, run_keys: Sequence[str]) -> list[str]:
    """Series that hold a value for each text in one of these runs."""
    with connect(config, read_only=True) as connection:
        return series_of_texts(connection, run_keys)


def read_per_text(config: Config, run_key: str, series: str) -> pd.DataFrame:
    """position, text_index and text_values of one run, in exact mode with default parameters."""
    with connect(config, read_only=True) as connection:
        rows = read_newest(connection, PER_TEXT, run_key=run_key, series=series)
    plain = [not variant_name(row.metric, row.mode, row.parameters) for row in rows.itertuples()]
    rows = rows[pd.Series(plain, index=rows.index, dtype=bool)].sort_values("position")
    return rows[["position", "text_index", "text_values"]].reset_index(drop=True)


def metric_lines(
    values: pd.DataFrame, runs: pd.DataFrame, variants: Sequence[str] = ()
) -> pd.DataFrame:
    """Values joined with their runs; exact values with default parameters and `variants`.

    In the order of `runs`, which is that of a selection, not of the store. What a run has in one
    other kind alone is there without being asked for, see `is_only_kind`.
    """
    kept = values[values["variant"].isin(["", *variants]) | is_only_kind(values)]
    return runs[RUN_COLUMNS].merge(kept, on="run_key", how="inner")[LINE_COLUMNS]


def read_score_lines(
    config: Config,
    models: Sequence[str],
    tasks: Sequence[str],
    revisions: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """`score_lines` of the store's scores."""
    wanted = {base for name in models for base in (name, name.rpartition(AT)[0])}
    found = pinned_rows(read_scores(config, model=sorted(wanted), task=list(tasks)), models)
    return score_lines(found, models, tasks, revisions)


def score_lines(
    scores: pd.DataFrame,
    models: Sequence[str],
    tasks: Sequence[str],
    revisions: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Scores per layer in the columns of lines; one kind of score a model revision and task.

    Scores computed here or bundled come before imported ones; of several settings those that were
    there first, so that new ones never take their place unsaid (`score_notes`). Several subsets are
    averaged over those that every layer has. revisions: the one revision to take of each model,
    or None for all; a model that has no score at its revision keeps "main", else its newest one.
    In the order of `models`, then `tasks`.
    """
    keep = scores["layer"].notna() & scores["model"].isin(list(models))
    rows = scores[keep & scores["task"].isin(list(tasks))].copy()
    if revisions is not None and not rows.empty:
        rows = rows[rows["revision"] == _one_revision(rows, revisions)]
    if rows.empty:
        return pd.DataFrame(columns=LINE_COLUMNS)
    rows["rank"] = ~rows["source"].isin(OWN)
    line = ["model", "revision", "task"]
    rows = rows.sort_values(["rank", "created_at"], kind="stable")
    kind = ["source", "settings", "split", "score_name"]
    first = rows.groupby(line, sort=False)[kind].first().reset_index()
    rows = rows.merge(first, on=[*line, *kind])
    per_layer = rows.groupby(line)["layer"].transform("nunique")
    covered = rows.groupby([*line, "subset"])["score"].transform("count") >= per_layer
    columns = [*line, "layer", "family", "num_blocks", "source", "score_name"]
    rows = rows[covered].groupby(columns, dropna=False, sort=False)
    shared = {name: (name, "first") for name in ("n", "model_id", "settings", "split")}
    table = rows.agg(value=("score", "mean"), **shared).reset_index()
    deepest = table.groupby(line)["layer"].transform("max")
    table["num_blocks"] = table["num_blocks"].fillna(deepest).astype(int)
    fixed = {
        "series": SCORE,
        "variant": "",
        "low": np.nan,
        "high": np.nan,
        "reason": None,
        "token_texts": 0,
        "run_key": "",
        "metric": SCORE,
    }
    lines = table.rename(columns={"layer": "position"}).assign(**fixed, **_scored_how(table))
    return in_order(lines, models, tasks).reindex(columns=LINE_COLUMNS)


def _scored_how(table: pd.DataFrame) -> dict[str, list[Any]]:
    """Settings of scores as columns, plain where they were left out as such; n is of the score."""
    told = [json.loads(settings or "{}") for settings in table["settings"]]
    return {
        one.name: [settings.get(one.name, one.plain) for settings in told]
        for one in ASKED
        if one.name != "n"
    }


def _one_revision(rows: pd.DataFrame, revisions: Mapping[str, str]) -> pd.Series:
    chosen = {}
    for model, group in rows.groupby("model"):
        present = list(group.sort_values("created_at")["revision"])
        wanted = [revisions.get(str(model), ""), "main"]
        chosen[model] = next((name for name in wanted if name in present), present[-1])
    return rows["model"].map(chosen)


def with_variation(lines: pd.DataFrame, column: str | None) -> pd.DataFrame:
    """Say in `variation` what tells the lines of one model apart; "" for plain and single runs.

    strength: from 0 to 1; most for the plain run, the last checkpoint, the largest sample.
    step: the place of the variation in its order, for playing.
    """
    if column is None or lines.empty:
        return lines.assign(variation="", strength=1.0, step=0)
    single = lines.groupby("model")[column].transform("nunique") < 2
    words = [
        "" if alone else _variation(column, value)
        for alone, value in zip(single, lines[column], strict=True)
    ]
    ordered = sorted(set(words), key=strength_of)
    plain_first = column in PLAIN
    most = max(len(ordered) - 1, 1)
    rank = {
        word: 1 - place / most if plain_first else place / most
        for place, word in enumerate(ordered)
    }
    strength = [1.0 if alone else rank[w] for alone, w in zip(single, words, strict=True)]
    step = [ordered.index(word) for word in words]
    return lines.assign(variation=words, strength=strength, step=step)


def strength_of(words: str) -> tuple[str, float]:
    """Sort key of a variation: plain first, then by the number in it (repeat:0.3, step1000)."""
    digits = "".join(c if c.isdigit() or c == "." else " " for c in words).split()
    name = words.rstrip("0123456789.")
    late = "~" if words in {"main", "final"} else name
    return ("" if not words else late, float(digits[-1]) if digits else 0.0)


_OVER_TASKS: dict[str, Callable[["pd.Series[Any]"], Any]] = {
    # Known of every task, or not at all.
    "without": lambda values: values.mean(skipna=False),
    "heavy": lambda words: words.mode().iloc[0],
}
"""Of views.dominance: what becomes of its columns in a mean over tasks."""


def over_tasks(lines: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Mean and range over tasks of each line, by series, with the tasks that were used.

    Only tasks that every line of a series has at every position take part; the second value
    names them. `low` and `high` are the smallest and largest task. A series that no two lines
    share a task of is left out.
    """
    parts, used = [], {}
    for series, group in lines.groupby("series", sort=False):
        common = _common_tasks(group)
        used[str(series)] = common
        if not common:
            continue
        key = ["model", "variation", "variant", "position"]
        rows = group[group["task"].isin(common)].groupby(key, sort=False, dropna=False)
        table = rows.agg(
            {c: "first" for c in group.columns if c not in {*key, "value", "low", "high", "task"}}
            | {"value": "mean"}
            | {name: how for name, how in _OVER_TASKS.items() if name in group}
        )
        table["low"], table["high"] = rows["value"].min(), rows["value"].max()
        name = f"mean of {len(common)} tasks" if len(common) > 1 else common[0]
        parts.append(table.reset_index().assign(task=name)[group.columns])
    return (pd.concat(parts, ignore_index=True) if parts else lines.iloc[:0]), used


def difference(lines: pd.DataFrame, reference: tuple[str, str]) -> tuple[pd.DataFrame, list[str]]:
    """Each line minus the reference line of its task and series, layer by layer.

    reference: (model, variation). Lines of models with another number of blocks have no common
    layers with it: they are left out and named in the second value.
    """
    model, variation = reference
    is_reference = (lines["model"] == model) & (lines["variation"] == variation)
    key = ["task", "series", "variant", "position"]
    base = lines[is_reference].drop_duplicates(key).set_index(key)[["value", "num_blocks"]]
    others = lines[~is_reference].join(base.add_suffix("_of_reference"), on=key)
    same = others["num_blocks"] == others["num_blocks_of_reference"]
    left_out = sorted(set(others["model"]) - set(others[same]["model"]))
    kept = others[same].copy()
    for column in ("value", "low", "high"):
        change = kept[column] - kept["value_of_reference"]
        rounding = 1e-12 * kept["value_of_reference"].abs()
        kept[column] = change.mask(change.abs() <= rounding, 0.0)
    return kept[lines.columns].reset_index(drop=True), left_out


def long_table(lines: pd.DataFrame) -> pd.DataFrame:
    """What a download holds: one row a value, with what it takes to know where it came from."""
    first = [
        "model",
        "revision",
        "task",
        "variation",
        "variant",
        "series",
        "position",
        "value",
        "low",
        "high",
        "n",
        "reason",
        "num_blocks",
        "family",
        "source",
    ]
    return lines[[column for column in first if column in lines]]


def wide_table(lines: pd.DataFrame) -> pd.DataFrame:
    """The drawn lines as a table: one row a position, one column a series."""
    index = [c for c in ("model", "task", "variation", "variant", "position") if c in lines]
    table = lines.pivot_table(index=index, columns="series", values="value", sort=False)
    table = table.rename(columns={name: series_text(str(name))[0] for name in table.columns})
    table = table.reset_index()
    table.columns.name = None
    return table.drop(columns=[c for c in ("variation", "variant") if not table[c].any()])


def _common_tasks(group: pd.DataFrame) -> list[str]:
    lines = group.groupby(["model", "variation", "variant"], sort=False, dropna=False)
    complete: list[set[str]] = []
    for _, line in lines:
        positions = line["position"].nunique()
        counts = line.groupby("task")["value"].count()
        complete.append(set(counts[counts >= positions].index))
    return sorted(set.intersection(*complete)) if complete else []


def _variation(column: str, value: object) -> str:
    if column in PLAIN and value == PLAIN[column]:
        return ""
    if column == "revision":
        return short_revision(str(value))
    return find_setting(column).in_words(value).replace(":", " ")
