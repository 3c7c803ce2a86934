"""A copy to read at leisure: it holds what was there, and keeps nobody out."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from rows import write_run

from lrd_core.actions.uploads import pack_bundle
from lrd_core.errors import UnwritableError
from lrd_core.store import connect
from lrd_core.store.reading import read_table
from lrd_core.store.runs import RUNS
from lrd_core.store.snapshot import snapshot


def test_a_writer_gets_in_while_an_export_reads(config, tmp_path, monkeypatch):
    with connect(config) as connection:
        write_run(connection, "one")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with snapshot(config) as copy:
        with connect(config, wait_s=0.0) as connection:
            write_run(connection, "two")
        assert read_table(copy, RUNS).run_key.tolist() == ["one"]
        assert len(list(tmp_path.glob("lrd-snapshot-*"))) == 1
    assert list(tmp_path.glob("lrd-snapshot-*")) == []


def test_what_a_killed_writer_left_in_its_log_is_in_the_copy(config, other_process):
    other_process("die").communicate(timeout=200)
    assert config.database.with_name("lrd.duckdb.wal").exists()
    with snapshot(config) as copy:
        assert read_table(copy, RUNS).run_key.tolist() == ["committed"]


def test_no_room_for_the_copy_says_so(config, monkeypatch):
    with connect(config):
        pass

    def full(command, **options):
        return subprocess.CompletedProcess(
            command, 1, "", "Traceback\nOSError: [Errno 28] No space left on device"
        )

    monkeypatch.setattr("lrd_core.store.snapshot.subprocess.run", full)
    with pytest.raises(UnwritableError, match="the disk is full"), snapshot(config):
        pass


def test_a_pack_is_made_from_a_copy(config):
    with connect(config) as connection:
        write_run(connection, "one")
    assert pack_bundle(config)[:2] == b"PK"
