"""The figures of the Trajectories page, drawn from their views."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lrd_core.config import Config
from lrd_core.plots.figures import figure_of
from lrd_core.plots.layer_pairs import prepare_squares
from lrd_core.plots.theme import Look
from lrd_core.plots.trajectories import MOST_NAMED, named_paths
from lrd_core.views import layer_pairs, trajectories
from lrd_core.views.layer_pairs import CkaRequest
from lrd_core.views.trajectories import TrajectoryRequest
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


@pytest.fixture(scope="module")
def found(store: Config) -> trajectories.Trajectories:
    return trajectories.trajectories(store, TrajectoryRequest(BOTH))


def test_every_view_has_its_figure_at_its_height(store, found):
    heights = {
        "paths": figure_of(found.paths, LOOK).layout.height,
        "motion": figure_of(found.motion, LOOK).layout.height,
        "distances": figure_of(found.distances, LOOK).layout.height,
        "thresholds": figure_of(found.thresholds, LOOK).layout.height,
        "cka": figure_of(
            layer_pairs.cka(store, CkaRequest(BOTH, FIRST, SECOND)), LOOK
        ).layout.height,
    }
    assert heights == {"paths": 620, "motion": 600, "distances": 340, "thresholds": 320, "cka": 440}


def test_the_depth_looked_at_moves_the_ring_and_the_cursor(found):
    paths = figure_of(replace(found.paths, percent=50), LOOK)
    assert paths.data[-1].x[0] == pytest.approx(0, abs=1e-7)
    motion = figure_of(replace(found.motion, percent=50), LOOK)
    assert motion.data[-1].x[0] == 50


def test_of_many_paths_the_two_extremes_are_named(found):
    view = found.paths
    keys = [f"run {place}" for place in range(MOST_NAMED + 1)]
    table = pd.concat([view.table.assign(run_key=key) for key in keys])
    straight = [0.5, 0.1, 0.4, 0.9, 0.3, float("nan"), 0.2]
    numbers = pd.DataFrame({"run_key": keys, "straightness": straight})
    many = replace(view, table=table, numbers=numbers)
    assert named_paths(many) == ["run 1", "run 3"]
    assert named_paths(replace(many, together=False)) == keys
    assert len(named_paths(view)) == 2


def test_squares_of_layers_survive_the_way_through_the_table():
    cells = {"a": np.array([[0, 1.5], [1.5, 0]]), "b": np.full((3, 3), np.nan)}
    table = trajectories.pair_table(cells, {"a": "one", "b": "<b>"})
    found = prepare_squares(table)
    assert list(found) == ["one", "<b>"]
    np.testing.assert_array_equal(found["one"], cells["a"])
    np.testing.assert_array_equal(found["<b>"], cells["b"])
