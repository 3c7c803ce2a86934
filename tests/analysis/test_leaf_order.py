"""Rows in an order of likeness: a chain is found again, gaps are left out of distances."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lrd_core.analysis.leaf_order import leaf_order


def test_a_shuffled_chain_comes_back_in_order() -> None:
    chain = np.linspace(0, 1, 9)[:, None] * np.ones((1, 5))
    shuffled = np.random.default_rng(0).permutation(9)
    found = [int(shuffled[place]) for place in leaf_order(chain[shuffled])]
    assert found in (list(range(9)), list(range(8, -1, -1)))


def test_gaps_are_compared_where_both_rows_have_values() -> None:
    rows = np.array([[0, 0, np.nan], [5, 5, 5], [0, np.nan, 0.1], [5, 5, np.nan]], dtype=float)
    order = leaf_order(rows)
    assert abs(order.index(0) - order.index(2)) == 1
    assert abs(order.index(1) - order.index(3)) == 1


def test_rows_that_share_no_place_are_far_apart() -> None:
    rows = np.array([[0, np.nan], [np.nan, 0], [0.1, 9], [3, 3]], dtype=float)
    assert sorted(leaf_order(rows)) == [0, 1, 2, 3]


@given(st.integers(0, 8), st.integers(0, 2**31 - 1))
def test_every_row_comes_once(n: int, seed: int) -> None:
    rows = np.random.default_rng(seed).normal(size=(n, 3))
    assert sorted(leaf_order(rows)) == list(range(n))
