"""Made-up trials whose findings can be worked out by hand."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

import pandas as pd

from lrd_core.pruning.profile import Profile
from lrd_core.store.calibrations import CalibrationRow
from lrd_core.store.keys import canonical_json
from lrd_core.store.latencies import LatencyRow
from lrd_core.store.trials import TrialRow

NUM_BLOCKS = 4


def calibration(profile: Profile, **changed: Any) -> CalibrationRow:
    """A stored calibration of `small` on `news`; `changed` as the fields of CalibrationRow."""
    row = CalibrationRow(
        calibration_key="k",
        model="small",
        model_id="example/small",
        revision="main",
        num_blocks=len(profile.blocks),
        task="news",
        task_revision="1",
        n=128,
        seed=0,
        settings="{}",
        texts_hash="h",
        profile=canonical_json(profile.to_json()),
    )
    return replace(row, **changed)


def trial(
    rule: str,
    removed: Sequence[int],
    change: float,
    *,
    task: str = "news",
    model: str = "small",
    budget: float | None = None,
    seed: int | None = None,
    settings: str = '{"dtype":"float32","max_length":64,"pooling":"mean","seed":0}',
    noise: float = 0.0,
    candidates: Sequence[int] = (1, 2),
    evaluator_scores: Sequence[float] | None = None,
    **more: object,
) -> TrialRow:
    """One trial of a 4-block model that scores 0.8 in full; change in points."""
    details: dict[str, object] = {"notes": [], "candidates": list(candidates)}
    if evaluator_scores is not None:
        details["evaluator_scores"] = list(evaluator_scores)
    options = {"device": "cpu", "indexing": "block", "protect": 1, "num_blocks": NUM_BLOCKS} | more
    return TrialRow(
        model=model,
        model_id=f"example/{model}",
        revision="main",
        variant=f"{model}-minus-{'.'.join(map(str, removed))}",
        family="encoder embedder",
        task=task,
        task_revision="1",
        task_type="sts",
        n=100,
        settings=settings,
        rule=rule,
        selection="top-m",
        m=len(removed),
        removed=tuple(removed),
        score_name="cosine_spearman",
        score=0.8 + change / 100,
        score_full=0.8,
        score_full_again=0.8 + noise / 100,
        change=change,
        budget=budget,
        seed=seed,
        details=canonical_json(details),
        **options,  # type: ignore[arg-type]
    )


def every_subset(worth: Callable[[Sequence[int]], float], m: int, **more: object) -> list[TrialRow]:
    """A trial for each subset of m of the 4 blocks."""
    return [
        trial("every subset", removed, worth(removed), **more)  # type: ignore[arg-type]
        for removed in itertools.combinations(range(NUM_BLOCKS), m)
    ]


def latency(
    m: int, speedup: float, model: str = "small", *, device: str = "cpu", dtype: str = "float32"
) -> LatencyRow:
    """A pair of models whose times are what the speed-up says."""
    full = tuple(8.0 + 0.01 * run for run in range(50))
    pruned = tuple(value / speedup for value in full)
    return LatencyRow(
        model=model,
        model_id=f"example/{model}",
        revision="main",
        num_blocks=NUM_BLOCKS,
        m=m,
        removed=tuple(range(1, m + 1)),
        device=device,
        dtype=dtype,
        threads=1,
        batch=8,
        length=64,
        speedup=speedup,
        full_ms=full,
        pruned_ms=pruned,
        full_end_to_end_ms=full,
        pruned_end_to_end_ms=pruned,
        parameters_full=1000,
        parameters_pruned=1000 - 200 * m,
        file_bytes_full=4000,
        file_bytes_pruned=4000 - 800 * m,
        peak_memory_full=None,
        peak_memory_pruned=None,
    )


def example_trials() -> list[TrialRow]:
    """Two tasks; dropping an end block costs 20 points, a middle one 1 (block 1) or 2 (block 2)."""
    cost = {0: 20.0, 1: 1.0, 2: 2.0, 3: 20.0}
    rows = []
    for task, scale in (("news", 1.0), ("pairs", 2.0)):

        def worth(removed: Sequence[int], scale: float = scale) -> float:
            return -scale * sum(cost[block] for block in removed)

        rows += every_subset(worth, 1, task=task)
        rows += [
            trial("full", (), 0.0, task=task),
            trial("gfmi", (1,), worth((1,)), task=task, budget=0.1, noise=0.2),
            trial("gfmi", (1,), worth((1,)), task=task, budget=0.2, noise=0.2),
            trial("last", (3,), worth((3,)), task=task, budget=0.1),
            trial("by hand", (2,), worth((2,)), task=task),
        ]
    return rows


def frame(rows: Sequence[Any]) -> pd.DataFrame:
    """Rows as the store gives them, a minute apart."""
    stamps = pd.date_range("2026-01-01", periods=len(rows), freq="min")
    return pd.DataFrame([asdict(row) for row in rows]).assign(created_at=stamps)
