"""What docs/how-to/pictures-and-sound.md says of Whisper's layers is what is bundled."""

import pytest

from lrd_core.actions.bundled import load_demo
from lrd_core.config import Config
from lrd_core.views import stored


def test_words_are_told_late_and_voices_early(tmp_path_factory: pytest.TempPathFactory) -> None:
    config = Config(data_dir=tmp_path_factory.mktemp("bundled"))
    load_demo(config)
    scores = stored.scores(config)
    own = scores[scores["model"] == "whisper-tiny.en"]
    best = own.loc[own.groupby("task")["score"].idxmax()].set_index("task")["layer"].to_dict()
    assert best["spoken-voices"] == best["spoken-speeds"] == 1
    late = ("spoken-words", "spoken-words-knn", "spoken-words-clustering")
    assert all(best[task] >= 3 for task in late)
    last = own[own["layer"] == 4].set_index("task")["score"]
    first = own[own["layer"] == 1].set_index("task")["score"]
    assert last["spoken-voices"] < first["spoken-voices"] - 0.2
