"""Token maps: a few texts of a run, or typed ones, every token at every layer, in the store."""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.errors import InputError, ModelError
from lrd_core.models.loading import USUAL, Loading
from lrd_core.models.specs import find_model, known_model
from lrd_core.progress import Progress, silent
from lrd_core.runs.items import keep_items
from lrd_core.settings import ASKED, RunSettings
from lrd_core.store.reading import read_table
from lrd_core.store.runs import RUNS
from lrd_core.store.saving import Saver
from lrd_core.store.sources import TRUSTED
from lrd_core.store.token_maps import (
    MOST_TOKENS,
    TokenMapRow,
    finished_texts,
    text_key,
    token_map_writes,
)

if TYPE_CHECKING:
    from lrd_core.extraction.encoded import Encoded
    from lrd_core.models.load import LoadedModel

VERSION = 1
"""Raised when the same text may get other numbers or words."""

N_TEXTS = 8
"""Texts of a task that are kept: the first of the run's sample."""

BEGINS = 140
"""Characters by which a text is told from others."""

MOST_CHARACTERS = 100_000
"""Of a typed text: far more than MOST_TOKENS tokens."""


@dataclass(frozen=True)
class TokensReport:
    """Keys of the texts that were read now, and of those that the store had."""

    computed: tuple[str, ...]
    cached: tuple[str, ...]


@dataclass(frozen=True)
class _Asked:
    """A text, its place among those it is encoded with, and its text_index in the task."""

    text: str
    place: int = 0
    text_index: int | None = None

    @property
    def key(self) -> str:
        return text_key(self.text, self.place)


def read_token_maps(
    config: Config,
    run_key: str,
    texts: Sequence[str] = (),
    *,
    model: str | None = None,
    loading: Loading = USUAL,
    progress: Progress = silent,
) -> TokensReport:
    """Read texts with a run's model under its settings and keep every token at every layer.

    Each text is stored as soon as it is read; what the store has is not read again. texts: typed
    ones; none takes the first N_TEXTS of the run's sample. They are cut at MOST_TOKENS tokens.
    model: how to find the run's model, its name unless told otherwise.
    Raises: InputError for an unknown run, an empty or very long text, or a model that is not the
    run's; JobError where read only; TaskError where the run's texts are not here.
    """
    config.refuse_read_only("compute")
    saver = Saver(config, progress)
    with saver.reading() as connection:
        found = read_table(connection, RUNS, run_key=run_key)
        finished = finished_texts(connection, run_key, VERSION)
    if found.empty:
        raise InputError(f"no run has the key {run_key!r}; `show` lists what is stored")
    run = found.iloc[0]
    asked = [typed(text) for text in texts] or _sampled(config, run_key)
    missing = [one for one in dict.fromkeys(asked) if one.key not in finished]
    if missing:
        progress("loading the model", 0, 1)
        loaded = load_model_of(config, run, model, loading, max_length=MOST_TOKENS)
        reader = _Reader(run, loaded, missing)
        for done, one in enumerate(missing):
            progress("reading tokens", done, len(missing))
            saver.save(token_map_writes(reader.read(one)))
        saver.settle()
    computed = tuple(one.key for one in missing)
    return TokensReport(computed, tuple(o.key for o in asked if o.key not in computed))


def typed(text: str) -> _Asked:
    if not text.strip():
        raise InputError("the text is empty; type a sentence or two")
    if len(text) > MOST_CHARACTERS:
        raise InputError(
            f"the text has {len(text):,} characters; {MOST_CHARACTERS:,} at most, of which the "
            f"first {MOST_TOKENS} tokens are read"
        )
    return _Asked(text)


def _sampled(config: Config, run_key: str) -> list[_Asked]:
    items = keep_items(config, run_key).head(N_TEXTS)
    return [_Asked(str(row.text), int(row.row), int(row.text_index)) for row in items.itertuples()]


def load_model_of(
    config: Config,
    run: "pd.Series[Any]",
    model: str | None,
    loading: Loading,
    *,
    max_length: int | None = None,
) -> "LoadedModel":
    """A run's model, which reads texts as the run did, or at most max_length tokens of each.

    model: how to find it, its name unless told otherwise.
    Raises: InputError where what is found under its name is another one.
    """
    name = model or str(run["model"])
    # Whoever wrote an imported run chose its model's name: it may mean a folder of this machine.
    if run["source"] not in TRUSTED and known_model(name.partition("@")[0]) is None:
        raise InputError(
            f"{name} is not loaded: the run was imported, and no model that only an import names "
            "is opened; run the model here to read texts with it"
        )
    spec = find_model(name)
    if spec.modality != "text":
        raise InputError(
            f"{spec.name} reads items of the kind {spec.modality!r}, and a text is typed"
        )
    most = _shorter(int(run["max_length"]), max_length)
    read = RunSettings(dtype=str(run["dtype"]), max_length=most)
    loaded = loading.load(spec, read, config)
    if loaded.revision != run["revision"]:
        raise InputError(
            f"{name} is here at revision {loaded.revision}, and the run was of {run['revision']}; "
            "run the model here to read texts with it"
        )
    return loaded


def _shorter(of_run: int, asked: int | None) -> int | None:
    """The lower of two limits in tokens; 0 and None are none."""
    known = [one for one in (of_run, asked) if one]
    return min(known) if known else None


def settings_of(run: "pd.Series[Any]", loaded: "LoadedModel") -> RunSettings:
    """How the run read its texts, with this model."""
    given = {one.name: one.kind(run[one.name]) for one in ASKED}
    return RunSettings(**given | {"max_length": loaded.max_length})


class _Reader:
    """Reads one text after the other as the run did."""

    def __init__(
        self, run: "pd.Series[Any]", loaded: "LoadedModel", asked: Sequence[_Asked]
    ) -> None:
        from lrd_core.extraction.hidden_states import LayerReader

        self.run, self.loaded = run, loaded
        self.settings = settings_of(run, loaded)
        self.layers = LayerReader(loaded, self.settings.final_norm, self.settings.capture)
        # A condition changes a text by its place, so those of the sample are encoded in theirs.
        self.company = {one.place: one.text for one in asked if one.text_index is not None}

    @functools.cached_property
    def _sample(self) -> "Encoded":
        from lrd_core.extraction.inputs import encode

        last = max(self.company)
        texts = [self.company.get(place, "") for place in range(last + 1)]
        return encode(self.loaded, texts, self.settings)

    def _encode(self, asked: _Asked) -> "Encoded":
        from lrd_core.extraction.inputs import encode

        if asked.text_index is None:
            return encode(self.loaded, [asked.text], self.settings)
        return self._sample

    def read(self, asked: _Asked) -> TokenMapRow:
        """The map of one text. Raises: ModelError when it does not fit in memory."""
        from lrd_core.extraction.hidden_states import run_halving

        encoded = self._encode(asked)
        rows: list[TokenMapRow] = []
        places = np.array([asked.place])
        for _ in run_halving(lambda part: rows.append(self._map(asked, encoded, part)), places):
            pass
        return rows[0]

    def _map(self, asked: _Asked, encoded: "Encoded", places: np.ndarray) -> TokenMapRow:
        from lrd_core.extraction.token_words import token_words

        batch = encoded.batch(places).to(self.loaded.device)
        kept = batch.mask[0].bool().cpu().numpy()
        layers = [values[:, kept] for values in self._values(batch, places)]
        norms, cosines, shares = np.stack(layers, axis=1)
        ids = batch.inputs["input_ids"][0].cpu().numpy()[kept]
        told = batch.special
        special = np.zeros(len(ids)) if told is None else told[0].cpu().numpy()[kept]
        return TokenMapRow(
            run_key=str(self.run["run_key"]),
            text_key=asked.key,
            text_index=asked.text_index,
            begins=" ".join(asked.text[: 2 * BEGINS].split())[:BEGINS],
            version=VERSION,
            num_layers=len(layers),
            num_tokens=len(ids),
            words=token_words(self.loaded.tokenizer, ids),
            special=special,
            norms=norms,
            cosines=cosines,
            shares=shares,
        )

    def _values(self, batch: Any, places: np.ndarray) -> Iterator[np.ndarray]:
        """For each layer (3, positions): norm, cosine with the layer before, share of entropy."""
        import torch

        from lrd_core.extraction.hidden_states import refuse_non_finite
        from lrd_core.metrics.token_layer import TokenLayer
        from lrd_core.metrics.token_shares import entropy_shares, layer_cosines

        found: list[np.ndarray] = []
        before: list[torch.Tensor] = []

        def visit(layer: int, tokens: torch.Tensor) -> None:
            refuse_non_finite(self.loaded, layer, tokens, batch.mask, places)
            seen = TokenLayer(tokens, batch.mask)
            norms = torch.linalg.vector_norm(tokens.cpu().double(), dim=2).numpy()
            turned = layer_cosines(before[0], seen.states, batch.mask) if before else norms * np.nan
            found.append(np.concatenate([norms, turned, entropy_shares(seen)]))
            before[:] = [tokens.clone()]

        self.layers.read(batch.inputs, batch.mask, visit)
        if not found:
            raise ModelError(f"{self.loaded.spec.name} showed no layer")
        return iter(found)
