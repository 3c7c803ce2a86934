"""Old and new result files against mteb's own reader, and the index against the mteb installed."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from lrd_core.evaluation.mteb_index import FORMER_NAMES, INDEX, index_text, mteb_facts
from lrd_core.evaluation.result_files import read_result

pytestmark = pytest.mark.slow  # mteb takes ten seconds to import

GROUPS = ("cos_sim", "dot", "euclidean", "manhattan", "max")
PAIR_SCORES = ("accuracy", "ap", "f1", "precision", "recall")
TASKS = (
    *("BUCC", "BengaliHateSpeechClassification", "Cmnli", "SummEval", "BSARDRetrieval", "STS12"),
    *("TwitterURLCorpus", "AmazonCounterfactualClassification", "MLSUMClusteringP2P", "SciFact"),
    *("XPQARetrieval", "8TagsClustering", "NorwegianParliament", "ScalaDaClassification"),
    *("twentynewsgroupsclustering", "MindSmallReranking", "PpcPC", "Tatoeba", "ArxivClusteringS2S"),
)


def scores_of(generator: random.Random, main: str) -> dict[str, Any]:
    """Scores as old files have them; the main score among them, said or not."""
    names = {"accuracy", "f1", "v_measure", "ndcg_at_10", "map", "mrr", main}
    scores: dict[str, Any] = {name: round(generator.random(), 5) for name in sorted(names)}
    if main.startswith(("max_", "cosine_", "similarity_")) or generator.random() < 0.3:
        del scores[main]
        for group in GROUPS:
            scores[group] = {name: generator.random() for name in (*PAIR_SCORES, "spearman")}
    if generator.random() < 0.3:
        scores["main_score"] = generator.choice([0.125, 0.25])
    return scores


def old_file(generator: random.Random, task: str) -> dict[str, Any]:
    facts = mteb_facts(task)
    assert facts is not None
    version = generator.choice(["1.0.2", "1.1.2.dev0", "1.7.61", None])
    content: dict[str, Any] = {"mteb_dataset_name": task, "dataset_revision": "r"}
    content |= {"mteb_version": version} if version else {}
    subsets = generator.choice([(), (), ("de-en", "fr-en"), ("fr", "en")])
    for split in generator.sample(["test", "validation", "train"], generator.randint(1, 2)):
        by_subset = {name: scores_of(generator, facts.main_score) for name in subsets}
        content[split] = by_subset or scores_of(generator, facts.main_score)
        content[split]["evaluation_time"] = 3.5
    return content


def rows(found: dict[tuple[str, str], float | None]) -> dict[tuple[str, str], float]:
    return {key: value for key, value in found.items() if value is not None}


@pytest.mark.filterwarnings("ignore:Main score .* not found")
@pytest.mark.parametrize("task", TASKS)
def test_old_files_give_what_mteb_reads_in_them(task: str, tmp_path: Path) -> None:
    from mteb.results import TaskResult

    for seed in range(12):
        content = old_file(random.Random(f"{task} {seed}"), task)
        path = tmp_path / f"{seed}.json"
        path.write_text(json.dumps(content))
        try:
            truth = TaskResult.from_disk(path)
        except KeyError:  # a task whose French alone was renamed, in a file without it
            continue
        theirs = {
            (split, scores["hf_subset"]): scores["main_score"]
            for split, subsets in truth.scores.items()
            for scores in subsets
        }
        facts = mteb_facts(task)
        assert facts is not None
        if not rows(theirs) or "map" in str(theirs):
            continue
        ours = read_result(path)
        found = {(score.split, score.subset): score.score for score in ours.scores}
        assert rows(theirs).items() <= found.items()
        if facts.main_score != "map_at_1000":  # reranking was scored as `map` then
            assert found == rows(theirs)
            assert sum(ours.left_out.values()) == len(theirs) - len(found)
        assert {score.task for score in ours.scores} == {truth.task_name}
        assert {score.task_type for score in ours.scores} == {facts.type}


def test_new_files_give_their_own_main_score(tmp_path: Path) -> None:
    from mteb.results import TaskResult

    path = tmp_path / "SummEval.json"
    scores = {"hf_subset": "default", "languages": ["eng-Latn"], "pearson": 0.2, "spearman": 0.3}
    content = {
        "task_name": "SummEval",
        "mteb_version": "1.12.75",
        "dataset_revision": "r",
        "evaluation_time": 2.0,
        "scores": {"test": [scores | {"cosine_spearman": 0.3, "main_score": 0.3}]},
    }
    path.write_text(json.dumps(content))
    (score,) = read_result(path).scores
    assert score.score == TaskResult.from_disk(path).scores["test"][0]["main_score"]
    assert (score.metric, score.task_type) == ("cosine_spearman", "Summarization")


def test_the_index_is_that_of_the_installed_mteb() -> None:
    from mteb.results import task_result

    assert INDEX.read_text(encoding="utf-8") == index_text()
    assert task_result.renamed_tasks == FORMER_NAMES
    for name, task in task_result.outdated_tasks.items():
        facts = mteb_facts(name)
        assert facts == (name, task.metadata.type, task.metadata.main_score)
