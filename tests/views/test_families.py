"""Families along depth, from a store with known answers."""

from dataclasses import replace

import pytest

from lrd_core.config import Config
from lrd_core.metrics import all_metrics
from lrd_core.store import connect
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metric_values import Value
from lrd_core.store.metrics import save_metric
from lrd_core.store.runs import save_run
from lrd_core.views.families import FamilyRequest, families
from tests.example_store import run_record
from tests.selection_store import MODELS, TASKS, fill_selection


def test_family_view(many_models: Config) -> None:
    view = families(many_models, FamilyRequest())
    speeds = {entry.family: entry for entry in view.summaries if entry.series == "speed"}
    assert len(speeds["encoder embedder"].models) == 3
    assert speeds["encoder embedder"].median == pytest.approx(0.45)
    assert len(view.runs) == len(MODELS) * (len(TASKS) + 1)
    assert "moves fastest for" in view.sentence


def test_every_model_is_a_dot_over_the_shared_tasks(many_models: Config) -> None:
    view = families(many_models, FamilyRequest())
    assert set(view.table["model"]) == set(MODELS)
    assert list(view.table.columns) == ["series", "family", "model", "value"]
    assert set(view.table["series"]) <= set(view.panels)
    assert len(view.tasks["speed"]) == len(TASKS) + 1
    assert view.notes[-1].startswith("A dot is a model, averaged over the tasks that all models")
    assert view.command.startswith("python -m lrd_core run")
    assert view.alt.endswith(view.sentence)
    assert view.by_family["tasks"].unique().tolist() == [len(TASKS) + 1]


def test_an_empty_store_has_no_families(config: Config) -> None:
    view = families(config, FamilyRequest())
    assert view.empty and view.provenance == ()
    assert view.sentence.startswith("No profile of ")


def test_models_that_read_something_else_are_left_out_by_name(config: Config) -> None:
    fill_selection(config)
    alone = families(config, FamilyRequest())
    seer = replace(run_record("seer", "digits", num_blocks=4), modality="image")
    (frenet,) = (metric for metric in all_metrics() if metric.name == "frenet")
    identity = MetricId.of(frenet.name, frenet.version, "exact", dict(frenet.parameters))
    values = [Value("speed", layer + 0.5, 0.1 * layer, 40) for layer in range(4)]
    with connect(config) as connection:
        save_run(connection, seer)
        save_metric(connection, seer.run_key, identity, values)
    view = families(config, FamilyRequest())
    assert str(view.summaries) == str(alone.summaries)
    assert view.notes[-1] == "Not compared, for they read something else: seer."
