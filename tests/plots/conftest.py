"""Lines as the Depth page reads them, made by hand."""

import pandas as pd
import pytest


def make_line(
    model: str = "alpha",
    values: tuple[float | None, ...] = (0.9, 0.4, 0.8),
    *,
    series: str = "prompt_entropy",
    task: str = "news",
    num_blocks: int = 2,
    offset: float = 0.0,
    **changes: object,
) -> pd.DataFrame:
    """One line: a value a layer (or transition, with offset 0.5)."""
    rows = [
        {
            "run_key": model + task,
            "model": model,
            "revision": "main",
            "task": task,
            "family": "encoder embedder",
            "num_blocks": num_blocks,
            "series": series,
            "metric": series,
            "version": 1,
            "variant": "",
            "variation": "",
            "strength": 1.0,
            "step": 0,
            "condition": "",
            "source": "own",
            "position": layer + offset,
            "value": value,
            "low": None if value is None else value - 0.1,
            "high": None if value is None else value + 0.1,
            "n": 1000,
            "reason": "rank 1" if value is None else None,
        }
        | changes
        for layer, value in enumerate(values)
    ]
    table = pd.DataFrame(rows)
    return table.astype({"value": float, "low": float, "high": float})


@pytest.fixture
def two_models() -> pd.DataFrame:
    """Entropy and speed of a 2-block and a 4-block model."""
    return pd.concat(
        [
            make_line("alpha", (0.9, 0.4, 0.8)),
            make_line("beta", (0.9, 0.8, 0.7, 0.6, 0.5), num_blocks=4, family="base LM"),
            make_line("alpha", (1.0, 2.0), series="speed", offset=0.5),
            make_line(
                "beta",
                (1.0, 1.5, 1.2, 1.1),
                series="speed",
                num_blocks=4,
                offset=0.5,
                family="base LM",
            ),
        ],
        ignore_index=True,
    )
