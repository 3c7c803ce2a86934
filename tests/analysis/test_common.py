"""The common set: nothing missing in it, as much as possible kept, and what went is named."""

import numpy as np
import pandas as pd

from lrd_core.analysis.common import common_set


def table(rows):
    return pd.DataFrame(rows, index=list("abc")[: len(rows)], columns=["x", "y", "z"])


def test_a_complete_table_stays_as_it_is():
    full = table([[1.0, 2, 3], [4, 5, 6]])
    result = common_set(full)
    pd.testing.assert_frame_equal(result.table, full)
    assert result.dropped_rows == result.dropped_columns == ()


def test_the_emptiest_line_goes_first():
    result = common_set(table([[1.0, 2, 3], [4, np.nan, np.nan], [7, 8, 9]]))
    assert list(result.table.index) == ["a", "c"]
    assert result.dropped_rows == ("b",)
    assert result.dropped_columns == ()
    assert result.table.shape == (2, 3)


def test_columns_that_must_stay_cost_rows():
    gaps = table([[1.0, 2, np.nan], [4, 5, np.nan], [7, 8, 9]])
    assert common_set(gaps).dropped_columns == ("z",)
    kept = common_set(gaps, keep_columns=True)
    assert kept.dropped_columns == ()
    assert list(kept.table.index) == ["c"]


def test_nothing_in_common_gives_an_empty_set():
    result = common_set(table([[np.nan] * 3, [np.nan] * 3]))
    assert result.empty
    assert result.table.shape == (0, 0)  # rows without a column would be taken for what is shared
    assert (result.dropped_rows, result.dropped_columns) == (("a", "b"), ("x", "y", "z"))
