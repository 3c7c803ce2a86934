"""Times of pruned models: never mixed, and what they come to."""

import numpy as np
import pandas as pd
import pytest

from lrd_core.config import Config
from lrd_core.store import connect
from lrd_core.store.latencies import save_latency
from lrd_core.tasks import find_task
from lrd_core.views.item_words import item_noun, vector_noun
from lrd_core.views.pruning import task_choices
from lrd_core.views.pruning_costs import CostRequest, cost_table, costs, latency_times
from lrd_core.views.pruning_timing import timings, with_speedup
from lrd_core.views.pruning_trials import TrialsRequest
from tests.pruning.trial_table import frame, latency


def test_times_of_different_machines_are_never_mixed():
    times = [
        latency(1, 1.2),
        latency(2, 1.5),
        latency(1, 3.0, device="NVIDIA H100"),
        latency(1, 2.0, device="NVIDIA H100", dtype="bfloat16"),
    ]
    timed = frame(times)
    chosen = timings(timed)
    assert list(chosen) == [
        "cpu, float32, 8 x 64 tokens",
        "NVIDIA H100, bfloat16, 8 x 64 tokens",
        "NVIDIA H100, float32, 8 x 64 tokens",
    ], "what was timed for most sizes stands first, then the newest"
    assert chosen["cpu, float32, 8 x 64 tokens"]["m"].tolist() == [1, 2]
    rows = pd.DataFrame({"model": ["small"] * 3, "m": [1, 2, 3]})
    speedup = with_speedup(rows, frame([*times, latency(3, 4.0, dtype="float16")]))["speedup"]
    assert speedup[:2].tolist() == [1.2, 1.5]
    assert np.isnan(speedup[2]), "three blocks were timed in another number format alone"
    drawn = latency_times(timed, end_to_end=False)
    assert set(drawn["label"]) == {"1 of 4 removed", "2 of 4 removed"}
    assert len(drawn) == 200
    assert len(cost_table(timed)) == 4


def test_times_and_costs(tables):
    _, timed = tables
    times = latency_times(timed, end_to_end=False)
    assert len(times) == 100
    assert times.groupby("kind")["milliseconds"].median()["full"] == pytest.approx(8.245)
    found = cost_table(timed).iloc[0]
    assert found["blocks removed"] == "1 of 4"
    assert found["of full"] == pytest.approx(0.8)
    assert found["pruned (ms)"].startswith("6.6 (")
    assert pd.isna(found["peak memory (MB)"])


def test_costs_are_a_view_of_one_timing(pruned: Config) -> None:
    with connect(pruned) as connection:
        save_latency(connection, latency(1, 3.0, device="NVIDIA H100", dtype="bfloat16"))
    request = TrialsRequest("small", ("news",))
    usual = costs(pruned, CostRequest(request))
    assert usual.where == "NVIDIA H100, bfloat16"
    view = costs(pruned, CostRequest(request, "cpu, float32, 8 x 64 tokens", end_to_end=True))
    assert view.where == "cpu, float32" and view.model == "small"
    assert len(view.table) == 100 and len(view.costs) == 1
    assert "50 timed runs, 8 texts of 64 tokens, float32, cpu, 1 threads." in view.notes[0]
    assert view.command.startswith("python -m lrd_core prune --model small --task news")


def test_nothing_timed_is_said(config: Config) -> None:
    view = costs(config, CostRequest(TrialsRequest("small", ("news",))))
    assert view.empty and view.sentence == "Nothing was timed for this model yet."


def test_times_of_pictures_are_in_positions() -> None:
    timed = frame([latency(1, 1.2, model="dinov2-small")])
    assert list(timings(timed)) == ["cpu, float32, 8 x 64 positions"]


def test_words_follow_what_a_model_reads() -> None:
    assert (item_noun("dinov2-small"), vector_noun("dinov2-small")) == ("image", "position")
    assert (item_noun("whisper-tiny.en"), vector_noun("whisper-tiny.en")) == (
        "recording",
        "position",
    )
    assert (item_noun("no/such-model"), vector_noun("no/such-model")) == ("text", "token")


def test_tasks_offered_for_a_model_are_those_that_it_reads(config: Config) -> None:
    kinds = {
        model: {find_task(name).modality for name in task_choices(config, model).tasks}
        for model in ("dinov2-small", "whisper-tiny.en", "all-MiniLM-L6-v2")
    }
    assert list(kinds.values()) == [{"image"}, {"audio"}, {"text"}]
    assert set(task_choices(config, "no/such-model").tasks) >= {"digits", "lee-sts"}
