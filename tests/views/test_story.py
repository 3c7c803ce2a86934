"""The first figure: whom it tells of, where its event is, what the texts do around it."""

import numpy as np

from lrd_core.config import Config
from lrd_core.plots.story import story_figure, story_maps_figure
from lrd_core.plots.theme import Look
from lrd_core.store import connect
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metric_values import Value
from lrd_core.store.metrics import save_metric
from lrd_core.store.runs import save_run
from lrd_core.views.maps import read_side
from lrd_core.views.retention import share_kept
from lrd_core.views.story import StoryRequest, story
from lrd_core.views.story_maps import StoryMapsRequest, story_maps
from lrd_core.views.view import Selection
from tests import map_store
from tests.example_store import fill, run_record

TASK = "bbc-news"


def told_of(config: Config, *models: str, series: str = "prompt_entropy"):
    return story(config, StoryRequest(Selection(models, (TASK,), {}, models), series))


def test_the_event_is_what_the_sentence_says(config: Config) -> None:
    fill(config)
    view = told_of(config, "SmolLM2-135M", "all-MiniLM-L6-v2")
    event = view.event
    assert view.sentence.startswith("SmolLM2-135M's prompt entropy falls to 0.41 at layer 12 of 30")
    assert (event.model, event.position, event.layers) == ("SmolLM2-135M", 12, (11, 12, 13))
    row = view.table[(view.table["run_key"] == event.run_key) & (view.table["position"] == 12)]
    assert row["value"].tolist() == [event.value]
    arrow = story_figure(view, Look()).layout.annotations[-1]
    assert (arrow.x, arrow.y) == (40, event.value)
    assert "0.41" in arrow.text and "at layer 12" in arrow.text


def test_lines_that_the_sentence_does_not_name_stand_behind_in_grey(config: Config) -> None:
    models = ("alpha", "beta", "gamma")
    with connect(config) as connection:
        for model, dip in zip(models, (0.9, 0.5, 0.05), strict=True):
            run = run_record(model, num_blocks=4)
            save_run(connection, run)
            curve = [0.9, 0.9, 0.9 - dip, 0.9, 0.9]
            values = [Value("prompt_entropy", float(at), one, 9) for at, one in enumerate(curve)]
            save_metric(connection, run.run_key, MetricId.of("prompt_entropy", 1), values)
    view = told_of(config, *models)
    assert view.in_front == ("alpha", "gamma")
    look = Look(order=models)
    lines = {one.name: one for one in story_figure(view, look).data if one.line.color}
    assert lines["beta"].line.color == look.context
    assert lines["beta"].meta == {"name": "beta", "colour": look.colour("beta")}
    assert lines["alpha"].line.color == look.colour("alpha")
    assert next(iter(lines)) == "beta"  # drawn first, so the others lie over it


def test_a_transition_has_two_layers_and_a_flat_line_no_event(config: Config) -> None:
    fill(config)
    event = told_of(config, "SmolLM2-135M", series="speed").event
    assert event.position % 1 == 0.5
    assert event.layers == (int(event.position), int(event.position) + 1)
    run = run_record("flat", num_blocks=4)
    with connect(config) as connection:
        save_run(connection, run)
        values = [Value("prompt_entropy", float(at), 0.5, 9) for at in range(5)]
        save_metric(connection, run.run_key, MetricId.of("prompt_entropy", 1), values)
    assert told_of(config, "flat").event is None


def test_the_maps_say_what_stays_of_the_neighbours(config: Config) -> None:
    run, _ = map_store.fill(config)
    view = story_maps(config, StoryMapsRequest(run.run_key, (1, 2, 3)))
    side = read_side(config, run.run_key)
    kept = share_kept(side.retention).mean(axis=1)
    np.testing.assert_allclose(view.kept, kept[1:3])
    figure = story_maps_figure(view, Look())
    assert f"Layer 3 · {kept[2]:.0%} kept" in [one.text for one in figure.layout.annotations]
    for layer, cloud in zip(view.layers, figure.data, strict=False):
        np.testing.assert_array_equal(cloud.x, side.drawn.points[side.drawn.place(layer)][:, 0])
    assert story_maps(config, StoryMapsRequest("nobody", (1, 2))) is None
