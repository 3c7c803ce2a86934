"""Peaks along depth and their summary by family."""

import numpy as np
import pandas as pd
import pytest

from lrd_core.analysis.families import family_summaries, median_interval, peak_depths


def profile(model, family, series, values, task="t", start=0.0, num_blocks=4):
    return pd.DataFrame(
        {
            "model": model,
            "family": family,
            "task": task,
            "series": series,
            "position": [start + i for i in range(len(values))],
            "value": values,
            "num_blocks": num_blocks,
        }
    )


def test_the_peak_is_at_its_depth():
    peaks = peak_depths(profile("a", "base LM", "speed", [1.0, 3, 2, 1], start=0.5))
    assert peaks["value"].tolist() == [1.5 / 4]


def test_the_layer_that_meets_itself_is_no_peak():
    peaks = peak_depths(profile("a", "base LM", "gfmi", [1.0, 4, 2, 3, 99]))
    assert peaks["value"].tolist() == [0.25]


def test_a_gap_may_hide_the_peak():
    assert peak_depths(profile("a", "base LM", "speed", [1.0, None, 2, 1], start=0.5)).empty


def test_summary_by_family_over_shared_tasks():
    rows = pd.concat(
        [
            profile("a", "base LM", "speed", [3.0, 1, 1, 1], start=0.5),
            profile("b", "base LM", "speed", [1.0, 1, 3, 1], start=0.5),
            profile("c", "encoder embedder", "speed", [1.0, 1, 1, 3], start=0.5),
            profile("c", "encoder embedder", "speed", [9.0, 1, 1, 3], "only c", start=0.5),
        ]
    )
    first, second = family_summaries(peak_depths(rows))
    assert (first.family, first.models, first.tasks) == ("base LM", ("a", "b"), ("t",))
    assert (first.lowest, first.median, first.highest) == (0.125, 0.375, 0.625)
    assert (second.family, second.median) == ("encoder embedder", 0.875)


def test_trend_is_taken_as_stored():
    peaks = peak_depths(profile("a", "base LM", "nrs_trend", [-0.2]))
    assert peaks["value"].tolist() == pytest.approx([-0.2])


def test_the_interval_of_a_median_is_between_ordered_values():
    # Six values: only all of them together reach 95% (1 - 2 / 2^6).
    assert median_interval([6.0, 1, 5, 2, 4, 3]) == (1.0, 6.0)
    # Nine: 1 - 2 * (1 + 9) / 2^9 = 96%, the second from either end.
    assert median_interval(range(1, 10)) == (2.0, 8.0)


def test_five_models_give_no_interval():
    assert all(end != end for end in median_interval([1.0, 2, 3, 4, 5]))
    assert all(end != end for end in median_interval([]))


def test_the_interval_holds_the_median_as_often_as_it_says():
    generator = np.random.default_rng(0)
    held = [
        low <= 0 <= high
        for low, high in (median_interval(generator.normal(size=12)) for _ in range(2000))
    ]
    assert 0.95 <= np.mean(held) <= 0.975
