"""What pruning trials say, in sentences and short tables: for the page and the command line."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.numbers import decimals, in_sentence, percent, points, signed_points, whole
from lrd_core.pruning.opponents import PAIR, SAME
from lrd_core.pruning.rules import find_rule
from lrd_core.pruning.settings import DEFAULT_RULES, TRIAL_SETTINGS, TrialSettings
from lrd_core.pruning.summary import common_pairs, compare, evaluator_noise
from lrd_core.settings import find_setting
from lrd_core.store.connection import connect
from lrd_core.store.latencies import read_latencies
from lrd_core.store.trials import read_trials
from lrd_core.views.provenance import short_revision, unvouched_notes
from lrd_core.views.pruning import chosen_trials
from lrd_core.views.pruning_rows import short_name
from lrd_core.views.pruning_timing import with_speedup
from lrd_core.views.words import joined

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
    called = [f"'{(labels or {}).get(rule, rule)}'" for rule in best["same"]]
    one = len(called) == 1
    name = f"the rule {called[0]}" if one else f"{joined(called)}, which remove the same blocks,"
    pairs = "on 1 task" if best["n"] == 1 else f"in the median of {best['n']} tasks"
    cost = f"{_points(best['median'])} against the full model {pairs}"
    start = f"At the {percent(budgeted['budget'].min())} budget"
    if np.isnan(best["win_protected"]):
        return f"{start} {name} {'comes' if one else 'come'} out best: {cost}."
    share = f"{percent(best['win_protected'])} of random plans that keep the ends"
    if best["win_protected"] < CLEAR_WIN:
        alone = called[0] if one else name.removesuffix(",")
        beats = "beats" if one else "beat"
        return f"{start} no rule shown beats chance: the best, {alone}, {beats} {share}; {cost}."
    does, beats = ("does", "it beats") if one else ("do", "they beat")
    return f"{start} {name} {does} best against chance: {beats} {share}; {cost}."


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
    row = rows.iloc[0]
    called = joined([short_name(find_rule(rule).label) for rule in row["same"]])
    return (
        f"At a {percent(smallest)} budget, blocks chosen by {called} beat "
        f"{percent(row['win_random'])} of "
        f"random choices ({row['n']} pairs of model and task), and "
        f"{percent(row['win_protected'])} of "
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
        f"{least['num_blocks']} blocks, perplexity goes from {whole(least['perplexity_full'])} to "
        f"{whole(least['perplexity'])} by the rule '{names.get(least['rule'], least['rule'])}'"
    )
    if most["rule"] != least["rule"]:
        name = names.get(most["rule"], most["rule"])
        text += f" and to {whole(most['perplexity'])} by '{name}'"
    return text + "."


def _language_texts(trial: "pd.Series[Any]") -> str:
    """How much text a perplexity is from."""
    settings = json.loads(trial["settings"])
    return f"{settings['language_texts']} texts of {settings['max_length']} tokens at most"


def summarise_compared(compared: pd.DataFrame) -> pd.DataFrame:
    """Median change and win rates by rule, for one budget, the best against chance first.

    Over the pairs of model and task that all rules share (n); n_choice of them leave a rule more
    than one plan that keeps the ends, and win_protected is over these. same: the rules, this one
    among them, that remove the same blocks on each of these pairs, in the order of `compared`.
    """
    shared = compared[pd.MultiIndex.from_frame(compared[PAIR]).isin(common_pairs(compared))]
    plans = {
        rule: frozenset(part[[*PAIR, "removed"]].itertuples(index=False, name=None))
        for rule, part in shared.groupby("rule", sort=False)
    }
    rows = [
        {
            "rule": rule,
            "same": tuple(other for other, plan in plans.items() if plan == plans[rule]),
            "median": part["change"].median(),
            "n": len(part),
            "n_choice": int(part["win_protected"].notna().sum()),
            "win_random": part["win_random"].mean(),
            "win_protected": part["win_protected"].mean(),
        }
        for rule, part in shared.groupby("rule", sort=False)
    ]
    table = pd.DataFrame(rows)
    order = ["win_protected", "median"]
    return table.sort_values(order, ascending=False, kind="stable") if rows else table


def noise_sentence(trials: pd.DataFrame) -> str:
    """How well scores of the full model repeat, and what the evaluator's own draws move them."""
    if trials.empty:
        return ""
    apart = 100 * (trials["score_full_again"] - trials["score_full"]).abs().max()
    said = (
        f"Full model run twice: {decimals(apart, 3)} points apart at most, repeatability on the "
        f"same texts "
        "and seed, not sampling error"
    )
    measured = evaluator_noise(trials)
    drawn = {same: (deviation, seeds) for same, (deviation, seeds) in measured.items() if seeds}
    if drawn:
        seeds = max(seeds for _, seeds in drawn.values())
        parts = [
            f"{points(deviation)} points on {same[SAME.index('task')]}"
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
        f"{decimals(report['score_full'], 4)}; {report['scored']} variants scored, "
        f"{report['known']} in the store already, {whole(report['seconds'])} s. "
        f"{noise_sentence(rows)}",
        "lines": [_result_line(part) for _, part in merged],
        "trials": json.loads(shown.to_json(orient="records", date_format="iso")),
    }


def _result_line(same: pd.DataFrame) -> str:
    """One line for the budgets of a rule that are the same plan."""
    row = same.iloc[0]
    shares = ", ".join(percent(share) for share in sorted(same["budget"].dropna()))
    name = f"{row['rule']} {shares}{' (same plan)' if len(same) > 1 else ''}".strip()
    text = f"{name}: {row['m']} of {row['num_blocks']} blocks go"
    text += f" ({', '.join(map(str, row['removed']))}), {_points(row['change'])}"
    if not pd.isna(row["speedup"]):
        text += f", {decimals(row['speedup'])} times as fast"
    if not pd.isna(row["win_random"]):
        text += f", beats {percent(row['win_random'])} of {row['n_random']} random plans"
    if row["no_choice"]:
        text += ", the only plan that keeps the ends"
    if not pd.isna(row["win_protected"]):
        text += f" and {percent(row['win_protected'])} of {row['n_protected']} that keep the ends"
    if row.get("perplexity") and not pd.isna(row["perplexity"]):
        before, after = in_sentence(row["perplexity_full"]), in_sentence(row["perplexity"])
        text += f"; perplexity {before} to {after}"
    return text


def _points(value: float) -> str:
    return f"{signed_points(value)} points"


def _settings_in_words(made: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every setting that can change a trial's numbers; n is told by the rows themselves."""
    said = []
    for one in (*TRIAL_SETTINGS, find_setting("pooling")):
        found = dict.fromkeys(one.in_words(row[one.name]) for row in made if one.name in row)
        if found and one.changes_numbers and one.name != "n":
            said.append(one.said.format(", ".join(found)))
    return said


def trial_provenance(trials: pd.DataFrame, timed: pd.DataFrame) -> str:
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
        *_settings_in_words(settings),
        "scored on " + ", ".join(sorted(trials["device"].unique())),
    ]
    if not timed.empty:
        parts.append("timed on " + ", ".join(sorted(timed["device"].unique())))
    return " · ".join([*parts, *unvouched_notes(trials)])
