"""Settings every test shares: no hub, one thread, a data folder of its own."""

import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck, settings

from lrd_core.config import Config, load_config
from lrd_core.store import connect, connection

# Properties are judged by what they find, not by how long a busy machine took to look.
settings.register_profile("no clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no clock")

TESTS = Path(__file__).parent
STORE_TESTS = TESTS / "store"
LONG_FILES = (
    "models/test_zoo.py",
    "pruning/test_zoo.py",
    "pruning/test_trial.py",
    "test_readme.py",
    "test_docs.py",
    "test_package.py",
    "views/test_questions.py",
    "settings/test_one_more.py",
    "jobs/test_queue.py",
    "browser/test_ask.py",
)
"""A file is one worker's. These take long, some with few tests: begun last, they would keep one
worker busy while the others have nothing left."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, the others as they were found."""
    rank = {TESTS / name: place for place, name in enumerate(LONG_FILES)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


@pytest.fixture(scope="session")
def blank_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store without rows, made once: the file alone."""
    blank = Config(tmp_path_factory.mktemp("blank"))
    with connect(blank):
        pass
    return blank.database


@pytest.fixture(autouse=True)
def new_stores_are_copies(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, blank_store: Path
) -> None:
    """Opening a new store copies a blank one, a fifth of the time; those tested make their own."""
    if STORE_TESTS in request.path.parents:
        return

    def copied(path: Path) -> bool:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        shutil.copyfile(blank_store, unfinished)
        try:
            path.hardlink_to(unfinished)
        except FileExistsError:
            return False
        finally:
            unfinished.unlink()
        return True

    monkeypatch.setattr(connection, "_create", copied)


@pytest.fixture(autouse=True)
def the_main_module_stays() -> Iterator[None]:
    """Put back what AppTest replaces: a process started later would run its script as its own."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Config]:
    """A configuration whose data folder is empty and belongs to this test alone."""
    monkeypatch.setenv("LRD_DATA_DIR", str(tmp_path / "data"))
    load_config.cache_clear()
    yield load_config()
    load_config.cache_clear()
