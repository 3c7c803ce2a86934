"""A typed text among a run's: its neighbours at every layer against an independent count."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.extraction.embeddings import embeddings_path, open_embeddings
from lrd_core.extraction.hidden_states import extract
from lrd_core.jobs import placing as job
from lrd_core.models.load import load_model
from lrd_core.models.loading import Loading
from lrd_core.runs import RunRequest, placing
from lrd_core.runs.execute import execute_run
from lrd_core.runs.items import run_items
from lrd_core.runs.placing import nearest, place_text, read_placed
from lrd_core.settings import RunSettings
from lrd_core.store import connect
from lrd_core.store.runs import save_run
from tests.example_store import run_record

SETTINGS = RunSettings(n=24, max_length=16)
OWN = "Rain fell on the river all night, and the water stood at the gate."


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return Config(data_dir=tmp_path_factory.mktemp("placing"))


@pytest.fixture(scope="module")
def run_key(config: Config) -> str:
    request = RunRequest("all-MiniLM-L6-v2", "lee-news", ("nrs",), SETTINGS)
    return execute_run(request, config=config, loading=Loading("cpu")).run_key


def test_neighbours_are_those_of_an_independent_count() -> None:
    rng = np.random.default_rng(0)
    own, theirs = rng.standard_normal((3, 8)), rng.standard_normal((3, 40, 8))
    theirs[1, 5] = 0.0
    found = nearest(own, theirs, 10)
    for layer in range(3):
        expected = cosine_similarity(own[[layer]], theirs[layer])[0]
        assert list(found.rows[layer]) == np.argsort(-expected, kind="stable")[:10].tolist()
        np.testing.assert_allclose(found.cosines[layer], np.sort(expected)[::-1][:10])


def test_a_text_of_the_run_is_nearest_to_itself(config: Config, run_key: str) -> None:
    text = str(run_items(config, run_key)["text"].iloc[3])
    found = place_text(config, run_key, text, loading=Loading("cpu"))
    assert [rows[0] for rows in found.rows] == [3] * 7
    np.testing.assert_allclose([one[0] for one in found.cosines], 1.0, atol=1e-6)


def test_a_typed_text_is_read_as_the_run_was_with_its_vectors_here_or_not(
    config: Config, run_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = place_text(config, run_key, OWN, loading=Loading("cpu"))
    own = extract(load_model("all-MiniLM-L6-v2", device="cpu"), [OWN], SETTINGS).embeddings
    for layer, vectors in enumerate(open_embeddings(config, run_key)):
        expected = np.sort(cosine_similarity(own[layer], vectors)[0])[::-1]
        np.testing.assert_allclose(found.cosines[layer], expected, atol=1e-5)
    assert read_placed(config, run_key, OWN) == found
    monkeypatch.setattr(placing, "load_model_of", lambda *_, **__: pytest.fail("read again"))
    assert place_text(config, run_key, OWN) == found
    monkeypatch.undo()
    embeddings_path(config, run_key).rename(config.data_dir / "away.npy")
    again = place_text(config, run_key, f"{OWN} ", loading=Loading("cpu"))
    (config.data_dir / "away.npy").rename(embeddings_path(config, run_key))
    np.testing.assert_allclose(again.cosines, found.cosines, atol=1e-5)


def test_what_cannot_be_placed_says_why(config: Config, run_key: str) -> None:
    for key, text, why in (
        (run_key, "  ", "the text is empty"),
        (run_key, "a" * 100_001, "more than 100,000 characters"),
        ("nothing", OWN, "no run has the key 'nothing'"),
    ):
        with pytest.raises(InputError, match=why):
            place_text(config, key, text)
    seer = replace(run_record("seer", "digits"), modality="image")
    with connect(config) as connection:
        save_run(connection, seer)
    with pytest.raises(InputError, match="no place among the images that seer reads"):
        place_text(config, seer.run_key, OWN)
    assert read_placed(config, run_key, "never typed") is None


def test_the_job_places_a_text_once(config: Config, run_key: str, capsys) -> None:
    class Context:
        device = "cpu"

        def __init__(self) -> None:
            self.config, self.lines = config, []
            self.log = self.lines.append

        def progress(self, stage: str, done: int, total: int) -> None:
            pass

    context = Context()
    payload = {"run_key": run_key, "text": OWN, "model": "all-MiniLM-L6-v2"}
    job.run_place(payload, context)
    assert context.lines == ["nearest texts found at 7 layers"]
