"""Scores of a whole sentence-transformers pipeline are what MTEB gives for it."""

import json
from pathlib import Path
from typing import Any

import pytest

from lrd_core.config import Config
from lrd_core.evaluation.execute import execute_scores, score_settings
from lrd_core.models.load import load_model
from lrd_core.models.loading import Loading
from lrd_core.settings import RunSettings
from lrd_core.views import stored as results
from tests.evaluation.test_mteb_equality import reference_task
from tests.pipeline_folders import NORM, dense, make, put
from tests.tiny import HIDDEN_SIZE

pytestmark = pytest.mark.filterwarnings("ignore")

WORDS = ("river", "stone", "bird", "house", "garden", "engine", "music", "winter", "market", "ship")


@pytest.fixture
def search(tmp_path: Path) -> Path:
    """Every query is two words of its document, among others that share one of them."""
    root = tmp_path / "search"
    documents = [
        {"_id": f"d{place}", "text": f"the {first} and the {WORDS[place - 3]} of {word}"}
        for place, (word, first) in enumerate(zip(WORDS, WORDS[1:] + WORDS[:1], strict=True))
    ]
    queries = [{"_id": f"q{p}", "text": f"{word} {WORDS[p - 3]}"} for p, word in enumerate(WORDS)]
    root.mkdir()
    for name, rows in (("corpus", documents), ("queries", queries)):
        (root / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (root / "qrels").mkdir()
    lines = [f"q{place}\td{place}\t1" for place in range(len(WORDS))]
    (root / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + "\n".join(lines))
    return root


@pytest.mark.parametrize(
    ("name", "tail", "whole"),
    [
        ("dot", [dense(HIDDEN_SIZE, 12)], {"similarity_fn_name": "dot"}),
        ("manhattan", [], {"similarity_fn_name": "manhattan"}),
        ("cut", [dense(HIDDEN_SIZE, 12), NORM], {"similarity_fn_name": "dot", "truncate_dim": 3}),
    ],
)
def test_the_last_layer_through_the_tail_scores_what_mteb_gives(
    config: Config, tmp_path: Path, search: Path, name: str, tail: Any, whole: Any
) -> None:
    import mteb
    from sentence_transformers import SentenceTransformer

    folder = make(tmp_path / name, tail=tail, whole=whole)
    settings = RunSettings(tail="all")
    execute_scores(str(folder), str(search), settings, config=config, loading=Loading("cpu"))
    result = mteb.evaluate(
        SentenceTransformer(str(folder), device="cpu"),
        [reference_task(search, "retrieval")],
        cache=None,
        encode_kwargs={"show_progress_bar": False},
        show_progress_bar=False,
    )
    expected = result.task_results[0].scores["test"][0]["main_score"]
    stored = results.scores(config).set_index("layer")
    assert stored["score"][2] == pytest.approx(expected, abs=1e-6)
    assert 0.05 < expected < 0.999, "a score at its end would hide a difference"


def test_settings_of_scores_name_tail_and_similarity_where_they_are_not_plain(
    tmp_path: Path,
) -> None:
    plain = load_model(str(make(tmp_path / "plain", tail=[NORM])), device="cpu")
    assert {"tail", "similarity"}.isdisjoint(score_settings(plain, RunSettings()))
    assert score_settings(plain, RunSettings(tail="all"))["tail"] == "all"
    put(tmp_path / "plain" / "config_sentence_transformers.json", {"similarity_fn_name": "dot"})
    dot = load_model(str(tmp_path / "plain"), device="cpu")
    assert score_settings(dot, RunSettings())["similarity"] == "dot"
