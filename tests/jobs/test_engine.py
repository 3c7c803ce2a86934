"""The plan of a sweep, its parts, and the same sweep on a local Ray cluster of two nodes."""

import time

import pytest

from lrd_core.errors import InputError
from lrd_core.jobs import engine
from lrd_core.jobs.engine import already_stored, gpu_share, plan_units, run_on_ray, store_bundle
from lrd_core.models.specs import find_model
from lrd_core.runs import RunRequest
from lrd_core.settings import RunSettings
from lrd_core.store import connect
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metric_values import Value
from lrd_core.store.metrics import save_metric
from lrd_core.store.reading import read_table
from lrd_core.store.runs import RUNS, RunRecord, save_run

MINILM = "all-MiniLM-L6-v2"
SMALL = RunSettings(n=24, max_length=32)


def ask(model: str = MINILM, task: str = "bbc-news", **changed) -> RunRequest:
    return RunRequest(
        model, task, ("frenet",), RunSettings(**({"n": 24, "max_length": 32} | changed))
    )


def store_run(config, n: int = 24, pooling: str = "mean", metric: str = "frenet") -> None:
    spec = find_model(MINILM)
    run = RunRecord(
        run_key=f"k{n}{pooling}",
        model=spec.name,
        model_id=spec.id,
        revision="r",
        family=spec.family,
        num_blocks=6,
        hidden_size=384,
        num_parameters=1,
        model_note="",
        task="bbc-news",
        task_revision="1",
        task_type="classification",
        split="test",
        n=n,
        n_total=2002,
        seed=0,
        max_length=32,
        pooling=pooling,
        final_norm="hf",
        dtype="float32",
        prompt="",
        condition="",
        capture="block",
        device="cpu",
    )
    identity = MetricId.of(metric, 1, "exact", {"variance": 0.95})
    with connect(config) as connection:
        save_run(connection, run)
        save_metric(connection, run.run_key, identity, [Value("speed", 0.5, 1.0, n)])


def test_larger_models_ask_for_more_of_a_gpu():
    shares = [gpu_share(find_model(name)) for name in (MINILM, "gemma-2-2b", "falcon-7b")]
    assert shares == [0.25, 0.5, 1.0]
    assert gpu_share(find_model("somebody/unknown-model")) == 1.0


def test_plan_puts_the_longest_first_and_asks_for_no_gpu_where_there_is_none(config):
    plan = plan_units(config, [ask(), ask("falcon-7b")], gpus=True)
    assert [unit.request.model for unit in plan] == ["falcon-7b", MINILM]
    assert [unit.gpus for unit in plan] == [1.0, 0.25]
    assert {unit.gpus for unit in plan_units(config, [ask()], gpus=False)} == {0.0}
    assert plan[0].row()["unit"] == "falcon-7b on bbc-news"


def test_what_is_stored_is_not_planned_again(config):
    assert not already_stored(config, ask())
    store_run(config)
    assert already_stored(config, ask())
    assert already_stored(config, ask(pooling="mean"))
    assert not already_stored(config, ask(pooling="cls"))
    assert not already_stored(config, ask(n=25))
    assert not already_stored(config, ask(seed=1))
    assert not already_stored(config, RunRequest(MINILM, "bbc-news", ("nrs",), SMALL))
    assert plan_units(config, [ask()], gpus=False)[0].row()["estimate"] == "in the store"


def test_without_ray_it_says_how_to_get_it(config, monkeypatch):
    import builtins

    real = builtins.__import__

    def without(name, *rest):
        if name == "ray":
            raise ImportError("no ray")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=r"pip install -r requirements-ray.txt"):
        run_on_ray(config, [ask()])


@pytest.mark.slow
def test_bundle_of_a_unit_becomes_rows_of_the_store(config):
    packed = engine.compute_bundle(ask().to_json(), ())
    assert store_bundle(config, packed)["runs"] == 1
    assert store_bundle(config, packed)["runs"] == 0
    assert already_stored(config, ask())


@pytest.fixture
def cluster(monkeypatch):
    """Two nodes on this machine, one processor each."""
    ray = pytest.importorskip("ray", reason="ray is not installed (requirements-ray.txt)")
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    nodes = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 1, "num_gpus": 0, "include_dashboard": False},
    )
    second = nodes.add_node(num_cpus=1, num_gpus=0)
    nodes.wait_for_nodes()
    yield nodes, second
    ray.shutdown()
    nodes.shutdown()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_sweep_on_two_nodes_survives_the_loss_of_one(config, cluster):
    nodes, second = cluster
    requests = [ask(), ask(task="bbc-news-clustering"), ask(model="no-such/model-anywhere")]
    seen: list[tuple[int, int]] = []

    def lose_a_node(stage: str, done: int, total: int) -> None:
        if not seen:
            time.sleep(8)
            nodes.remove_node(second, allow_graceful=False)
        seen.append((done, total))

    results = {
        result.name: result
        for result in run_on_ray(config, requests, address=nodes.address, progress=lose_a_node)
    }
    assert results[f"{MINILM} on bbc-news"].error is None
    assert results[f"{MINILM} on bbc-news-clustering"].error is None
    assert "no-such/model-anywhere" in results["no-such/model-anywhere on bbc-news"].error
    assert seen[-1] == (3, 3)
    with connect(config, read_only=True) as connection:
        assert len(read_table(connection, RUNS)) == 2
    assert run_on_ray(config, requests[:2], address=nodes.address) == []
