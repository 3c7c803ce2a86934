"""Every layer's embeddings through MTEB's own evaluators, after one forward pass for all layers."""

import warnings
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from lrd_core.errors import InputError, NonFiniteError
from lrd_core.evaluation.mteb_tasks import evaluated_count, items_to_encode, reseed, task_maker
from lrd_core.extraction.inputs import modality_of
from lrd_core.progress import Progress, silent
from lrd_core.tasks import TaskContent, TaskSpec, find_task
from lrd_core.tasks.content import noun_of

EVALUATION_VERSION = 1
"""Raised when the same embeddings would get another score; part of the key of every score."""

COSINE = "cosine"
"""How a search compares vectors unless the model says otherwise."""

SEEDED_TYPES = ("classification", "clustering")
"""Types of tasks whose evaluator draws: training items, or where k-means starts."""

EncodeLayers = Callable[[list[Any]], Sequence[np.ndarray]]
"""Distinct items in, one (n_items, hidden_size) array a layer out, the embedding layer first."""


@dataclass(frozen=True)
class LayerScore:
    """What one layer reaches on one subset of a task; `score` is MTEB's main score."""

    task: str
    task_revision: str
    subset: str
    split: str
    layer: int
    metric: str
    score: float
    n: int


def layer_scores(
    task: TaskSpec | TaskContent | str,
    encode_layers: EncodeLayers,
    *,
    layers: Collection[int] | None = None,
    normalise: bool = False,
    similarity: str = COSINE,
    progress: Progress = silent,
) -> Iterator[LayerScore]:
    """Score the layers one after the other, so that a caller can keep each and go on later.

    `layers` are those still wanted (None: all; empty: nothing is read or embedded). `normalise`
    divides every row by its norm: set it for a model whose own pipeline ends that way (see
    `normalises`), because classifiers, k-means and dot products see the length of a vector.
    Cosines do not. `similarity`: how a search compares vectors, a name of sentence-transformers
    such as dot.

    Yields: LayerScore, one for each layer and subset, in order of layers.
    Raises: TaskError when the task has no score or its data cannot be read; InputError for a
        layer that the model lacks; NonFiniteError naming the layer.
    """
    task = find_task(task) if isinstance(task, str) else task
    spec = task.spec if isinstance(task, TaskContent) else task
    if layers is not None and not layers:
        return
    new_task = task_maker(task)
    vectors = LayerVectors(encode_layers, normalise, spec.modality)
    with _no_progress_bars():
        vectors.add(items_to_encode(new_task(), spec))
    wanted = sorted(range(vectors.num_layers) if layers is None else set(layers))
    if wanted[0] < 0 or wanted[-1] >= vectors.num_layers:
        raise InputError(f"the model has layers 0 to {vectors.num_layers - 1}, not {wanted[-1]}")
    for done, layer in enumerate(wanted):
        progress("Scoring layers", done, len(wanted))
        fresh = new_task()
        encoder = LayerEncoder(vectors, layer, similarity, fresh.named)
        yield from _score_layer(fresh, spec, encoder)
    progress("Scoring layers", len(wanted), len(wanted))


def seed_scores(
    content: TaskContent,
    encode_layers: EncodeLayers,
    seeds: Sequence[int],
    *,
    normalise: bool = False,
) -> list[float] | None:
    """The last layer's main score under other seeds of MTEB's evaluator, subsets averaged.

    Items are embedded once. None for a type of task whose evaluator draws nothing.
    """
    if content.spec.type not in SEEDED_TYPES:
        return None
    new_task = task_maker(content)
    vectors = LayerVectors(encode_layers, normalise, content.spec.modality)
    found = []
    for seed in seeds:
        with _no_progress_bars():
            vectors.add(items_to_encode(reseed(new_task(), seed), content.spec))
        fresh = reseed(new_task(), seed)
        encoder = LayerEncoder(vectors, vectors.num_layers - 1, named=fresh.named)
        scored = _score_layer(fresh, content.spec, encoder)
        found.append(float(np.mean([score.score for score in scored])))
    return found


def normalises(modules: Sequence[dict[str, Any]]) -> bool:
    """Whether a sentence-transformers pipeline (the content of modules.json) ends in Normalize."""
    return any(str(module.get("type", "")).rpartition(".")[2] == "Normalize" for module in modules)


def _score_layer(task: Any, spec: TaskSpec, encoder: "LayerEncoder") -> list[LayerScore]:
    with _quiet_on_one_thread():
        by_subset = task.evaluate(
            encoder, spec.split, encode_kwargs={"batch_size": 4096, "show_progress_bar": False}
        )
    return [
        LayerScore(
            task=spec.name,
            task_revision=spec.revision,
            subset=subset,
            split=spec.split,
            layer=encoder.layer,
            metric=task.metadata.main_score,
            score=float(scores["main_score"]),
            n=evaluated_count(task, spec, subset),
        )
        for subset, scores in by_subset.items()
    ]


@contextmanager
def _quiet_on_one_thread() -> Iterator[None]:
    """K-means is slower with more threads on this little data."""
    with warnings.catch_warnings(), threadpool_limits(1), _no_progress_bars():
        # A bad layer leaves classes without a prediction, or k-means with too few points.
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _no_progress_bars() -> Iterator[None]:
    """MTEB maps each data set again for every layer, with a bar each."""
    from datasets.utils.logging import (
        disable_progress_bar,
        enable_progress_bar,
        is_progress_bar_enabled,
    )

    shown = is_progress_bar_enabled()
    disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            enable_progress_bar()


class LayerVectors:
    """The vectors of every item at every layer; an item is embedded when it is first asked for.

    Arrays stay as they were given (they may be files mapped into memory), one set a pass.
    """

    def __init__(
        self, encode_layers: EncodeLayers, normalise: bool, modality: str = "text"
    ) -> None:
        self.modality = modality
        self._kind = modality_of(modality)
        self._encode_layers = encode_layers
        self._normalise = normalise
        self._place_of: dict[Hashable, tuple[int, int]] = {}
        self._passes: list[list[np.ndarray]] = []

    @property
    def num_layers(self) -> int:
        """Layers of the model, the embedding layer included; 0 before the first item."""
        return len(self._passes[0]) if self._passes else 0

    def add(self, items: Sequence[Any]) -> None:
        """Embed the items that are new, all layers at once."""
        fresh: dict[Hashable, Any] = {}
        for item in items:
            key = self._kind.key(item)
            if key not in self._place_of:
                fresh.setdefault(key, self._kind.as_read(item))
        if not fresh:
            return
        arrays = [np.asarray(array) for array in self._encode_layers(list(fresh.values()))]
        for layer, array in enumerate(arrays):
            if array.shape[0] != len(fresh):
                items = f"{len(fresh)} {noun_of(self.modality)}s"
                raise InputError(f"layer {layer} has {array.shape[0]} rows for {items}")
            if not np.isfinite(array).all():
                raise NonFiniteError(f"layer {layer} has embeddings that are not finite numbers")
        number = len(self._passes)
        self._place_of |= {key: (number, row) for row, key in enumerate(fresh)}
        self._passes.append(arrays)

    def rows(self, items: Sequence[Any], layer: int) -> np.ndarray:
        """(len(items), hidden_size) float32, normalised if this was asked for."""
        self.add(items)
        places = np.array([self._place_of[self._kind.key(item)] for item in items])
        found = np.empty((len(items), self._passes[0][layer].shape[1]), np.float32)
        for number in np.unique(places[:, 0]):
            here = places[:, 0] == number
            found[here] = self._passes[number][layer][places[here, 1]]
        if not self._normalise:
            return found
        norms = np.linalg.norm(found, axis=1, keepdims=True)
        unit: np.ndarray = np.divide(found, norms, out=np.zeros_like(found), where=norms > 0)
        return unit


class LayerEncoder:
    """What MTEB takes for a model: it looks vectors of one layer up."""

    def __init__(
        self,
        vectors: LayerVectors,
        layer: int,
        similarity: str = COSINE,
        named: Mapping[str, Any] | None = None,
    ) -> None:
        """named: items by the names that MTEB has for them, where they are no texts."""
        from mteb.models.model_meta import ModelMeta

        self.layer = layer
        self._similarity = similarity
        self._vectors = vectors
        self._named = named or {}
        # A name of its own, so that no cache can serve another layer's score.
        self.mteb_model_meta = ModelMeta.create_empty(
            {
                "name": "lrd-explorer/layer",
                "revision": str(layer),
                "experiment_kwargs": {"layer": layer},
                "modalities": ["text"],
            }
        )

    def encode(self, inputs: Any, **_: Any) -> np.ndarray:
        """The layer's vectors of the items in a data loader."""
        if "text" in getattr(inputs.dataset, "column_names", ()):
            shown = list(inputs.dataset["text"])
        else:
            shown = [one for batch in inputs for one in batch["text"]]
        return self._vectors.rows([self._named.get(one, one) for one in shown], self.layer)

    def similarity(self, embeddings1: Any, embeddings2: Any) -> Any:
        if self._similarity != COSINE:
            return _similarities(self._similarity)[0](embeddings1, embeddings2)
        from mteb.similarity_functions import cos_sim

        return cos_sim(embeddings1, embeddings2)

    def similarity_pairwise(self, embeddings1: Any, embeddings2: Any) -> Any:
        if self._similarity != COSINE:
            return _similarities(self._similarity)[1](embeddings1, embeddings2)
        from mteb.similarity_functions import pairwise_cos_sim

        return pairwise_cos_sim(embeddings1, embeddings2)


def _similarities(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """All with all, and pair by pair, as the model itself would compare."""
    from sentence_transformers.util import SimilarityFunction

    return (
        SimilarityFunction.to_similarity_fn(name),
        SimilarityFunction.to_similarity_pairwise_fn(name),
    )
