"""Settings every test shares: no hub, one thread, a data folder of its own."""

import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

from lrd_core.config import Config, load_config


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Config]:
    """A configuration whose data folder is empty and belongs to this test alone."""
    monkeypatch.setenv("LRD_DATA_DIR", str(tmp_path / "data"))
    load_config.cache_clear()
    yield load_config()
    load_config.cache_clear()
