"""The store under other processes, kill -9, a full disk, and files that are not its own."""

import sqlite3
import sys
import time
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from rows import SPEED, write_run

from lrd_core.errors import StoreBusyError, StoreError
from lrd_core.store import connect
from lrd_core.store.metric_values import METRIC_VALUES, finished_metrics
from lrd_core.store.reading import read_table
from lrd_core.store.runs import RUNS


def test_four_writers_and_eight_readers_lose_nothing(config, other_process):
    writers = [other_process("write", name, "10") for name in "abcd"]
    readers = [other_process("read", "10") for _ in range(8)]
    for process in writers + readers:
        _, errors = process.communicate(timeout=400)
        assert process.returncode == 0, errors
    with connect(config, read_only=True) as connection:
        runs = read_table(connection, RUNS)
        values = read_table(connection, METRIC_VALUES)
    assert sorted(runs.run_key) == sorted(f"{name}{i}" for name in "abcd" for i in range(10))
    assert len(values) == 4 * 10 * 2
    assert (values.groupby("run_key").size() == 2).all()


@pytest.mark.parametrize("read_only", [True, False])
def test_busy_store_is_reported_after_the_wait(config, other_process, read_only):
    with connect(config):
        pass
    holder = other_process("hold")
    assert holder.stdout.readline() == "held\n"
    started = time.monotonic()
    with (
        pytest.raises(StoreBusyError, match=r"has held .* for over 0 s; try again"),
        connect(config, read_only=read_only, wait_s=0.3),
    ):
        pass
    assert 0.3 <= time.monotonic() - started < 2
    holder.stdin.close()
    with connect(config, read_only=read_only) as connection:
        assert read_table(connection, RUNS).empty


def test_waiting_reader_gets_in_once_the_writer_is_killed(config, other_process):
    holder = other_process("hold")
    assert holder.stdout.readline() == "held\n"
    holder.kill()
    with connect(config, read_only=True) as connection:
        assert read_table(connection, RUNS).empty


def test_killed_writer_leaves_what_it_had_committed_and_nothing_else(config, other_process):
    process = other_process("die")
    process.communicate(timeout=200)
    assert process.returncode == -9
    with connect(config) as connection:
        assert read_table(connection, RUNS).model.tolist() == ["tiny"]
        assert len(read_table(connection, METRIC_VALUES)) == 2
        assert finished_metrics(connection, "committed") == {SPEED}


def test_full_disk_keeps_earlier_rows_and_says_what_to_do(config, other_process):
    output, errors = other_process("fill", str(1_500_000)).communicate(timeout=400)
    assert "StoreError: " in output, output + errors
    assert "the disk is full" in output
    assert "run the same command again" in output
    written = [f"more{line}" for line in output.split() if line.isdigit()]
    with connect(config) as connection:
        kept = read_table(connection, RUNS).run_key.tolist()
        assert set(kept) >= {"before", *written}
        assert len(kept) - len(written) <= 2
        for key in written:
            assert finished_metrics(connection, key) == {SPEED}
        write_run(connection, "after making room")


def filled(config) -> bytes:
    with connect(config) as connection:
        frame = pd.DataFrame({"x": np.random.default_rng(0).random(200_000)})
        connection.register("frame", frame)
        connection.execute("CREATE TABLE big AS SELECT * FROM frame")
        connection.unregister("frame")
    return config.database.read_bytes()


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.00005, 0.003, 0.01, 0.25, 0.5, 0.99])
def test_truncated_store_is_left_untouched(config, share, read_only):
    whole = filled(config)
    cut = whole[: int(len(whole) * share)]
    config.database.write_bytes(cut)
    with (
        pytest.raises(StoreError, match="it was left as it is: move it away or point LRD_DATA_DIR"),
        connect(config, read_only=read_only),
    ):
        pass
    assert config.database.read_bytes() == cut


def test_damaged_block_is_a_store_error(config):
    whole = bytearray(filled(config))
    middle = len(whole) // 2
    whole[middle : middle + 64] = bytes(64)
    config.database.write_bytes(whole)
    with (
        pytest.raises(StoreError, match="Corrupt database file"),
        connect(config, read_only=True) as connection,
    ):
        connection.execute("SELECT sum(x) FROM big").fetchall()


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("kind", ["text", "zeros", "sqlite", "duckdb"])
def test_file_of_another_program_is_left_untouched(config, kind, read_only):
    config.data_dir.mkdir(parents=True)
    if kind == "sqlite":
        other = sqlite3.connect(config.database)
        other.execute("CREATE TABLE bookmarks (url TEXT)")
        other.close()
    elif kind == "duckdb":
        with duckdb.connect(str(config.database)) as other:
            other.execute("CREATE TABLE bookmarks (url VARCHAR)")
    else:
        config.database.write_bytes(b"dear diary\n" * 500 if kind == "text" else bytes(50_000))
    before = config.database.read_bytes()
    with pytest.raises(StoreError, match="left as it is"), connect(config, read_only=read_only):
        pass
    assert config.database.read_bytes() == before


def test_threads_that_write_and_open_at_once_see_no_false_damage(config):
    import threading

    done = threading.Event()
    errors: list[BaseException] = []

    def open_again_and_again() -> None:
        while not done.is_set():
            try:
                with connect(config) as connection:
                    connection.execute("SELECT 1").fetchall()
            except BaseException as error:
                errors.append(error)
                return

    filled(config)
    opener = threading.Thread(target=open_again_and_again)
    opener.start()
    for _ in range(4):
        with connect(config) as connection:
            connection.execute("INSERT INTO big SELECT random() FROM range(200000)")
    done.set()
    opener.join()
    assert errors == []
