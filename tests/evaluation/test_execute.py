"""Scores of every layer into the store: once each, resumable, with all that can change them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lrd_core.config import Config
from lrd_core.evaluation import execute
from lrd_core.evaluation.execute import execute_scores
from lrd_core.models.loading import Loading
from lrd_core.settings import RunSettings
from lrd_core.store import connect, connection, saving
from lrd_core.views import stored as results

MODEL = "all-MiniLM-L6-v2"
PAIRS = [
    ("a man plays a guitar", "someone is making music", 4.0),
    ("the stock market fell", "shares dropped on Monday", 4.5),
    ("a dog runs in the park", "the parliament voted today", 0.2),
    ("rain is expected", "the forecast says showers", 4.2),
    ("she cooked dinner", "the engine was repaired", 0.1),
    ("children play football", "kids are kicking a ball", 4.6),
]


@pytest.fixture
def task(tmp_path: Path) -> str:
    folder = tmp_path / "pairs"
    folder.mkdir()
    (folder / "task.toml").write_text('type = "sts"\n')
    lines = [json.dumps({"sentence1": a, "sentence2": b, "score": s}) for a, b, s in PAIRS]
    (folder / "test.jsonl").write_text("\n".join(lines))
    return str(folder)


def test_every_layer_is_scored_once_and_says_how(config: Config, task: str) -> None:
    report = execute_scores(MODEL, task, config=config, loading=Loading("cpu"))
    assert report.computed == tuple(range(7)) and report.cached == ()
    stored = results.scores(config)
    assert sorted(stored["layer"]) == list(range(7))
    assert stored.set_index("layer")["score"][6] > 0.7
    settings = json.loads(stored["settings"].iloc[0])
    assert settings["pooling"] == "mean" and settings["normalised"] is True
    assert settings["max_length"] == 256 and "seed" not in settings
    assert set(stored["source"]) == {"own"} and set(stored["n"]) == {len(PAIRS)}
    again = execute_scores(MODEL, task, config=config, loading=Loading("cpu"))
    assert again.computed == () and again.cached == tuple(range(7))
    assert len(results.scores(config)) == 7


def test_an_interrupted_scoring_goes_on_where_it_stopped(config: Config, task: str) -> None:
    class Stop(Exception):
        pass

    def stop_at_layer_3(stage: str, done: int, total: int) -> None:
        if stage == "Scoring layers" and done == 3:
            raise Stop

    with pytest.raises(Stop):
        execute_scores(MODEL, task, config=config, loading=Loading("cpu"), progress=stop_at_layer_3)
    kept = results.scores(config)
    assert sorted(kept["layer"]) == [0, 1, 2]
    report = execute_scores(MODEL, task, config=config, loading=Loading("cpu"))
    assert report.computed == (3, 4, 5, 6) and report.cached == (0, 1, 2)
    assert not list(config.data_dir.glob("scoring-*"))


def test_layers_scored_while_another_program_holds_the_store_are_kept(
    config: Config, task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect(config):
        pass
    monkeypatch.setattr(connection, "WAIT_S", 0.1)
    monkeypatch.setattr(saving, "PATIENCE_S", 0.2)
    look = "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); print(); input()"
    viewer = subprocess.Popen(
        [sys.executable, "-c", look, str(config.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with viewer:
        viewer.stdout.readline()
        report = execute_scores(MODEL, task, config=config, loading=Loading("cpu"))
        assert (len(report.computed), report.unsaved) == (7, 7)
        again = execute_scores(MODEL, task, config=config, loading=Loading("cpu"))
        assert again.computed == () and again.cached == tuple(range(7))
        viewer.communicate(b"\n")
    assert execute_scores(MODEL, task, config=config, loading=Loading("cpu")).unsaved == 0
    assert sorted(results.scores(config)["layer"]) == list(range(7))


def test_other_settings_are_other_scores(config: Config, task: str) -> None:
    execute_scores(MODEL, task, config=config, loading=Loading("cpu"))
    settings = RunSettings(pooling="cls", condition="repeat:0.3", seed=5)
    report = execute_scores(MODEL, task, settings, config=config, loading=Loading("cpu"))
    assert len(report.computed) == 7
    described = json.loads(results.scores(config)["settings"].iloc[-1])
    assert described["pooling"] == "cls" and described["seed"] == 5


def test_large_embeddings_go_through_a_file(
    config: Config, task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute_scores(MODEL, task, config=config, loading=Loading("cpu"))
    in_memory = results.scores(config).set_index("layer")["score"]
    monkeypatch.setattr(execute, "LARGEST_IN_MEMORY", 0)
    other = Config(data_dir=config.data_dir / "other")
    execute_scores(MODEL, task, config=other, loading=Loading("cpu"))
    through_file = results.scores(other).set_index("layer")["score"]
    assert through_file.to_dict() == in_memory.to_dict()
