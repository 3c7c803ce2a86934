"""What pruning trials say, in sentences and short tables: for the page and the command line."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.pruning.comparison import DEFAULT_RULES, RANDOM_RULES, TrialSettings
from lrd_core.pruning.plan import BY_HAND
from lrd_core.pruning.rules import find_rule
from lrd_core.pruning.summary import (
    PAIR,
    SAME,
    Opponents,
    common_pairs,
    compare,
    evaluator_noise,
    inner_candidates,
)
from lrd_core.store.connection import connect
from lrd_core.store.latencies import read_latencies
from lrd_core.store.trials import read_trials
from lrd_core.views.provenance import short_revision, unvouched_notes
from lrd_core.views.pruning import chosen_trials

TIMED = ["device", "dtype", "batch", "length"]
"""Times are compared and drawn together only where all of these are equal."""


def timing_label(row: Mapping[str, Any]) -> str:
    """What a time was taken under, such as cpu, float32, 8 x 64 tokens."""
    return f"{row['device']}, {row['dtype']}, {row['batch']} x {row['length']} tokens"


def timings(timed: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Times of one model by what they were taken under, the newest first."""
    newest_first = timed.sort_values("created_at", ascending=False, kind="stable")
    return {
        timing_label(part.iloc[0]): part.sort_values("m")
        for _, part in newest_first.groupby(TIMED, sort=False)
    }


def newest_timing(timed: pd.DataFrame) -> pd.DataFrame:
    """Of each model the times under the device, dtype, batch and length that were timed last."""
    newest = timed.sort_values("created_at").drop_duplicates("model", keep="last")
    return timed.merge(newest[["model", *TIMED]], on=["model", *TIMED])


def with_speedup(rows: pd.DataFrame, timed: pd.DataFrame) -> pd.DataFrame:
    """Trials with the measured speed-up of their number of removed blocks; NaN where untimed.

    Of a model's times those of one setting, the newest; see `timings` to choose another.
    """
    if timed.empty:
        return rows.assign(speedup=np.nan)
    newest = newest_timing(timed).sort_values("created_at")
    newest = newest.drop_duplicates(["model", "m"], keep="last")
    return rows.merge(newest[["model", "m", "speedup"]], on=["model", "m"], how="left")


CLEAR_WIN = 0.55
"""Share of random plans that a rule must beat before the sentence calls it better than chance."""


def sentence(compared: pd.DataFrame, labels: Mapping[str, str] | None = None) -> str:
    """Which rule does best against chance at the smallest budget, in one or two sentences.

    compared: rows of `compare`. Chance is random plans that keep the end blocks, where there are
    such. Averages only pairs that all rules at this budget share.
    """
    budgeted = compared[compared["budget"].notna()]
    table = summarise_compared(budgeted[budgeted["budget"] == budgeted["budget"].min()])
    if table.empty:
        return "No trial of a rule in this selection yet."
    best = table.iloc[0]
    name = f"'{(labels or {}).get(best['rule'], best['rule'])}'"
    pairs = "on 1 task" if best["n"] == 1 else f"in the median of {best['n']} tasks"
    cost = f"{_points(best['median'])} against the full model {pairs}"
    start = f"At the {budgeted['budget'].min():.0%} budget"
    if np.isnan(best["win_protected"]):
        return f"{start} the rule {name} comes out best: {cost}."
    share = f"{best['win_protected']:.0%} of random plans that keep the ends"
    if best["win_protected"] < CLEAR_WIN:
        return f"{start} no rule shown beats chance: the best, {name}, beats {share}; {cost}."
    return f"{start} the rule {name} does best against chance: it beats {share}; {cost}."


def headline(config: Config) -> str:
    """What all trials of the store say about the first rule at the smallest budget; "" without."""
    with connect(config, read_only=True) as connection:
        trials = read_trials(connection)
    compared = compare(chosen_trials(trials, TrialSettings()))
    known = compared[compared["budget"].notna()]
    if known.empty:
        return ""
    smallest = known["budget"].min()
    table = summarise_compared(known[known["budget"] == smallest])
    first = find_rule(DEFAULT_RULES[0])
    rows = table[table["rule"] == first.name] if not table.empty else table
    if rows.empty or rows[["win_random", "win_protected"]].isna().any(axis=None):
        return ""
    row, called = rows.iloc[0], first.label.partition(":")[0]
    return (
        f"At a {smallest:.0%} budget, blocks chosen by {called} beat {row['win_random']:.0%} of "
        f"random choices ({row['n']} pairs of model and task), and {row['win_protected']:.0%} of "
        f"those that keep the first and the last block ({row['n_choice']} pairs)."
    )


def language_sentence(compared: pd.DataFrame, labels: Mapping[str, str] | None = None) -> str:
    """The rules with the least and the most perplexity at the smallest size; "" where unknown.

    compared: rows of `compare`. Says the task; of several tasks the first.
    """
    known = compared[compared["perplexity"].notna() & compared["budget"].notna()]
    if known.empty:
        return ""
    known = known[known["task"] == known["task"].iloc[0]]
    known = known[known["m"] == known["m"].min()].sort_values("perplexity", kind="stable")
    least, most = known.iloc[0], known.iloc[-1]
    names = labels or {}
    text = (
        f"On {_language_texts(least)} of {least['task']}, without {least['m']} of "
        f"{least['num_blocks']} blocks, perplexity goes from {least['perplexity_full']:,.0f} to "
        f"{least['perplexity']:,.0f} by the rule '{names.get(least['rule'], least['rule'])}'"
    )
    if most["rule"] != least["rule"]:
        name = names.get(most["rule"], most["rule"])
        text += f" and to {most['perplexity']:,.0f} by '{name}'"
    return text + "."


def _language_texts(trial: "pd.Series[Any]") -> str:
    """How much text a perplexity is from."""
    settings = json.loads(trial["settings"])
    return f"{settings['language_texts']} texts of {settings['max_length']} tokens at most"


def summarise_compared(compared: pd.DataFrame) -> pd.DataFrame:
    """Median change and win rates by rule, for one budget, the best against chance first.

    Over the pairs of model and task that all rules share (n); n_choice of them leave a rule more
    than one plan that keeps the ends, and win_protected is over these.
    """
    shared = compared[pd.MultiIndex.from_frame(compared[PAIR]).isin(common_pairs(compared))]
    rows = [
        {
            "rule": rule,
            "median": part["change"].median(),
            "n": len(part),
            "n_choice": int(part["win_protected"].notna().sum()),
            "win_random": part["win_random"].mean(),
            "win_protected": part["win_protected"].mean(),
        }
        for rule, part in shared.groupby("rule")
    ]
    table = pd.DataFrame(rows)
    return table.sort_values(["win_protected", "median"], ascending=False) if rows else table


def noise_sentence(trials: pd.DataFrame) -> str:
    """How well scores of the full model repeat, and what the evaluator's own draws move them."""
    if trials.empty:
        return ""
    apart = 100 * (trials["score_full_again"] - trials["score_full"]).abs().max()
    said = (
        f"Full model run twice: {apart:.3f} points apart at most, repeatability on the same texts "
        "and seed, not sampling error"
    )
    measured = evaluator_noise(trials)
    drawn = {same: (deviation, seeds) for same, (deviation, seeds) in measured.items() if seeds}
    if drawn:
        seeds = max(seeds for _, seeds in drawn.values())
        parts = [
            f"{deviation:.1f} points on {same[SAME.index('task')]}"
            for same, (deviation, _) in drawn.items()
        ]
        said += f"; evaluator noise of the full model: SD {', '.join(parts)} over {seeds} seeds"
    elif measured:
        said += "; the evaluator draws nothing here"
    return said


def result_of(config: Config, report: dict[str, Any]) -> dict[str, Any]:
    """A finished trial in words and numbers, for the command line.

    report: `TrialReport.to_json`.
    """
    identity = report["identity"]
    with connect(config, read_only=True) as connection:
        rows = read_trials(connection, **identity)
        timed = read_latencies(connection, model=report["model"], device=identity["device"])
    plans = {(plan["rule"], tuple(plan["removed"])) for plan in report["plans"]}
    compared = with_speedup(compare(rows), timed)
    tried = zip(compared["rule"], compared["removed"], strict=True)
    shown = compared[np.array([plan in plans for plan in tried], dtype=bool)]
    merged = shown.groupby(["rule", "removed"], sort=False, dropna=False)
    noise = report["noise"]
    return {
        "model": report["model"],
        "task": report["task"],
        "score_full": report["score_full"],
        "noise": noise,
        "scored": report["scored"],
        "known": report["known"],
        "seconds": report["seconds"],
        "sentence": f"{report['model']} on {report['task']}: full model "
        f"{report['score_full']:.4f}; {report['scored']} variants scored, "
        f"{report['known']} in the store already, {report['seconds']:.0f} s. "
        f"{noise_sentence(rows)}",
        "lines": [_result_line(part) for _, part in merged],
        "trials": json.loads(shown.to_json(orient="records", date_format="iso")),
    }


def _result_line(same: pd.DataFrame) -> str:
    """One line for the budgets of a rule that are the same plan."""
    row = same.iloc[0]
    shares = ", ".join(f"{share:.0%}" for share in sorted(same["budget"].dropna()))
    name = f"{row['rule']} {shares}{' (same plan)' if len(same) > 1 else ''}".strip()
    text = f"{name}: {row['m']} of {row['num_blocks']} blocks go"
    text += f" ({', '.join(map(str, row['removed']))}), {_points(row['change'])}"
    if not pd.isna(row["speedup"]):
        text += f", {row['speedup']:.2f} times as fast"
    if not pd.isna(row["win_random"]):
        text += f", beats {row['win_random']:.0%} of {row['n_random']} random plans"
    if row["no_choice"]:
        text += ", the only plan that keeps the ends"
    if not pd.isna(row["win_protected"]):
        text += f" and {row['win_protected']:.0%} of {row['n_protected']} that keep the ends"
    if row.get("perplexity") and not pd.isna(row["perplexity"]):
        text += f"; perplexity {row['perplexity_full']:.1f} to {row['perplexity']:.1f}"
    return text


def _points(value: float) -> str:
    return f"{value:+.1f} points"


def result_points(compared: pd.DataFrame, timed: pd.DataFrame) -> tuple[pd.DataFrame, bool]:
    """One row a task, rule and number of blocks of one model, placed for the result figure.

    Adds speedup (NaN untimed), centre (blocks removed) and x (rules of one size stand side by
    side around it); also whether every size was timed.
    """
    rows = with_speedup(compared.drop(columns="speedup", errors="ignore"), timed)
    is_timed = not rows.empty and bool(rows["speedup"].notna().all())
    rows["centre"] = rows["m"].astype(float)
    rows = rows.drop_duplicates(["task", "rule", "m", "removed"])
    rules = {rule: place for place, rule in enumerate(dict.fromkeys(rows["rule"]))}
    centres = np.sort(rows["centre"].unique())
    gap = float(np.diff(centres).min()) if len(centres) > 1 else 1.0
    step = 0.6 * gap / max(len(rules), 1)
    shift = rows["rule"].map(rules) - (len(rules) - 1) / 2
    return rows.assign(x=rows["centre"] + step * shift), is_timed


def result_bands(trials: pd.DataFrame, points: pd.DataFrame) -> pd.DataFrame:
    """Mean and 5 to 95% of the random plans of one model, by task, opponent and size.

    Exact where every subset was tried; none where there is but one plan to draw. points: from
    `result_points`, for the places.
    """
    chance = Opponents(trials)
    # Plans by hand have candidates of their own: the bands are those of the rules.
    last = points.assign(inner=inner_candidates(points)).sort_values(
        "rule", key=lambda rules: rules == BY_HAND, kind="stable"
    )
    bands: dict[tuple[str, str, int], dict[str, Any]] = {}
    for kind in RANDOM_RULES:
        for row in last.to_dict("records"):
            same = tuple(row[name] for name in SAME)
            drawn = chance.against(same, row["m"], kind, row["inner"])
            if len(drawn) > 1:
                place = {"task": row["task"], "kind": kind, "m": row["m"], "x": row["centre"]}
                bands.setdefault(tuple(place.values())[:3], place | _spread_of(drawn))
    columns = ["task", "kind", "m", "x", "mean", "low", "high", "n"]
    return pd.DataFrame(bands.values(), columns=columns)


def _spread_of(drawn: Mapping[Any, float]) -> dict[str, float]:
    changes = np.array(list(drawn.values()))
    low, high = np.quantile(changes, [0.05, 0.95])
    return {"mean": changes.mean(), "low": low, "high": high, "n": len(changes)}


def latency_times(timed: pd.DataFrame, *, end_to_end: bool) -> pd.DataFrame:
    """Every timed run of one model as a row: label, kind (full, pruned), milliseconds.

    Of the setting that was timed last, where there are several.
    """
    middle = "_end_to_end" if end_to_end else ""
    rows = [
        {
            "label": f"{row['m']} of {row['num_blocks']} removed",
            "kind": kind,
            "milliseconds": float(value),
        }
        for row in newest_timing(timed).sort_values("m").to_dict("records")
        for kind in ("full", "pruned")
        for value in row[f"{kind}{middle}_ms"]
    ]
    return pd.DataFrame(rows, columns=["label", "kind", "milliseconds"])


def cost_table(timed: pd.DataFrame) -> pd.DataFrame:
    """Time, throughput, parameters, file size and memory by number of removed blocks."""
    rows = []
    for row in timed.sort_values([*TIMED, "m"]).to_dict("records"):
        full, pruned = np.asarray(row["full_ms"]), np.asarray(row["pruned_ms"])
        whole = [float(np.median(row[f"{kind}_end_to_end_ms"])) for kind in ("full", "pruned")]
        rows.append(
            {
                "blocks removed": f"{row['m']} of {row['num_blocks']}",
                "speed-up": row["speedup"],
                "full (ms)": _spread(full),
                "pruned (ms)": _spread(pruned),
                "end to end speed-up": whole[0] / whole[1],
                "texts per s, pruned": 1000 * row["batch"] / whole[1],
                "parameters (M)": row["parameters_pruned"] / 1e6,
                "of full": row["parameters_pruned"] / row["parameters_full"],
                "file (MB)": row["file_bytes_pruned"] / 1e6,
                "peak memory (MB)": _megabytes(row["peak_memory_pruned"]),
                "device": row["device"],
                "dtype": row["dtype"],
                "batch x tokens": f"{row['batch']} x {row['length']}",
                "threads": row["threads"],
            }
        )
    return pd.DataFrame(rows)


def _spread(milliseconds: np.ndarray) -> str:
    low, middle, high = np.percentile(milliseconds, [10, 50, 90])
    return f"{middle:.1f} ({low:.1f} to {high:.1f})"


def _megabytes(value: Any) -> float | None:
    return None if pd.isna(value) else float(value) / 1e6


def provenance(trials: pd.DataFrame, timed: pd.DataFrame) -> str:
    """model@revision · tasks · n · settings · device · timing, for the line below a figure."""
    if trials.empty:
        return ""
    settings = [json.loads(text) for text in trials["settings"].drop_duplicates()]
    parts = [
        ", ".join(
            f"{model}@{short_revision(revision)}"
            for model, revision in trials[["model", "revision"]].drop_duplicates().to_numpy()
        ),
        ", ".join(trials["task"].drop_duplicates()),
        "n=" + ", ".join(str(n) for n in sorted(trials["n"].unique())),
        *(
            f"{name} {', '.join(sorted({str(one.get(name)) for one in settings}))}"
            for name in ("seed", "max_length", "pooling", "dtype")
        ),
        "scored on " + ", ".join(sorted(trials["device"].unique())),
    ]
    if not timed.empty:
        parts.append("timed on " + ", ".join(sorted(timed["device"].unique())))
    return " · ".join([*parts, *unvouched_notes(trials)])
