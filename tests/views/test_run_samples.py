"""A run on another sample than the stored ones is said to be one."""

import pandas as pd

from lrd_core.settings import RunSettings
from lrd_core.views.run_samples import apart_note

RUNS = pd.DataFrame(
    {"task": ["news", "news", "pairs"], "n": [500, 100, 80], "n_total": [2000, 2000, 80]}
).assign(max_length=128)


def test_the_same_sample_needs_no_word() -> None:
    assert apart_note(RUNS, ["news"], RunSettings(n=500, max_length=128)) == ""
    assert apart_note(RUNS, ["pairs"], RunSettings(n=1000, max_length=128)) == "", (
        "all of its texts"
    )
    assert apart_note(RUNS, ["unknown"], RunSettings()) == ""


def test_another_number_or_length_is_named_with_what_the_store_has() -> None:
    told = apart_note(RUNS, ["news", "pairs"], RunSettings(n=1000, max_length=128))
    assert "news was run on 100 texts of 128 tokens and 500 texts of 128 tokens at most" in told
    assert "pairs" not in told
    assert "pairs was run on 80 texts" in apart_note(RUNS, ["pairs"], RunSettings(max_length=512))
