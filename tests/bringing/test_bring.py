"""From a file to a run of the user's own: metrics, scores, neighbours, texts."""

import numpy as np
import pytest

import lrd_core
from lrd_core.bringing.bring import bring
from lrd_core.bringing.request import brought_folder
from lrd_core.bringing.vectors import Brought
from lrd_core.config import Config
from lrd_core.errors import LrdError
from lrd_core.extraction.embeddings import open_embeddings
from lrd_core.jobs.bringing import run_bring
from lrd_core.projection.work import compare_runs
from lrd_core.runs.items import keep_items
from lrd_core.store.connection import connect
from lrd_core.store.neighbours import read_neighbours
from lrd_core.tasks import load_content, load_task

N, RNG = 66, np.random.default_rng(0)
LABELS = tuple("abc"[row % 3] for row in range(N))
LAYERS = RNG.normal(size=(3, N, 8)).astype(np.float32)
LAYERS[2] += 4 * np.eye(8, dtype=np.float32)[[ord(label) - 97 for label in LABELS]]
TEXTS = tuple(f"text {row}" for row in range(N))


class Job:
    """What the handler sees of its job, with what it said."""

    def __init__(self, config: Config) -> None:
        self.config, self.said = config, []
        self.log = self.said.append

    def progress(self, *_: object) -> None:
        return None


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    return Config(data_dir=tmp_path_factory.mktemp("bring"))


@pytest.fixture(scope="module")
def kept(config):
    """By the job, whose file goes when all is stored."""
    brought_folder(config).mkdir()
    file = brought_folder(config) / "a.npz"
    np.savez(file, states=LAYERS, texts=TEXTS, labels=LABELS)
    job = Job(config)
    run_bring({"file": "a.npz", "name": "mine", "task": "", "maps": False}, job)
    assert not file.exists()
    runs = lrd_core.open_store(config.data_dir).runs()
    assert job.said[0].startswith("mine: 3 layers of 66 rows on texts of mine")
    return runs["run_key"].item()


def test_the_run_has_metrics_scores_neighbours_and_texts(config, kept) -> None:
    store = lrd_core.open_store(config.data_dir)
    values = store.profiles()
    assert set(values["model"]) == {"mine"} and set(values["n"]) == {N}
    expected = lrd_core.metrics.frenet(list(LAYERS)).speed
    speed = values[values["series"] == "speed"]["value"].to_numpy()
    np.testing.assert_allclose(speed, expected, rtol=1e-6)
    scores = store.scores()
    assert scores["score_name"].unique().tolist() == ["probe_accuracy"]
    assert scores.set_index("layer")["score"][2] > 0.9 > 0.6 > scores["score"].min()
    np.testing.assert_array_equal(open_embeddings(config, kept), LAYERS)
    items = keep_items(config, kept)  # as maps do
    assert (items["text"].tolist(), items["label"].tolist()) == (list(TEXTS), list(LABELS))
    with connect(config, read_only=True) as connection:
        assert set(read_neighbours(connection, kept)) == {0, 1, 2}


def test_brought_again_nothing_is_computed_twice_and_two_are_compared(config, kept) -> None:
    again = bring(Brought(tuple(LAYERS), TEXTS, LABELS), "mine", config, maps=False)
    assert again.run_key == kept
    other = bring(
        Brought(tuple(LAYERS[:2]), TEXTS, LABELS), "other", config, task="texts of mine", maps=False
    )
    np.testing.assert_allclose(np.diag(compare_runs(config, kept, other.run_key)), 1, atol=1e-6)


def test_rows_of_a_known_task_are_scored_as_it_is(config) -> None:
    items = load_content("lee-sts").evaluated_items()["text"]
    vectors = RNG.normal(size=(2, len(items), 6)).astype(np.float32)
    found = bring(Brought(tuple(vectors)), "random", config, task="lee-sts", maps=False)
    scores = lrd_core.open_store(config.data_dir).scores(task="lee-sts")
    assert found.scored and scores["score_name"].unique().tolist() == ["cosine_spearman"]
    assert scores["score"].abs().max() < 0.3 and len(scores) == 2


def test_what_the_rows_are_not_is_refused(config, tmp_path) -> None:
    few = Brought(tuple(LAYERS))
    with pytest.raises(LrdError, match="there are 999 vectors, and lee-news has 343 items"):
        bring(Brought(tuple(RNG.normal(size=(2, 999, 3)))), "x", config, task="lee-news")
    with pytest.raises(LrdError, match="'all-MiniLM-L6-v2' is a model of the registry"):
        bring(few, "all-MiniLM-L6-v2", config)
    with pytest.raises(LrdError, match="give the embeddings a name"):
        bring(few, " ", config)
    wrong = ("other words", *load_task("lee-news", N, 0).items[1:])
    with pytest.raises(LrdError, match="row 0 is 'other words', and item 0 of lee-news"):
        bring(Brought(tuple(LAYERS), wrong), "x", config, task="lee-news")
    with pytest.raises(LrdError, match="is no name of a brought file"):
        run_bring({"file": "../a.npz", "name": "x", "task": "", "maps": False}, Job(config))
    found = bring(few, "bare", Config(data_dir=tmp_path), maps=False)
    assert found.notes == (
        "no score: neither labels nor all items of a task with a score were given",
    )
