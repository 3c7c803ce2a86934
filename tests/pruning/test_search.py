"""Search over subsets: exact where few, a beam that says so where many."""

import math

from lrd_core.pruning.search import best_subset


def test_all_subsets_are_tried():
    seen = []
    found = best_subset(
        range(5), 2, lambda subsets: seen.extend(subsets) or [float(sum(s)) for s in subsets]
    )
    assert found.removed == (3, 4)
    assert found.exact
    assert len(set(seen)) == math.comb(5, 2) == found.tried


def test_beyond_twenty_thousand_it_is_a_beam_and_says_so():
    weights = [(7 * b) % 31 for b in range(30)]
    found = best_subset(
        range(30), 8, lambda many: [float(sum(weights[b] for b in s)) for s in many]
    )
    assert not found.exact
    assert "not all" in found.note
    assert found.tried < 8 * 16 * 30
    # An additive score has no traps: the beam must find the true best.
    assert sum(weights[b] for b in found.removed) == sum(sorted(weights)[-8:])


def test_an_undefined_score_is_never_best():
    found = best_subset(
        range(3), 1, lambda many: [math.nan if s == (0,) else -float(s[0]) for s in many]
    )
    assert found.removed == (1,)
