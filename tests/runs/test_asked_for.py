"""A run computes what its metrics need and nothing else, and keeps it while the store is held."""

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from lrd_core.config import Config
from lrd_core.metrics import all_metrics
from lrd_core.models.specs import find_model
from lrd_core.models.weights import locate_weights
from lrd_core.runs import RunReport, RunRequest, work
from lrd_core.runs.execute import execute_run
from lrd_core.settings import RunSettings
from lrd_core.store import connection, saving
from lrd_core.store.spool import kept
from lrd_core.views.stored import profiles
from tests.tiny import tiny_loaded

MODEL, TEXTS = "all-MiniLM-L6-v2", 40
LOOK = """
import duckdb, sys
with duckdb.connect(sys.argv[1], read_only=True):
    print("held", flush=True)
    sys.stdin.read()
"""


AGAIN = f"""
import sys
from lrd_core.config import load_config
from lrd_core.runs import RunRequest, RunSettings
from lrd_core.runs.execute import execute_run
settings = RunSettings(n={TEXTS}, max_length=16)
request = RunRequest("{MODEL}", "lee-news", ("anisotropy",), settings)
report = execute_run(request, config=load_config())
print(len(report.computed), report.cached, "torch" in sys.modules)
"""


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """A tiny model in place of the real one, and how often the costly parts were called."""
    calls: Counter[str] = Counter()
    revision = locate_weights(find_model(MODEL)).revision  # so that equal requests are found
    loaded = replace(tiny_loaded("bert", num_layers=2), revision=revision)
    monkeypatch.setattr("lrd_core.models.load.load_model", lambda *args, **options: loaded)
    for name in ("extract", "measure_attention", "find_neighbours", "open_embeddings"):
        real = getattr(work, name)

        def count(
            *args: object, _name: str = name, _real: object = real, **named: object
        ) -> object:
            calls[_name] += 1
            return _real(*args, **named)  # type: ignore[operator]

        monkeypatch.setattr(work, name, count)
    return calls


def run(config: Config, *metrics: str) -> RunReport:
    settings = RunSettings(n=TEXTS, max_length=16)
    return execute_run(RunRequest(MODEL, "lee-news", metrics, settings), config=config)


@pytest.mark.parametrize("metric", all_metrics(), ids=lambda metric: metric.name)
def test_each_metric_alone_costs_one_pass_and_lists_only_where_it_reads_them(
    config: Config, counted: Counter[str], metric
) -> None:
    some = metric.reads in ("views", "attention")
    run(config, f"{metric.name}:n_texts=8" if some else metric.name)
    weights = metric.reads == "attention"
    assert (counted["extract"], counted["measure_attention"]) == ((0, 1) if weights else (1, 0))
    assert counted["find_neighbours"] == (3 if metric.name in ("nrs", "gfmi") else 0)


def test_token_metrics_and_views_together_cost_two_passes(
    config: Config, counted: Counter[str]
) -> None:
    run(config, "prompt_entropy", "token_curvature", "infonce:n_texts=8", "lidar:n_texts=8")
    assert counted == {"extract": 2, "open_embeddings": 1}


def test_a_run_that_is_stored_is_found_without_torch(config: Config, counted: Counter[str]) -> None:
    run(config, "anisotropy")
    answer = subprocess.run([sys.executable, "-c", AGAIN], capture_output=True, text=True)
    assert answer.stdout == "0 ('anisotropy',) False\n", answer.stderr


@contextmanager
def reader(config: Config) -> Iterator["subprocess.Popen[str]"]:
    """Another program that looks at the store and stays, such as a database viewer."""
    command = [sys.executable, "-c", LOOK, str(config.database)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout.readline() == "held\n"
        yield process


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "WAIT_S", 0.1)
    monkeypatch.setattr(connection, "SAY_AFTER_S", 0.05)


def test_a_run_behind_a_reader_that_outstays_its_wait_completes(
    config: Config, counted: Counter[str], impatient: None
) -> None:
    run(config, "anisotropy")
    with reader(config) as process:
        threading.Timer(3.0, process.stdin.close).start()
        report = run(config, "prompt_entropy", "nrs", "twonn")
    assert (len(report.computed), report.unsaved) == (3, 0)
    assert {"prompt_entropy", "nrs", "twonn"} <= set(profiles(config).metric)


def test_a_run_whose_store_stays_held_says_so_and_is_not_done_again(
    config: Config,
    counted: Counter[str],
    impatient: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    run(config, "anisotropy")
    with reader(config):
        monkeypatch.setattr(saving, "PATIENCE_S", 0.2)
        report = run(config, "prompt_entropy", "twonn")
        assert report.unsaved == len(kept(config)) == 2
        assert "finished work is kept on disk, saved when the store is free" in caplog.text
        counted.clear()
        again = run(config, "prompt_entropy", "twonn")
        assert (again.computed, sum(counted.values())) == ((), 0)
    assert run(config, "prompt_entropy").unsaved == 0
    assert kept(config) == []
    assert {"prompt_entropy", "twonn"} <= set(profiles(config).metric)
