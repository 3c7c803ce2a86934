"""A typed text among the texts of a run: its nearest ones at every layer, kept as a file."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lrd_core.config import Config
from lrd_core.disk import whole_file
from lrd_core.errors import InputError
from lrd_core.models.loading import USUAL, Loading
from lrd_core.numbers import whole
from lrd_core.progress import Progress, silent
from lrd_core.runs.items import keep_items
from lrd_core.runs.token_maps import load_model_of, settings_of
from lrd_core.store.connection import connect
from lrd_core.store.keys import content_key
from lrd_core.store.reading import read_table
from lrd_core.store.runs import RUNS
from lrd_core.tasks.content import noun_of

if TYPE_CHECKING:
    import pandas as pd

    from lrd_core.models.load import LoadedModel

PLACED = "placed"
VERSION = 1
"""Raised when the same text may get other neighbours."""

K = 50
MOST_CHARACTERS = 100_000


@dataclass(frozen=True)
class Placed:
    """rows: for each layer the run's rows nearest to the text, nearest first; cosines: theirs."""

    rows: tuple[tuple[int, ...], ...]
    cosines: tuple[tuple[float, ...], ...]


def read_placed(config: Config, run_key: str, text: str) -> Placed | None:
    """Where a text was placed among a run's; None where that was not done, or is damaged."""
    try:
        kept = json.loads(_file(config, run_key, text).read_text(encoding="utf-8"))
        return Placed(*(tuple(map(tuple, kept[name])) for name in ("rows", "cosines")))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_placed(config: Config, run_key: str, text: str, placed: Placed) -> None:
    """Raises: UnwritableError when the disk is full or the folder may not be written."""
    with whole_file(_file(config, run_key, text)) as partial:
        partial.write_text(json.dumps(asdict(placed)), encoding="utf-8")


def place_text(
    config: Config,
    run_key: str,
    text: str,
    *,
    model: str | None = None,
    loading: Loading = USUAL,
    progress: Progress = silent,
) -> Placed:
    """Read a text as the run did, find its K nearest texts by cosine at every layer, keep them.

    model: how to find the run's model, its name unless told otherwise. The run's own vectors are
    those of its file; where that is not here, its texts are read again.
    Raises: InputError for an empty or very long text, an unknown run, or a model that is not the
    run's; JobError where read only; TaskError where the run's texts are not here.
    """
    config.refuse_read_only("compute")
    known = read_placed(config, run_key, _checked(text))
    if known is not None:
        return known
    with connect(config, read_only=True) as connection:
        found = read_table(connection, RUNS, run_key=run_key)
    if found.empty:
        raise InputError(f"no run has the key {run_key!r}; `show` lists what is stored")
    run = found.iloc[0]
    if run["modality"] != "text":
        noun = noun_of(str(run["modality"]))
        raise InputError(f"a typed text has no place among the {noun}s that {run['model']} reads")
    if run["condition"]:
        raise InputError("a typed text is read as it stands, and the run changed its texts")
    progress("loading the model", 0, 1)
    loaded = load_model_of(config, run, model, loading)
    own, theirs = _vectors(config, run, text, loaded, progress)
    placed = nearest(own, theirs)
    write_placed(config, run_key, text, placed)
    return placed


def nearest(own: np.ndarray, theirs: np.ndarray, k: int = K) -> Placed:
    """The k rows nearest to a vector at each layer. own: (layers, d). theirs: (layers, n, d).

    By cosine, which is 0 for a vector of zeros; of equal ones the lower row.
    """
    rows, cosines = [], []
    for vector, others in zip(own, theirs, strict=True):
        texts = np.asarray(others, dtype=np.float64)
        size = np.linalg.norm(texts, axis=1) * np.linalg.norm(vector)
        products = texts @ vector.astype(np.float64)
        close = np.divide(products, size, out=np.zeros_like(products), where=size > 0)
        best = np.argsort(-close.round(12), kind="stable")[:k]
        rows.append(tuple(best.tolist()))
        cosines.append(tuple(close[best].tolist()))
    return Placed(tuple(rows), tuple(cosines))


def _vectors(
    config: Config, run: "pd.Series[Any]", text: str, loaded: "LoadedModel", progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    from lrd_core.extraction.embeddings import MissingArrayError, open_embeddings
    from lrd_core.extraction.hidden_states import extract

    settings = settings_of(run, loaded)
    try:
        theirs = open_embeddings(config, str(run["run_key"]), verify=False)
    except MissingArrayError:
        texts = [str(one) for one in keep_items(config, str(run["run_key"]))["text"]]
        both = extract(loaded, [*texts, text], settings, progress=progress).embeddings
        return both[:, -1], both[:, :-1]
    return extract(loaded, [text], settings, progress=progress).embeddings[:, 0], theirs


def _checked(text: str) -> str:
    if not text.strip():
        raise InputError("the text is empty; type a sentence or two")
    if len(text) > MOST_CHARACTERS:
        raise InputError(f"the text has more than {whole(MOST_CHARACTERS)} characters; type less")
    return text


def _file(config: Config, run_key: str, text: str) -> Path:
    key = content_key({"run": run_key, "text": text, "version": VERSION})
    return config.data_dir / PLACED / f"{key}.json"
