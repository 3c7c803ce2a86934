"""Made-up numbers of models, of which the truth about a claim is known."""

from collections.abc import Mapping
from zlib import crc32

import numpy as np
import pandas as pd

from lrd_core.claims.held import Held
from lrd_core.settings import BASE_LM, ENCODER

TASKS = tuple(f"task {n}" for n in range(8))
LAYERS = 12


def profile_rows(
    model: str,
    series: str,
    values: np.ndarray,
    *,
    family: str = ENCODER,
    tasks: tuple[str, ...] = TASKS,
    revision: str = "main",
    condition: str = "",
    noise: float = 0.0,
    n: int = 500,
) -> pd.DataFrame:
    """The same profile on every task, with a little seeded noise of its own on each."""
    draw = np.random.default_rng(crc32(f"{model} {series} {revision} {condition}".encode()))
    parts = []
    for task in tasks:
        cells = values + noise * draw.standard_normal(len(values))
        parts.append(
            pd.DataFrame({"task": task, "position": np.arange(len(cells)), "value": cells})
        )
    facts = {"model": model, "family": family, "revision": revision}
    facts |= {"condition": condition, "series": series, "num_blocks": len(values) - 1}
    return pd.concat(parts, ignore_index=True).assign(**facts, n=n, hidden_size=768)


def score_rows(
    model: str, curve: np.ndarray, *, noise: float = 0.01, tasks: tuple[str, ...] = TASKS
) -> pd.DataFrame:
    """Scores by layer: a curve, and noise of each task and layer."""
    draw = np.random.default_rng(crc32(model.encode()))
    parts = [
        pd.DataFrame(
            {
                "task": task,
                "layer": np.arange(len(curve)),
                "score": curve + noise * draw.standard_normal(len(curve)),
            }
        )
        for task in tasks
    ]
    return pd.concat(parts, ignore_index=True).assign(
        model=model, family=ENCODER, num_blocks=len(curve) - 1
    )


def hill(at: float, height: float, layers: int = LAYERS) -> np.ndarray:
    """A curve of 0.5 with a hill of this height at a share of depth; a valley if negative."""
    depth = np.linspace(0, 1, layers + 1)
    return np.asarray(0.5 + height * np.exp(-(((depth - at) / 0.2) ** 2)))


def scored(curves: Mapping[str, np.ndarray], *, noise: float = 0.01) -> Held:
    """Models with these score curves alone."""
    rows = [score_rows(model, curve, noise=noise) for model, curve in curves.items()]
    return Held(scores=pd.concat(rows, ignore_index=True))


def with_profiles(*rows: pd.DataFrame, **more: pd.DataFrame) -> Held:
    """Models with these profiles, and other tables."""
    return Held(profiles=pd.concat(rows, ignore_index=True), **more)


def decoder_rows(model: str, depth: float, *, series: str = "prompt_entropy") -> pd.DataFrame:
    """A base LM whose entropy falls by `depth` at mid depth."""
    return profile_rows(model, series, hill(0.5, -depth), family=BASE_LM, noise=0.005)
