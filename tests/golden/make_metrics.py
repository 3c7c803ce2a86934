"""Golden values of the metrics, from the independent implementation in tests/metrics.

Run from the project's folder: python -m tests.golden.make_metrics
"""

import json
from pathlib import Path

import numpy as np

from tests.metrics import independent
from tests.metrics.examples import augmented_views, drifting_layers, token_texts

GOLDEN = Path(__file__).parent / "metrics.json"


def golden_values() -> dict[str, object]:
    layers, texts, views = drifting_layers(), token_texts(), augmented_views()
    last = layers[-1].astype(np.float64)
    modes = ("exact", "published")
    return {
        "frenet": independent.frenet(layers),
        "nrs": independent.nrs(layers),
        "gfmi": independent.gfmi(layers),
        "dataset_entropy": {
            f"{mode}:{alpha}": [independent.matrix_entropy(z, alpha, mode) for z in layers]
            for mode in modes
            for alpha in (1, 1.5, 2, 3)
        },
        "prompt_entropy": {
            mode: [independent.matrix_entropy(t, 1, mode) for t in texts] for mode in modes
        },
        "token_curvature": {
            mode: [independent.token_curvature(t, mode) for t in texts] for mode in modes
        },
        "effective_rank": independent.effective_rank(last),
        "rankme": independent.rankme(last),
        "infonce": independent.infonce(views[:, 0], views[:, 1]),
        "lidar": independent.lidar(views),
        "linear_cka": independent.linear_cka(layers[0].astype(np.float64), last[:, :10]),
        "anisotropy": independent.anisotropy(last),
        "participation_ratio": independent.participation_ratio(last),
    }


if __name__ == "__main__":
    text = json.dumps(golden_values(), indent=1, default=np.ndarray.tolist)
    GOLDEN.write_text(text + "\n", encoding="utf-8")
