"""Where a text falls: its points, its neighbours and the sentence, on a store of known content."""

import numpy as np
import pytest

from lrd_core.config import Config
from lrd_core.plots.placed import placed_figure
from lrd_core.plots.theme import Look
from lrd_core.runs.placing import Placed, write_placed
from lrd_core.views import stored
from lrd_core.views.own_point import BETWEEN
from lrd_core.views.placed import MOST_MAPS, PlacedRequest, nearest_table, placed
from lrd_core.views.view import Selection
from tests import map_store
from tests.shared_store import shared

RUN = f"{map_store.FIRST} on bbc-news"
OWN = "a typed text"
LAYERS = 5


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Config:
    found = Config(data_dir=tmp_path_factory.mktemp("placed"))
    map_store.fill(found)
    return shared(found)


@pytest.fixture(scope="module")
def request_(store: Config) -> PlacedRequest:
    models = tuple(stored.runs(store)["model"].unique())
    return PlacedRequest(Selection(models, ("bbc-news",), {}, models), RUN, OWN, k=6)


@pytest.fixture(scope="module")
def key(store: Config) -> str:
    runs = stored.runs(store)
    return str(runs.loc[runs["model"] == map_store.FIRST, "run_key"].iloc[0])


def test_a_text_that_was_not_read_says_what_to_do(store: Config, request_, key: str) -> None:
    view = placed(store, PlacedRequest(request_.selection, RUN, "never typed"))
    assert view.empty
    assert view.payload["text"] == "never typed" and view.payload["run_key"] == key
    assert "place --model" in view.command and "never typed" in view.command


def test_a_typed_text_falls_between_its_nearest(store: Config, request_, key: str) -> None:
    rows = tuple(tuple(range(layer, layer + 10)) for layer in range(LAYERS))
    cosines = tuple(tuple(0.9 - 0.05 * rank for rank in range(10)) for _ in range(LAYERS))
    write_placed(store, key, OWN, Placed(rows, cosines))
    view = placed(store, request_)
    points = map_store.layers(LAYERS - 1, 0)
    line = view.line
    assert line.table[line.table["layer"] == 0]["neighbour"].tolist() == list(range(6))
    np.testing.assert_allclose(line.retention["retention"], 5 / 7)
    weights = np.array(cosines[0][:BETWEEN])
    drawn = view.drawn[2]
    near = drawn[drawn["row"].isin(rows[2][:BETWEEN])][["x", "y"]].to_numpy()
    expected = (weights[:, None] * near).sum(axis=0) / weights.sum()
    found = view.table.set_index("layer").loc[2, ["x", "y"]].to_numpy(float)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert points.shape[0] == len(view.table) == LAYERS
    assert drawn["near"].sum() == 6
    assert view.sentence.startswith(f"At layer 4 of {map_store.FIRST} the nearest text is 8")
    assert "From layer to layer 71% of its 6 nearest stay" in view.sentence
    figure = placed_figure(view, Look())
    assert len(figure.data) == 3 * LAYERS
    assert len(nearest_table(store, key, Placed(rows, cosines), 3)) == 3 * LAYERS


def test_a_text_of_the_run_stands_where_its_map_has_it(store: Config, request_) -> None:
    view = placed(store, PlacedRequest(request_.selection, RUN))
    row = int(view.line.text["row"])
    for layer, texts in view.drawn.items():
        own = view.table.set_index("layer").loc[layer]
        assert (own["x"], own["y"]) == tuple(texts.set_index("row").loc[row, ["x", "y"]])
        assert not texts.set_index("row").loc[row, "near"]
    assert len(view.drawn) <= MOST_MAPS
