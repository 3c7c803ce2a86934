"""Candidates that there is no time for are left out, and said."""

import pytest

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.views.ask import AskRequest
from lrd_core.views.ask_time import ask_estimate, within_minutes

SMALL, LARGE = "paraphrase-MiniLM-L3-v2", "all-mpnet-base-v2"


def test_candidates_are_taken_while_there_is_time(tmp_path) -> None:
    config = Config(data_dir=tmp_path)
    request = AskRequest(models=(LARGE, SMALL))
    alone = ask_estimate(config, AskRequest(models=(SMALL,))).seconds
    assert alone < ask_estimate(config, AskRequest(models=(LARGE,))).seconds
    assert within_minutes(config, request, 0) == (request, "")
    assert within_minutes(config, request, 600) == (request, "")
    kept, said = within_minutes(config, request, 1.01 * alone / 60)
    assert kept == AskRequest(models=(SMALL,))
    assert said.startswith("Left out, for ") and f"{LARGE} (about " in said
    with pytest.raises(InputError, match=f"not enough for any candidate: {LARGE}"):
        within_minutes(config, request, alone / 120)


def test_labels_cost_time_too(tmp_path) -> None:
    config = Config(data_dir=tmp_path)
    many, none = (
        ask_estimate(config, AskRequest(settings=AskRequest().settings.__class__(labels=labels)))
        for labels in (500, 0)
    )
    assert many.texts == none.texts + 500 * len(AskRequest().models)
