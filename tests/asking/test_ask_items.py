"""Which layer for my pictures: the same question, asked of what holds no texts."""

from pathlib import Path

import pandas as pd
import pytest

from lrd_core.asking.ask import ask
from lrd_core.asking.settings import AskSettings
from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.models.loading import Loading
from lrd_core.settings import RunSettings
from lrd_core.views.ask import ask_view_of, question_of
from lrd_core.views.track_record import REGRETS
from tests.tiny_vision import BLOCKS, save_tiny_vision


def test_layers_are_ranked_by_labelled_pictures(tmp_path: Path, config: Config) -> None:
    model = str(save_tiny_vision("dinov2", tmp_path / "seer"))
    settings, run = AskSettings(labels=60), RunSettings(n=40)
    answer = ask([model], "digits", settings, run, config, loading=Loading("cpu"))
    assert len(answer.table) == BLOCKS + 1 and answer.table["score"].notna().all()
    question = question_of((model,), "digits", settings, run)
    view = ask_view_of(question, answer, pd.DataFrame(), pd.DataFrame(columns=list(REGRETS)))
    assert "by 46 labels" in view.sentence and "with so few images" in view.sentence
    assert any("too few labelled images" in note for note in view.notes)
    with pytest.raises(InputError, match=r"labelled images of digits leave 0 classes"):
        ask([model], "digits", AskSettings(labels=8), run, config, loading=Loading("cpu"))
