"""The figures of the Neighbourhoods page, drawn from their views."""

from dataclasses import replace
from typing import Any

import pytest

from lrd_core.config import Config
from lrd_core.plots.figures import figure_of
from lrd_core.plots.gliding import MOST_ANIMATED
from lrd_core.plots.maps import prepare_panels
from lrd_core.plots.neighbourhoods import YOUR_TEXT
from lrd_core.plots.theme import Look
from lrd_core.runs.placing import Placed, write_placed
from lrd_core.views import lifelines, neighbourhoods
from lrd_core.views.lifelines import LifelineRequest
from lrd_core.views.neighbourhoods import MapRequest, MapsView
from lrd_core.views.view import Selection
from tests import map_store
from tests.shared_store import shared

FIRST, SECOND = (f"{model} on bbc-news" for model in (map_store.FIRST, map_store.SECOND))
BOTH = Selection((map_store.FIRST, map_store.SECOND), ("bbc-news",))
LOOK = Look(order=BOTH.models)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Config:
    config = Config(data_dir=tmp_path_factory.mktemp("figures") / "data")
    map_store.fill(config)
    return shared(config)


def ask(store: Config, **asked: Any) -> MapsView:
    return neighbourhoods.maps(store, MapRequest(BOTH, FIRST, **asked))


def test_panels_carry_marks_edges_and_titles(store):
    view = ask(store, beside=SECOND, layer=2, find="sport", picked=(8,), text=14, edges=True)
    main, twin = prepare_panels(view, 2)
    assert (main.title, twin.title) == (map_store.FIRST, map_store.SECOND)
    assert (main.picked, twin.picked, main.focus, twin.focus) == ([4], [4], 7, 7)
    assert main.marked == tuple(range(1, 60, 3))
    assert len(twin.marked) == 0
    assert len(main.kept) + len(main.lost) == 15
    assert set(main.kept[:, 0]) | set(main.lost[:, 0]) == {4}
    apart = ask(store, beside=SECOND, layer=2, beside_layer=0)
    assert prepare_panels(apart, 2)[1].title == f"{map_store.SECOND}, layer 0"
    assert len(prepare_panels(apart, 2)[0].kept) == 0


def test_few_texts_glide_through_all_layers_and_many_show_one(store, monkeypatch):
    figure = figure_of(ask(store, layer=1), LOOK)
    assert [frame.name for frame in figure.frames] == ["0", "1", "2", "3", "4"]
    assert figure.layout.meta == 1
    assert figure.layout.height == 600
    monkeypatch.setattr("lrd_core.plots.maps.may_glide", lambda n: n > MOST_ANIMATED)
    assert len(figure_of(ask(store, layer=1), LOOK).frames) == 0


def test_a_request_says_all_that_a_figure_needs(store):
    asked = MapRequest(BOTH, FIRST, camera=(-1.0, 1.0, -2.0, 2.0))
    figure = figure_of(neighbourhoods.maps(store, asked), LOOK)
    assert figure.layout.yaxis.range == (-2, 2)
    assert replace(asked, camera=None) == MapRequest(BOTH, FIRST)


def test_a_typed_text_is_a_star_on_the_map_of_every_layer(store):
    key = ask(store).shown[0].side.run["run_key"]
    rows = tuple(tuple(range(layer, layer + 5)) for layer in range(5))
    write_placed(store, key, "mine", Placed(rows, ((0.5,) * 5,) * 5))
    view = ask(store, own="mine", layer=2, beside=SECOND)
    figure = figure_of(view, LOOK)
    stars = [at for at, trace in enumerate(figure.data) if trace.marker.symbol == "star"]
    assert [len(figure.data[at].x) for at in stars] == [1, 0]  # the other model did not read it
    assert [figure.data[at].name for at in stars] == [YOUR_TEXT, ""], "nor is it spoken of there"
    points = view.shown[0].side.drawn.points
    for layer, frame in enumerate(figure.frames):
        there = dict(zip(frame.traces, frame.data, strict=True))[stars[0]]
        expected = points[layer, list(rows[layer])].mean(axis=0)
        assert (there.x[0], there.y[0]) == pytest.approx(tuple(expected), abs=1e-6)
    assert any("The star is your text" in note for note in view.notes)
    bare = ask(store, own="never read", layer=2)
    assert not any("The star" in note for note in bare.notes)
    assert len(figure_of(bare, LOOK).data) == len(figure_of(ask(store, layer=2), LOOK).data)


def test_trust_and_lifeline_mark_the_layer_looked_at(store):
    trust = figure_of(neighbourhoods.trust(ask(store, layer=3).shown[0]), LOOK)
    assert (trust.layout.height, trust.layout.shapes[0].x0) == (180, 3)
    asked = LifelineRequest(BOTH, FIRST, text=14, layer=2, k=5)
    lifeline = figure_of(lifelines.lifeline(store, asked), LOOK)
    assert (lifeline.layout.height, lifeline.layout.shapes[0].x0) == (430, 2)
