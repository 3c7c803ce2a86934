"""Stores with known answers: enough models to compare (only to be read), and pruning trials."""

import pandas as pd
import pytest

from lrd_core.config import Config
from lrd_core.store import connect
from lrd_core.store.latencies import read_latencies
from lrd_core.store.trials import read_trials
from lrd_core.views.evidence import EvidenceRequest, ModelEvidence, model_evidence
from tests.pruned_store import fill_trials
from tests.selection_store import fill_selection
from tests.shared_store import shared


@pytest.fixture(scope="session")
def many_models(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Seven models with scores on four tasks, one task without, one imported column."""
    config = Config(data_dir=tmp_path_factory.mktemp("selection"))
    fill_selection(config)
    return shared(config)


@pytest.fixture(scope="session")
def evidence(many_models: Config) -> ModelEvidence:
    return model_evidence(many_models, EvidenceRequest())


@pytest.fixture
def pruned(config: Config) -> Config:
    """Trials of `small`, timed at one block, and a calibration of MiniLM."""
    fill_trials(config)
    return config


@pytest.fixture
def tables(pruned: Config) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Its trials and its times."""
    with connect(pruned, read_only=True) as connection:
        return read_trials(connection), read_latencies(connection)
