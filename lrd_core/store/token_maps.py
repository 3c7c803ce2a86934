"""The table of token maps: for one text every token at every layer."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from lrd_core.store.keys import content_key
from lrd_core.store.reading import frame, read_table
from lrd_core.store.sources import TRUSTED
from lrd_core.store.table import CREATED_AT, Floats, Ints, Key, Layers, Sound, Table, Words
from lrd_core.store.writes import Write

if TYPE_CHECKING:
    import pandas as pd

MOST_TOKENS = 512
"""Of a text; figures stay quick up to here."""

_IS_LENGTH = Sound(
    lambda value: isinstance(value, int) and 1 <= value <= MOST_TOKENS,
    f"a number of tokens up to {MOST_TOKENS}",
)
Tokens = Annotated[int, _IS_LENGTH]


@dataclass(frozen=True, kw_only=True)
class TokenMapRow:
    """One text as a run's model reads it.

    text_index: its place in the run's task, None for a text that somebody typed. begins: how it
    begins. words: its tokens as their tokenizer writes them. special: 1 for tokens that stand for
    no part of it. norms, cosines, shares: (num_layers, num_tokens) row by row: length of each
    token's vector, cosine with its vector one layer before, share of the text's entropy; NaN where
    it is undefined.
    """

    run_key: Key
    text_key: Key
    text_index: int | None
    begins: str
    version: int
    num_layers: Layers
    num_tokens: Tokens
    words: Words
    special: Ints
    norms: Floats
    cosines: Floats
    shares: Floats
    source: str = "own"


TOKEN_MAPS = Table(
    "token_maps",
    TokenMapRow,
    key=("run_key", "text_key"),
    written=(CREATED_AT,),
    even=(("words", "special"), ("norms", "cosines"), ("norms", "shares")),
    area=("norms", "num_layers", "num_tokens"),
    counted=(("words", "num_tokens"),),
)


def text_key(text: str, place: int = 0) -> str:
    """Names a text among those of a run.

    place: where it stands in the run's sample, which conditions draw by; 0 for a text alone.
    """
    return content_key({"text": text, "place": place})


def token_map_writes(row: TokenMapRow) -> list[Write]:
    """One text, in place of what an older version gave for it."""
    where = {"run_key": row.run_key, "text_key": row.text_key}
    return [Write(TOKEN_MAPS, TOKEN_MAPS.plain([row]), "replace", where)]


def finished_texts(connection: Any, run_key: str, version: int) -> set[str]:
    """Keys of the run's texts whose maps were made here, or are bundled, by this version."""
    found = connection.execute(
        "SELECT text_key FROM token_maps "
        "WHERE run_key = ? AND version = ? AND list_contains(?, source)",
        [run_key, version, list(TRUSTED)],
    ).fetchall()
    return {row[0] for row in found}


def mapped_texts(connection: Any, run_keys: list[str]) -> "pd.DataFrame":
    """run_key, text_key, text_index (NA for a typed one) and begins, of texts that have a map.

    Those of the run's task first, in its order; then typed ones as they came.
    """
    rows = frame(
        connection,
        "SELECT run_key, text_key, text_index, begins FROM token_maps "
        "WHERE list_contains(?, run_key) ORDER BY text_index NULLS LAST, created_at, text_key",
        [run_keys],
    )
    return rows.astype({"text_index": "Int64"})


@dataclass(frozen=True)
class TokenMap:
    """A map as it is read: words and special (num_tokens,); the others (num_layers, num_tokens)."""

    begins: str
    text_index: int | None
    version: int
    words: tuple[str, ...]
    special: np.ndarray
    norms: np.ndarray
    cosines: np.ndarray
    shares: np.ndarray


def read_token_map(connection: Any, run_key: str, text_key: str) -> TokenMap | None:
    """The map of one text of a run, or None."""
    import pandas as pd

    rows = read_table(connection, TOKEN_MAPS, run_key=run_key, text_key=text_key)
    if rows.empty:
        return None
    row = rows.iloc[0]
    shape = int(row["num_layers"]), int(row["num_tokens"])
    norms, cosines, shares = (
        np.asarray(row[name], dtype=np.float64).reshape(shape)
        for name in ("norms", "cosines", "shares")
    )
    index = row["text_index"]
    return TokenMap(
        begins=str(row["begins"]),
        text_index=None if pd.isna(index) else int(index),
        version=int(row["version"]),
        words=tuple(map(str, row["words"])),
        special=np.asarray(row["special"], dtype=bool),
        norms=norms,
        cosines=cosines,
        shares=shares,
    )
