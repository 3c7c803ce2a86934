"""Folders that may not be written and disks that are full, as another user and for real."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrd_core.cli import main
from lrd_core.config import PROJECT_DIR, Config, load_config
from lrd_core.errors import InputError, UnwritableError
from lrd_core.jobs.queue import JobQueue
from lrd_core.store import connect
from lrd_core.store.migrations import MIGRATIONS

ATTEMPTS = """
import os, sys
from lrd_core import cli
from lrd_core.config import load_config
from lrd_core.jobs.queue import JobQueue
from lrd_core.views import runs as jobs
from lrd_core.views import stored as results
from lrd_core.actions import bundled, clean_up
from lrd_core.store import connect
from lrd_core.store.spool import keep
from lrd_core.store.requests import REQUESTS
from lrd_core.store.writes import Write
from lrd_core.extraction.embeddings import writing_embeddings
from lrd_core.errors import LrdError, UnwritableError
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
config = load_config()

def arrays():
    with writing_embeddings(config, "abc") as path:
        path.write_bytes(b"x")

def write():
    with connect(config) as connection:
        connection.execute("INSERT INTO requests VALUES ('a', 'b')")

def attempt(name, function):
    try:
        print(name, "did", function())
    except UnwritableError as error:
        print(name, "said", error)

attempt("runs", lambda: len(results.runs(config)))
attempt("jobs", lambda: len(JobQueue(config).jobs()))
attempt("queue", lambda: JobQueue(config).enqueue("run", {"other": 1}).id)
attempt("write", write)
attempt("keep", lambda: keep(config, [Write(REQUESTS, [{"request_key": "a"}])]))
attempt("arrays", arrays)
attempt("bundled", lambda: bundled.load_demo(config))
attempt("tidy", lambda: clean_up.tidy(config))
print("command", cli.main(["jobs", "list"]), cli.main(["jobs", "cancel", "1"]))
"""


@pytest.fixture
def config(monkeypatch) -> Iterator[Config]:
    """As elsewhere, but in a folder that other users may enter: those of pytest are closed."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setenv("LRD_DATA_DIR", f"{folder}/data")
        load_config.cache_clear()
        yield load_config()
    load_config.cache_clear()


def as_another_user(data_dir: Path) -> dict[str, str]:
    """What each attempt answered, in a process that may read the folder and not write it."""
    for path in data_dir.rglob("*"):
        path.chmod(0o444)
    data_dir.chmod(0o555)
    answer = subprocess.run(
        [sys.executable, "-c", ATTEMPTS], cwd=PROJECT_DIR, capture_output=True, text=True
    )
    data_dir.chmod(0o755)
    assert "Traceback" not in answer.stderr, answer.stderr
    assert answer.returncode == 0, answer.stderr
    lines = (answer.stdout + answer.stderr).splitlines()
    return {line.split()[0]: line for line in lines if line.strip()}


def test_a_folder_that_may_only_be_read_shows_what_it_holds_and_says_why_not_more(config):
    with connect(config):
        pass
    JobQueue(config).enqueue("run", {})
    said = as_another_user(config.data_dir)
    assert (said["runs"], said["jobs"]) == ("runs did 0", "jobs did 1")
    for name in ("queue", "write", "keep", "arrays"):
        assert "may not be written" in said[name], said[name]
        assert "point LRD_DATA_DIR at a folder of your own" in said[name]
        assert "move it away" not in said[name]
    assert said["tidy"] == "tidy did None"
    assert said["bundled"] == "bundled did False"
    assert said["command"] == "command 0 2"


def test_an_empty_folder_that_may_not_be_written(config):
    config.data_dir.mkdir()
    said = as_another_user(config.data_dir)
    assert said["jobs"] == "jobs did 0"
    for name in ("runs", "queue", "write", "keep", "arrays", "bundled"):
        assert "may not be written" in said[name], said[name]


def test_an_old_store_that_cannot_be_brought_up_to_date_says_what_is_in_the_way(
    config, monkeypatch
):
    from lrd_core.store import migrations

    monkeypatch.setattr(migrations, "MIGRATIONS", MIGRATIONS[:2])
    with connect(config):
        pass
    assert "may not be written" in as_another_user(config.data_dir)["runs"]


@pytest.mark.parametrize("kind", ["file", "loop", "below a file"])
def test_a_data_folder_that_is_none(tmp_path, monkeypatch, capsys, kind):
    place = tmp_path / "place"
    if kind == "loop":
        place.symlink_to(place)
    else:
        place.write_text("a letter")
    given = place / "below" if kind == "below a file" else place
    monkeypatch.setenv("LRD_DATA_DIR", str(given))
    load_config.cache_clear()
    assert main(["show"]) == 2
    assert "Traceback" not in (said := capsys.readouterr().err)
    assert said.startswith("error: ") and "LRD_DATA_DIR" in said
    load_config.cache_clear()


def test_a_user_that_does_not_exist_and_an_empty_name(monkeypatch):
    load_config.cache_clear()
    monkeypatch.setenv("LRD_DATA_DIR", "~no-such-user/data")
    with pytest.raises(InputError, match="LRD_DATA_DIR is '~no-such-user/data'"):
        load_config()
    monkeypatch.setenv("LRD_DATA_DIR", "")
    assert load_config().data_dir == PROJECT_DIR / "data"
    load_config.cache_clear()


def test_an_error_of_the_system_that_no_part_foresaw_is_one_line(config, monkeypatch, capsys):
    def full(*args: object, **named: object) -> None:
        raise OSError(28, os.strerror(28), str(config.data_dir / "somewhere"))

    monkeypatch.setattr("lrd_core.views.stored.profiles", full)
    assert main(["show"]) == 2
    assert "somewhere could not be written: the disk is full" in capsys.readouterr().err


def test_it_is_a_store_error_to_whoever_asks_no_further():
    from lrd_core.errors import StoreError

    assert issubclass(UnwritableError, StoreError)
