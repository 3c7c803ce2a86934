"""Room on disk: what is counted, what may go, what must stay."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from lrd_core.actions import clean_up
from lrd_core.actions.imports import import_results
from lrd_core.config import Config
from lrd_core.errors import InputError, JobError
from lrd_core.store import connect
from lrd_core.store.runs import save_run
from lrd_core.views import storage
from tests.example_store import run_record

LATER = 2 * storage.SAFE_AGE_S


@pytest.fixture
def arrays(config: Config) -> Path:
    """Arrays of one run of the store and of one that is gone, texts, and two leftovers."""
    run = run_record("all-MiniLM-L6-v2")
    with connect(config) as connection:
        save_run(connection, run)
    config.arrays_dir.mkdir()
    gone = "0" * 32
    for name in (
        f"{run.run_key}.npy",
        f"{run.run_key}.json",
        f"{gone}.npy",
        f"{gone}.json",
        f"{run.run_key}.77.partial.npy",
        "texts-abc.parquet",
        "texts-abc.parquet.partial",
    ):
        (config.arrays_dir / name).write_bytes(b"x" * 10)
    return config.arrays_dir


def test_only_what_belongs_to_no_run_is_removed(config: Config, arrays: Path) -> None:
    later = time.time() + LATER
    assert storage.sizes(config, now=later).arrays == 70
    assert storage.sizes(config, now=later).orphans == 40
    assert clean_up.remove_orphans(config, now=later) == clean_up.Freed(4, 40)
    key = run_record("all-MiniLM-L6-v2").run_key
    left = {path.name for path in arrays.iterdir()}
    assert left == {f"{key}.npy", f"{key}.json", "texts-abc.parquet"}


def test_what_was_written_just_now_may_belong_to_work_that_goes_on(
    config: Config, arrays: Path
) -> None:
    assert clean_up.remove_orphans(config).files == 0
    assert len(list(arrays.iterdir())) == 7


def test_embeddings_of_chosen_runs_go_and_a_key_is_never_a_path(
    config: Config, arrays: Path
) -> None:
    key = run_record("all-MiniLM-L6-v2").run_key
    assert clean_up.remove_arrays(config, [key]) == clean_up.Freed(2, 20)
    with pytest.raises(InputError, match="is no run key"):
        clean_up.remove_arrays(config, ["../../etc/passwd"])


def test_no_arrays_folder_is_no_fault(config: Config) -> None:
    assert storage.sizes(config).arrays == 0
    assert clean_up.remove_orphans(config).files == 0


def test_a_read_only_installation_deletes_nothing(config: Config, arrays: Path) -> None:
    locked = Config(config.data_dir, read_only=True)
    with pytest.raises(JobError, match="without LRD_READ_ONLY to delete arrays"):
        clean_up.remove_orphans(locked, now=time.time() + LATER)
    with pytest.raises(JobError, match="without LRD_READ_ONLY to delete arrays"):
        clean_up.remove_arrays(locked, [run_record("all-MiniLM-L6-v2").run_key])
    assert len(list(arrays.iterdir())) == 7


def test_what_an_import_brought_can_be_deleted(config: Config, tmp_path: Path) -> None:
    path = tmp_path / "board.csv"
    path.write_text("model,task,score\npythia-70m,MMLU,25.5\n")
    import_results(config, path)
    assert storage.imports(config) == ["import: board.csv"]
    with pytest.raises(JobError, match="without LRD_READ_ONLY to delete imports"):
        clean_up.remove_import(replace(config, read_only=True), "import: board.csv")
    assert clean_up.remove_import(config, "import: board.csv") == 1
    assert storage.imports(config) == []
