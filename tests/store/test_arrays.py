"""Array files when the disk is full, when their writer is killed, when two write at once."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from lrd_core import processes
from lrd_core.config import PROJECT_DIR
from lrd_core.extraction.embeddings import (
    MissingArrayError,
    allocate_array,
    embeddings_path,
    open_embeddings,
    writing_embeddings,
)

SHAPE = (4, 100, 8)

WRITE = """
import os, sys, signal
from lrd_core.config import load_config
from lrd_core.errors import StoreError
from lrd_core.extraction.embeddings import allocate_array, writing_embeddings
if sys.argv[1] == "limited":
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    with writing_embeddings(load_config(), "abc") as path:
        array = allocate_array(path, (4, 100, 8))
        array[:2] = 1.0
        array.flush()
        if sys.argv[1] == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
except StoreError as error:
    print(error)
"""


def write_elsewhere(how: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", WRITE, how], cwd=PROJECT_DIR, capture_output=True, text=True
    )


def write(config, value: float) -> None:
    with writing_embeddings(config, "abc") as path:
        allocate_array(path, SHAPE)[:] = value


def test_full_disk_names_the_folder_and_leaves_no_file(config):
    answer = write_elsewhere("limited")
    assert "the disk is full" in answer.stdout, answer.stderr
    assert "run the same command again" in answer.stdout
    assert list(config.arrays_dir.iterdir()) == []


def test_full_disk_keeps_the_array_that_was_there(config):
    write(config, 3.0)
    assert "the disk is full" in write_elsewhere("limited").stdout
    assert (open_embeddings(config, "abc") == 3.0).all()


def test_killed_writer_leaves_nothing_that_counts_and_the_next_cleans_up(config):
    assert write_elsewhere("killed").returncode == -signal.SIGKILL
    assert len(list(config.arrays_dir.iterdir())) == 1
    with pytest.raises(MissingArrayError):
        open_embeddings(config, "abc")
    write(config, 2.0)
    assert (np.asarray(open_embeddings(config, "abc")) == 2.0).all()
    assert {path.suffix for path in config.arrays_dir.iterdir()} == {".npy", ".json"}
    assert len(list(config.arrays_dir.iterdir())) == 2


@pytest.mark.parametrize(
    ("host", "lives", "days", "stays"),
    [
        (None, True, 2, True),  # lives here, however old
        (None, False, 0, False),  # is dead
        ("0" * 12, True, 0, True),  # another container: its numbers say nothing here
        ("0" * 12, True, 2, False),
        ("", True, 0, True),  # a name of 0.2.0 held the number alone
        ("", False, 2, False),
    ],
)
def test_partial_file_of_another_process_stays_as_long_as_that_may_live(
    config, host, lives, days, stays
):
    process = os.getpid() if lives else 2**22 + 1
    here, _, _ = processes.owner_mark().partition("-")
    mark = processes.process_mark(process) or f"{process}@1"
    owner = f"{here if host is None else host}-{mark}" if host != "" else str(process)
    config.arrays_dir.mkdir(parents=True)
    other = config.arrays_dir / f"abc.{owner}.0123abcd.partial.npy"
    other.write_bytes(b"in the making")
    changed = time.time() - days * 86_400
    os.utime(other, (changed, changed))
    write(config, 1.0)
    assert other.exists() == stays
    assert embeddings_path(config, "abc").exists()


def test_number_of_a_process_that_is_used_again_protects_nothing(config):
    other = config.arrays_dir / f"abc.{processes.owner_mark()}1.0123abcd.partial.npy"
    config.arrays_dir.mkdir(parents=True)
    other.write_bytes(b"of a process with our number that started earlier")
    write(config, 1.0)
    assert not other.exists()
