"""A line of one kind of values alone is shown; one with plain values, or with a choice, is not."""

import pandas as pd

from lrd_core.views.only_kind import is_only_kind


def rows(run_key: str, *variants: str) -> pd.DataFrame:
    return pd.DataFrame([{"run_key": run_key, "series": "s", "variant": v} for v in variants])


def test_only_what_has_nothing_plain_and_no_choice_is_shown() -> None:
    values = pd.concat(
        [
            rows("published alone", "published", "published"),
            rows("both", "", "published"),
            rows("plain", "", ""),
            rows("a choice", "published", "alpha=2"),
        ],
        ignore_index=True,
    )
    shown = values[is_only_kind(values)]
    assert set(shown["run_key"]) == {"published alone"} and len(shown) == 2


def test_an_empty_table_has_none() -> None:
    assert is_only_kind(rows("x").reindex(columns=["run_key", "series", "variant"])).empty
