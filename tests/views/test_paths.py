import math
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from lrd_core.config import Config
from lrd_core.store import connect
from lrd_core.store.matrices import Matrix
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metrics import save_metric
from lrd_core.store.runs import save_run
from lrd_core.views import layer_pairs, path_numbers, paths, trajectory_words
from lrd_core.views import stored as results
from tests import map_store
from tests.example_store import run_record
from tests.shared_store import shared


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Config:
    config = Config(data_dir=tmp_path_factory.mktemp("paths") / "data")
    map_store.fill(config)
    return shared(config)


@pytest.fixture
def runs(store: Config) -> pd.DataFrame:
    return results.runs(store).sort_values("model", ascending=False).reset_index(drop=True)


@pytest.fixture
def found(store: Config, runs: pd.DataFrame) -> paths.StoredPaths:
    return paths.read_paths(store, runs)


def test_a_straight_line_of_subspaces_is_drawn_as_one(found):
    placed = paths.place_paths(found, aligned=False)
    first = placed.table[placed.table["model"] == map_store.FIRST]
    assert first["layer"].tolist() == [0, 1, 2, 3, 4]
    assert first["depth"].tolist() == [0, 0.25, 0.5, 0.75, 1]
    np.testing.assert_allclose(first["x"], [-2, -1, 0, 1, 2], atol=1e-7)
    np.testing.assert_allclose(first[["y", "z"]], 0, atol=1e-7)
    assert placed.quality["stress"].max() < 1e-7
    assert placed.quality["residual"].isna().all()


def test_aligned_paths_share_the_frame_of_the_first(found):
    placed = paths.place_paths(found)
    second = placed.table[placed.table["model"] == map_store.SECOND]
    # Half a radian a block over two blocks: from -0.5 to 0.5 along the first model's line.
    np.testing.assert_allclose(second["x"], [-0.5, 0, 0.5], atol=1e-7)
    # At equal depth the first is 1.5 + ... away: 1.5 * |2 depth - 1|, root mean square over depth.
    expected = math.sqrt(np.mean((1.5 * np.linspace(-1, 1, 101)) ** 2))
    np.testing.assert_allclose(placed.quality["residual"], [0, expected], atol=1e-7)


def test_the_share_divides_by_the_largest_distance_of_the_rank(found):
    placed = paths.place_paths(found, unit="share", aligned=False)
    first = placed.table[placed.table["model"] == map_store.FIRST]
    # Rank 16: the largest distance is 2 pi.
    np.testing.assert_allclose(np.ptp(first["x"]), 4 / (2 * math.pi), atol=1e-7)


def test_another_threshold_is_another_picture(found, runs):
    keys = list(runs["run_key"])
    assert found.variances() == {key: [0.9, 0.95] for key in keys}
    narrow = found.matrices(0.9)[keys[0]]
    np.testing.assert_allclose(2 * narrow, found.matrices()[keys[0]])
    assert found.matrices(0.5) == {}


def test_the_summary_counts_blocks_from_zero_and_keeps_the_order(found, runs):
    table = path_numbers.summary(found)
    assert table["model"].tolist() == list(runs["model"])
    first = table[table["model"] == map_store.FIRST].iloc[0]
    assert (first["rank"], first["d_0L"], first["arc_length"]) == (16, 4, 4)
    assert first["fastest_block"] == 0


def test_the_threshold_table_tells_whether_the_order_of_distances_holds(found):
    table = path_numbers.threshold_table(found)
    assert len(table) == 4
    first = table[table["model"] == map_store.FIRST].set_index("variance")
    assert first.loc[0.9, "rank"] == 4
    assert first.loc[0.9, "d_0L"] == 2
    assert first["agreement"].tolist() == pytest.approx([1, 1])


def test_motion_has_depth_from_zero_to_one(found):
    motion = path_numbers.motion_profiles(found)
    speed = motion[(motion["model"] == map_store.FIRST) & (motion["series"] == "speed")]
    assert speed["depth"].tolist() == [0.125, 0.375, 0.625, 0.875]
    assert speed["value"].tolist() == [1, 1, 1, 1]


def test_layers_without_a_subspace_are_left_out_and_named(config):
    run = run_record("gap", num_blocks=3)
    cells = map_store.distances(3, 1.0)
    cells[1, :] = cells[:, 1] = np.nan
    with connect(config) as connection:
        save_run(connection, run)
        identity = MetricId.of("frenet", 1, parameters={"variance": 0.95})
        save_metric(connection, run.run_key, identity, [], matrices=[Matrix("distances", cells)])
    found = paths.place_paths(paths.read_paths(config, pd.DataFrame([asdict(run)])))
    assert found.table["layer"].tolist() == [0, 2, 3]
    assert found.quality["left_out"].tolist() == [[1]]
    assert "left out: 1" in trajectory_words.quality_line(found.quality, True)


def test_runs_without_a_path_give_no_points(config):
    run = run_record("none")
    with connect(config) as connection:
        save_run(connection, run)
    found = paths.read_paths(config, pd.DataFrame([asdict(run)]))
    assert paths.place_paths(found).table.empty
    assert found.variances() == {}


def test_cka_is_found_from_either_side(store, runs):
    by_model = runs.set_index("model")["run_key"]
    one, other = by_model[map_store.FIRST], by_model[map_store.SECOND]
    cells = layer_pairs.stored_cka(store, one, other)
    assert cells.shape == (5, 3)
    np.testing.assert_array_equal(layer_pairs.stored_cka(store, other, one), cells.T)
    assert layer_pairs.stored_cka(store, one, one) is None


def test_only_runs_on_the_same_texts_can_be_compared(runs):
    one, other = (row for _, row in runs.iterrows())
    assert layer_pairs.comparable(one, other)
    assert not layer_pairs.comparable(one, dict(other) | {"seed": 1})


def test_words_for_one_model_and_for_several(found):
    numbers = path_numbers.summary(found)
    assert "travels 4.0 radians from embedding to output, 100% straight" in (
        trajectory_words.sentence(numbers[numbers["model"] == map_store.FIRST])
    )
    assert "path is the straighter one" in trajectory_words.sentence(numbers)
    third = numbers.iloc[[0]].assign(model="third", straightness=0.5)
    said = trajectory_words.sentence(pd.concat([numbers, third]))
    assert said.startswith("Of 3 paths, ")
    assert "not known" in trajectory_words.sentence(numbers[:0])


def test_quality_says_how_far_a_picture_can_be_believed():
    rows = pd.DataFrame(
        [
            {"model": "a", "stress": 0.05, "non_euclidean": 0.0, "left_out": [], "residual": 0.0},
            {"model": "b", "stress": 0.4, "non_euclidean": 0.1, "left_out": [], "residual": 2.0},
        ]
    )
    line = trajectory_words.quality_line(rows, True)
    assert "a: stress 0.05 (faithful)" in line
    assert "b: stress 0.40 (misleading in detail)" in line
    assert "b: 10.0% of the eigenvalues' sum is negative" in line
    assert "Aligned to a at equal depth" in line
    assert "Aligned" not in trajectory_words.quality_line(rows, False)
    many = trajectory_words.quality_line(pd.concat([rows, rows]), True)
    assert "Stress 0.05 to 0.40: faithful to misleading in detail" in many
    assert "a: stress" not in many
    assert "remaining distance 0 to 2" in many


def test_missing_thresholds_become_one_job_with_the_runs_own_settings(runs):
    stored = {key: [0.9, 0.95] for key in runs["run_key"]}
    missing = trajectory_words.missing_variances(stored, list(stored), (0.8, 0.9))
    assert missing == [0.8]
    (payload,) = trajectory_words.threshold_payloads(runs, missing).values()
    assert payload["metrics"] == ["frenet:variance=0.8:pairs=all"]
    assert payload["settings"]["n"] == map_store.N
    assert payload["settings"]["pooling"] == "mean"
    different = runs.assign(pooling=["mean", "cls"])
    (payload,) = trajectory_words.threshold_payloads(different, missing).values()
    assert payload["settings"]["pooling"] is None


def test_runs_of_other_numbers_of_texts_are_a_job_each(runs):
    other = runs.assign(n=[100, 300])
    payloads = trajectory_words.threshold_payloads(other, (0.8,))
    models = list(other["model"])
    assert list(payloads) == [
        f"{model} on {task}" for model, task in other[["model", "task"]].values
    ]
    assert [payload["models"] for payload in payloads.values()] == [[name] for name in models]
    assert [payload["settings"]["n"] for payload in payloads.values()] == [100, 300]
    assert list(trajectory_words.threshold_payloads(runs, (0.8,))) == [""]
