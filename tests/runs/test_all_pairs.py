"""A matrix that a run did not measure is added when it is asked for, and changes no number."""

from dataclasses import replace

import numpy as np
import pytest

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.metrics import grassmann
from lrd_core.runs import RunReport, RunRequest
from lrd_core.runs.execute import execute_run
from lrd_core.runs.request import parse_metrics
from lrd_core.settings import RunSettings
from lrd_core.views.paths import metric_asked, read_paths
from lrd_core.views.stored import profiles, runs
from lrd_core.views.trajectories import TrajectoryRequest, choices, trajectories
from lrd_core.views.view import Selection

HERE = Selection(("all-MiniLM-L6-v2",), ("lee-news",))
SETTINGS = RunSettings(n=16, max_length=16)


def run(config: Config, *names: str) -> RunReport:
    return execute_run(RunRequest("all-MiniLM-L6-v2", "lee-news", names, SETTINGS), config=config)


def test_how_much_is_computed_names_nothing_and_the_fuller_request_counts() -> None:
    (usual,), (every,) = parse_metrics(("frenet",)), parse_metrics((metric_asked(),))
    assert every.id == usual.id
    assert (usual.extent, every.extent) == ({}, {"pairs": "all"})
    for names in (("lrd", metric_asked()), (metric_asked(), "lrd")):
        (found,) = (one for one in parse_metrics(names) if one.metric.name == "frenet")
        assert found.extent == every.extent
    with pytest.raises(InputError, match="pairs of frenet is one of auto, path, all, not 'some'"):
        parse_metrics(("frenet:pairs=some",))


def test_the_matrix_is_added_from_the_stored_embeddings(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grassmann, "MOST_WORK", 0)
    run(config, "frenet")
    before = profiles(config)
    steps = read_paths(config, runs(config)).steps_only
    assert list(steps["task"]) == ["lee-news"]
    offered = choices(config, HERE)
    assert offered.names == ()
    assert "Not drawn: all-MiniLM-L6-v2 on lee-news." in offered.steps
    assert "--metrics frenet:pairs=all" in offered.steps_command
    assert run(config, "frenet").computed == ()

    monkeypatch.setattr("lrd_core.models.load.load_model", None)
    again = run(config, metric_asked())
    assert (again.computed, again.forward_seconds) == (("frenet",), 0.0)
    found = read_paths(config, runs(config))
    assert found.steps_only.empty
    (matrix,) = found.matrices().values()
    assert matrix.shape == (7, 7) and np.isfinite(matrix).all()
    after = profiles(config)
    assert list(before["series"]) == list(after["series"])
    np.testing.assert_allclose(before["value"], after["value"], rtol=1e-12)
    assert run(config, metric_asked()).computed == ()
    assert run(config, "frenet").computed == ()
    assert choices(config, HERE).steps == ""


def test_a_path_that_is_drawn_beside_one_of_steps_says_so(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(config, "frenet")
    monkeypatch.setattr(grassmann, "MOST_WORK", 0)
    other = RunRequest("all-MiniLM-L6-v2", "bbc-news", ("frenet",), replace(SETTINGS, n=12))
    execute_run(other, config=config)
    both = Selection(HERE.models, ("lee-news", "bbc-news"))
    drawn = trajectories(config, TrajectoryRequest(both)).paths
    assert set(drawn.runs["task"]) == {"lee-news"}
    assert any("Not drawn: all-MiniLM-L6-v2 on bbc-news." in note for note in drawn.notes)
