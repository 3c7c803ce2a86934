"""The command `enough`: is the number of texts of a run large enough for a metric?"""

import argparse
from typing import Any

import pandas as pd

from lrd_core.cli import add_command, progress_bar
from lrd_core.config import Config
from lrd_core.errors import InputError


def add_commands(commands: Any) -> None:
    """Add enough to the command line."""
    enough = add_command(commands, "enough", _enough, "metrics against the number of texts")
    enough.add_argument("--model", required=True, help="as in the store, see `show`")
    enough.add_argument("--task", required=True, help="as in the store, see `show`")
    enough.add_argument("--condition", default="", help="of the run (default: the plain text)")
    enough.add_argument(
        "--metric", action="append", metavar="NAME", help="default: six of the whole data set"
    )
    enough.add_argument("--repeats", type=int, default=5, help="subsamples a size (default 5)")
    enough.add_argument("--seed", type=int, default=0, help="of the subsamples (default 0)")


def _enough(arguments: argparse.Namespace, config: Config) -> pd.DataFrame:
    from lrd_core.runs.enough import DEFAULT_METRICS, measure_subsamples
    from lrd_core.runs.request import parse_metrics
    from lrd_core.store.connection import connect
    from lrd_core.store.subsamples import read_subsamples

    run_key = _newest_run(arguments, config)
    names = tuple(arguments.metric or DEFAULT_METRICS)
    measure_subsamples(
        config,
        run_key,
        names,
        repeats=arguments.repeats,
        seed=arguments.seed,
        progress=progress_bar(),
    )
    with connect(config, read_only=True) as connection:
        parts = [
            read_subsamples(connection, run_key, [metric.id]).assign(metric=metric.label)
            for metric in parse_metrics(names)
        ]
    return _by_size(pd.concat(parts, ignore_index=True), long=arguments.json)


def _newest_run(arguments: argparse.Namespace, config: Config) -> str:
    """The newest run whose embeddings are here, or else the newest. Raises: InputError."""
    from lrd_core.extraction.embeddings import embeddings_path
    from lrd_core.store.connection import connect
    from lrd_core.store.results import read_table

    asked = {"model": arguments.model, "task": arguments.task, "condition": arguments.condition}
    with connect(config, read_only=True) as connection:
        runs = read_table(connection, "runs", **asked)
    if runs.empty:
        raise InputError(
            f"the store has no run of {arguments.model} on {arguments.task}; make one first: "
            f"python -m lrd_core run --model {arguments.model} --task {arguments.task}"
        )
    here = [embeddings_path(config, key).exists() for key in runs["run_key"]]
    order = runs.assign(here=here).sort_values(["here", "created_at"])
    return str(order["run_key"].iloc[-1])


def _by_size(points: pd.DataFrame, *, long: bool) -> pd.DataFrame:
    """Mean, lowest and highest value by size; for a person, one column a size and the verdict."""
    from lrd_core.views.enough import verdict_words

    curve = ["metric", "series", "position", "capped", "moving", "change"]
    table = (
        points.groupby([*curve, "size"], dropna=False)["value"]
        .agg(mean="mean", low="min", high="max", repeats="count")
        .reset_index()
    )
    table["verdict"] = [verdict_words(r.capped, r.moving, r.change) for r in table.itertuples()]
    if long:
        return table
    table["position"] = [_place(position) for position in table["position"]]
    key = ["metric", "series", "position"]
    kept = table.drop_duplicates(key)[[*key, "verdict"]]
    wide = table.pivot(index=key, columns="size", values="mean")
    wide.columns = [f"n={size}" for size in wide.columns]
    return kept.merge(wide.reset_index(), on=key)[[*key, *wide.columns, "verdict"]]


def _place(position: float | None) -> str:
    return "model" if pd.isna(position) else f"{position:g}"
