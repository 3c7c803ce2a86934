"""A made-up store with enough models to compare: one metric follows the score, one does not."""

import json
from dataclasses import asdict

import numpy as np

from lrd_core.config import Config
from lrd_core.store import connect, content_key
from lrd_core.store.metric_values import METRIC_VALUES
from lrd_core.store.runs import RUNS, RunRecord
from lrd_core.store.scores import ScoreRow, save_scores
from lrd_core.store.table import now
from lrd_core.store.writes import insert_rows
from tests.filled_once import filled_once

FAMILIES = ("encoder embedder", "decoder embedder", "base LM")
TASKS = ("news", "verses", "tweets", "pairs")
UNLABELLED = "mail"
NUM_BLOCKS = 10
CHECKPOINTS = ("step1", "step1000", "step64000")
HOSTILE = "<script>alert(1)</script> **bold** $x$"
MODELS = (*(f"model-{letter}" for letter in "abcdef"), HOSTILE)


@filled_once
def fill_selection(config: Config) -> None:
    """Seven models on five tasks; model-a has scores of three checkpoints, one task is an import.

    The best layer of every curve is layer 6 of 10; DiME is lowest there and dataset entropy at
    layer 3. d_0L grows with the score, nrs_mean is the same noise for all tasks.
    """
    generator = np.random.default_rng(0)
    noise = generator.normal(size=len(MODELS))
    runs, values = [], []
    for rank, model in enumerate(MODELS):
        for task in (*TASKS, UNLABELLED):
            run = _run(rank, model, task)
            runs.append(asdict(run) | {"engine_version": "0", "created_at": now()})
            values += _values(run.run_key, rank, task, float(noise[rank]))
    scores = [
        row
        for rank, model in enumerate(MODELS)
        for task in TASKS
        for row in _scores(rank, model, task, "main")
    ]
    scores += [_final_score(rank, model) for rank, model in enumerate(MODELS)]
    scores += [
        row
        for place, revision in enumerate(CHECKPOINTS)
        for task in TASKS
        for row in _scores(0, MODELS[0], task, revision, lower=0.1 * (3 - place))
    ]
    with connect(config) as connection:
        insert_rows(connection, RUNS, runs)
        insert_rows(connection, METRIC_VALUES, [value | {"source": "own"} for value in values])
        save_scores(connection, scores)


@filled_once
def fill_mixture(config: Config) -> None:
    """The same scores; DiME and dataset entropy pick far layers and both put layer 6 second.

    So neither is right alone, to the left or to the right of it, and together they are.
    """
    pairs = [(rank, model, task) for rank, model in enumerate(MODELS) for task in TASKS]
    runs = [_run(*one) for one in pairs]
    values = [
        {"run_key": run.run_key, "metric": name, "series": name, "position": float(layer)}
        | {"value": float(value), "version": 1, "mode": "exact", "parameters": "{}", "n": 500}
        for run, (rank, _, task) in zip(runs, pairs, strict=True)
        for name, place in (("dime", 1 + rank % 2), ("dataset_entropy", 9 + len(task) % 2))
        for layer, value in enumerate(second_at_six(place))
    ]
    with connect(config) as connection:
        insert_rows(
            connection,
            RUNS,
            [asdict(run) | {"engine_version": "0", "created_at": now()} for run in runs],
        )
        insert_rows(connection, METRIC_VALUES, [value | {"source": "own"} for value in values])
        save_scores(connection, [row for one in pairs for row in _scores(*one, "main")])


def second_at_six(place: int) -> np.ndarray:
    """(layers,) values lowest at a place, then at layer 6, then by how far from the place."""
    values = 1.0 + np.abs(np.arange(NUM_BLOCKS + 1) - place)
    values[6], values[place] = 0.5, 0.0
    return values


def curve(rank: int, task: str) -> np.ndarray:
    """Scores by layer, highest at layer 6, higher for models of a higher rank."""
    layers = np.arange(NUM_BLOCKS + 1)
    base = 0.3 + 0.05 * rank + 0.02 * TASKS.index(task)
    return base - 0.01 * np.abs(layers - 6)


def _run(rank: int, model: str, task: str) -> RunRecord:
    return RunRecord(
        run_key=content_key({"run": [model, task]}),
        model=model,
        model_id=f"example/{model}",
        revision="main",
        family=FAMILIES[rank % 3],
        num_blocks=NUM_BLOCKS,
        hidden_size=256 * (1 + rank % 4),
        num_parameters=20_000_000 * (rank + 1),
        model_note="",
        task=task,
        task_revision="1",
        task_type="classification",
        split="test",
        n=500,
        n_total=2000,
        seed=0,
        max_length=256,
        pooling="mean",
        final_norm="hf",
        dtype="float32",
        prompt="",
        condition="",
        capture="block",
        device="cpu",
        source="own",
    )


def _values(run_key: str, rank: int, task: str, noise: float) -> list[dict[str, object]]:
    shift = (0.0, 0.1, -0.1, 0.05, 0.0)[(*TASKS, UNLABELLED).index(task)]
    layers = range(NUM_BLOCKS + 1)
    series: dict[tuple[str, str], list[tuple[float | None, float]]] = {
        ("frenet", "d_0L"): [(None, 2.0 + 0.3 * rank + shift)],
        ("frenet", "speed"): [(b + 0.5, 1.0 + (b == rank + 1)) for b in range(NUM_BLOCKS)],
        ("nrs", "nrs_mean"): [(None, 0.5 + 0.1 * noise)],
        ("nrs", "nrs_trend"): [(None, 0.05 * (rank % 3 - 1))],
        ("gfmi", "gfmi_mean"): [(None, 20.0 + rank + 4 * noise)],
        ("gfmi", "gfmi"): [(float(b), 10.0 + b) for b in layers],
        ("dime", "dime"): [(float(b), 0.2 + 0.05 * abs(b - 6)) for b in layers],
        ("dataset_entropy", "dataset_entropy"): [
            (float(b), 0.4 + 0.05 * abs(b - 3)) for b in layers
        ],
    }
    shared = {"run_key": run_key, "version": 1, "mode": "exact", "parameters": "{}", "n": 500}
    return [
        shared | {"metric": metric, "series": name, "position": position, "value": float(value)}
        for (metric, name), pairs in series.items()
        for position, value in pairs
    ]


def _scores(rank: int, model: str, task: str, revision: str, lower: float = 0.0) -> list[ScoreRow]:
    return [
        ScoreRow(
            model=model,
            model_id=f"example/{model}",
            revision=revision,
            task=task,
            task_revision="1",
            task_type="classification" if task != "pairs" else "sts",
            score_name="accuracy",
            score=float(score) - lower,
            layer=layer,
            family=FAMILIES[rank % 3],
            num_blocks=NUM_BLOCKS,
            hidden_size=256 * (1 + rank % 4),
            n=400,
            settings=json.dumps({"pooling": "mean"}),
        )
        for layer, score in enumerate(curve(rank, task))
    ]


def _final_score(rank: int, model: str) -> ScoreRow:
    return ScoreRow(
        model=model,
        model_id=f"example/{model}",
        revision="",
        task="MMLU",
        task_revision="1",
        task_type="",
        score_name="main_score",
        score=0.25 + 0.04 * rank,
        layer=None,
        source="import: board.csv",
    )
