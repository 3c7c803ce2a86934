"""Stores with known answers: enough models to compare (only to be read), and pruning trials."""

import numpy as np
import pandas as pd
import pytest

from lrd_core.config import Config
from lrd_core.pruning.profile import Profile
from lrd_core.store import connect
from lrd_core.store.calibrations import CalibrationRow, save_calibration
from lrd_core.store.keys import canonical_json
from lrd_core.store.latencies import read_latencies, save_latency
from lrd_core.store.trials import read_trials, save_trials
from lrd_core.views.evidence import EvidenceRequest, ModelEvidence, model_evidence
from tests.pruning.trial_table import example_trials, latency
from tests.selection_store import fill_selection


@pytest.fixture(scope="session")
def many_models(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Seven models with scores on four tasks, one task without, one imported column."""
    config = Config(data_dir=tmp_path_factory.mktemp("selection"))
    fill_selection(config)
    return config


@pytest.fixture(scope="session")
def evidence(many_models: Config) -> ModelEvidence:
    return model_evidence(many_models, EvidenceRequest())


@pytest.fixture
def pruned(config: Config) -> Config:
    """Trials of `small`, timed at one block, and a calibration of MiniLM."""
    profile = Profile(
        tuple(range(6)), {"nrs": np.array([0, 0.1, 0.9, 0.2, 0.1, 0]), "gfmi": np.arange(7.0)}
    )
    row = CalibrationRow(
        calibration_key="k",
        model="all-MiniLM-L6-v2",
        model_id="id",
        revision="r",
        num_blocks=6,
        task="lee-sts",
        task_revision="1",
        n=128,
        seed=0,
        settings="{}",
        texts_hash="h",
        profile=canonical_json(profile.to_json()),
    )
    with connect(config) as connection:
        save_trials(connection, example_trials())
        save_latency(connection, latency(1, 1.25))
        save_calibration(connection, row)
    return config


@pytest.fixture
def tables(pruned: Config) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Its trials and its times."""
    with connect(pruned, read_only=True) as connection:
        return read_trials(connection), read_latencies(connection)
