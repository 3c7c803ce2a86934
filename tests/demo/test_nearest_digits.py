"""A digit's nearest neighbour is most often the same digit in the middle of DINOv2, not at its end.

By what is bundled alone, so that it holds wherever the project is: no model is run.
"""

import numpy as np
import pytest

from lrd_core.actions.bundled import load_demo
from lrd_core.config import Config
from lrd_core.store import connect
from lrd_core.store.neighbours import read_neighbours
from lrd_core.tasks import load_task
from lrd_core.views import stored

MODEL = "dinov2-small"
BY_HAND = (0.44, 0.56, 0.62, 0.68, 0.74, 0.81, 0.80, 0.81, 0.80, 0.77, 0.69, 0.60, 0.50)
"""Found on 100 digits by a few lines of NumPy, layers 0 to 12."""


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Config:
    config = Config(data_dir=tmp_path_factory.mktemp("bundled"))
    load_demo(config)
    return config


def test_the_nearest_neighbour_of_a_digit(bundled: Config) -> None:
    runs = stored.runs(bundled)
    (run,) = runs[(runs["model"] == MODEL) & (runs["task"] == "digits")].to_dict("records")
    with connect(bundled) as connection:
        lists = read_neighbours(connection, run["run_key"])
    labels = np.array(load_task("digits", run["n"], run["seed"]).labels)
    right = np.array([(labels[found.ids[:, 0]] == labels).mean() for found in lists.values()])
    assert list(lists) == list(range(13)) and len(labels) == run["n"]
    _has_its_peak_inside(right)
    # Of other 300 digits than those; layer 0 are bare patches, whose mean hardly tells anything.
    assert np.corrcoef(right[1:], BY_HAND[1:])[0, 1] > 0.7


def test_told_by_the_nearest_of_eight_a_class(bundled: Config) -> None:
    scores = stored.scores(bundled)
    of_digits = scores[(scores["model"] == MODEL) & (scores["task"] == "digits-knn")]
    _has_its_peak_inside(of_digits.sort_values("layer")["score"].to_numpy())


def _has_its_peak_inside(by_layer: np.ndarray) -> None:
    """The best layer is in the middle half, clearly better than either end."""
    assert len(by_layer) == 13
    best = int(by_layer.argmax())
    assert 3 <= best <= 9
    assert by_layer[best] > max(by_layer[0], by_layer[-1]) + 0.1
