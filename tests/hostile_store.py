"""A store in which every name, label, text and reason tries to become HTML, Markdown or TeX."""

from dataclasses import replace

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.runs.items import items_path
from lrd_core.store import connect
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metric_values import Value
from lrd_core.store.metrics import save_metric
from lrd_core.store.neighbours import save_neighbours
from lrd_core.store.projections import LayerMap, ProjectionId, save_layer_map
from lrd_core.store.reading import read_table
from lrd_core.store.runs import RUNS, RunRecord
from lrd_core.store.scores import save_scores
from lrd_core.store.trials import TrialRow, save_trials
from tests.example_store import HOSTILE, N_TEXTS, add_run, fill, layer_scores, run_record, valley
from tests.filled_once import filled_once

IMAGE = "<img src=x onerror=alert(2)> [link](javascript:alert(3)) $y$ </style><b>loud</b>"
"""A second attempt, so that names differ: an image, a link, TeX, the end of a style."""

MAP = ProjectionId.of("umap", {"k": 15, "min_dist": 0.1, "seed": 0})


def hostile_run(num_blocks: int = 6) -> RunRecord:
    """A run whose every free text is hostile; its numbers are ordinary."""
    return replace(
        run_record(IMAGE, HOSTILE, num_blocks, n=N_TEXTS, revision=f"main {HOSTILE}"),
        model_note=HOSTILE,
        condition=f"random:0.5 {IMAGE}",
        prompt=IMAGE,
        device=HOSTILE,
        source=f"import: {IMAGE}",
        n_total=N_TEXTS,
    )


@filled_once
def fill_hostile(config: Config) -> None:
    """The example store, and beside it a hostile model on a hostile task with everything."""
    fill(config)
    run = hostile_run()
    plain = replace(run, run_key="b" * 32, condition="")
    with connect(config) as connection:
        for one in (run, plain):
            add_run(connection, one, valley(one.num_blocks, 0.3))
            save_metric(
                connection,
                one.run_key,
                MetricId.of("gfmi", 1),
                [Value("gfmi", 1.0, None, one.n, reason=HOSTILE), Value("gfmi", 2.0, 0.4, one.n)],
            )
            _maps(connection, one)
        save_scores(connection, [replace(row, source=IMAGE) for row in layer_scores(run, best=3)])
        save_trials(connection, [_trial(run, rule, m) for rule in ("gfmi", "last") for m in (1, 2)])
        stored = read_table(connection, RUNS, run_key=plain.run_key).iloc[0]
    path = items_path(config, stored)
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(
        {
            "row": range(N_TEXTS),
            "text_index": range(N_TEXTS),
            "text": [f"{IMAGE} {HOSTILE} {place}" for place in range(N_TEXTS)],
            "label": [(HOSTILE, IMAGE)[place % 2] for place in range(N_TEXTS)],
        }
    ).to_parquet(path)


def _maps(connection: object, run: RunRecord) -> None:
    generator = np.random.default_rng(0)
    for layer in range(run.num_blocks + 1):
        points = generator.normal(size=(N_TEXTS, 2))
        save_layer_map(
            connection, run.run_key, MAP, LayerMap(layer, np.arange(N_TEXTS), points, 0.9, 0.7)
        )
        ids = np.array([np.roll(np.arange(N_TEXTS), -1 - row)[:15] for row in range(N_TEXTS)])
        save_neighbours(connection, run.run_key, layer, ids, np.full(ids.shape, 0.5))


def _trial(run: RunRecord, rule: str, m: int) -> TrialRow:
    return TrialRow(
        model=run.model,
        model_id=run.model_id,
        revision=run.revision,
        variant=f"{IMAGE} -{m}",
        family=run.family,
        num_blocks=run.num_blocks,
        task=run.task,
        task_revision=run.task_revision,
        task_type=run.task_type,
        n=run.n,
        settings="{}",
        device=HOSTILE,
        rule=rule,
        selection="metric",
        indexing="exact",
        protect=1,
        m=m,
        removed=tuple(range(2, 2 + m)),
        score_name="accuracy",
        score=0.8 - 0.05 * m,
        score_full=0.8,
        score_full_again=0.8,
        change=-5.0 * m,
        source=f"import: {HOSTILE}",
    )
