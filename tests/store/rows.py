"""Small runs and values for store tests, and a writer process that can be killed.

python rows.py write NAME COUNT      write COUNT runs with a metric each, in short transactions
python rows.py read COUNT            read COUNT times; every run seen must have all its values
python rows.py hold                  hold the store until standard input closes
python rows.py look                  the same as a reader, like another program's database viewer
python rows.py poll                  read again and again, as pages do, until input closes
python rows.py work NAME COUNT       save COUNT runs as long work does; then say what is unsaved
python rows.py export FOLDER         write the whole store as a bundle
python rows.py die                   die inside a transaction, after one that was committed
python rows.py fill BYTES            write rows until files may not grow over BYTES
"""

import os
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np

from lrd_core.config import load_config
from lrd_core.errors import StoreError
from lrd_core.store import connect
from lrd_core.store.bundle import export_bundle
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metric_values import Value
from lrd_core.store.metrics import metric_writes, save_metric
from lrd_core.store.per_text import PerText
from lrd_core.store.runs import RunRecord, run_writes, save_run
from lrd_core.store.saving import Saver
from lrd_core.store.snapshot import snapshot
from lrd_core.store.writes import transaction

SPEED = MetricId.of("frenet", 1)
VALUES = [Value("speed", layer + 0.5, 0.25 * layer, 10) for layer in range(2)]


def run_record(key: str) -> RunRecord:
    return RunRecord(
        run_key=key,
        model="tiny",
        model_id="org/tiny",
        revision="r1",
        family="base LM",
        num_blocks=2,
        hidden_size=8,
        num_parameters=100,
        model_note="",
        task="verses",
        task_revision="1",
        task_type="STS",
        split="test",
        n=10,
        n_total=20,
        seed=0,
        max_length=64,
        pooling="mean",
        final_norm="hf",
        dtype="float32",
        prompt="",
        condition="",
        capture="block",
        device="cpu",
    )


def write_run(connection, key: str, texts: int = 10) -> None:
    save_run(connection, run_record(key))
    values = [replace(value, n=texts) for value in VALUES]
    per_text = [PerText("speed", 0.5, np.arange(texts), np.random.default_rng(0).random(texts))]
    save_metric(connection, key, SPEED, values, per_text)


def write(name: str, count: str) -> None:
    for number in range(int(count)):
        with connect(load_config(), wait_s=60) as connection:
            write_run(connection, f"{name}{number}")
        print(number, flush=True)


def read(count: str) -> None:
    for _ in range(int(count)):
        with connect(load_config(), read_only=True, wait_s=60) as connection:
            halves = connection.execute(
                "SELECT run_key FROM metric_values GROUP BY run_key HAVING count(*) <> 2"
            ).fetchall()
        if halves:
            sys.exit(f"half-written runs were visible: {halves}")


def hold() -> None:
    with connect(load_config()):
        print("held", flush=True)
        sys.stdin.read()


def look() -> None:
    import duckdb

    with duckdb.connect(str(load_config().database), read_only=True):
        print("held", flush=True)
        sys.stdin.read()


def poll() -> None:
    told = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), told.set()), daemon=True).start()
    print("polling", flush=True)
    while not told.is_set():
        with connect(load_config(), read_only=True, wait_s=120) as connection:
            connection.execute("SELECT count(*) FROM metric_values").fetchall()


def work(name: str, count: str) -> None:
    saver = Saver(load_config())
    for number in range(int(count)):
        key = f"{name}{number}"
        saver.save(run_writes(run_record(key)))
        saver.save(metric_writes(key, SPEED, VALUES))
        print(number, flush=True)
    print(f"unsaved {saver.settle()}", flush=True)


def export(folder: str) -> None:
    with snapshot(load_config()) as connection:
        export_bundle(connection, Path(folder))


def die() -> None:
    with connect(load_config()) as connection:
        write_run(connection, "committed")
        with transaction(connection):
            connection.execute("UPDATE runs SET model = 'changed'")
            connection.execute("DELETE FROM metric_values")
            os.kill(os.getpid(), signal.SIGKILL)


def fill(limit: str) -> None:
    import resource

    config = load_config()
    with connect(config) as connection:
        write_run(connection, "before")
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    try:
        for number in range(200):
            with connect(config) as connection:
                write_run(connection, f"more{number}", texts=20_000)
            print(number, flush=True)
    except StoreError as error:
        print(f"StoreError: {error}", flush=True)


if __name__ == "__main__":
    commands = (write, read, hold, look, poll, work, export, die, fill)
    {command.__name__: command for command in commands}[sys.argv[1]](*sys.argv[2:])
