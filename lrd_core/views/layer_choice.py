"""Which layer of a model to take: measured scores by layer beside what metrics would pick."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from lrd_core.analysis.dependence import compare_profiles
from lrd_core.analysis.selection import LayerChoice, choose_layers, mean_curve
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
class LayerView:
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


def layer_view(
    config: Config,
    table: pd.DataFrame,
    subject: str,
    *,
    metrics: Sequence[str] = (),
    tasks: Sequence[str] = (),
) -> LayerView:
    """Compare the layers that `metrics` pick for a subject with the best and the last one.

    tasks: only these; none means all that every layer and metric have.
    Raises: InputError where nothing is left in common; UnknownNameError for a subject without
    scores at every layer.
    """
    scored = _find(table, subject)
    rows = table[(table["subject"] == subject) & (table["layer"] >= 0)]
    if tasks:
        rows = rows[rows["task"].isin(list(tasks))]
    wide = _whole(layer_table(rows), scored.num_blocks)
    values = _metric_values(config, scored)
    modes = _modes(values)
    tables = {}
    for series in metrics:
        if series not in modes:
            continue
        variant = "" if modes[series] == "exact" else "published"
        kept = values[(values["series"] == series) & (values["variant"] == variant)]
        kept = kept.drop_duplicates(["task", "position"])
        tables[series] = kept.pivot(index="task", columns="position", values="value").rename(
            columns=int
        )
    choice = choose_layers(wide, tables)
    used = values[values["series"].isin(tables) & values["task"].isin(choice.tasks)]
    return LayerView(
        scored=scored,
        choice=choice,
        scores=wide,
        metrics=tables,
        mode=" and ".join(sorted({modes[series] for series in tables})),
        runs=tuple(used["run_key"].unique()),
    )


def checkpoint_curves(
    table: pd.DataFrame, model: str, *, tasks: Sequence[str] = ()
) -> pd.DataFrame:
    """Mean score by layer at every training step of a model, over tasks that all of them share.

    Columns: revision, step (missing for the finished model), layer, score, num_tasks. Empty for a
    model with one revision.
    """
    rows = table[(table["model"] == model) & (table["layer"] >= 0)]
    rows = rows[rows["checkpoint"].notna() | (rows["revision"] == "main")]
    if rows["revision"].nunique() < 2:
        return pd.DataFrame(columns=["revision", "step", "layer", "score", "num_tasks"])
    wide = {
        revision: _whole(layer_table(_one_subject(group)), int(group["num_blocks"].iloc[0]))
        for revision, group in rows.groupby("revision")
    }
    shared = set.intersection(*(set(entry.dropna().index) for entry in wide.values()))
    chosen = tuple(sorted(shared & set(tasks) if tasks else shared))
    steps = rows.drop_duplicates("revision").set_index("revision")["checkpoint"]
    curves = [
        mean_curve(entry, chosen)
        .rename("score")
        .rename_axis("layer")
        .reset_index()
        .assign(revision=revision, step=steps[revision], num_tasks=len(chosen))
        for revision, entry in wide.items()
        if chosen
    ]
    if not curves:
        return pd.DataFrame(columns=["revision", "step", "layer", "score", "num_tasks"])
    return pd.concat(curves).sort_values(["step", "layer"], ignore_index=True)


def strategy_table(choice: LayerChoice) -> pd.DataFrame:
    """One row a strategy, best mean first: the numbers of the regret figure."""
    rows = [
        {
            "strategy": entry.name,
            "score": entry.mean,
            "low": entry.low,
            "high": entry.high,
            "regret": entry.regret,
            "gain": entry.gain,
            "gain_low": entry.gain_low,
            "gain_high": entry.gain_high,
            "needs_labels": entry.needs_labels,
            "layers": _layers_in_words(entry.layers.tolist()),
            "num_tasks": len(choice.tasks),
        }
        for entry in choice.strategies
    ]
    return pd.DataFrame(rows).sort_values("score", ascending=False, ignore_index=True)


def curve_table(view: LayerView) -> pd.DataFrame:
    """Mean score by layer of the subject, in the columns of checkpoint_curves."""
    table = pd.DataFrame(
        {
            "revision": view.scored.revision,
            "step": view.scored.checkpoint,
            "layer": view.choice.layers,
            "score": view.choice.mean_by_layer,
            "num_tasks": len(view.choice.tasks),
        }
    )
    return table.astype({"step": "Int64"})


def mark_table(choice: LayerChoice) -> pd.DataFrame:
    """Where each strategy lands on the mean curve: score, and the layers that it takes.

    Columns: strategy, score, first_layer, median_layer, last_layer. A layer at random has none,
    and neither has the best layer of each task, which lies above the curve.
    """
    rows = [
        {
            "strategy": entry.name,
            "score": entry.mean,
            "first_layer": float(entry.layers.min()),
            "median_layer": float(pd.Series(entry.layers).median()),
            "last_layer": float(entry.layers.max()),
        }
        for entry in choice.strategies
        if entry.name not in ("average", "best", "middle")
    ]
    return pd.DataFrame(rows)


def pick_table(choice: LayerChoice) -> pd.DataFrame:
    """One row a task and strategy that names a layer: its layer and score, the best, the regret."""
    best = choice.strategy("best")
    last = choice.strategy("last")
    return pd.DataFrame(
        [
            {
                "task": task,
                "strategy": entry.name,
                "layer": int(entry.layers[row]),
                "score": float(entry.scores[row]),
                "best_layer": int(best.layers[row]),
                "best_score": float(best.scores[row]),
                "regret": float(best.scores[row] - entry.scores[row]),
                "gain_over_last": float(entry.scores[row] - last.scores[row]),
            }
            for entry in choice.strategies
            if entry.name != "average"
            for row, task in enumerate(choice.tasks)
        ]
    )


def profile_table(
    config: Config,
    table: pd.DataFrame,
    subject: str,
    *,
    metrics: Sequence[str],
    tasks: Sequence[str] = (),
) -> pd.DataFrame:
    """How each metric's profile over layers follows the score's: one row a task and series.

    Columns: series, task, distance_correlation, low, high, shifted (what smooth curves reach by
    accident), rho, rho_low, rho_high, num_layers, reason.
    """
    view = layer_view(config, table, subject, metrics=metrics, tasks=tasks)
    rows = []
    for series, values in view.metrics.items():
        for task in view.choice.tasks:
            found = compare_profiles(
                values.loc[task, view.scores.columns].to_numpy(float),
                view.scores.loc[task].to_numpy(float),
            )
            rows.append(
                {
                    "series": series,
                    "task": task,
                    "distance_correlation": found.distance_correlation,
                    "low": found.low,
                    "high": found.high,
                    "shifted": found.shifted,
                    "rho": found.rho,
                    "rho_low": found.rho_low,
                    "rho_high": found.rho_high,
                    "num_layers": found.n_layers,
                    "reason": found.reason,
                }
            )
    return pd.DataFrame(rows)


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


def _whole(wide: pd.DataFrame, num_blocks: int) -> pd.DataFrame:
    """With a column for every layer of the model, so that a missing one is seen as missing."""
    return wide.reindex(columns=range(num_blocks + 1))


def _one_subject(rows: pd.DataFrame) -> pd.DataFrame:
    """The subject with the most scores, where one revision was scored in several ways."""
    return rows[rows["subject"] == rows["subject"].value_counts().idxmax()]


def _metric_values(config: Config, scored: Scored) -> pd.DataFrame:
    """Layer values of this model and revision; of several runs the plain ones of most texts."""
    stored = runs(config)
    stored = stored[stored["model"] == scored.model]
    same = stored["revision"] == scored.revision
    if not same.any() and scored.checkpoint is None:
        same = ~stored["revision"].str.fullmatch(r"step\d+")
    stored = stored[same]
    values = read_values(config, tuple(stored["run_key"]), picking())
    table = values[values["variant"].isin(["", "published"])].merge(stored, on="run_key")
    pooled = table["pooling"].eq(scored.pooling)
    return table.assign(plain=is_plain(table).astype(int) + pooled.astype(int)).sort_values(
        ["plain", "n"], ascending=False, kind="stable"
    )


def _layers_in_words(layers: list[int]) -> str:
    known = sorted({layer for layer in layers if layer >= 0})
    if not known:
        return "any"
    return str(known[0]) if len(known) == 1 else f"{known[0]} to {known[-1]}"
