"""One text's true neighbours at every layer, told by whether they were so at the layer before."""

import itertools
from dataclasses import dataclass

from lrd_core.config import Config
from lrd_core.store.connection import connect
from lrd_core.store.neighbours import read_text_neighbours


@dataclass(frozen=True)
class Ties:
    """Rows of the run: neighbours that stayed, that are new, and that were at the layer before.

    At the first layer, which has none before it, all neighbours stand in `kept`.
    """

    kept: tuple[int, ...] = ()
    gained: tuple[int, ...] = ()
    lost: tuple[int, ...] = ()


def read_ties(config: Config, run_key: str, row: int, k: int) -> dict[int, Ties]:
    """Ties of one text by layer to its k nearest by cosine; none where stored lists are shorter."""
    with connect(config, read_only=True) as connection:
        stored = read_text_neighbours(connection, run_key, row, k)
    lists = {layer: stored[layer][0] for layer in sorted(stored)}
    ties = {layer: Ties(kept=tuple(ids)) for layer, ids in itertools.islice(lists.items(), 1)}
    for (_, before), (layer, now) in itertools.pairwise(lists.items()):
        ties[layer] = Ties(
            tuple(one for one in now if one in before),
            tuple(one for one in now if one not in before),
            tuple(one for one in before if one not in now),
        )
    return ties
