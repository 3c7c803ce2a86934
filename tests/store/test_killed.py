"""kill -9 of work at twenty seeded moments: nothing lost, nothing twice, nothing stuck."""

import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from lives import FAILED, LAYERS, work

from lrd_core.config import PROJECT_DIR
from lrd_core.extraction.embeddings import MissingArrayError, open_embeddings
from lrd_core.store import connect
from lrd_core.store.leftovers import collect_leftovers, find_leftovers
from lrd_core.store.metric_values import METRIC_VALUES
from lrd_core.store.neighbours import NEIGHBOURS
from lrd_core.store.reading import doubles, read_table
from lrd_core.store.runs import RUNS
from lrd_core.store.spool import kept
from lrd_core.store.tables import all_tables

MOMENTS = 20
Piece = tuple[str, str]


@pytest.fixture
def live(config, monkeypatch) -> Callable[[int, float], set[Piece]]:
    """Lets the work live for some pieces and seconds; gives what it said it finished."""
    path = os.pathsep.join([str(Path(__file__).parent), str(PROJECT_DIR)])
    monkeypatch.setenv("PYTHONPATH", path)  # the server has no other way to find what it preloads
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["lives"])

    def one_life(pieces: int, seconds: float) -> set[Piece]:
        listening, telling = server.Pipe(duplex=False)
        process = server.Process(target=work, args=(config, telling))
        process.start()
        telling.close()
        finished: set[Piece] = set()
        with suppress(EOFError):  # it ended by itself, and said why
            for _ in range(pieces):
                finished.add(listening.recv())
        time.sleep(seconds)
        process.kill()
        process.join()
        with suppress(EOFError, OSError):
            while True:
                finished.add(listening.recv())
        assert [reason for kind, reason in finished if kind == FAILED] == []
        return finished

    return one_life


@pytest.mark.slow
def test_nothing_is_lost_doubled_or_stuck(config, live):
    moments = random.Random(0)
    finished: set[Piece] = set()
    for _ in range(MOMENTS):
        finished |= live(moments.randint(1, 4), moments.uniform(0.0, 0.1))
        for _, key in (piece for piece in finished if piece[0] == "arrays"):
            assert open_embeddings(config, key).shape == (LAYERS, 20, 8)
    with connect(config) as connection:
        assert kept(config) == []
        assert {table.name: n for table in all_tables() if (n := doubles(connection, table))} == {}
        values = read_table(connection, METRIC_VALUES)
        stored = {
            "row": set(read_table(connection, RUNS).run_key),
            "lists": set(read_table(connection, NEIGHBOURS).run_key),
            "metric": set(values.run_key),
        }
    assert (values.groupby("run_key").size() == LAYERS).all()
    lost = [piece for piece in finished if piece[0] in stored and piece[1] not in stored[piece[0]]]
    assert lost == []
    assert len(finished) >= MOMENTS
    collect_leftovers(config)
    assert find_leftovers(config) == []
    assert list(config.spool_dir.iterdir()) == []
    with pytest.raises(MissingArrayError):
        open_embeddings(config, "run9999")
