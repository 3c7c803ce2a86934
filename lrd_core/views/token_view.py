"""One text, token by token and layer by layer: which token dominates, where, and by how much."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.metrics.token_layer import FACTOR
from lrd_core.numbers import short
from lrd_core.store.connection import connect
from lrd_core.store.token_maps import MOST_TOKENS, TokenMap, mapped_texts, read_token_map, text_key
from lrd_core.views import stored
from lrd_core.views.command_text import command, model_word
from lrd_core.views.enough import command_words
from lrd_core.views.token_words import about, readable
from lrd_core.views.view import Selection, View, told

Quantity = Literal["relative", "norm", "cosine", "share"]

OWN = "own"
"""Stands for a text that somebody types, among those of the run."""

SHOWN_CHARACTERS = 48


@dataclass(frozen=True)
class Measure:
    """What a cell says. log: whether its colours are on a log scale."""

    label: str
    unit: str
    log: bool = False
    percent: bool = False


MEASURES: Mapping[Quantity, Measure] = {
    "relative": Measure("Norm over the median", "times", log=True),
    "norm": Measure("Norm", "", log=True),
    "cosine": Measure("Cosine to the layer before", ""),
    "share": Measure("Share of the entropy", "% of the text's", percent=True),
}


@dataclass(frozen=True)
class TokenRequest:
    """Which text of which run, and what its cells show.

    run: its key, "" for the first selected one with a map. text: text_index of one of the run's
    texts, None for the first with a map. own: a typed text, in place of those.
    """

    selection: Selection
    run: str = ""
    text: int | None = None
    own: str = ""
    quantity: Quantity = "relative"


@dataclass(frozen=True)
class TokenView(View):
    """A text's tokens: `table` is a row a layer and token, with every quantity.

    Columns: layer, position, token, special, norm, relative, cosine, share, dominating. Empty
    where the store has no map of the text: then `payload` is what would make it. marks: the rows
    where a token dominates. words: the tokens, readable.
    """

    quantity: Quantity = "relative"
    words: tuple[str, ...] = ()
    num_blocks: int = 0
    model: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)

    @property
    def measure(self) -> Measure:
        """What is drawn."""
        return MEASURES[self.quantity]

    def grid(self, column: str) -> np.ndarray:
        """(layers, tokens) values of a column of the table."""
        return np.reshape(self.table[column].to_numpy(), (self.num_blocks + 1, len(self.words)))


def token_view(config: Config, request: TokenRequest) -> TokenView:
    """The map of one text, or what it takes to have it.

    Raises: InputError where no selected run is in the store, or none has the run's key.
    """
    runs = stored.runs(config)
    run = _run(config, request, runs)
    key = str(run["run_key"])
    with connect(config, read_only=True) as connection:
        name = text_key(request.own) if request.own.strip() else None
        if name is None:
            name = _stored_text(mapped_texts(connection, [key]), request.text)
        found = None if name is None else read_token_map(connection, key, name)
    typed = [request.own] if request.own.strip() else []
    shared: dict[str, Any] = {
        "runs": runs[runs["run_key"] == key],
        "command": command("tokens", **command_words(run, runs), text=typed),
        "quantity": request.quantity,
        "num_blocks": int(run["num_blocks"]),
        "model": str(run["model"]),
        "payload": {"run_key": key, "texts": typed, "model": _model_word(run)},
    }
    return TokenView(pd.DataFrame(), **shared) if found is None else _drawn(found, run, shared)


def first_mapped(config: Config, runs: pd.DataFrame) -> str:
    """Key of the first of these runs that has a map of a text; "" where none has."""
    with connect(config, read_only=True) as connection:
        mapped = set(mapped_texts(connection, list(runs["run_key"]))["run_key"])
    return next((str(key) for key in runs["run_key"] if key in mapped), "")


def texts_of(config: Config, run_key: str) -> dict[int, str]:
    """The run's own texts that have a map: text_index -> how the text is called in a list."""
    with connect(config, read_only=True) as connection:
        rows = mapped_texts(connection, [run_key])
    rows = rows[rows["text_index"].notna()]
    return {int(row.text_index): text_name(row.text_index, row.begins) for row in rows.itertuples()}


def text_name(text_index: int | None, begins: str) -> str:
    """A text in a list: 17 · Ad sales boost Time Warner ..."""
    cut = begins if len(begins) <= SHOWN_CHARACTERS else f"{begins[:SHOWN_CHARACTERS].rstrip()} ..."
    return cut if text_index is None or pd.isna(text_index) else f"{text_index} · {cut}"


def model_to_load(config: Config, run_key: str) -> str | None:
    """How the run's model is found again; None where the store has no such run."""
    run = stored.runs_of(config, [run_key])
    return None if run.empty else _model_word(run.iloc[0])


def largest_tokens(config: Config, run_key: str, text_keys: Sequence[str]) -> pd.DataFrame:
    """For each of these texts the token that stands out most: where, and by how much.

    Columns: text, tokens, token, position, layer, times_median, share (of the squared norms).
    """
    rows = []
    with connect(config, read_only=True) as connection:
        maps = [read_token_map(connection, run_key, key) for key in dict.fromkeys(text_keys)]
    for one in maps:
        if one is None:
            continue
        relative = relative_norms(one.norms)
        layer, position = top_cell(relative)
        rows.append(
            {
                "text": text_name(one.text_index, one.begins),
                "tokens": len(one.words),
                "token": readable(one.words[position]),
                "position": position,
                "layer": layer,
                "times_median": relative[layer, position],
                "share": top_share(one.norms[layer], position),
            }
        )
    return pd.DataFrame(rows)


def relative_norms(norms: np.ndarray) -> np.ndarray:
    """(layers, tokens) norms over the median of their layer; NaN where that is 0."""
    medians = np.median(norms, axis=1, keepdims=True)
    return norms / np.where(medians > 0, medians, np.nan)


def top_cell(values: np.ndarray) -> tuple[int, int]:
    """Layer and position of the largest value; the first cell where there is none."""
    if not np.isfinite(values).any():
        return 0, 0
    layer, position = np.unravel_index(np.nanargmax(values), values.shape)
    return int(layer), int(position)


def top_share(norms: np.ndarray, position: int) -> float:
    """Share of one token in the sum of the squared norms of a layer."""
    squares = np.square(norms)
    return float(squares[position] / squares.sum()) if squares.sum() > 0 else float("nan")


def _run(config: Config, request: TokenRequest, runs: pd.DataFrame) -> "pd.Series[Any]":
    if request.run:
        named = runs[runs["run_key"].str.startswith(request.run)]
        if named.empty:
            raise InputError(f"no run has the key {request.run!r}; `show` lists what is stored")
        return named.iloc[0]
    picked = request.selection.pick_runs(runs)
    if picked.empty:
        raise InputError("no run of these models on these tasks is in the store")
    with connect(config, read_only=True) as connection:
        mapped = set(mapped_texts(connection, list(picked["run_key"]))["run_key"])
    with_map = picked[picked["run_key"].isin(mapped)]
    return (picked if with_map.empty else with_map).iloc[0]


def _stored_text(texts: pd.DataFrame, index: int | None) -> str | None:
    of_task = texts[texts["text_index"].notna()]
    if index is not None:
        of_task = of_task[of_task["text_index"] == index]
        if of_task.empty and len(texts):
            raise InputError(f"text {index} has no map; leave the text out for the first that has")
    return None if of_task.empty else str(of_task["text_key"].iloc[0])


def _model_word(run: "pd.Series[Any]") -> str:
    return model_word(str(run["model"]), str(run["model_id"]), str(run["revision"]))


def _drawn(found: TokenMap, run: "pd.Series[Any]", shared: Mapping[str, Any]) -> TokenView:
    words = tuple(map(readable, found.words))
    table = _table(found, words)
    said = about(found, relative_norms(found.norms), shared["quantity"], run)
    measure = MEASURES[shared["quantity"]]
    name = text_name(found.text_index, found.begins)
    return TokenView(
        table,
        **shared,
        sentence=said,
        notes=_notes(found, run),
        metrics=(f"tokens v{found.version}",),
        marks=table[table["dominating"]],
        words=words,
        alt=f"{len(words)} tokens of the text “{name}” across, {len(found.norms)} layers of "
        f"{run['model']} down, coloured by: {measure.label.lower()}. {said}",
    )


def _table(found: TokenMap, words: Sequence[str]) -> pd.DataFrame:
    layers, tokens = found.norms.shape
    relative = relative_norms(found.norms)
    return pd.DataFrame(
        {
            "layer": np.repeat(np.arange(layers), tokens),
            "position": np.tile(np.arange(tokens), layers),
            "token": np.tile(np.array(words, dtype=object), layers),
            "special": np.tile(found.special, layers),
            "norm": found.norms.ravel(),
            "relative": relative.ravel(),
            "cosine": found.cosines.ravel(),
            "share": found.shares.ravel(),
            "dominating": (relative > FACTOR).ravel(),
        }
    )


def _notes(found: TokenMap, run: "pd.Series[Any]") -> tuple[str, ...]:
    cut = len(found.words) == MOST_TOKENS < (int(run["max_length"]) or MOST_TOKENS + 1)
    return told(
        "Tokens as the model's tokenizer writes them: ␣ is a space, ↵ a line break.",
        f"Outlined: norm over {short(FACTOR)} times the median of the text at that layer.",
        "The last layer is taken after the final norm." if run["final_norm"] == "hf" else "",
        f"Only the first {MOST_TOKENS} tokens are read; the run reads more." if cut else "",
    )
