"""What an answer of `ask` loses to the best layer, on tasks of ours scored at every layer.

    python -m tests.benchmarks.bench_ask [--model M ...] [--draws 5] [--json]

Regret in points of 100, mean over models and draws. Classes: labels are those of training texts,
and a layer's score is the stored one, of the test texts. Pairs: labels are those of drawn pairs,
and the score is Spearman's rho of all other pairs. No labels: the way that earned it on all other
tasks, as Ask recommends; `unseen`: the same where nothing of the model itself is on record; `best
metric`: the metric that lost least on the other tasks of the type. A task with too few rows has no
value for so many labels; means are over the tasks that have all values.
"""

import argparse
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from lrd_core.actions.bundled import load_demo
from lrd_core.analysis.task_scores import layer_table
from lrd_core.asking.compare import spearman_on
from lrd_core.asking.judges import pair_cosines, probe_hits, unit_rows
from lrd_core.asking.labelled import Labelled, labelled_rows
from lrd_core.asking.settings import AskSettings
from lrd_core.config import Config, load_config
from lrd_core.extraction.hidden_states import extract
from lrd_core.models.load import LoadedModel, load_model
from lrd_core.settings import RunSettings
from lrd_core.tasks import load_content
from lrd_core.views.ask_pick import records_of
from lrd_core.views.earned import RANDOM, earned_way
from lrd_core.views.layer_choice import default_metrics
from lrd_core.views.score_tables import OWN, score_table
from lrd_core.views.track_record import HERE, fixed_layers, pick_regrets, track_record

MODELS = ("all-MiniLM-L6-v2", "paraphrase-MiniLM-L3-v2", "multilingual-e5-small")
CLASSES = ("vader-amazon", "vader-movies", "vader-nyt", "vader-tweets", "bbc-news")
PAIRS = ("lee-sts", "chatterbot-pairs", "bible-pairs")
SIZES = (50, 200)
POOL = 400
"""Rows that labels are drawn from; of fewer, not all can be known and unknown in turn."""

RUN = RunSettings(max_length=128)


def best_way(track: pd.DataFrame, offered: Collection[str]) -> str:
    """The one of the offered ways that lost least, over the tasks of all origins."""
    known = track[track["way"].isin(list(offered))]
    lost = (known["regret"] * known["num_tasks"]).groupby(known["way"]).sum()
    return str((lost / known["num_tasks"].groupby(known["way"]).sum()).idxmin())


def free_layers(config: Config, model: str, task: str, task_type: str) -> dict[str, int]:
    """Way without labels -> the layer it takes."""
    cells = pick_regrets(config, task_type)
    mine = cells[(cells["task"] == task) & (cells["model"] == model) & (cells["origin"] == HERE)]
    layers = mine.set_index("way")["layer"]
    metric = best_way(track_record(config, task_type, task), default_metrics())
    _, record = records_of(config, task_type, task, [model])
    offered = [str(way) for way in layers.index if way != RANDOM]
    found = {
        "no labels": earned_way(record, model, offered),
        "unseen": earned_way(record[record["model"] != model], model, offered),
    }
    free = {name: int(layers[one.way]) for name, one in found.items() if one is not None}
    return free | {"best metric": int(layers[metric])}


def truth_of(config: Config, model: str, task: str) -> np.ndarray:
    """(layers,) the stored scores."""
    table = score_table(config)
    rows = table[(table["model"] == model) & (table["task"] == task) & table["source"].isin(OWN)]
    scores: np.ndarray = layer_table(rows[rows["layer"] >= 0]).loc[task].to_numpy(float)
    return scores


def by_classes(
    loaded: LoadedModel, task: str, truth: np.ndarray, draws: int
) -> Iterator[tuple[int, int, np.ndarray]]:
    """(labels, chosen layer, truth): the layer whose probe is best on so many training texts."""
    content = load_content(task)
    training = replace(content, tables=dict(content.tables) | {"test": content.tables["train"]})
    rows = labelled_rows(training, POOL, 0, AskSettings.folds)
    layers = extract(loaded, rows.texts, RUN).embeddings
    own = [layer[rows.first] for layer in layers]
    if loaded.pipeline.normalises:
        own = [unit_rows(layer) for layer in own]
    for size in SIZES:
        if size > rows.n:
            continue
        for draw in range(draws):
            known = drawn_with_all_classes(rows, size, draw)
            codes = rows.targets[known]
            hits = [probe_hits(one[known], codes, 5, 2, draw).mean() for one in own]
            yield size, int(np.argmax(hits)), truth


def drawn_with_all_classes(rows: Labelled, size: int, seed: int) -> np.ndarray:
    """So many places, drawn until every class has a text for each fold."""
    rng = np.random.default_rng(seed)
    while True:
        known = np.sort(rng.permutation(rows.n)[:size])
        if np.bincount(rows.targets[known], minlength=len(rows.classes)).min() >= 5:
            return known


def by_pairs(loaded: LoadedModel, task: str, draws: int) -> Iterator[tuple[int, int, np.ndarray]]:
    """(labels, chosen layer, truth): by the correlation of drawn pairs, true on all others."""
    rows = labelled_rows(load_content(task), POOL + 300, 0, AskSettings.folds)
    assert rows.second is not None
    layers = extract(loaded, rows.texts, RUN).embeddings
    told = np.stack([pair_cosines(layer[rows.first], layer[rows.second]) for layer in layers])
    for size in SIZES:
        for draw in range(draws):
            order = np.random.default_rng(draw).permutation(rows.n)
            scores = spearman_on(told, rows.targets, order[:size])
            yield size, int(np.nanargmax(scores)), spearman_on(told, rows.targets, order[size:])


def regrets(config: Config, models: Sequence[str], draws: int) -> pd.DataFrame:
    """One row a task, model, way: mean regret over draws, 0 to 1."""
    rows = []
    for model in models:
        loaded = load_model(model, device="cpu", max_length=RUN.max_length, config=config)
        for task in (*CLASSES, *PAIRS):
            free = free_layers(config, model, task, load_content(task).spec.type)
            if task in CLASSES:
                chosen = by_classes(loaded, task, truth_of(config, model, task), draws)
            else:
                chosen = by_pairs(loaded, task, draws)
            for size, chosen_layer, truth in chosen:
                lost = truth.max() - truth
                found = {way: lost[layer] for way, layer in free.items()}
                found |= {way: lost[one] for way, one in fixed_layers(len(lost) - 1).items()}
                found |= {f"{size} labels": lost[chosen_layer], "random": lost.mean()}
                rows += [(task, model, way, float(value)) for way, value in found.items()]
            print(f"{model} on {task}: done", flush=True)
    table = pd.DataFrame(rows, columns=["task", "model", "way", "regret"])
    return table.groupby(["task", "model", "way"], as_index=False)["regret"].mean()


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """Points of 100, a row a task; last the mean over the tasks that have all values."""
    order = ["no labels", "unseen", "best metric", *(f"{size} labels" for size in SIZES)]
    wide = table.pivot_table(index="task", columns="way", values="regret", sort=False)
    wide = 100 * wide[[*order, "last", "middle", "random"]]
    whole = wide.dropna()
    wide.loc[f"mean of {len(whole)} tasks"] = whole.mean()
    return wide.round(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", action="append", default=[])
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    config = load_config()
    load_demo(config)
    table = regrets(config, asked.model or MODELS, asked.draws)
    if asked.json:
        print(json.dumps(table.to_dict("records")))
        return
    print(shown(table).to_string(na_rep="-"))


if __name__ == "__main__":
    main()
