"""What is drawn of pictures and recordings calls them so: in figures, sentences and notes."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from lrd_core.actions.bundled import load_demo
from lrd_core.config import Config
from lrd_core.errors import LrdError
from lrd_core.plots.figures import figure_of
from lrd_core.plots.theme import Look
from lrd_core.views.item_words import noun_of_runs
from lrd_core.views.lifelines import LifelineView
from lrd_core.views.questions import QUESTIONS, ask
from lrd_core.views.story_maps import StoryMapsView
from tests.shared_store import shared

RUNS = (("dinov2-small", "digits", "image"), ("whisper-tiny.en", "spoken-words", "recording"))
WORD = re.compile(r"\btexts?\b(?!-)", re.IGNORECASE)

DRAWN = {
    *("story", "event", "depth", "strips", "spread", "sample", "curve", "maps", "placed"),
    *("trust", "group", "lifeline"),
}
"""Questions whose answer names the items of a run."""


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Config:
    config = Config(data_dir=tmp_path_factory.mktemp("bundled"))
    load_demo(config)
    return shared(config)


@pytest.mark.parametrize(("model", "task", "noun"), RUNS)
def test_no_picture_and_no_recording_is_called_a_text(
    bundled: Config, model: str, task: str, noun: str
) -> None:
    drawn, found = set(), {}
    for question in QUESTIONS:
        if question.name == "coverage":
            continue  # it lists every task, those of texts too
        try:
            view = ask(bundled, question.name, [model], [task])
        except LrdError:
            continue  # there is no answer of these runs
        if view.empty:
            continue
        figure = figure_of(view, Look(order=(model,)))
        drawn.add(question.name)
        said = {view.sentence, view.alt, *view.notes, *_words(json.loads(figure.to_json()))}
        if wrong := sorted(one for one in said if WORD.search(one)):
            found[question.name] = wrong[:3]
        if question.name in ("spread", "maps", "placed", "lifeline"):
            assert any(re.search(rf"\b{noun}s?\b", one) for one in said), question.name
    assert drawn >= DRAWN
    assert not found


def test_runs_of_several_kinds_hold_items() -> None:
    runs = pd.DataFrame({"modality": ["image", "image", "audio"]})
    assert noun_of_runs(runs) == "item"
    assert noun_of_runs(runs.head(2)) == "image"
    assert noun_of_runs(runs.tail(1)) == "recording"
    assert noun_of_runs(runs.head(0)) == noun_of_runs(pd.DataFrame()) == "text"


def _words(part: Any) -> Iterator[str]:
    """Every text of a figure that a reader sees, from its JSON."""
    if isinstance(part, str):
        yield part.replace("%{text}", "")
    elif isinstance(part, list):
        for value in part:
            yield from _words(value)
    elif isinstance(part, dict):
        for name, value in part.items():
            if name not in ("mode", "hoverinfo", "textposition"):
                yield from _words(value)


def test_small_pictures_follow_the_pointer(bundled: Config) -> None:
    for model, task, _ in RUNS:
        around = ask(bundled, "event", [model], [task])
        assert isinstance(around, StoryMapsView)
        first = around.table_at(around.layers[0])
        assert len(around.pictures) == len(first) and around.pictures[0].startswith("data:image")
        line = ask(bundled, "lifeline", [model], [task])
        assert isinstance(line, LifelineView)
        marks = [
            one for one in figure_of(line, Look()).data if getattr(one, "mode", "") == "markers"
        ]
        drawn = {int(index) for one in marks for _, index in one.customdata}
        assert drawn == set(line.pictures) and len(drawn) >= line.k
    texts = ask(bundled, "lifeline", ["all-MiniLM-L6-v2"], ["bbc-news"])
    assert isinstance(texts, LifelineView) and texts.pictures == {}
