"""Which models, tasks and settings the store holds, and which run of several a figure draws."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from lrd_core.config import Config
from lrd_core.errors import UnknownNameError
from lrd_core.numbers import counted
from lrd_core.settings import ASKED, SETTINGS
from lrd_core.store.connection import connect
from lrd_core.store.metric_values import series_stored
from lrd_core.store.sources import IMPORTED
from lrd_core.views.score_tables import training_step

FILTERS = tuple(one for one in SETTINGS if one.has_filter)
"""What two runs of one model on one task can differ in."""

PLAIN = {one.name: one.plain for one in ASKED if one.plain is not None}
"""What a run is preferred to be when nothing was asked for."""

SAMPLE = [one.name for one in SETTINGS if one.part == "sample"]
"""What makes runs of different models on one task comparable with each other."""


def is_plain(runs: pd.DataFrame) -> pd.Series:
    """For each run whether it is of plain texts, whole blocks, pooled states and so on."""
    return (runs[list(PLAIN)] == pd.Series(PLAIN)).all(axis=1)


def model_order(runs: pd.DataFrame, scores: pd.DataFrame | None = None) -> tuple[str, ...]:
    """Every model of the store in the order of its first appearance.

    Colours follow this order, so filtering never changes them and a new model never shifts
    those of the models before it. Models known by scores alone come last.
    """
    ordered = list(runs.sort_values(["created_at", "model"])["model"].drop_duplicates())
    if scores is not None and not scores.empty:
        ordered += sorted(set(scores["model"]) - set(ordered))
    return tuple(ordered)


def ambiguous_settings(runs: pd.DataFrame) -> dict[str, list[object]]:
    """Settings in which two runs of one model on one task differ, with all values of the store.

    A setting that only differs between models (each has its own pooling) is not ambiguous.
    """
    found: dict[str, list[object]] = {}
    grouped = runs.groupby(["model", "task"], sort=False)
    for one in FILTERS:
        if runs.empty or grouped[one.name].nunique().max() < 2:
            continue
        found[one.name] = sorted(runs[one.name].unique().tolist())
    return found


def pick_runs(
    runs: pd.DataFrame,
    models: Sequence[str],
    tasks: Sequence[str],
    settings: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """One run for each model and task: those that meet `settings`, plain ones first.

    Among several that meet them: a finished model before its training checkpoints; plain texts,
    whole blocks, the published last layer; then the sample that most models of the store were run
    on, which keeps lines comparable when one model is run again otherwise; the most texts; the one
    that was there first. `not_picked` says what that leaves out. Rows come in the order of
    `models`, then `tasks`.
    """
    meeting = meeting_runs(runs, models, tasks, settings)
    if meeting.empty:
        return meeting
    plain = pd.Series(0, index=meeting.index)
    for column, value in PLAIN.items():
        if column not in (settings or {}):
            plain += (meeting[column] == value).astype(int)
    finished = meeting["revision"].map(training_step).isna()
    sample = ["task", *SAMPLE]
    shared = runs.groupby(sample)["model"].nunique().rename("shared")
    ranked = meeting.assign(finished=finished, plain=plain).join(shared, on=sample)
    by = ["finished", "plain", "shared", "n"]
    ranked = ranked.sort_values(
        [*by, "created_at"], ascending=[*(False for _ in by), True], kind="stable"
    )
    best = ranked.drop_duplicates(["model", "task"]).drop(columns=["finished", "plain", "shared"])
    return in_order(best, models, tasks)


def by_name(runs: pd.DataFrame) -> dict[str, pd.Series]:
    """Each run by what a list of picked runs calls it: its model on its task."""
    return {f"{run['model']} on {run['task']}": run for _, run in runs.iterrows()}


def find_run(runs: pd.DataFrame, name: str) -> pd.Series:
    """The run of that name. Raises: UnknownNameError with the closest names."""
    named = by_name(runs)
    if name not in named:
        raise UnknownNameError("run", name, named)
    return named[name]


def not_picked(runs: pd.DataFrame, drawn: pd.DataFrame) -> str:
    """Which other runs of the drawn pairs there are, and what they have otherwise; "" for none.

    runs: all of the store. drawn: the runs behind a figure. A run on other texts of the task (a
    condition), at another place or of another revision is another thing, not another sample.
    """
    same = ["model", "task", *(one.name for one in FILTERS if one.part == "subject")]
    told = [one for one in FILTERS if one.part != "subject"]
    others = runs[~runs["run_key"].isin(drawn["run_key"])]
    beside = drawn.drop_duplicates(same)[[*same, *(one.name for one in told)]]
    pairs = others.merge(beside, on=same, suffixes=("", "_drawn"))
    said: dict[str, int] = {}
    for row in pairs.to_dict("records"):
        words = [
            f"{one.label.lower()} {one.in_words(row[one.name])}"
            for one in told
            if row[one.name] != row[f"{one.name}_drawn"]
        ]
        if words:
            said[", ".join(words)] = said.get(", ".join(words), 0) + 1
    if not said:
        return ""
    kinds = "; ".join(f"{count} with {words}" for words, count in list(said.items())[:3])
    more = f"; {counted(len(said) - 3, 'more kind')}" if len(said) > 3 else ""
    return f"Other runs of these, not drawn here: {kinds}{more}. The side bar can fix a setting."


def runs_that_vary(
    runs: pd.DataFrame,
    picked: pd.DataFrame,
    column: str,
    settings: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """For each picked model and task, the most runs that differ in `column` alone.

    Where equally many do, the picked run is among them. settings: what the visitor fixed.
    """
    fixed = {name: value for name, value in (settings or {}).items() if name != column}
    models, tasks = picked["model"].unique(), picked["task"].unique()
    pair = ["model", "task"]
    same = [*pair, *(one.name for one in FILTERS if one.name != column)]
    pool = meeting_runs(runs, models, tasks, fixed).merge(picked[pair], on=pair)
    ranked = pool.assign(
        kinds=pool.groupby(same)[column].transform("nunique"),
        own=pool["run_key"].isin(picked["run_key"]),
    ).sort_values(["kinds", "own", "n"], ascending=False, kind="stable")
    wanted = ranked.drop_duplicates(pair)[same]
    return in_order(pool.merge(wanted, on=same), models, tasks)


def meeting_runs(
    runs: pd.DataFrame,
    models: Sequence[str],
    tasks: Sequence[str],
    settings: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """All runs of these models and tasks that meet `settings`, in the order of `models`."""
    keep = runs["model"].isin(list(models)) & runs["task"].isin(list(tasks))
    for column, value in (settings or {}).items():
        keep &= runs[column] == value
    return in_order(runs[keep], models, tasks)


def default_tasks(runs: pd.DataFrame, scores: pd.DataFrame | None = None) -> list[str]:
    """The one task that most models share: one task gives the clearest first picture."""
    # What was computed here first: its sample is known, and all quantities are there.
    computed = runs[~runs["source"].str.startswith(IMPORTED)] if not runs.empty else runs
    source = next((one for one in (computed, runs, scores) if one is not None and len(one)), None)
    if source is None:
        return []
    counts = source.groupby("task")["model"].nunique()
    return [str(counts.sort_index().idxmax())]


def default_models(
    runs: pd.DataFrame, tasks: Sequence[str], order: Sequence[str], limit: int = 6
) -> list[str]:
    """Up to `limit` models that were run on these tasks; six lines can carry their own labels."""
    present = set(runs[runs["task"].isin(list(tasks))]["model"]) or set(order)
    return [model for model in order if model in present][:limit]


def series_by_run(config: Config) -> pd.DataFrame:
    """One row for each run, series and mode: how many values, how many of them missing."""
    with connect(config, read_only=True) as connection:
        return series_stored(connection)


def in_order(rows: pd.DataFrame, models: Iterable[str], tasks: Iterable[str]) -> pd.DataFrame:
    """Rows by the order of models, then tasks, then age where they have one; else as they were."""
    model_rank = {name: rank for rank, name in enumerate(models)}
    task_rank = {name: rank for rank, name in enumerate(tasks)}
    keyed = rows.assign(m=rows["model"].map(model_rank), t=rows["task"].map(task_rank))
    by_age = [name for name in ("created_at",) if name in rows]
    ordered = keyed.sort_values(["m", "t", *by_age], kind="stable")
    return ordered.drop(columns=["m", "t"]).reset_index(drop=True)
