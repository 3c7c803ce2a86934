"""Small runs and values for store tests, and a writer process that can be killed.

python rows.py write NAME COUNT      write COUNT runs with a metric each, in short transactions
python rows.py read COUNT            read COUNT times; every run seen must have all its values
python rows.py hold                  hold the store until standard input closes
python rows.py die                   die inside a transaction, after one that was committed
python rows.py fill BYTES            write rows until files may not grow over BYTES
"""

import os
import signal
import sys

import numpy as np

from lrd_core.config import load_config
from lrd_core.errors import StoreError
from lrd_core.store import connect
from lrd_core.store.results import (
    MetricId,
    PerText,
    RunRecord,
    Value,
    save_metric,
    save_run,
    transaction,
)

SPEED = MetricId.of("frenet", 1)


def run_record(key: str) -> RunRecord:
    return RunRecord(
        run_key=key, model="tiny", model_id="org/tiny", revision="r1", family="base LM",
        num_blocks=2, hidden_size=8, num_parameters=100, model_note="", task="verses",
        task_revision="1", task_type="STS", split="test", n=10, n_total=20, seed=0, max_length=64,
        pooling="mean", final_norm="hf", dtype="float32", prompt="", condition="",
        capture="block", device="cpu",
    )  # fmt: skip


def write_run(connection, key: str, texts: int = 10) -> None:
    save_run(connection, run_record(key))
    values = [Value("speed", layer + 0.5, 0.25 * layer, texts) for layer in range(2)]
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
    {"write": write, "read": read, "hold": hold, "die": die, "fill": fill}[sys.argv[1]](
        *sys.argv[2:]
    )
