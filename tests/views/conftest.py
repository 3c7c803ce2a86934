"""A store with enough models to compare, made once: the tests that use it only read."""

import pytest

from lrd_core.config import Config
from lrd_core.views.evidence import EvidenceRequest, ModelEvidence, model_evidence
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
