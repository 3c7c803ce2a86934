"""Work that is killed, in processes forked from one that has imported all this already."""

import traceback
from multiprocessing.connection import Connection

import numpy as np
from rows import SPEED, run_record

from lrd_core.config import Config
from lrd_core.extraction.embeddings import allocate_array, writing_embeddings
from lrd_core.store.metric_values import Value, finished_metrics
from lrd_core.store.metrics import metric_writes
from lrd_core.store.neighbours import neighbour_writes
from lrd_core.store.per_text import PerText
from lrd_core.store.runs import run_writes
from lrd_core.store.saving import Saver

LAYERS = 30
FAILED = "failed"


def work(config: Config, told: Connection) -> None:
    """Runs as they are made, one after the other; tells of each piece once it is finished."""
    try:
        _runs(config, told)
    except Exception:
        told.send((FAILED, traceback.format_exc()))
        raise


def _runs(config: Config, told: Connection) -> None:
    saver, number = Saver(config), 0
    while True:
        key = f"run{number}"
        with saver.reading() as connection:
            done = finished_metrics(connection, key)
        if not done:
            saver.save(run_writes(run_record(key)))
            told.send(("row", key))
            with writing_embeddings(config, key) as path:
                allocate_array(path, (LAYERS, 20, 8))[:] = number
            told.send(("arrays", key))
            ids, similarity = np.zeros((20, 3), int), np.ones((20, 3))
            for layer in range(3):
                saver.keep(neighbour_writes(key, layer, ids, similarity))
            saver.catch_up()
            told.send(("lists", key))
            values = [Value("speed", layer + 0.5, 0.5, 20) for layer in range(LAYERS)]
            per_text = [PerText("speed", 0.5, np.arange(20), np.ones(20))]
            saver.save(metric_writes(key, SPEED, values, per_text))
            told.send(("metric", key))
        number += 1
