"""Measured scores by layer beside the layers that metrics would pick, for one model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from lrd_core.analysis.selection import LayerChoice, choose_layers
from lrd_core.analysis.task_scores import layer_table
from lrd_core.config import Config
from lrd_core.errors import InputError, UnknownNameError
from lrd_core.metrics.registry import all_series, chosen_first, in_order
from lrd_core.views.coverage import is_plain
from lrd_core.views.lines import read_values
from lrd_core.views.stored import runs


def picking() -> tuple[str, ...]:
    """Series that a layer is picked with, best known first."""
    return tuple(one.name for one in in_order("picks", all_series()) if one.pick)


def default_metrics() -> tuple[str, ...]:
    """Those of them that are compared before anybody chooses."""
    return tuple(one.name for one in chosen_first("picks"))


@dataclass(frozen=True)
class Scored:
    """A subject with scores at several layers. tasks: those that every layer has."""

    subject: str
    model: str
    revision: str
    pooling: str
    source: str
    num_blocks: int
    checkpoint: int | None
    tasks: tuple[str, ...]


@dataclass(frozen=True)
class ComparedLayers:
    """Strategies for one subject. scores and metrics: the tables task x layer behind them.

    mode: of the metric values, exact or published. runs: run keys behind them.
    """

    scored: Scored
    choice: LayerChoice
    scores: pd.DataFrame
    metrics: Mapping[str, pd.DataFrame]
    mode: str
    runs: tuple[str, ...]


def scored_subjects(table: pd.DataFrame) -> list[Scored]:
    """Subjects with a score at every one of their layers on some task, most tasks first.

    table: of score_table, as in every function here; the rows of one subject serve for that one.
    """
    rows = table[(table["layer"] >= 0) & (table["layer"] <= table["num_blocks"])]
    counts = rows.groupby(["subject", "task"])["layer"].nunique()
    blocks = rows.groupby("subject")["num_blocks"].first()
    needed = counts.index.get_level_values("subject").map(blocks + 1)
    whole = counts[counts.to_numpy() == needed.to_numpy()].reset_index()
    tasks = whole.groupby("subject", sort=True)["task"].agg(tuple)
    first = rows.drop_duplicates("subject").set_index("subject")
    found = [_scored(str(subject), first.loc[subject], tasks[subject]) for subject in tasks.index]
    return sorted(found, key=lambda entry: (-len(entry.tasks), entry.subject))


def usual_subject(subjects: Sequence[Scored], models: Sequence[str] = ()) -> Scored:
    """Whom to show first: a finished model with checkpoints, else one of `models`, else the one
    with most tasks.

    Raises: ValueError for no subject.
    """
    checkpoints = {entry.model for entry in subjects if entry.checkpoint is not None}
    finished = [entry for entry in subjects if entry.checkpoint is None] or subjects
    return min(
        finished,
        key=lambda entry: (
            entry.model not in checkpoints,
            entry.model not in models,
            -len(entry.tasks),
        ),
    )


def subject_named(subjects: Sequence[Scored], name: str) -> Scored | None:
    """The subject of a model, or of one of its revisions; None where it has no scores by layer.

    Of a model with checkpoints the finished one, else the one with most tasks.
    """
    own = [entry for entry in subjects if name in (entry.subject, entry.model)]
    own = own or [entry for entry in subjects if f"{entry.model}@{entry.revision}" == name]
    return usual_subject(own) if own else None


def _scored(subject: str, row: pd.Series, tasks: tuple[str, ...]) -> Scored:
    step = row["checkpoint"]
    return Scored(
        subject=subject,
        model=row["model"],
        revision=row["revision"],
        pooling=row["pooling"],
        source=row["source"],
        num_blocks=int(row["num_blocks"]),
        checkpoint=None if pd.isna(step) else int(step),
        tasks=tasks,
    )


def metrics_for(config: Config, scored: Scored) -> dict[str, str]:
    """Series that could pick a layer of this subject -> mode in which they are stored.

    Exact values are preferred; published ones are taken where there is nothing else.
    """
    return _modes(_metric_values(config, scored))


def _modes(values: pd.DataFrame) -> dict[str, str]:
    found = {}
    for series in picking():
        modes = set(values[values["series"] == series]["variant"])
        if modes:
            found[series] = "exact" if "" in modes else "published"
    return found


def compare_layers(
    config: Config,
    table: pd.DataFrame,
    subject: str,
    *,
    metrics: Sequence[str] = (),
    tasks: Sequence[str] = (),
) -> ComparedLayers:
    """Compare the layers that `metrics` pick for a subject with the best and the last one.

    tasks: only these; none means all that every layer and metric have.
    Raises: InputError where nothing is left in common; UnknownNameError for a subject without
    scores at every layer.
    """
    scored = _find(table, subject)
    rows = table[(table["subject"] == subject) & (table["layer"] >= 0)]
    if tasks:
        rows = rows[rows["task"].isin(list(tasks))]
    wide = whole_layers(layer_table(rows), scored.num_blocks)
    values = _metric_values(config, scored)
    modes = _modes(values)
    kept = {one: _best_run(values, one, modes[one]) for one in metrics if one in modes}
    tables = {series: _by_layer(rows) for series, rows in kept.items()}
    choice = choose_layers(wide, tables)
    behind = [rows.loc[rows["task"].isin(choice.tasks), "run_key"] for rows in kept.values()]
    return ComparedLayers(
        scored=scored,
        choice=choice,
        scores=wide,
        metrics=tables,
        mode=" and ".join(sorted({modes[series] for series in tables})),
        runs=tuple(dict.fromkeys(key for keys in behind for key in keys)),
    )


def metric_tables(
    config: Config, subjects: Sequence[Scored], metrics: Sequence[str]
) -> list[dict[str, pd.DataFrame]]:
    """Of each subject its values of these series, task x layer; what is not stored is left out.

    The store is read once for all of them.
    """
    stored = runs(config)
    own = [_runs_of(stored, scored) for scored in subjects]
    keys = dict.fromkeys(key for rows in own for key in rows["run_key"])
    values = read_values(config, tuple(keys), metrics)
    return [
        _tables(_plain_first(values, rows, scored), metrics)
        for scored, rows in zip(subjects, own, strict=True)
    ]


def _tables(values: pd.DataFrame, metrics: Sequence[str]) -> dict[str, pd.DataFrame]:
    modes = _modes(values)
    return {one: _by_layer(_best_run(values, one, modes[one])) for one in metrics if one in modes}


def _by_layer(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.pivot(index="task", columns="position", values="value").rename(columns=int)


def _best_run(values: pd.DataFrame, series: str, mode: str) -> pd.DataFrame:
    """The rows of a series, of several runs of a task those of the first."""
    variant = "" if mode == "exact" else "published"
    rows = values[(values["series"] == series) & (values["variant"] == variant)]
    return rows.drop_duplicates(["task", "position"])


def _find(table: pd.DataFrame, subject: str) -> Scored:
    known = {one.subject: one for one in scored_subjects(table)}
    if not known:
        raise InputError(
            "no model has scores at every layer yet; python -m lrd_core scores computes them, "
            "python -m lrd_core import reads them"
        )
    if subject not in known:
        raise UnknownNameError("model with scores at every layer", subject, known)
    return known[subject]


def whole_layers(wide: pd.DataFrame, num_blocks: int) -> pd.DataFrame:
    """With a column for every layer of the model, so that a missing one is seen as missing."""
    return wide.reindex(columns=range(num_blocks + 1))


def _metric_values(config: Config, scored: Scored) -> pd.DataFrame:
    """Layer values of this model and revision; of several runs the plain ones of most texts."""
    stored = _runs_of(runs(config), scored)
    values = read_values(config, tuple(stored["run_key"]), picking())
    return _plain_first(values, stored, scored)


def _runs_of(stored: pd.DataFrame, scored: Scored) -> pd.DataFrame:
    stored = stored[stored["model"] == scored.model]
    same = stored["revision"] == scored.revision
    if not same.any() and scored.checkpoint is None:
        same = ~stored["revision"].str.fullmatch(r"step\d+")
    return stored[same]


def _plain_first(values: pd.DataFrame, stored: pd.DataFrame, scored: Scored) -> pd.DataFrame:
    table = values[values["variant"].isin(["", "published"])].merge(stored, on="run_key")
    pooled = table["pooling"].eq(scored.pooling)
    return table.assign(plain=is_plain(table).astype(int) + pooled.astype(int)).sort_values(
        ["plain", "n"], ascending=False, kind="stable"
    )
