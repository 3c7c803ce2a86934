"""What killed work left behind is found by its owner's name, and nothing else is touched."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lrd_core.actions import clean_up
from lrd_core.config import PROJECT_DIR
from lrd_core.disk import partial_name, whole_file
from lrd_core.processes import owner_mark
from lrd_core.store import connect
from lrd_core.store.leftovers import SCORING, collect_leftovers, find_leftovers
from lrd_core.views import storage

DIE = """
import os, signal, tempfile
from lrd_core.config import load_config
from lrd_core.disk import whole_file
from lrd_core.processes import owner_mark
from lrd_core.store import connection
from lrd_core.store.leftovers import SCORING
config = load_config()
config.arrays_dir.mkdir(parents=True)
folder = tempfile.mkdtemp(dir=config.data_dir, prefix=f"{SCORING}{owner_mark()}.")
open(folder + "/1.npy", "wb").write(bytes(1000))
with whole_file(config.arrays_dir / "texts-abc.parquet") as partial:
    partial.write_bytes(bytes(100))
    connection.migrate = lambda opened: os.kill(os.getpid(), signal.SIGKILL)
    connection._create(config.database)
"""


@pytest.fixture
def killed(config):
    """A process that died while it scored, kept texts and made the store."""
    died = subprocess.run([sys.executable, "-c", DIE], cwd=PROJECT_DIR, capture_output=True)
    assert died.returncode == -signal.SIGKILL, died.stderr
    return config


def test_all_of_it_is_counted_and_collected_at_the_next_start(killed):
    kinds = {path.name.split(".")[0] or path.name.split(".")[1] for path in find_leftovers(killed)}
    assert {kind.split("-")[0] for kind in kinds} == {"scoring", "lrd", "texts"}
    with connect(killed):
        pass
    assert storage.sizes(killed).leftovers > 1000
    clean_up.tidy(killed)
    assert find_leftovers(killed) == []
    assert storage.sizes(killed).leftovers == 0
    assert {path.name for path in killed.data_dir.iterdir()} == {"arrays", "lrd.duckdb"}


FOLDERS = ("merged", "placed", "anatomies", "digests", "answers", "brought", "scenes", "exports")


@pytest.mark.parametrize("folder", [*FOLDERS, "spool", "tasks", "tasks/mine", "made-tomorrow"])
def test_what_a_dead_process_began_below_the_data_folder_goes(killed, folder):
    (scoring,) = (path for path in find_leftovers(killed) if path.name.startswith(SCORING))
    owner = scoring.name.removeprefix(SCORING).split(".")[0]
    begun = killed.data_dir / folder / f"abc.{owner}.0123abcd.partial"
    whole = killed.data_dir / folder / "abc"
    for path in (begun, whole):
        path.mkdir(parents=True)
    assert begun in find_leftovers(killed)
    collect_leftovers(killed)
    assert whole.exists() and not begun.exists()


def test_what_living_work_makes_and_what_is_whole_stays(config):
    config.arrays_dir.mkdir(parents=True)
    places = [
        config.data_dir / f"{SCORING}{owner_mark()}.abc",
        config.data_dir / f".lrd.duckdb.{owner_mark()}.0123abcd.wal",
        config.arrays_dir / f"abc.{owner_mark()}.0123abcd.partial.npy",
        config.arrays_dir / partial_name("texts-abc.parquet"),
        config.arrays_dir / "abc.npy",
        config.data_dir / "scenes.json",
        config.data_dir / "jobs.sqlite-wal",
    ]
    for path in places:
        path.write_bytes(b"x")
        os.utime(path, (0, 0))
    assert find_leftovers(config) == []
    assert collect_leftovers(config) == 0
    assert all(path.exists() for path in places)


@pytest.mark.parametrize(
    "name", ["scoring-x7k2p9_q", ".lrd.duckdb.0123456789abcdef", ".lrd.duckdb.0123456789abcdef.wal"]
)
def test_names_of_0_2_0_are_collected_after_a_day(config, name):
    config.data_dir.mkdir()
    path = config.data_dir / name
    path.write_bytes(b"x")
    assert find_leftovers(config) == []
    day_ago = time.time() - 90_000
    os.utime(path, (day_ago, day_ago))
    assert collect_leftovers(config) == 1
    assert not path.exists()


def test_a_link_is_never_followed(config, tmp_path):
    outside = tmp_path / "precious"
    outside.mkdir()
    (outside / "file").write_text("keep me")
    config.data_dir.mkdir()
    (config.data_dir / "scoring-abc").symlink_to(outside)
    os.utime(outside, (0, 0))
    collect_leftovers(config)
    assert (outside / "file").exists()


def test_a_file_is_whole_or_not_there(tmp_path):
    path = tmp_path / "deep" / "file"
    with pytest.raises(KeyboardInterrupt), whole_file(path) as partial:
        partial.write_text("half")
        raise KeyboardInterrupt
    assert list(path.parent.iterdir()) == []
    with whole_file(path) as partial:
        partial.write_text("whole")
        assert not Path(path).exists()
    assert path.read_text() == "whole"
