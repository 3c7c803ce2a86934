"""A run on real weights and real text: stored once, resumed where it stopped, never done twice."""

import functools

import numpy as np
import pytest

from lrd_core.config import Config
from lrd_core.errors import UnknownNameError
from lrd_core.extraction.embeddings import embeddings_path, open_embeddings
from lrd_core.models.load import LoadedModel, load_model
from lrd_core.models.specs import ModelSpec
from lrd_core.runs import RunRequest, compute
from lrd_core.runs.execute import execute_run
from lrd_core.settings import RunSettings
from lrd_core.views.paths import read_paths
from lrd_core.views.stored import profiles, runs

SMALL = RunSettings(n=24, max_length=32)


@functools.cache
def load_once(spec: ModelSpec, **options: object) -> LoadedModel:
    return load_model(spec, **options)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def one_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same weights serve every test; loading them is tested with the models."""

    def load(spec: ModelSpec, **options: object) -> LoadedModel:
        return load_once(spec, **(options | {"config": None}))

    monkeypatch.setattr("lrd_core.models.load.load_model", load)


def ask(*metrics: str, settings: RunSettings = SMALL) -> RunRequest:
    return RunRequest("all-MiniLM-L6-v2", "lee-news", metrics, settings)


def test_a_run_stores_every_number_with_where_it_came_from(config: Config) -> None:
    report = execute_run(ask("nrs", "frenet", "prompt_entropy", "infonce"), config=config)
    stored = profiles(config)
    assert set(report.computed) == {"nrs", "frenet", "prompt_entropy", "infonce"}
    assert {"speed", "nrs", "prompt_entropy", "infonce", "d_0L"} <= set(stored.series)
    assert set(stored.n) <= {24}
    run = runs(config).iloc[0]
    assert run.revision == "sha256:53aa51172d14"
    assert (run.pooling, run.num_blocks, run.n, run.max_length) == ("mean", 6, 24, 32)
    distances = read_paths(config, runs(config)).matrices()[report.run_key]
    assert distances is not None
    assert distances.shape == (7, 7)
    assert open_embeddings(config, report.run_key).shape == (7, 24, 384)


def test_a_second_equal_run_computes_nothing_and_loads_no_model(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = execute_run(ask("anisotropy"), config=config)

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("the model was loaded again")

    monkeypatch.setattr("lrd_core.models.load.load_model", refuse)
    second = execute_run(ask("anisotropy"), config=config)
    assert second.run_key == first.run_key
    assert (second.computed, second.cached) == ((), ("anisotropy",))


def test_another_metric_of_the_same_run_needs_no_second_pass(config: Config) -> None:
    execute_run(ask("anisotropy"), config=config)
    assert execute_run(ask("dataset_entropy"), config=config).forward_seconds == 0.0


@pytest.mark.parametrize(
    "changed",
    [
        RunSettings(n=23, max_length=32),
        RunSettings(n=24, max_length=31),
        RunSettings(n=24, max_length=32, seed=1),
        RunSettings(n=24, max_length=32, pooling="cls"),
        RunSettings(n=24, max_length=32, condition="length:8"),
        RunSettings(n=24, max_length=32, prompt="query: "),
        RunSettings(n=24, max_length=32, capture="attention"),
        RunSettings(n=24, max_length=32, dtype="bfloat16"),
    ],
)
def test_what_can_change_a_number_changes_the_key(config: Config, changed: RunSettings) -> None:
    usual = execute_run(ask("anisotropy"), config=config)
    other = execute_run(ask("anisotropy", settings=changed), config=config)
    assert other.run_key != usual.run_key
    assert other.computed == ("anisotropy",)


def test_an_interrupted_run_goes_on_after_the_last_finished_metric(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = compute.measure_layers, []

    def stop_at_second(request, layers):  # type: ignore[no-untyped-def]
        calls.append(request.label)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(request, layers)

    monkeypatch.setattr(compute, "measure_layers", stop_at_second)
    with pytest.raises(KeyboardInterrupt):
        execute_run(ask("anisotropy", "dataset_entropy"), config=config)
    monkeypatch.setattr(compute, "measure_layers", real)
    report = execute_run(ask("anisotropy", "dataset_entropy"), config=config)
    assert len(report.cached) == len(report.computed) == 1
    assert report.forward_seconds == 0.0


def test_a_damaged_array_is_computed_again(config: Config) -> None:
    report = execute_run(ask("anisotropy"), config=config)
    before = np.array(open_embeddings(config, report.run_key))
    path = embeddings_path(config, report.run_key)
    path.write_bytes(path.read_bytes()[:100])
    execute_run(ask("dataset_entropy"), config=config)
    np.testing.assert_array_equal(open_embeddings(config, report.run_key), before)


def test_unknown_names_are_answered_with_the_closest(config: Config) -> None:
    with pytest.raises(UnknownNameError, match="did you mean all-MiniLM-L6-v2"):
        execute_run(RunRequest("all-minilm-l6", "lee-news"), config=config)
    with pytest.raises(UnknownNameError, match="did you mean lee-news"):
        execute_run(RunRequest("all-MiniLM-L6-v2", "lee-new"), config=config)


def test_lidar_of_two_views_takes_them_whole_and_pairs_take_them_apart(config: Config) -> None:
    report = execute_run(ask("lidar:q=2:n_texts=12", "dime:n_texts=12"), config=config)
    stored = profiles(config, variants=True)
    assert set(report.computed) == {"lidar:q=2:n_texts=12", "dime:n_texts=12"}
    assert stored[stored.series == "lidar"]["value"].between(0, np.log(11)).all()
    assert set(stored.n) == {12}
