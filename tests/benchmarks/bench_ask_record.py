"""What answers without labels lose over all bundled scores, each task left out of the record.

    python -m tests.benchmarks.bench_ask_record [--json]

Regret in points of 100 below the best layer, mean over the tasks of a model and then over models,
once for scores that were computed here and once for published ones. For each model and task the
way is chosen as Ask chooses it, by records that do not have the task: `no labels`; `unseen`: by
records that do not have the model either; `untested`: the same without asking whether it is surely
better, just what lost least there. `mixed`: of how many pairs the way is a mixture of metrics.
Below, what each model gains or loses against its last layer by its own other tasks.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from lrd_core.actions.bundled import load_demo
from lrd_core.analysis.combination import is_mixture
from lrd_core.config import Config
from lrd_core.views.earned import RANDOM, Earned, earned_way
from lrd_core.views.score_tables import score_table
from lrd_core.views.track_record import pick_regrets

NO_LABELS, UNSEEN, UNTESTED, MIXED = "no labels", "unseen", "untested", "mixed"
FIXED_NAMES = {"last": "last", "middle": "middle", RANDOM: "random"}
SHOWN = (NO_LABELS, UNSEEN, UNTESTED, *FIXED_NAMES.values())


def cells(config: Config) -> Iterator[dict[str, object]]:
    """One a model, task and origin of scores: the regret of every way to choose."""
    every = pick_regrets(config)
    families = score_table(config).drop_duplicates("model").set_index("model")["family"]
    kinds = every["model"].map(families)
    for (origin, model, task), mine in every.groupby(["origin", "model", "task"]):
        lost = mine.set_index("way")["regret"]
        offered = [str(way) for way in lost.index if way != RANDOM]
        of_kind = every[(kinds == families[model]) & (every["task"] != task)]
        unseen = of_kind[of_kind["model"] != model]
        own = earned_way(of_kind, str(model), offered)
        other = earned_way(unseen, str(model), offered)
        if own is None or other is None:
            continue
        yield {
            "origin": origin,
            "model": model,
            "task": task,
            NO_LABELS: lost[own.way],
            UNSEEN: lost[other.way],
            UNTESTED: lost[least_on_record(other)],
            MIXED: is_mixture(own.way) or is_mixture(other.way),
        } | {name: lost[way] for way, name in FIXED_NAMES.items()}


def least_on_record(earned: Earned) -> str:
    """What lost least, be it by chance; the fixed way where nothing is on record."""
    known = [way for way in (earned.stays, earned.best_other) if way in earned.lost]
    return min(known, key=lambda way: earned.lost[way]) if known else earned.way


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """A row an origin: how many models, tasks, pairs of both, and points lost by each way."""
    rows = {}
    for origin, part in table.groupby("origin"):
        numbers = part.groupby("model")[list(SHOWN)].mean().mean() * 100
        counts = f"{part['model'].nunique()}, {part['task'].nunique()}, {len(part)}"
        rows[origin] = {"models, tasks, pairs": counts} | numbers.round(1).to_dict()
        rows[origin][MIXED] = int(part[MIXED].sum())
    return pd.DataFrame.from_dict(rows, orient="index")


def gains(table: pd.DataFrame) -> pd.DataFrame:
    """Points that a model gains over its last layer, where another one is taken."""
    by_model = table.groupby(["origin", "model"])[[NO_LABELS, "last"]].mean() * 100
    gained = (by_model["last"] - by_model[NO_LABELS]).rename("gained").round(1)
    return gained[gained != 0].reset_index()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:  # what else a user's store holds stays out
        config = Config(Path(folder))
        load_demo(config)
        table = pd.DataFrame(list(cells(config)))
    if asked.json:
        print(json.dumps(table.to_dict("records"), default=float))
        return
    print(shown(table).to_string())
    print(gains(table).to_string(index=False))


if __name__ == "__main__":
    main()
