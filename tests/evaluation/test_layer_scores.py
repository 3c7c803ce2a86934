"""Layer scores with made-up embeddings: one pass, one layer at a time, right answers known."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lrd_core.config import Config
from lrd_core.errors import InputError, JobCancelled, NonFiniteError, TaskError
from lrd_core.evaluation.layer_scores import LayerVectors, layer_scores, normalises, seed_scores
from lrd_core.tasks import hub, load_content
from lrd_core.tasks.content import TaskSpec

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def _own_data_folder(config: Config) -> None:
    """No task of the developer's own data folder takes part."""


class Encoder:
    """Layer 0 is noise, layer 1 knows the class (the first word of a text), layer 2 is noise."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def __call__(self, texts: list[str]) -> Sequence[np.ndarray]:
        self.calls.append(texts)
        return [noise(texts, 0), classes(texts), noise(texts, 2)]


def noise(texts: list[str], layer: int) -> np.ndarray:
    rows = [np.random.default_rng([layer, *text.encode()]).standard_normal(8) for text in texts]
    return np.array(rows, np.float32)


def classes(texts: list[str]) -> np.ndarray:
    rows = [np.random.default_rng([*text.split()[0].encode()]).standard_normal(8) for text in texts]
    return np.array(rows, np.float32) + 0.01 * noise(texts, 9)


def write_lines(path: Path, header: str, rows: Sequence[Sequence[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [header, *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def classification(root: Path) -> str:
    for name, start in (("train", 0), ("test", 100)):
        rows = [(f"{c} number {start + i}", c) for i in range(20) for c in ("cat", "dog", "elk")]
        write_lines(root / f"{name}.csv", "text,label", rows)
    return str(root)


def clustering(root: Path) -> str:
    write_lines(
        root / "test.csv",
        "text,label",
        [(f"{c} number {i}", c) for i in range(20) for c in ("cat", "dog", "elk")],
    )
    (root / "task.toml").write_text('type = "clustering"\n')
    return str(root)


def pairs(root: Path) -> str:
    rows = [(f"cat number {i}", f"{('cat', 'dog')[i % 2]} nr {i}", 1 - i % 2) for i in range(40)]
    write_lines(root / "test.csv", "sentence1,sentence2,label", rows)
    return str(root)


def sts(root: Path) -> str:
    rows = [
        (f"cat number {i}", f"{('cat', 'dog')[i % 2]} nr {i}", 5 * (1 - i % 2)) for i in range(40)
    ]
    write_lines(root / "test.csv", "sentence1,sentence2,score", rows)
    return str(root)


def retrieval(root: Path) -> str:
    animals = [f"animal{i}" for i in range(30)]
    write_lines(root / "corpus.csv", "id,text", [(f"d{a}", f"{a} is here") for a in animals])
    write_lines(root / "queries.csv", "id,text", [(f"q{a}", f"{a} where?") for a in animals])
    write_lines(
        root / "relevant.csv", "query,document,score", [(f"q{a}", f"d{a}", 1) for a in animals]
    )
    return str(root)


def reranking(root: Path) -> str:
    animals = [f"animal{i}" for i in range(30)]
    shown = [
        (f"q{a}", f"d{animals[(i + k) % 30]}") for i, a in enumerate(animals) for k in range(5)
    ]
    retrieval(root)
    write_lines(root / "candidates.csv", "query,document", shown)
    return str(root)


MAKERS: dict[str, Callable[[Path], str]] = {
    maker.__name__: maker
    for maker in (classification, clustering, pairs, sts, retrieval, reranking)
}


@pytest.mark.parametrize("kind", list(MAKERS))
def test_the_layer_that_knows_wins_after_one_pass(kind: str, tmp_path: Path) -> None:
    encoder = Encoder()
    scores = list(layer_scores(MAKERS[kind](tmp_path), encoder))
    assert [score.layer for score in scores] == [0, 1, 2]
    best = scores[1].score
    assert best > 0.85
    assert all(scores[layer].score < best - 0.1 for layer in (0, 2))
    assert len(encoder.calls) == 1, "one forward pass for all layers"
    assert len(set(encoder.calls[0])) == len(encoder.calls[0]), "each text once"
    assert {(score.subset, score.split) for score in scores} == {("default", "test")}
    assert all(score.n >= 30 for score in scores)


@pytest.mark.parametrize("kind", list(MAKERS))
def test_the_order_of_layers_and_resuming_change_nothing(kind: str, tmp_path: Path) -> None:
    task = MAKERS[kind](tmp_path)
    whole = list(layer_scores(task, Encoder()))
    random.seed(3)
    assert [next(layer_scores(task, Encoder(), layers=[layer])) for layer in (2, 0, 1)] == [
        whole[2],
        whole[0],
        whole[1],
    ]


def test_nothing_left_embeds_nothing(tmp_path: Path) -> None:
    encoder = Encoder()
    assert list(layer_scores(classification(tmp_path), encoder, layers=[])) == []
    assert encoder.calls == []


def test_progress_comes_between_layers_and_may_stop_the_work(tmp_path: Path) -> None:
    seen: list[Any] = []

    def progress(stage: str, done: int, total: int) -> None:
        seen.append((stage, done, total))
        if done == 2:
            raise JobCancelled("stopped")

    found = layer_scores(pairs(tmp_path), Encoder(), progress=progress)
    assert (next(found).layer, next(found).layer) == (0, 1)
    with pytest.raises(JobCancelled):
        next(found)
    assert seen == [("Scoring layers", done, 3) for done in range(3)]


def test_normalising_changes_what_sees_lengths_and_not_cosines(tmp_path: Path) -> None:
    def stretched(texts: list[str]) -> Sequence[np.ndarray]:
        lengths = np.array([10.0 ** (len(text) % 5) for text in texts], np.float32)
        return [classes(texts) * lengths[:, None]]

    def scores(task: str, normalise: bool) -> float:
        return next(layer_scores(task, stretched, normalise=normalise)).score

    same = sts(tmp_path / "sts")
    assert scores(same, True) == pytest.approx(scores(same, False), abs=1e-6)
    lengths = clustering(tmp_path / "clustering")
    assert scores(lengths, True) > scores(lengths, False) + 0.1


def test_words_for_classes_and_two_of_them(tmp_path: Path) -> None:
    for name, start in (("train", 0), ("test", 50)):
        rows = [(f"{c} number {start + i}", c) for i in range(12) for c in ("yes", "no")]
        write_lines(tmp_path / f"{name}.csv", "text,label", rows)
    assert [round(s.score, 1) for s in layer_scores(str(tmp_path), Encoder(), layers=[1])] == [1.0]


def test_sets_are_clustered_one_by_one(tmp_path: Path) -> None:
    one = '{"sentences": ["cat a", "dog b", "cat c", "dog d"], "labels": ["c", "d", "c", "d"]}'
    (tmp_path / "test.jsonl").write_text(f"{one}\n{one.replace('cat', 'elk')}\n")
    (tmp_path / "task.toml").write_text('type = "clustering"')
    (found,) = layer_scores(str(tmp_path), Encoder(), layers=[1])
    assert found.score == pytest.approx(1)
    assert found.n == 8


def test_what_cannot_be_scored_says_so(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="'bible-kjv' is read as texts without a score"):
        next(layer_scores("bible-kjv", Encoder()))
    task = pairs(tmp_path)
    with pytest.raises(InputError, match="the model has layers 0 to 2, not 7"):
        next(layer_scores(task, Encoder(), layers=[1, 7]))
    with pytest.raises(NonFiniteError, match="layer 1 has embeddings that are not finite"):
        broken = [np.zeros((1, 2)), np.full((1, 2), np.nan)]
        LayerVectors(lambda texts: broken, normalise=False).add(["a"])
    with pytest.raises(InputError, match="layer 0 has 1 rows for 2 texts"):
        LayerVectors(lambda texts: [np.zeros((1, 2))], normalise=False).add(["a", "b"])


def test_vectors_come_back_in_the_order_asked_over_several_passes() -> None:
    vectors = LayerVectors(lambda texts: [noise(texts, 0), noise(texts, 1)], normalise=False)
    vectors.add(["a", "b"])
    asked = ["c", "b", "a", "b", "d"]
    assert (vectors.rows(asked, 1) == noise(asked, 1)).all()
    assert vectors.num_layers == 2
    assert (vectors.rows([""], 0) == noise([" "], 0)).all(), "blank text is a single space"


@pytest.mark.parametrize("kind", ["classification", "clustering"])
def test_other_seeds_of_the_evaluator_need_no_second_pass_over_a_text(tmp_path, kind) -> None:
    make = {"classification": classification, "clustering": clustering}[kind]
    content = load_content(make(tmp_path / kind))
    encoder = Encoder()
    scores = seed_scores(content, encoder, [42, 0, 1, 2])
    (own,) = [found.score for found in layer_scores(content, Encoder(), layers=[2])]
    assert scores[0] == own, "42 is MTEB's own seed"
    assert np.std(scores) > 0
    seen = [text for call in encoder.calls for text in call]
    assert len(seen) == len(set(seen))
    assert scores == seed_scores(content, Encoder(), [42, 0, 1, 2])


def test_a_task_without_draws_has_no_scores_under_other_seeds() -> None:
    assert seed_scores(load_content("lee-sts"), Encoder(), [0, 1]) is None


def test_normalises_reads_the_pipeline() -> None:
    transformer = {"idx": 0, "type": "sentence_transformers.models.Transformer"}
    assert not normalises([transformer])
    assert normalises([transformer, {"idx": 2, "type": "sentence_transformers.models.Normalize"}])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("MockMultilingualClassificationTask", "classification"),
        ("MockPairClassificationTask", "pair classification"),
        ("MockMultilingualSTSTask", "sts"),
        ("MockRetrievalTask", "retrieval"),
        ("MockRerankingTask", "reranking"),
    ],
)
def test_hub_tasks_go_the_same_way(name: str, kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from mteb.mocks import mock_tasks

    make = getattr(mock_tasks, name)
    monkeypatch.setattr(hub, "new_mteb_task", lambda _: make())
    spec = TaskSpec(name, name, kind, "hub", "rev", "x", "en", "d")
    encoder = Encoder()
    scores = list(layer_scores(spec, encoder))
    subsets = make().hf_subsets
    assert [(score.layer, score.subset) for score in scores] == [
        (layer, subset) for layer in range(3) for subset in subsets
    ]
    assert len(encoder.calls) == 1
    assert {score.task_revision for score in scores} == {"rev"}
