"""A task of sounds and a model that hears go the whole way of a run, into the store and out."""

from types import SimpleNamespace

import numpy as np
import pytest

from lrd_core.config import Config
from lrd_core.errors import InputError, TaskError
from lrd_core.evaluation.layer_scores import LayerVectors
from lrd_core.extraction.hidden_states import extract
from lrd_core.models.load import LoadedModel
from lrd_core.runs import RunRequest, asked
from lrd_core.runs.execute import execute_run
from lrd_core.runs.items import run_items
from lrd_core.settings import RunSettings
from lrd_core.tasks import TaskContent, TaskSpec
from lrd_core.tasks.offline_entries import OFFLINE_TASKS
from lrd_core.views.stored import profiles
from tests.modalities import BLOCKS, add_sounds, sounds

BELLS = TaskSpec(
    "bells", "Bells", "classification", "offline", "1", "", "", "short sounds", modality="sound"
)


@pytest.fixture
def hearing(monkeypatch: pytest.MonkeyPatch) -> LoadedModel:
    """A model of sounds in place of every model, and one task of sounds."""
    loaded = add_sounds(monkeypatch)
    where = SimpleNamespace(revision=loaded.revision, own_code=False)
    monkeypatch.setattr("lrd_core.models.load.load_model", lambda *args, **options: loaded)
    monkeypatch.setattr(asked, "find_model", lambda name: loaded.spec)
    monkeypatch.setattr(asked, "locate_weights", lambda *args, **options: where)
    monkeypatch.setitem(OFFLINE_TASKS, "bells", (BELLS, tables))
    return loaded


def tables() -> dict[str, dict[str, tuple[object, ...]]]:
    labels = ("low", "high") * 20
    return {
        "train": {"sound": tuple(sounds(10, seed=1)), "label": labels[:10]},
        "test": {"sound": tuple(sounds(40)), "label": labels},
    }


def test_a_run_goes_all_the_way(hearing: LoadedModel, config: Config) -> None:
    metrics = ("lrd", "prompt_entropy", "infonce:n_texts=8", "effective_rank")
    request = RunRequest("any", "bells", metrics, RunSettings(n=36))
    report = execute_run(request, config=config)
    assert (report.n, report.n_total) == (36, 40)
    values = profiles(config, variants=True)
    assert set(values["model"]) == {"tiny-sound"}
    assert values.loc[values["series"] == "nrs", "value"].notna().sum() == BLOCKS
    assert values.loc[values["series"] == "infonce", "value"].notna().all()
    assert execute_run(request, config=config).computed == ()


def test_pages_are_shown_previews(hearing: LoadedModel, config: Config) -> None:
    report = execute_run(RunRequest("any", "bells", ("anisotropy",)), config=config)
    shown = run_items(config, report.run_key)
    assert shown["text"].str.fullmatch(r"\d+ x 5").all()
    assert set(shown["label"]) == {"low", "high"}


def test_an_item_is_embedded_once(hearing: LoadedModel) -> None:
    asked: list[int] = []

    def encode(items: list[np.ndarray]) -> list[np.ndarray]:
        asked.append(len(items))
        return list(extract(hearing, items).embeddings)

    vectors = LayerVectors(encode, normalise=False, modality="sound")
    items = sounds(6)
    vectors.add(items)
    again = vectors.rows([items[3].copy(), items[0]], BLOCKS)
    assert asked == [6]
    np.testing.assert_array_equal(again, vectors.rows(items, BLOCKS)[[3, 0]])


def test_what_a_model_does_not_read_is_refused(hearing: LoadedModel, config: Config) -> None:
    with pytest.raises(InputError, match="reads items of the kind 'sound', and task 'lee-news'"):
        execute_run(RunRequest("any", "lee-news", ("anisotropy",)), config=config)


def test_a_task_without_the_column_of_its_items_says_so() -> None:
    with pytest.raises(TaskError, match="table 'train' lacks column 'sound'"):
        TaskContent(BELLS, {"train": {"text": (), "label": ()}, "test": {}})
