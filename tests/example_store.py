"""A small store with known, made-up rows: what the page and browser tests look at."""

from collections.abc import Sequence

import numpy as np

from lrd_core.config import Config
from lrd_core.store import connect, content_key
from lrd_core.store.matrices import Matrix
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metric_values import Value
from lrd_core.store.metrics import save_metric
from lrd_core.store.per_text import PerText
from lrd_core.store.runs import RunRecord, save_run
from lrd_core.store.scores import ScoreRow, save_scores
from tests.filled_once import filled_once

HOSTILE = "<script>alert(1)</script> **bold** $x$ :red[hot]"
N_TEXTS = 40


def run_record(
    model: str,
    task: str = "bbc-news",
    num_blocks: int = 6,
    family: str = "encoder embedder",
    condition: str = "",
    revision: str = "c9745ed1d9f207416be6d2e6f8de32d1f16199bf",
    pooling: str = "mean",
    n: int = 1000,
) -> RunRecord:
    """A run of a model that needs no weights."""
    return RunRecord(
        run_key=content_key({"run": [model, task, condition, revision, pooling, n]}),
        model=model,
        model_id=f"example/{model}",
        revision=revision,
        family=family,
        num_blocks=num_blocks,
        hidden_size=384,
        num_parameters=22_000_000,
        model_note="",
        task=task,
        task_revision="1.0.0",
        task_type="classification",
        split="test",
        n=n,
        n_total=2225,
        seed=0,
        max_length=256,
        pooling=pooling,
        final_norm="hf",
        dtype="float32",
        prompt="",
        condition=condition,
        capture="block",
        device="cpu",
        source="own",
    )


def valley(num_blocks: int, depth: float, at: float = 0.4) -> list[float]:
    """Entropy that falls from 0.9 to 0.9 - depth at the share `at` of the blocks."""
    layers = np.linspace(0, 1, num_blocks + 1)
    return list(0.9 - depth * np.exp(-(((layers - at) / 0.18) ** 2)))


def add_run(connection: object, run: RunRecord, entropy: Sequence[float]) -> None:
    """Write a run with prompt entropy, dataset entropy, speed, NRS and layer distances."""
    save_run(connection, run)
    generator = np.random.default_rng(len(run.model) + run.num_blocks)
    texts = np.arange(N_TEXTS)
    noise = generator.normal(0, 0.02, (run.num_blocks + 1, N_TEXTS))
    rows = [
        Value("prompt_entropy", float(layer), value, run.n, value - 0.01, value + 0.01)
        for layer, value in enumerate(entropy)
    ]
    per_text = [
        PerText("prompt_entropy", float(layer), texts, value + noise[layer])
        for layer, value in enumerate(entropy)
    ]
    save_metric(connection, run.run_key, MetricId.of("prompt_entropy", 1), rows, per_text)
    shifted = [
        Value("prompt_entropy", float(layer), value + 0.05, run.n)
        for layer, value in enumerate(entropy)
    ]
    save_metric(
        connection, run.run_key, MetricId.of("prompt_entropy", 1, mode="published"), shifted
    )
    gap = "rank 1 at the last layer"
    save_metric(
        connection,
        run.run_key,
        MetricId.of("dataset_entropy", 1),
        [
            Value(
                "dataset_entropy",
                float(i),
                None if i == 2 else 0.5 + i / 100,
                run.n,
                reason=gap if i == 2 else None,
            )
            for i in range(run.num_blocks + 1)
        ],
    )
    speed = 1 + np.abs(np.diff(entropy)) * 5
    places = np.concatenate([[0], np.cumsum(speed)])
    save_metric(
        connection,
        run.run_key,
        MetricId.of("frenet", 1),
        [Value("speed", i + 0.5, float(s), run.n) for i, s in enumerate(speed)]
        + [Value("d_0L", None, float(places[-1]), run.n)],
        matrices=[Matrix("distances", np.abs(places[:, None] - places[None, :]))],
    )
    save_metric(
        connection,
        run.run_key,
        MetricId.of("nrs", 1),
        [Value("nrs", i + 0.5, 0.6 - i / 100, run.n) for i in range(run.num_blocks)],
    )


def layer_scores(run: RunRecord, best: int) -> list[ScoreRow]:
    """Scores of every layer, highest at layer `best`."""
    return [
        ScoreRow(
            model=run.model,
            model_id=run.model_id,
            revision=run.revision,
            task=run.task,
            task_revision=run.task_revision,
            task_type=run.task_type,
            score_name="accuracy",
            score=0.9 - 0.02 * abs(layer - best),
            layer=layer,
            family=run.family,
            num_blocks=run.num_blocks,
            hidden_size=run.hidden_size,
            n=run.n,
        )
        for layer in range(run.num_blocks + 1)
    ]


@filled_once
def fill(config: Config) -> None:
    """Three models on two tasks, one of them with a hostile name; conditions and scores."""
    small = [run_record("all-MiniLM-L6-v2", task) for task in ("bbc-news", "kjv")]
    deep = [
        run_record("SmolLM2-135M", task, 30, "base LM", pooling="lasttoken")
        for task in ("bbc-news", "kjv")
    ]
    hostile = [run_record(HOSTILE, num_blocks=12, family="decoder embedder")]
    conditions = [
        run_record("all-MiniLM-L6-v2", condition=f"repeat:{share}") for share in (0.2, 0.5, 0.8)
    ]
    with connect(config) as connection:
        for run in small:
            add_run(connection, run, valley(6, 0.08))
        for run in deep:
            add_run(connection, run, valley(30, 0.49))
        for run in hostile:
            add_run(connection, run, valley(12, 0.25, at=0.6))
        for strength, run in enumerate(conditions, start=1):
            add_run(connection, run, [v - 0.1 * strength for v in valley(6, 0.08)])
        save_scores(connection, layer_scores(small[0], best=5) + layer_scores(deep[0], best=17))
