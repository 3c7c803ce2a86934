"""Whole comparisons of tiny models that read no texts: a cut model is scored, timed and kept."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.io import wavfile

from lrd_core.config import Config
from lrd_core.evaluation.layer_scores import layer_scores
from lrd_core.extraction.hidden_states import extract
from lrd_core.models.load import load_model
from lrd_core.models.loading import Loading
from lrd_core.pruning.export import with_parent
from lrd_core.pruning.plan import plan_by_hand
from lrd_core.pruning.sampling import sample_task
from lrd_core.pruning.settings import TrialSettings
from lrd_core.pruning.surgery import prune
from lrd_core.pruning.trial import TrialReport, execute_trials
from lrd_core.store import connect
from lrd_core.store.latencies import read_latencies
from lrd_core.store.trials import read_trials
from lrd_core.tasks import load_content
from tests.tiny_audio import save_tiny_audio
from tests.tiny_vision import save_tiny_vision

SETTINGS = TrialSettings(
    rules=("gfmi", "frenet", "nrs", "bi", "angular", "drop-one", "exhaustive"),
    budgets=(0.2,),
    removed=(0, 2),
    n=40,
    calibration_n=40,
    seeds=2,
    batch=2,
)
Compared = tuple[Config, str, str, TrialReport]


def _tones(folder: Path) -> str:
    """160 recordings of two pitches in noise, half of them for training."""
    generator = np.random.default_rng(0)
    for turn in range(160):
        pitch = ("low", "high")[turn % 2]
        moments = np.arange(generator.integers(3_000, 6_000)) / 16_000
        sound = np.sin(2 * np.pi * {"low": 200, "high": 900}[pitch] * moments)
        samples = 8_000 * (sound + generator.normal(0, 0.7, len(moments)))
        file = folder / ("train" if turn % 4 < 2 else "test") / pitch / f"{turn}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        wavfile.write(file, 16_000, np.clip(samples, -32_000, 32_000).astype(np.int16))
    return str(folder)


@pytest.fixture(scope="module", params=["image", "audio"])
def compared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Compared:
    folder = tmp_path_factory.mktemp("items")
    if request.param == "image":
        model, task = save_tiny_vision("dinov2", folder / "dino"), "digits"
    else:
        model, task = save_tiny_audio("whisper", folder / "whisper"), _tones(folder / "tones")
    config = Config(data_dir=folder / "data")
    report = execute_trials(str(model), task, SETTINGS, config=config, loading=Loading("cpu"))
    return config, str(model), task, report


def _trials(config: Config) -> pd.DataFrame:
    with connect(config, read_only=True) as connection:
        return read_trials(connection)


def test_every_rule_gives_a_plan_that_is_tried(compared: Compared) -> None:
    config, _, _, report = compared
    trials = _trials(config)
    assert {plan.rule for plan in report.plans} == {*SETTINGS.rules, "by hand"}
    assert {*SETTINGS.rules, "by hand", "every subset", "full"} <= set(trials["rule"])
    assert report.noise == pytest.approx(0, abs=1e-6)
    assert trials["perplexity"].isna().all() and np.isfinite(trials["score"]).all()


def test_a_cut_model_has_the_score_that_it_has_by_itself(compared: Compared) -> None:
    config, model, task, _ = compared
    loaded = load_model(model, device="cpu", config=config)
    for removed in ((1,), (0, 2)):
        cut = with_parent(loaded, prune(loaded.model, removed), plan_by_hand(model, 3, removed))
        content = sample_task(load_content(task), 40, 0)
        (score,) = layer_scores(
            content, lambda items, cut=cut: [extract(cut, items).embeddings[-1]]
        )
        trials = _trials(config)
        rows = trials[[tuple(found) == removed for found in trials["removed"]]]
        np.testing.assert_allclose(rows["score"], score.score, atol=1e-6)
    changes = _trials(config)["change"]
    assert changes.abs().max() > 1, "blocks that matter"


def test_it_is_timed_on_the_positions_that_an_item_has(compared: Compared) -> None:
    config, model, _, report = compared
    loaded = load_model(model, device="cpu", config=config)
    assert loaded.reader is not None
    with connect(config, read_only=True) as connection:
        timed = read_latencies(connection)
    assert sorted(timed["m"]) == sorted({plan.m for plan in report.plans})
    assert set(timed["length"]) == {loaded.reader.positions} and set(timed["batch"]) == {2}


def test_the_same_again_measures_nothing(
    compared: Compared, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, model, task, report = compared
    monkeypatch.setattr("lrd_core.pruning.trial.score_full", pytest.fail)
    monkeypatch.setattr("lrd_core.pruning.timing.measure_latency", pytest.fail)
    again = execute_trials(model, task, SETTINGS, config=config, loading=Loading("cpu"))
    assert (again.scored, again.known) == (0, report.scored)
