"""More than one layer: whether a mean, a concatenation or a chosen set beats the best single one.

Whatever is chosen by labels is chosen on half of them and scored on the other half, and so is the
single layer that it is compared with. Sources: greedy sets as LOES, weights by ensemble selection
with replacement, Caruana et al. 2004.
"""

import functools
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from lrd_core.asking.judges import unit_rows
from lrd_core.asking.labelled import Labelled
from lrd_core.asking.splits import Judge, halves, interval, judge_of

SINGLE, MEAN, CONCATENATED = "best single layer", "mean of all layers", "all layers side by side"
GREEDY, WEIGHTED = "mean of a chosen set", "weighted mean"
MOST_LAYERS = 4
MOST_STEPS = 8
KEPT = 128
COLUMNS = ("way", "layers", "score", "low", "high", "gain", "gain_low", "gain_high", "n")


def several_layers(layers: Sequence[np.ndarray], labelled: Labelled, seed: int = 0) -> pd.DataFrame:
    """One row a way, COLUMNS. layers: of the labelled texts, (texts, d) each.

    layers (column): those that all labels choose; of a weighted mean as often as they weigh;
    empty for side by side. gain: above the single layer that the same half chose, on the same
    judged rows; low, high: 5% to 95% of the draws.
    """
    judges = _Judges(layers, labelled)
    found: dict[str, list[float]] = {}
    for known, judged in halves(labelled.n, seed):
        for way, picked in judges.choose(known).items():
            found.setdefault(way, []).append(judges.of(picked)(known, judged))
    every = np.arange(labelled.n)
    final = judges.choose(every)
    rows = []
    for way, scores in found.items():
        gains = interval([s - one for s, one in zip(scores, found[SINGLE], strict=True)])
        rows.append(
            {"way": way, "layers": [] if way == CONCATENATED else list(final[way])}
            | interval(scores)
            | {"gain": gains["score"], "gain_low": gains["low"], "gain_high": gains["high"]}
            | {"n": labelled.n - labelled.n // 2}
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


class _Judges:
    """The judge of any bag of layers. Each holds (n, n) cosines, so only the latest are kept."""

    def __init__(self, layers: Sequence[np.ndarray], labelled: Labelled) -> None:
        self.layers, self.labelled = layers, labelled
        self.of = functools.lru_cache(maxsize=KEPT)(self._of)

    def _of(self, bag: tuple[int, ...]) -> Judge:
        """Of the mean of the layers, one that is in it twice counting twice; () side by side."""
        if not bag:
            beside = np.concatenate([unit_rows(layer) for layer in self.layers], axis=1)
            return judge_of(beside, self.labelled)
        weights = Counter(bag)
        mean = sum(count * self.layers[layer] for layer, count in weights.items())
        return judge_of(np.asarray(mean) / len(bag), self.labelled)

    def choose(self, known: np.ndarray) -> dict[str, tuple[int, ...]]:
        """What these rows alone choose."""
        every = tuple(range(len(self.layers)))
        single = (max(every, key=lambda layer: (self._on((layer,), known), -layer)),)
        return {
            SINGLE: single,
            MEAN: every,
            CONCATENATED: (),
            GREEDY: self._grown(single, known, MOST_LAYERS, again=False),
            WEIGHTED: self._grown(single, known, MOST_STEPS, again=True),
        }

    def _grown(
        self, bag: tuple[int, ...], known: np.ndarray, most: int, *, again: bool
    ) -> tuple[int, ...]:
        """Layer after layer is added, the one that helps most, until none does."""
        best = self._on(bag, known)
        while len(bag) < most:
            grown = [
                tuple(sorted((*bag, layer)))
                for layer in range(len(self.layers))
                if again or layer not in bag
            ]
            scores = [self._on(one, known) for one in grown]
            if not scores or max(scores) <= best:
                break
            best = max(scores)
            bag = grown[scores.index(best)]
        return bag

    def _on(self, bag: tuple[int, ...], known: np.ndarray) -> float:
        score = self.of(bag)(known, known)
        return -np.inf if np.isnan(score) else score
