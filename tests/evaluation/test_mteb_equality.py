"""The last layer of the real MiniLM scores what mteb.evaluate gives for sentence-transformers.

The task objects of the reference are made here, from the same files, without our code.
"""

import csv
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lrd_core.config import Config
from lrd_core.evaluation.layer_scores import layer_scores, normalises
from lrd_core.tasks import load_content

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def reference_model(minilm_folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(minilm_folder), device="cpu")


@pytest.fixture(autouse=True)
def _own_data_folder(config: Config) -> None:
    """No task of the developer's own data folder takes part."""


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter="\t")
        writer.writeheader()
        writer.writerows(rows)


def some(table: Any, count: int, **names: str) -> list[dict[str, Any]]:
    """Every so many rows of a table, its columns renamed."""
    step = max(1, len(next(iter(table.values()))) // count)
    columns = {theirs: table[ours][::step][:count] for theirs, ours in names.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def classification(root: Path) -> None:
    tables = load_content("bbc-news").tables
    for name, count in (("train", 60), ("test", 60)):
        rows = some(tables[name], count, text="text", label="label")
        write(root / f"{name}.jsonl", [row | {"text": row["text"][:200]} for row in rows])


def nearest_neighbour(root: Path) -> None:
    classification(root)
    (root / "task.toml").write_text('classifier = "nearest neighbour"\n')


def clustering(root: Path) -> None:
    rows = some(load_content("bbc-news").tables["test"], 60, sentences="text", labels="label")
    write(root / "test.jsonl", [row | {"sentences": row["sentences"][:200]} for row in rows])
    (root / "task.toml").write_text('type = "clustering"\n')


def pair_classification(root: Path) -> None:
    table = load_content("chatterbot-pairs").tables["test"]
    rows = some(table, 60, sentence1="sentence1", sentence2="sentence2", labels="label")
    write(root / "test.jsonl", rows)


def sts(root: Path) -> None:
    table = load_content("lee-sts").tables["test"]
    rows = some(table, 40, sentence1="sentence1", sentence2="sentence2", score="score")
    write(root / "test.jsonl", rows)


def search(root: Path, with_candidates: bool) -> None:
    tables = load_content("chatterbot-reranking").tables
    kept = set(tables["queries"]["id"][:12])
    pairs = zip(tables["candidates"]["query"], tables["candidates"]["document"], strict=True)
    near = {document for query, document in pairs if query in kept}
    documents = some(tables["corpus"], 10**6, _id="id", text="text")
    write(root / "corpus.jsonl", [row for row in documents if row["_id"] in near])
    queries = some(tables["queries"], 10**6, _id="id", text="text")
    write(root / "queries.jsonl", [row for row in queries if row["_id"] in kept])
    names = {"query-id": "query", "corpus-id": "document"}
    relevant = some(tables["relevant"], 10**6, **names, score="score")
    write(root / "qrels" / "test.tsv", [row for row in relevant if row["query-id"] in kept])
    if with_candidates:
        shown = some(tables["candidates"], 10**6, **names)
        write(root / "top_ranked.jsonl", [row for row in shown if row["query-id"] in kept])


def retrieval(root: Path) -> None:
    search(root, with_candidates=False)


def reranking(root: Path) -> None:
    search(root, with_candidates=True)


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix == ".jsonl":
            yield from map(json.loads, file)
        else:
            yield from csv.DictReader(file, delimiter="\t")


def reference_data(root: Path, kind: str) -> dict[str, Any]:
    """The files as MTEB's task classes want them."""
    from datasets import Dataset, DatasetDict

    if kind not in ("retrieval", "reranking"):
        files = sorted(root.glob("*.jsonl"))
        return DatasetDict({path.stem: Dataset.from_list([*read_rows(path)]) for path in files})
    data: dict[str, Any] = {"relevant_docs": {}, "top_ranked": None}
    for name in ("corpus", "queries"):
        rows = [
            {"id": row["_id"], "text": row["text"]} for row in read_rows(root / f"{name}.jsonl")
        ]
        data[name] = Dataset.from_list(rows)
    for row in read_rows(root / "qrels" / "test.tsv"):
        relevant = data["relevant_docs"].setdefault(row["query-id"], {})
        relevant[row["corpus-id"]] = int(row["score"])
    if kind == "reranking":
        rows = [*read_rows(root / "top_ranked.jsonl")]
        data["top_ranked"] = {
            query: [row["corpus-id"] for row in group]
            for query, group in itertools.groupby(rows, lambda row: row["query-id"])
        }
    return {"default": {"test": data}}


KINDS = {
    "classification": ("AbsTaskClassification", "Classification", "accuracy"),
    "nearest_neighbour": ("AbsTaskClassification", "Classification", "accuracy"),
    "clustering": ("AbsTaskClustering", "Clustering", "v_measure"),
    "pair_classification": ("AbsTaskPairClassification", "PairClassification", "max_ap"),
    "sts": ("AbsTaskSTS", "STS", "cosine_spearman"),
    "retrieval": ("AbsTaskRetrieval", "Retrieval", "ndcg_at_10"),
    "reranking": ("AbsTaskRetrieval", "Reranking", "map_at_1000"),
}


def reference_task(root: Path, kind: str) -> Any:
    import mteb.abstasks
    from mteb.abstasks.task_metadata import TaskMetadata

    class_name, task_type, main_score = KINDS[kind]

    class Reference(getattr(mteb.abstasks, class_name)):  # type: ignore[misc]
        metadata = TaskMetadata(
            name="Reference",
            description="The files of a folder",
            dataset={"path": "folder", "revision": "1"},
            type=task_type,
            category="t2t",
            eval_splits=["test"],
            eval_langs=["eng-Latn"],
            main_score=main_score,
        )
        max_fraction_of_documents_to_embed = None

        def load_data(self, **_: Any) -> None:
            self.dataset = reference_data(root, kind)
            self.data_loaded = True

    if kind == "nearest_neighbour":
        from sklearn.neighbors import KNeighborsClassifier

        Reference.evaluator_model = KNeighborsClassifier(n_neighbors=1)
    return Reference()


@pytest.mark.parametrize("kind", list(KINDS))
def test_last_layer_equals_mteb(
    kind: str, tmp_path: Path, reference_model: Any, minilm_folder: Path, minilm_layers: Any
) -> None:
    import mteb

    root = tmp_path / "task"
    root.mkdir()
    globals()[kind](root)
    modules = json.loads((minilm_folder / "modules.json").read_text())
    assert normalises(modules)
    *_, last = layer_scores(str(root), minilm_layers, layers=[6], normalise=True)
    result = mteb.evaluate(
        reference_model,
        [reference_task(root, kind)],
        cache=None,
        encode_kwargs={"batch_size": 32, "show_progress_bar": False},
        show_progress_bar=False,
    )
    expected = result.task_results[0].scores["test"][0]["main_score"]
    assert last.score == pytest.approx(expected, abs=1e-6)
    assert (last.layer, last.metric) == (6, KINDS[kind][2])
    assert 0.2 < last.score < 0.999, "a score at its end would hide a difference"
