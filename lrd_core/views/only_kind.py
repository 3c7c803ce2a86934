"""Values that have no plain ones beside them: they are shown without being asked for, labelled.

Plain is exact mode with default parameters. A run that others published has its values in mode
"published" alone: to hide them behind a choice would show nothing where there is something.
"""

from collections.abc import Sequence

import pandas as pd

LINE = ("run_key", "series")
"""What the values of one quantity in one run have in common."""


def is_only_kind(values: pd.DataFrame, line: Sequence[str] = LINE) -> pd.Series:
    """For each row whether it is of the one kind of values that its line has, and no plain one.

    values: with `variant` and the columns `line`. A line of several kinds and no plain one has no
    only kind: which to show is a choice.
    """
    if values.empty:
        return pd.Series(False, index=values.index)
    groups = values.groupby(list(line), sort=False, dropna=False)["variant"]
    return (groups.transform("nunique") == 1) & (values["variant"] != "")
