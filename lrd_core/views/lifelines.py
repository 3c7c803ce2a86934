"""One text's nearest neighbours at every layer, and what came and went between layers."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.numbers import percent
from lrd_core.runs.items import PICTURE, item_to_hear
from lrd_core.store.connection import connect
from lrd_core.store.neighbours import read_text_neighbours
from lrd_core.views.command_text import commands_for_runs
from lrd_core.views.maps import read_side
from lrd_core.views.neighbourhoods import choices, focus_of
from lrd_core.views.reading import Read, reading
from lrd_core.views.view import Selection, View

Closeness = Literal["cosine", "centred cosine", "euclidean"]

QUOTED_CHARACTERS = 220
LINE_COLUMNS = ("layer", "neighbour", "rank", "similarity", "status")


@dataclass(frozen=True)
class LifelineRequest:
    """Whose neighbours to follow.

    run: its name, a model on a task (coverage.by_name), "" for the first. text: its text_index,
    None for the text that changes most. layer: the one looked at, None for the last. k: how many
    neighbours. closeness: how near two texts are, in the original space.
    """

    selection: Selection
    run: str = ""
    text: int | None = None
    layer: int | None = None
    k: int = 10
    closeness: Closeness = "cosine"


@dataclass(frozen=True)
class LifelineView(View):
    """One text's neighbours at every layer: `table` as read_lines gives it.

    Empty where the run does not hold the text. retention: as text_retention gives it. texts: of
    the run, as maps.text_table gives them. text: the row of it that is looked at.
    audible: whether its items can be heard, see wav_of.
    """

    retention: pd.DataFrame = field(default_factory=pd.DataFrame)
    texts: pd.DataFrame = field(default_factory=pd.DataFrame)
    text: pd.Series | None = None
    model: str = ""
    layer: int = 0
    k: int = 0
    audible: bool = False

    @property
    def picture(self) -> str | None:
        """The item as an address of a small picture; None where it cannot be seen."""
        return None if self.text is None else self.text.get(PICTURE)

    @property
    def pictures(self) -> dict[int, str]:
        """Small pictures of the neighbours by text_index; none where they cannot be seen."""
        if PICTURE not in self.texts:
            return {}
        near = self.texts[self.texts["row"].isin(self.table["neighbour"])]
        return dict(zip(near["text_index"].tolist(), near[PICTURE].tolist(), strict=True))

    @property
    def saved(self) -> pd.DataFrame:
        """The neighbours at all layers, by text_index."""
        return named(self.table, self.texts)

    @property
    def run_key(self) -> str:
        """Of the run whose texts these are."""
        return str(self.runs.iloc[0]["run_key"])

    @property
    def title(self) -> str:
        """The text's label, if it has one, and the model."""
        text = self.text
        labels = [] if text is None or pd.isna(text["label"]) else [str(text["label"])]
        return " · ".join([*labels, self.model])

    @property
    def quote(self) -> str:
        """How the text begins, in quotation marks; dots where it goes on."""
        if self.text is None:
            return ""
        text = str(self.text["text"]).strip()
        more = "…" if len(text) > QUOTED_CHARACTERS else ""
        return f"“{text[:QUOTED_CHARACTERS].rstrip()}{more}”"

    @property
    def nearest(self) -> pd.DataFrame:
        """The neighbours at the layer looked at, for reading."""
        return neighbours_at(self.table, self.texts, self.layer)


def lifeline(config: Config, request: LifelineRequest, read: Read | None = None) -> LifelineView:
    """One text's neighbours through the layers.

    read: reads the parts, as in neighbourhoods.maps.
    Raises: UnknownNameError for a run that there is not; MissingArrayError as read_lines does.
    """
    read = read or reading(config)
    side = read(read_side, read(choices, request.selection).key(request.run))
    run = side.run
    focus = request.text if request.text is not None else focus_of(side, None)
    rows = side.texts.loc[side.texts["text_index"] == focus]
    if rows.empty:
        said = f"{side.noun.capitalize()} {focus} is not among those of {run['model']}."
        return LifelineView(pd.DataFrame(columns=LINE_COLUMNS), sentence=said)
    text = rows.iloc[0]
    lines = read(read_lines, run["run_key"], int(text["row"]), request.k, request.closeness)
    retention = text_retention(lines)
    behind = pd.DataFrame([run])
    return LifelineView(
        lines,
        runs=behind,
        command=commands_for_runs(behind),
        alt=f"The {request.k} nearest neighbours of {side.noun} {focus} at every layer by rank, "
        "and how many stay from layer to layer; on average "
        f"{percent(retention['retention'].mean())}.",
        retention=retention,
        texts=side.texts,
        text=text,
        model=str(run["model"]),
        layer=side.drawn.layer_numbers[-1] if request.layer is None else request.layer,
        k=request.k,
        audible=side.audible,
    )


def wav_of(config: Config, run_key: str, text_index: int) -> bytes | None:
    """An item of a run as a file to listen to; None where it is not on this machine."""
    return item_to_hear(config, run_key, text_index)


def read_lines(
    config: Config, run_key: str, row: int, k: int = 10, metric: Closeness = "cosine"
) -> pd.DataFrame:
    """One text's k nearest neighbours in the original space at every layer, and what changed.

    Columns: layer, neighbour (row of the run), rank (1 = nearest), similarity (cosine; for
    euclidean the negative distance), status. status: `first` at the first layer; then `kept` or
    `gained` against the layer before; `lost` rows name who left, with rank and similarity NaN.
    Cosine lists come from the store; the other metrics, or a k beyond the stored lists, are
    counted exactly from the run's embeddings.
    Raises: MissingArrayError when those embeddings are needed and not on this machine.
    """
    stored = _stored_lists(config, run_key, row, k) if metric == "cosine" else {}
    return lines_of(stored or _counted_lists(config, run_key, row, k, metric))


def lines_of(lists: Mapping[int, tuple[Sequence[int], Sequence[float]]]) -> pd.DataFrame:
    """Layer -> rows of the neighbours, nearest first, and how near, as read_lines has them."""
    rows: list[dict[str, Any]] = []
    before: Sequence[int] | None = None
    for layer, (ids, similarity) in sorted(lists.items()):
        for rank, (neighbour, value) in enumerate(zip(ids, similarity, strict=True), start=1):
            status = "first" if before is None else "kept" if neighbour in before else "gained"
            rows.append(_line(layer, neighbour, rank, value, status))
        lost = [neighbour for neighbour in before or [] if neighbour not in ids]
        rows += [_line(layer, neighbour, np.nan, np.nan, "lost") for neighbour in lost]
        before = ids
    return pd.DataFrame(rows, columns=LINE_COLUMNS)


def text_retention(lines: pd.DataFrame) -> pd.DataFrame:
    """What one text keeps by transition, from its lifeline: position (l + 1/2), retention, kept, k.

    retention: Jaccard overlap; kept: how many of its k neighbours stay.
    """
    rows = []
    held = lines[lines["status"] != "lost"]
    sets = {layer: set(group["neighbour"]) for layer, group in held.groupby("layer")}
    layers = sorted(sets)
    for before, after in itertools.pairwise(layers):
        common = len(sets[before] & sets[after])
        union = len(sets[before] | sets[after])
        rows.append(
            {
                "position": (before + after) / 2,
                "retention": common / union,
                "kept": common,
                "k": len(sets[before]),
            }
        )
    return pd.DataFrame(rows, columns=["position", "retention", "kept", "k"])


def named(lines: pd.DataFrame, texts: pd.DataFrame) -> pd.DataFrame:
    """The lifeline with text_index, label and text of every neighbour instead of its row."""
    known = texts.set_index("row")[["text_index", "label", "text"]]
    return lines.join(known, on="neighbour").drop(columns="neighbour")


def neighbours_at(lines: pd.DataFrame, texts: pd.DataFrame, layer: int) -> pd.DataFrame:
    """The neighbours at one layer for reading, nearest first, then those just lost."""
    rows = named(lines[lines["layer"] == layer], texts).sort_values("rank")
    columns = ["rank", "status", "text", "label", "similarity", "text_index"]
    if PICTURE in texts:
        rows = rows.join(texts.set_index("text_index")[PICTURE], on="text_index")
        columns.insert(2, PICTURE)
    return rows[columns].round({"similarity": 4}).reset_index(drop=True)


def _line(layer: int, neighbour: int, rank: float, value: float, status: str) -> dict[str, Any]:
    return {
        "layer": layer,
        "neighbour": int(neighbour),
        "rank": rank,
        "similarity": float(value),
        "status": status,
    }


def _stored_lists(
    config: Config, run_key: str, row: int, k: int
) -> dict[int, tuple[list[int], list[float]]]:
    """One text's lists, cut out inside the database; empty when any is shorter than k."""
    with connect(config, read_only=True) as connection:
        return read_text_neighbours(connection, run_key, row, k)


def _counted_lists(
    config: Config, run_key: str, row: int, k: int, metric: str
) -> dict[int, tuple[list[int], list[float]]]:
    from lrd_core.extraction.embeddings import open_embeddings

    lists = {}
    for layer, vectors in enumerate(open_embeddings(config, run_key, verify=False)):
        closeness = _closeness(np.asarray(vectors), row, metric)
        closeness[row] = -np.inf
        ids = np.argsort(-closeness, kind="stable")[: min(k, len(vectors) - 1)]
        lists[layer] = (ids.tolist(), closeness[ids].tolist())
    return lists


def _closeness(vectors: np.ndarray, row: int, metric: str) -> np.ndarray:
    if metric == "euclidean":
        return np.asarray(-np.linalg.norm(vectors - vectors[row], axis=1), dtype=np.float64)
    if metric == "centred cosine":
        vectors = vectors - vectors.mean(axis=0)
    norms = np.linalg.norm(vectors, axis=1)
    scale = norms * norms[row]
    products = (vectors @ vectors[row]).astype(np.float64)
    close = np.divide(products, scale, out=np.zeros_like(products), where=scale > 0)
    return np.asarray(close)
