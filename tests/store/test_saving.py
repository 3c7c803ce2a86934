"""Long work and a store that other processes hold: it goes on, says so, and loses nothing."""

import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from rows import SPEED, VALUES, run_record

from lrd_core.errors import JobCancelled, StoreBusyError
from lrd_core.store import connect, connection, gate
from lrd_core.store.gate import gate_of
from lrd_core.store.metric_values import METRIC_VALUES
from lrd_core.store.metrics import metric_writes
from lrd_core.store.reading import read_table
from lrd_core.store.runs import RUNS, run_writes
from lrd_core.store.saving import KEPT, Saver
from lrd_core.store.spool import kept


@pytest.fixture
def impatient(monkeypatch):
    """The wait of a page, and the time until it is said, shortened."""
    monkeypatch.setattr(connection, "WAIT_S", 0.2)
    monkeypatch.setattr(connection, "SAY_AFTER_S", 0.05)


def held(config, other_process, how="look"):
    with connect(config):
        pass
    holder = other_process(how)
    assert holder.stdout.readline() == "held\n"
    return holder


def test_work_behind_a_reader_goes_on_and_is_saved_at_its_end(
    config, other_process, impatient, caplog
):
    holder = held(config, other_process)
    said = []
    saver = Saver(config, lambda stage, done, total: said.append(stage))
    saver.save(run_writes(run_record("one")))
    saver.save(metric_writes("one", SPEED, VALUES))
    assert saver.waiting == 2
    threading.Timer(0.5, holder.stdin.close).start()
    assert saver.settle() == 0
    with connect(config, read_only=True) as opened:
        assert len(read_table(opened, METRIC_VALUES)) == 2
    assert any("waiting for the store: " in stage and "reads it" in stage for stage in said)
    assert caplog.text.count(KEPT) == 1


def test_work_that_is_cancelled_while_it_waits_is_saved_by_whoever_comes_next(
    config, other_process, impatient
):
    holder = held(config, other_process)

    def cancel(stage: str, done: int, total: int) -> None:
        raise JobCancelled("stop")

    with pytest.raises(JobCancelled):
        Saver(config, cancel).save(run_writes(run_record("one")))
    holder.stdin.close()
    holder.wait()
    with connect(config) as opened:
        assert read_table(opened, RUNS).run_key.tolist() == ["one"]
    assert kept(config) == []


def test_once_the_store_was_busy_each_further_piece_only_takes_a_glance(
    config, other_process, impatient, monkeypatch
):
    monkeypatch.setattr(connection, "WAIT_S", 3.0)
    held(config, other_process)
    saver = Saver(config)
    saver.save(run_writes(run_record("0")))
    started = time.monotonic()
    for number in range(1, 4):
        saver.save(run_writes(run_record(str(number))))
    assert time.monotonic() - started < 3.0  # one more wait alone takes as long
    assert saver.waiting == 4


def test_work_reads_behind_a_writer_that_stays_longer_than_a_page_waits(
    config, other_process, impatient
):
    holder = held(config, other_process, "hold")
    with pytest.raises(StoreBusyError), connect(config, read_only=True):
        pass
    threading.Timer(0.5, holder.stdin.close).start()
    with Saver(config).reading() as opened:
        assert read_table(opened, RUNS).empty


def test_readers_that_poll_without_end_never_beat_a_writer(config, other_process):
    with connect(config):
        pass
    readers = [other_process("poll") for _ in range(3)]
    for reader in readers:
        assert reader.stdout.readline() == "polling\n"
    writers = [other_process("work", name, "8") for name in "ab"]
    exporter = other_process("export", str(config.data_dir / "out"))
    for process in (*writers, exporter):
        output, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
        assert "unsaved 0" in output or process is exporter
    for reader in readers:
        assert reader.poll() is None
        _, errors = reader.communicate(timeout=300)
        assert reader.returncode == 0, errors
    with connect(config, read_only=True) as opened:
        assert len(read_table(opened, METRIC_VALUES)) == 2 * 8 * 2


def test_a_writer_that_waits_keeps_new_readers_out_and_only_for_a_while(
    config, other_process, monkeypatch
):
    monkeypatch.setattr(gate, "CLOSED_S", 1.0)
    holder = held(config, other_process)
    entered = threading.Event()

    def write() -> None:
        with connect(config, wait_s=60.0):
            entered.set()

    writer = threading.Thread(target=write)
    writer.start()
    refused = 0
    for _ in range(30):  # the foreign reader stays: now and then readers get their turn too
        try:
            with connect(config, read_only=True, wait_s=0.0):
                pass
        except StoreBusyError as error:
            assert "another process waits to write to it" in str(error)
            refused += 1
        time.sleep(0.1)
    assert 3 < refused < 30
    assert not entered.is_set()
    holder.stdin.close()
    writer.join(60)
    assert entered.is_set()


def test_readers_that_pass_hold_nothing_so_that_a_writer_can_always_close(config):
    config.data_dir.mkdir()
    with (
        gate_of(config.data_dir) as reader,
        gate_of(config.data_dir) as writer,
        gate_of(config.data_dir) as other,
    ):
        assert reader.passes() and other.passes()
        writer.wait(for_readers=True)
        assert not reader.passes()
        other.wait(for_readers=True)  # one closes; the others wait beside it
        writer.open()
        assert reader.passes()


def test_behind_a_writer_the_gate_stays_open(config, other_process):
    holder = held(config, other_process, "hold")
    entered = threading.Event()

    def write() -> None:
        with connect(config, wait_s=60.0):
            entered.set()

    writer = threading.Thread(target=write)
    writer.start()
    for _ in range(20):
        with (
            pytest.raises(StoreBusyError, match="writes to it"),
            connect(config, read_only=True, wait_s=0.0),
        ):
            pass
        time.sleep(connection.PAUSE_S)
    holder.stdin.close()
    writer.join(60)
    assert entered.is_set()


def test_who_has_waited_long_tries_as_often_as_who_just_came(config, other_process, monkeypatch):
    held(config, other_process)
    pauses: list[float] = []
    clock = SimpleNamespace(monotonic=lambda: sum(pauses), sleep=pauses.append)
    monkeypatch.setattr(connection, "time", clock)
    with pytest.raises(StoreBusyError), connect(config, wait_s=2.0):
        pass
    assert max(pauses) <= 1.5 * connection.PAUSE_S
    assert len(pauses) > 2.0 / (1.5 * connection.PAUSE_S)


@pytest.mark.parametrize(
    ("how", "read_only", "does"), [("look", False, "reads it"), ("hold", True, "writes to it")]
)
def test_the_message_names_who_is_in_the_way(config, other_process, how, read_only, does):
    holder = held(config, other_process, how)
    expected = rf"another process has held .* close it: python\S* \(process {holder.pid}\) {does}"
    with (
        pytest.raises(StoreBusyError, match=expected),
        connect(config, read_only=read_only, wait_s=0.0),
    ):
        pass


def test_a_second_connection_here_keeps_other_processes_out_all_the_same(config, other_process):
    with connect(config) as opened:
        opened.execute("INSERT INTO requests VALUES ('a', 'b')")
        with connect(config):
            pass
        holder = other_process("look")
        assert holder.stdout.readline() == "", "another process got in beside a writer"
        assert "Conflicting lock" in holder.stderr.read()
