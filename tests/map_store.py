"""A small store with maps, neighbour lists and paths of known content, made without any model."""

from dataclasses import asdict

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.extraction.embeddings import writing_embeddings
from lrd_core.metrics import similarity
from lrd_core.projection.trust import neighbours_kept, projected_neighbours, trustworthiness
from lrd_core.projection.umap import ChainSettings
from lrd_core.projection.work import projection_id
from lrd_core.runs.items import items_path
from lrd_core.store import connect
from lrd_core.store.matrices import Matrix
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metric_values import Value
from lrd_core.store.metrics import save_metric
from lrd_core.store.neighbours import save_neighbours
from lrd_core.store.per_text import PerText
from lrd_core.store.projections import LayerMap, save_layer_map
from lrd_core.store.runs import RunRecord, save_run
from tests.example_store import HOSTILE, run_record
from tests.filled_once import filled_once

N = 60
FIRST, SECOND = "all-MiniLM-L6-v2", "<b>other</b> model"
GROUPS = ("business", "sport", "tech")


def texts(n: int = N) -> pd.DataFrame:
    """Texts in three groups; text_index is twice the row; text 14 is hostile."""
    return pd.DataFrame(
        {
            "row": range(n),
            "text_index": np.arange(n) * 2,
            "text": pd.Series(
                [HOSTILE if row == 7 else f"report number {row} says more" for row in range(n)],
                dtype="string",
            ),
            "label": pd.Series([GROUPS[row % 3] for row in range(n)], dtype="string"),
        }
    )


def layers(num_blocks: int, seed: int, n: int = N) -> np.ndarray:
    """(num_blocks + 1, n, 8) embeddings: the three groups form as depth grows."""
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(3, 8))
    noise = generator.normal(size=(n, 8))
    drift = generator.normal(size=(num_blocks + 1, n, 8))
    return np.stack(
        [
            noise + 0.3 * drift[layer] + 3 * layer / num_blocks * centres[np.arange(n) % 3]
            for layer in range(num_blocks + 1)
        ]
    ).astype(np.float32)


def exact_neighbours(embeddings: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest texts by cosine, in plain NumPy: (n, k) ids and similarities."""
    rows = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    similarity = rows.astype(np.float64) @ rows.T.astype(np.float64)
    np.fill_diagonal(similarity, -np.inf)
    ids = np.argsort(-similarity, axis=1, kind="stable")[:, :k]
    return ids, np.take_along_axis(similarity, ids, axis=1)


def distances(num_blocks: int, step: float) -> np.ndarray:
    """Distances of points on a straight line, `step` radians apart."""
    places = step * np.arange(num_blocks + 1)
    return np.abs(places[:, None] - places[None, :])


def run_of(model: str, num_blocks: int) -> RunRecord:
    return run_record(model, num_blocks=num_blocks, n=N)


def add_paths(connection: object, run: RunRecord, step: float) -> None:
    """Frenet at two thresholds; at 0.9 every distance is half of that at 0.95."""
    for variance, rank in ((0.9, 4.0), (0.95, 16.0)):
        cells = distances(run.num_blocks, step * (1.0 if variance == 0.95 else 0.5))
        speed = cells.diagonal(1)
        values = [Value("speed", i + 0.5, float(s), N) for i, s in enumerate(speed)]
        values += [Value("curvature", i + 1.0, 0.0, N) for i in range(run.num_blocks - 1)]
        values += [
            Value("rank", None, rank, N),
            Value("d_0L", None, float(cells[0, -1]), N),
            Value("arc_length", None, float(speed.sum()), N),
            Value("straightness", None, 1.0, N),
        ]
        identity = MetricId.of("frenet", 1, parameters={"variance": variance})
        save_metric(
            connection, run.run_key, identity, values, matrices=[Matrix("distances", cells)]
        )


def add_maps(config: Config, run: RunRecord, seed: int, maps: bool = True) -> None:
    """Embeddings, neighbours, an entropy by text and, with `maps`, a map of every layer."""
    embedded = layers(run.num_blocks, seed)
    with writing_embeddings(config, run.run_key) as path:
        np.save(path, embedded)
    settings = ChainSettings()
    table = texts()
    path = items_path(config, pd.Series(asdict(run)))
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_parquet(path)
    ids = table["text_index"].to_numpy()
    with connect(config) as connection:
        for layer, vectors in enumerate(embedded):
            near, similarity = exact_neighbours(vectors, 30)
            save_neighbours(connection, run.run_key, layer, near, similarity)
            if not maps:
                continue
            points = vectors[:, :2].astype(np.float32)
            drawn = projected_neighbours(points, settings.k)
            save_layer_map(
                connection,
                run.run_key,
                projection_id(settings),
                LayerMap(
                    layer,
                    ids,
                    points,
                    trustworthiness(vectors, drawn).value,
                    float(neighbours_kept(near[:, : settings.k], drawn).mean()),
                ),
            )
        save_metric(
            connection,
            run.run_key,
            MetricId.of("prompt_entropy", 1),
            [],
            [
                PerText("prompt_entropy", float(layer), ids[::-1], ids[::-1] + 1000 * layer)
                for layer in range(run.num_blocks + 1)
            ],
        )


def fill_large(config: Config, num_blocks: int, n: int) -> RunRecord:
    """One model on n texts with the maps of num_blocks + 1 layers; trust in them is made up."""
    run = run_record(FIRST, num_blocks=num_blocks, n=n)
    embedded, table = layers(num_blocks, 0, n), texts(n)
    path = items_path(config, pd.Series(asdict(run)))
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_parquet(path)
    with connect(config) as connection:
        save_run(connection, run)
        for layer, vectors in enumerate(embedded):
            save_neighbours(connection, run.run_key, layer, *exact_neighbours(vectors, 20))
            points = vectors[:, :2].astype(np.float32)
            drawn = LayerMap(layer, table["text_index"].to_numpy(), points, 0.9, 0.5)
            save_layer_map(connection, run.run_key, projection_id(ChainSettings()), drawn)
    return run


@filled_once
def fill(config: Config, maps: bool = True) -> tuple[RunRecord, RunRecord]:
    """Two models on the same 60 texts: 4 and 2 blocks, with paths, maps and their CKA."""
    first, second = run_of(FIRST, 4), run_of(SECOND, 2)
    with connect(config) as connection:
        for run, step in ((first, 1.0), (second, 0.5)):
            save_run(connection, run)
            add_paths(connection, run, step)
    for seed, run in enumerate((first, second)):
        add_maps(config, run, seed, maps)
    cells = np.arange(15, dtype=float).reshape(5, 3) / 14
    with connect(config) as connection:
        save_metric(
            connection,
            first.run_key,
            MetricId.of("cka", similarity.VERSION, parameters={"other": second.run_key}),
            [],
            matrices=[Matrix(f"cka:{second.run_key}", cells)],
        )
    return first, second
