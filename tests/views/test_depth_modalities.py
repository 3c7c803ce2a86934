"""Depth says what a metric of tokens reads of models that read no texts."""

from dataclasses import replace

from lrd_core.config import Config
from lrd_core.metrics import all_metrics
from lrd_core.store import connect
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metric_values import Value
from lrd_core.store.metrics import save_metric
from lrd_core.store.runs import save_run
from lrd_core.views.depth import DepthRequest, depth
from lrd_core.views.series_names import text_over
from lrd_core.views.view import Selection
from tests.example_store import run_record

TASKS = ("bbc-news", "digits", "spoken-words")


def fill(config: Config) -> None:
    (entropy,) = (metric for metric in all_metrics() if metric.name == "prompt_entropy")
    identity = MetricId.of(entropy.name, entropy.version, "exact", dict(entropy.parameters))
    values = [Value("prompt_entropy", float(layer), 0.5, 40) for layer in range(4)]
    with connect(config) as connection:
        for model, task, modality in (
            ("reader", "bbc-news", "text"),
            ("seer", "digits", "image"),
            ("hearer", "spoken-words", "audio"),
        ):
            run = replace(run_record(model, task, num_blocks=3), modality=modality)
            save_run(connection, run)
            save_metric(connection, run.run_key, identity, values)


def test_the_axis_names_patches_and_frames_where_they_are_drawn(config: Config) -> None:
    fill(config)
    named = {}
    for models in (("reader",), ("seer",), ("hearer", "reader", "seer")):
        view = depth(config, DepthRequest(Selection(models, TASKS), ("prompt_entropy",)))
        (panel,) = view.panels
        named[len(models), models[0]] = panel.label
        assert set(view.table["model"]) == set(models)
    assert named == {
        (1, "reader"): "Prompt entropy",
        (1, "seer"): "Prompt entropy over patches",
        (3, "hearer"): "Prompt entropy over frames, patches and tokens",
    }


def test_what_is_of_whole_items_is_called_as_ever() -> None:
    assert text_over("nrs", {"image"}) == text_over("nrs", {"text"})
