"""What pruning trials say, in sentences and short tables: for the page and the command line."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.pruning.summary import compare
from lrd_core.store.connection import connect
from lrd_core.store.trials import read_latencies, read_trials


def with_speedup(rows: pd.DataFrame, timed: pd.DataFrame) -> pd.DataFrame:
    """Trials with the measured speed-up of their number of removed blocks; NaN where untimed."""
    if timed.empty:
        return rows.assign(speedup=np.nan)
    newest = timed.sort_values("created_at").drop_duplicates(["model", "m"], keep="last")
    return rows.merge(newest[["model", "m", "speedup"]], on=["model", "m"], how="left")


def sentence(compared: pd.DataFrame) -> str:
    """What the trials of this selection say, in one or two sentences.

    compared: rows of `compare`. Averages only pairs that all rules at this budget share.
    """
    budgeted = compared[compared["budget"].notna()]
    if budgeted.empty:
        return "No trial of a rule in this selection yet."
    smallest = budgeted["budget"].min()
    table = summarise_compared(budgeted[budgeted["budget"] == smallest])
    if table.empty:
        return "No trial of a rule in this selection yet."
    best = table.iloc[0]
    text = (
        f"At the {smallest:.0%} budget, {best['rule']} costs least: {_points(best['median'])} "
        f"at the median of {best['n']} model-task pairs"
    )
    if not np.isnan(best["win_protected"]):
        text += f", better than {best['win_protected']:.0%} of random plans that keep the ends"
    gfmi = table[table["rule"] == "gfmi"]
    if not gfmi.empty and best["rule"] != "gfmi" and not np.isnan(gfmi.iloc[0]["win_protected"]):
        row = gfmi.iloc[0]
        text += (
            f". GFMI beats {row['win_random']:.0%} of random plans and "
            f"{row['win_protected']:.0%} of those that keep the ends"
        )
    return text + "."


def summarise_compared(compared: pd.DataFrame) -> pd.DataFrame:
    """Median change and win rates by rule, for one budget, best first; no intervals."""
    rows = [
        {
            "rule": rule,
            "median": part["change"].median(),
            "n": len(part),
            "win_random": part["win_random"].mean(),
            "win_protected": part["win_protected"].mean(),
        }
        for rule, part in compared.groupby("rule")
    ]
    table = pd.DataFrame(rows)
    if table.empty:
        return table
    return table[table["n"] == table["n"].max()].sort_values("median", ascending=False)


def result_of(config: Config, model: str, task: str, report: dict[str, Any]) -> dict[str, Any]:
    """A finished trial in words and numbers, for the command line."""
    with connect(config, read_only=True) as connection:
        rows = read_trials(connection, model=model, task=task)
        timed = read_latencies(connection, model=model)
    compared = with_speedup(compare(rows), timed)
    plans = {(plan["rule"], tuple(plan["removed"])) for plan in report["plans"]}
    shown = compared[
        [pair in plans for pair in zip(compared["rule"], compared["removed"], strict=True)]
    ].drop_duplicates(["rule", "budget"], keep="last")
    lines = [_result_line(row) for row in shown.to_dict("records")]
    noise = report["noise"]
    return {
        "model": model,
        "task": task,
        "score_full": report["score_full"],
        "noise": noise,
        "scored": report["scored"],
        "known": report["known"],
        "seconds": report["seconds"],
        "sentence": f"{model} on {task}: full model {report['score_full']:.4f} "
        f"(run twice, {100 * noise:.3f} points apart); {report['scored']} variants scored, "
        f"{report['known']} in the store already, {report['seconds']:.0f} s",
        "lines": lines,
        "trials": json.loads(shown.to_json(orient="records", date_format="iso")),
    }


def _result_line(row: Mapping[str, Any]) -> str:
    budget = "" if pd.isna(row["budget"]) else f" {row['budget']:.0%}"
    text = f"{row['rule']}{budget}: {row['m']} of {row['num_blocks']} blocks go"
    text += f" ({', '.join(map(str, row['removed']))}), {_points(row['change'])}"
    if not pd.isna(row["speedup"]):
        text += f", {row['speedup']:.2f} times as fast"
    if not pd.isna(row["win_random"]):
        text += f", beats {row['win_random']:.0%} of {row['n_random']} random plans"
    if not pd.isna(row["win_protected"]):
        text += f" and {row['win_protected']:.0%} of {row['n_protected']} that keep the ends"
    if row.get("perplexity") and not pd.isna(row["perplexity"]):
        text += f"; perplexity {row['perplexity_full']:.1f} to {row['perplexity']:.1f}"
    return text


def _points(value: float) -> str:
    return f"{value:+.1f} points"
