"""Maps and comparisons of stored runs: computed layer by layer, stored as each is finished."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.errors import InputError, MetricError
from lrd_core.extraction.embeddings import open_embeddings
from lrd_core.metrics import alikeness
from lrd_core.progress import Progress, silent
from lrd_core.projection import clusters as clustering
from lrd_core.projection.trust import neighbours_kept, projected_neighbours, trustworthiness
from lrd_core.projection.umap import DEFAULT_SETTINGS, ChainSettings, LayerGraph, chained_umap
from lrd_core.runs.items import keep_items
from lrd_core.store.matrices import Matrix
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metrics import metric_writes
from lrd_core.store.neighbours import StoredNeighbours, neighbour_writes, read_neighbours
from lrd_core.store.per_text import PerText
from lrd_core.store.projections import LayerMap, ProjectionId, map_writes, read_layer_maps
from lrd_core.store.saving import Saver

METHOD = "chained-umap"
DEFAULT_CLUSTERS = 8
MOST_CLUSTERS = 20
NEIGHBOURS = 30
"""Length of the lists that are computed where a run has none yet."""


@dataclass(frozen=True)
class ProjectionReport:
    """What `project_run` did: layers computed now, and those an earlier attempt had finished."""

    projection_key: str
    computed: int
    found: int


def projection_id(settings: ChainSettings = DEFAULT_SETTINGS) -> ProjectionId:
    """The identity under which maps of these settings are stored."""
    return ProjectionId.of(METHOD, settings.parameters())


def project_run(
    config: Config,
    run_key: str,
    settings: ChainSettings = DEFAULT_SETTINGS,
    progress: Progress = silent,
) -> ProjectionReport:
    """Draw and store one map a layer, each with its trust; goes on where an attempt stopped.

    Neighbour lists and clusters that the run lacks are computed and stored too, and its texts
    are kept beside the store.
    Raises: MissingArrayError without the run's embeddings; InputError for too few texts.
    """
    progress("reading texts", 0, 1)
    texts = keep_items(config, run_key)
    layers = open_embeddings(config, run_key)
    saver = Saver(config, progress)
    lists = _complete_neighbours(saver, run_key, layers, settings.k, progress)
    identity = projection_id(settings)
    with saver.reading() as connection:
        done = read_layer_maps(connection, run_key, identity.key)
    graphs = [partial(_graph, layers, lists, layer) for layer in range(len(layers))]
    progress("drawing maps", len(done), len(layers))
    maps = chained_umap(graphs, settings, [found.points for found in done])
    for layer, points in enumerate(maps, start=len(done)):
        found = _measured(layer, points, texts["text_index"], graphs[layer](), settings)
        saver.save(map_writes(run_key, identity, found))
        progress("drawing maps", layer + 1, len(layers))
    _store_clusters(saver, run_key, layers, texts, settings.seed, progress)
    saver.settle()
    return ProjectionReport(identity.key, len(layers) - len(done), len(done))


def compare_runs(
    config: Config, first_key: str, second_key: str, progress: Progress = silent
) -> np.ndarray:
    """Store and return linear CKA of every layer of one run with every layer of another.

    The other measures of alikeness are stored beside it.
    Shape: (L_first + 1, L_second + 1). Only texts that both runs saw enter, in one order.
    Raises: InputError when the runs share fewer than 3 texts.
    """
    from lrd_core.metrics.similarity import VERSION, cka_matrix

    progress("reading texts", 0, 1)
    first, second = (keep_items(config, key) for key in (first_key, second_key))
    shared = first.merge(second, on=["text_index", "text"], suffixes=("_first", "_second"))
    if len(shared) < 3:
        raise InputError(
            f"the runs {first_key} and {second_key} share {len(shared)} texts; comparing layers "
            "needs at least 3: choose two runs on the same task"
        )
    one, other = open_embeddings(config, first_key), open_embeddings(config, second_key)
    rows, columns = shared["row_first"].to_numpy(), shared["row_second"].to_numpy()
    right = [np.asarray(layer[columns]) for layer in other]
    cells = []
    for done, layer in enumerate(one):
        progress("comparing layers", done, len(one))
        cells.append(cka_matrix([np.asarray(layer[rows])], right)[0])
    matrix = np.stack(cells)
    identity = MetricId.of("cka", VERSION, parameters={"other": second_key})
    saver = Saver(config, progress)
    cells_of = Matrix(f"cka:{second_key}", matrix)
    saver.save(metric_writes(first_key, identity, [], matrices=[cells_of]))
    places = alikeness.sampled(len(shared))
    left = [np.asarray(layer[rows[places]], dtype=np.float64) for layer in one]
    found = _alike(left, [z[places].astype(np.float64) for z in right], second_key, progress)
    identity = MetricId.of("alikeness", alikeness.VERSION, parameters={"other": second_key})
    saver.save(metric_writes(first_key, identity, [], matrices=found))
    saver.settle()
    return matrix


def _alike(
    first: list[np.ndarray], second: list[np.ndarray], second_key: str, progress: Progress
) -> list[Matrix]:
    """The measures beside linear CKA; those that these texts are too few for are left out."""
    found = []
    for done, name in enumerate(alikeness.MEASURES):
        progress("other measures", done, len(alikeness.MEASURES))
        with suppress(MetricError):
            cells = alikeness.alikeness_matrix(name, first, second)
            found.append(Matrix(f"{name}:{second_key}", cells))
    return found


def settings_of(values: Mapping[str, Any]) -> ChainSettings:
    """Settings from a job's payload. Raises: InputError for a name that does not exist."""
    known = asdict(DEFAULT_SETTINGS)
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise InputError(f"maps have no setting {unknown[0]!r}; they have {', '.join(known)}")
    return ChainSettings(**values)


def _complete_neighbours(
    saver: Saver, run_key: str, layers: np.ndarray, k: int, progress: Progress
) -> dict[int, StoredNeighbours]:
    with saver.reading() as connection:
        lists = read_neighbours(connection, run_key)
    n = layers.shape[1]
    if n <= 2 * k:
        raise InputError(
            f"maps with k = {k} need more than {2 * k} texts, the run has {n}; "
            "lower k or run the model on more texts"
        )
    for layer, vectors in enumerate(layers):
        if layer in lists and lists[layer].k >= k:
            continue
        from lrd_core.metrics.knn_approximate import find_neighbours

        progress("finding neighbours", layer, len(layers))
        found = find_neighbours(np.asarray(vectors), min(max(k, NEIGHBOURS), n - 1))
        saved = found.ids, found.similarity, found.recall
        saver.save(neighbour_writes(run_key, layer, *saved))
        # As the store keeps them: a layout depends on the last bit of its input.
        lists[layer] = StoredNeighbours(found.ids, found.similarity.astype(np.float32))
    return lists


def _graph(layers: np.ndarray, lists: Mapping[int, StoredNeighbours], layer: int) -> LayerGraph:
    found = lists[layer]
    return LayerGraph(np.asarray(layers[layer]), found.ids, found.similarity)


def _measured(
    layer: int,
    points: np.ndarray,
    text_index: pd.Series,
    graph: LayerGraph,
    settings: ChainSettings,
) -> LayerMap:
    drawn = projected_neighbours(points, settings.k)
    trust = trustworthiness(graph.embeddings, drawn, seed=settings.seed)
    kept = neighbours_kept(graph.ids[:, : settings.k], drawn)
    return LayerMap(layer, text_index.to_numpy(), points, trust.value, float(kept.mean()))


def _store_clusters(
    saver: Saver,
    run_key: str,
    layers: np.ndarray,
    texts: pd.DataFrame,
    seed: int,
    progress: Progress,
) -> None:
    labels = texts["label"].nunique()
    count = min(labels if 2 <= labels <= MOST_CLUSTERS else DEFAULT_CLUSTERS, len(texts))
    found = []
    numbers = clustering.layer_clusters((np.asarray(layer) for layer in layers), count, seed)
    for layer, cluster in enumerate(numbers):
        progress("grouping texts", layer + 1, len(layers))
        found.append(PerText("cluster", float(layer), texts["text_index"].to_numpy(), cluster))
    identity = MetricId.of("cluster", clustering.VERSION, parameters={"k": count, "seed": seed})
    saver.save(metric_writes(run_key, identity, [], per_text=found))
