"""Results of others: old and new formats, tables, exports; what is left out is counted."""

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.evaluation.importing import COLUMNS, OUTSIDE, read_results
from lrd_core.models.specs import all_models

PROJECT = Path(__file__).resolve().parents[2]
PUBLISHED = PROJECT.parent / "shared" / "published" / "layerwise_mteb.parquet"


@pytest.fixture(autouse=True)
def _own_data_folder(config: Config) -> None:
    """No task of the developer's own data folder takes part."""


def new_format(task: str, *subsets: dict[str, Any], split: str = "test") -> dict[str, Any]:
    return {
        "dataset_revision": "abc",
        "mteb_version": "1.14.20",
        "task_name": task,
        "scores": {
            split: [{"hf_subset": "default", "languages": ["eng-Latn"]} | s for s in subsets]
        },
    }


def put(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


EMOTION = new_format("EmotionClassification", {"accuracy": 0.34, "f1": 0.3, "main_score": 0.34})


def test_layer_folders_of_the_release(tmp_path: Path) -> None:
    for layer in (0, 10):
        folder = tmp_path / "Pythia" / "410m" / "step1000" / "mteb" / f"layer_{layer}"
        put(folder / "no_model_name_available" / "no_revision_available" / "Emo.json", EMOTION)
    table = read_results(tmp_path).table
    assert list(table.columns) == list(COLUMNS)
    assert table["layer"].tolist() == [0, 10]
    row = table.iloc[1]
    assert (row["model"], row["revision"], row["family"]) == ("pythia-410m", "step1000", "base LM")
    assert (row["model_id"], row["num_blocks"]) == ("EleutherAI/pythia-410m", 24)
    assert (row["task"], row["task_revision"]) == ("EmotionClassification", "abc")
    assert (row["task_type"], row["metric"], row["score"]) == ("classification", "accuracy", 0.34)
    assert json.loads(row["settings"]) == {
        "first_subset": True,
        "mteb_version": "1.14.20",
        "pooling": "mean",
    }
    assert row["source"] == f"import: {tmp_path.name}"


def test_mteb_result_cache_is_the_final_layer(tmp_path: Path) -> None:
    folder = tmp_path / "results" / "sentence-transformers__all-MiniLM-L6-v2" / "1b0428f"
    put(folder / "EmotionClassification.json", EMOTION)
    put(folder / "model_meta.json", {"name": "sentence-transformers/all-MiniLM-L6-v2"})
    other = tmp_path / "results" / "some__model" / "r2"
    put(other / "STS17.json", new_format("STS17", {"hf_subset": "en-en", "main_score": 0.5}))
    table = read_results(tmp_path).table
    assert table["layer"].isna().all()
    assert table["model"].tolist() == ["all-MiniLM-L6-v2", "some/model"]
    assert table["revision"].tolist() == ["1b0428f", "r2"]
    assert table["subset"].tolist() == ["default", "en-en"]
    assert table["family"].tolist() == ["encoder embedder", None]
    assert table["metric"].tolist() == ["accuracy", "main_score"]


def test_model_meta_goes_before_folders_and_may_hold_the_layer(tmp_path: Path) -> None:
    folder = tmp_path / "x" / "layer-3"
    put(folder / "EmotionClassification.json", EMOTION)
    put(folder / "model_meta.json", {"name": "my-llama", "revision": "layer-3"})
    (row,) = read_results(tmp_path).table.to_dict("records")
    assert (row["model"], row["revision"], row["layer"]) == ("my-llama", "", 3)


OLD = {
    "Banking77Classification": ({"accuracy": 0.8, "main_score": 0.8}, "accuracy", 0.8),
    "STS12": ({"cos_sim": {"pearson": 0.6, "spearman": 0.7}}, "cosine_spearman", 0.7),
    "TwitterURLCorpus": ({"cos_sim": {"ap": 0.8}, "max": {"ap": 0.81}}, "max_ap", 0.81),
    "TwentyNewsgroupsClustering": ({"v_measure": 0.4}, "v_measure", 0.4),
    "SciDocsRR": ({"map": 0.7, "mrr": 0.8}, "map", 0.7),
    "SciFact": ({"ndcg_at_10": 0.6, "map_at_1000": 0.5}, "ndcg_at_10", 0.6),
}


@pytest.mark.parametrize("task", list(OLD))
def test_files_before_1_11(task: str, tmp_path: Path) -> None:
    scores, metric, score = OLD[task]
    content = {"mteb_dataset_name": task, "mteb_version": "1.0.2", "dataset_revision": "r"}
    put(tmp_path / "org__m" / f"{task}.json", content | {"test": {"evaluation_time": 3} | scores})
    (row,) = read_results(tmp_path).table.to_dict("records")
    assert (row["metric"], row["score"], row["split"]) == (metric, score, "test")
    assert row["task_type"]


def test_old_subsets_and_splits_stay_apart(tmp_path: Path) -> None:
    subsets = {"en": {"accuracy": 0.7}, "de": {"accuracy": 0.6}, "evaluation_time": 1}
    content = {"mteb_dataset_name": "MassiveIntentClassification", "test": subsets}
    put(tmp_path / "org__m" / "M.json", content | {"validation": subsets})
    table = read_results(tmp_path).table
    assert sorted(zip(table["split"], table["subset"], strict=True)) == [
        ("test", "de"),
        ("test", "en"),
        ("validation", "de"),
        ("validation", "en"),
    ]


def test_what_is_skipped_is_counted_with_its_reason(tmp_path: Path) -> None:
    put(tmp_path / "org__m" / "broken.json", "{")
    put(tmp_path / "org__m" / "other.json", {"a": 1})
    put(tmp_path / "org__m" / "empty.json", new_format("X", {"main_score": None}))
    put(tmp_path / "plain" / "EmotionClassification.json", EMOTION)
    put(tmp_path / "org__m" / "EmotionClassification.json", EMOTION)
    put(tmp_path / "again" / "org__m" / "EmotionClassification.json", EMOTION)
    imported = read_results(tmp_path)
    assert len(imported.table) == 1
    assert imported.skipped == {
        "file is not JSON": 1,
        "file is no MTEB result": 1,
        "result has no main score": 1,
        "no model is named by the folders or a model_meta.json": 1,
        "same score given twice": 1,
    }


def test_another_score_for_the_same_layer_is_not_averaged_in(tmp_path: Path) -> None:
    rows = "model,task,layer,score\nm,SciFact,1,0.5\nm,SciFact,1,0.6\nm,SciFact,2,0.7\n"
    put(tmp_path / "a.csv", rows)
    imported = read_results(tmp_path / "a.csv")
    assert imported.table["score"].tolist() == [0.5, 0.7]
    assert list(imported.skipped) == [
        "another score for the same model, task and layer; the first one counts"
    ]


def test_leaderboard_export_in_percent(tmp_path: Path) -> None:
    put(tmp_path / "b.csv", "Model,Task,Score\nBAAI/bge-base-en-v1.5,SciFact,74.1\ngpt2,SciFact,\n")
    imported = read_results(tmp_path / "b.csv")
    (row,) = imported.table.to_dict("records")
    assert (row["model"], row["task_type"]) == ("bge-base-en-v1.5", "retrieval")
    assert pd.isna(row["layer"])
    assert row["score"] == pytest.approx(0.741)
    assert imported.skipped == {"score is missing or no number": 1}


def test_one_column_a_task_is_turned_over(tmp_path: Path) -> None:
    put(tmp_path / "w.csv", "Model,Mean,SciFact,MMLU\nm1,50,60.5,25\nm2,40,50,\n")
    table = read_results(tmp_path / "w.csv").table
    assert set(table["task"]) == {"SciFact", "MMLU"}
    assert dict(zip(table["model"] + table["task"], table["score"], strict=True)) == {
        "m1SciFact": 0.605,
        "m2SciFact": 0.5,
        "m1MMLU": 0.25,
    }


def test_published_names_become_registered_models(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "family": ["Pythia", "roberta_CLS", "gated"],
            "size": ["410m", "base", "1B"],
            "revision": ["step512", "main", "main"],
            "layer": [3, 4, 5],
            "task": ["STS12"] * 3,
            "subset": ["default"] * 3,
            "metric": ["cosine_spearman"] * 3,
            "main_score": [0.1, 0.2, 0.3],
            "task_type": ["STS"] * 3,
        }
    )
    frame.to_parquet(tmp_path / "t.parquet")
    table = read_results(tmp_path / "t.parquet").table
    assert table["model"].tolist() == ["pythia-410m", "roberta-base", "gated-1B"]
    assert [json.loads(text).get("pooling") for text in table["settings"]] == ["mean", "cls", None]
    assert table["task_type"].tolist() == ["sts"] * 3
    assert table["layer"].tolist() == [3, 4, 5]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "x,y\n1,2\n", r"a\.csv has columns x, y; a table of scores needs model"),
        ("a.csv", "task,score\nSciFact,1\n", r"a\.csv names no model: it needs a column model"),
        ("a.csv", "model,task,score\nm,SciFact,700\n", "scores beyond 100"),
        ("a.txt", "hello", r"a\.txt is no folder, \.json, \.csv"),
        ("sub/a.txt", "hello", r"holds no \.json result of MTEB"),
    ],
)
def test_what_cannot_be_read_says_why(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    put(tmp_path / name, content)
    with pytest.raises(InputError, match=message):
        read_results(tmp_path / Path(name).parts[0])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"layer": 3, "num_blocks": 10**9}, "num_blocks 1000000000 is no whole number from 1"),
        ({"layer": 3, "num_blocks": -1}, "num_blocks -1 is no whole number from 1 to 2000"),
        ({"layer": -1}, "layer -1 is no whole number from 0 to 2000"),
        ({"layer": 1.5}, "layer 1.5 is no whole number"),
        ({"layer": float("inf")}, "layer inf is no whole number"),
        ({"layer": "three"}, "layer three is no whole number"),
        ({"layer": 13, "num_blocks": 12}, "layer 13 is beyond the 12 blocks"),
        ({"model": "pythia-70m", "layer": 7}, "layer 7 is beyond the 6 blocks"),
        ({"Task": "x"}, "has two columns 'task'"),
    ],
)
def test_no_table_names_layers_that_no_model_has(
    columns: dict[str, Any], message: str, tmp_path: Path
) -> None:
    row = {"model": "a", "task": "STS17", "score": 0.5} | columns
    pd.DataFrame([row]).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(InputError, match=message):
        read_results(tmp_path / "t.parquet")


def test_no_folder_names_layers_that_no_model_has(tmp_path: Path) -> None:
    put(tmp_path / "org__model" / "layer_99999999999999999999" / "Emo.json", EMOTION)
    with pytest.raises(InputError, match="layer 99999999999999999999 is no whole number"):
        read_results(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        {"scores": {"test": ["a"]}},
        {"scores": {"test": 3}},
        {"scores": {"test": None}},
        '{"scores": {"test": [{"main_score": 1%s}]}}' % ("0" * 400),
        '{"scores": {"test": [{"main_score": 1%s}]}}' % ("0" * 5000),
        '{"mteb_dataset_name": "x", "test": {"map": 1%s}}' % ("0" * 400),
        "[" * 200_000,
    ],
    ids=range(7),
)
def test_hostile_result_files_are_skipped(content: Any, tmp_path: Path) -> None:
    put(tmp_path / "org__model" / "r" / "Emo.json", content)
    found = read_results(tmp_path)
    assert found.table.empty
    assert set(found.skipped) <= {
        "file is no MTEB result",
        "file is not JSON",
        "'x' is no task of MTEB and its file names no main score",
    }


@pytest.mark.parametrize("name", ["folder", "~nouser", "x" * 5000, "..", "pythia-70m@x"])
def test_names_are_looked_up_and_never_opened(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "folder" / "config.json", {"model_type": "mamba"})
    (tmp_path / "folder" / "test.csv").write_text("text,label\nsecret,1\n")
    name = str(tmp_path / name) if name == "folder" else name
    put(tmp_path / "t.csv", f"model,task,score\n{name},{name},0.5\n")
    (row,) = read_results(tmp_path / "t.csv").table.to_dict("records")
    assert row["task"] == name and row["task_type"] == ""
    assert row["model"] == ("pythia-70m" if name.startswith("pythia") else name)
    assert row["family"] in (None, "base LM")


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist; give a folder or a file"):
        read_results(tmp_path / "gone")


def test_the_published_table_gives_the_published_finding() -> None:
    if not PUBLISHED.exists():
        pytest.skip("the published table is not on this machine")
    imported = read_results(PUBLISHED)
    assert imported.skipped == {"score is missing or no number": 2, "same score given twice": 120}
    table = imported.table
    rows = table[(table["model"] == "pythia-410m") & (table["revision"] == "main")]
    rows = rows[rows["subset"].isin(["default", "en", "en-en"])]
    scores = rows.pivot_table(index="task", columns="layer", values="score").dropna()
    means = scores.mean()
    assert len(scores) == 32
    assert means.idxmax() == 17
    assert means[17] - means[24] > 0.04


def test_an_unknown_old_task_is_not_guessed_at(tmp_path: Path) -> None:
    folder = tmp_path / "org__m"
    put(folder / "a.json", {"mteb_dataset_name": "MyOwn", "test": {"accuracy": 0.8, "f1": 0.7}})
    put(folder / "b.json", {"mteb_dataset_name": "MyToo", "test": {"f1": 0.7, "main_score": 0.7}})
    imported = read_results(tmp_path)
    (row,) = imported.table.to_dict("records")
    assert (row["task"], row["metric"], row["task_type"]) == ("MyToo", "f1", "")
    assert imported.skipped == {"'MyOwn' is no task of MTEB and its file names no main score": 1}


def test_subsets_without_a_main_score_are_counted(tmp_path: Path) -> None:
    subsets = [{"main_score": 0.5}, {"hf_subset": "de", "main_score": None}]
    put(tmp_path / "org__m" / "a.json", new_format("STS17", *subsets))
    imported = read_results(tmp_path)
    assert len(imported.table) == 1
    assert imported.skipped == {"result has no main score": 1}


BOARD = """,Model,Mean,ArXivHierarchicalClusteringP2P,ArguAna,SummEvalSummarization.v2,My scores
0,all-MiniLM-L6-v2,40.1,56.7,50.17,23.95,1
1,all-mpnet-base-v2,41,57.9,46.52,,2
"""


def test_every_cell_of_a_leaderboard_is_taken_or_counted(tmp_path: Path) -> None:
    put(tmp_path / "board.csv", BOARD)
    imported = read_results(tmp_path / "board.csv")
    assert len(imported.table) == 5
    assert set(imported.table["task_type"]) == {"clustering", "retrieval", "Summarization"}
    assert imported.skipped == {
        "column 'Mean' is no task that is known here or to MTEB": 2,
        "column 'My scores' is no task that is known here or to MTEB": 2,
    }
    assert imported.notes == ("5 of 5 scores are above 1: all were taken as percent",)


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("[m](https://huggingface.co/org/m)", "org/m"),
        ("[m](https://example.com/a/b)", "m"),
        ('<a target="_blank" href="https://huggingface.co/org/m">m</a>', "org/m"),
        ('<a href="https://example.com/x" style="color: red">my m</a>', "my m"),
        ("<b>m</b>", "m"),
        ("org/m", "org/m"),
        ("a < b > c", "a < b > c"),
    ],
)
def test_models_of_leaderboards_lose_their_markup(cell: str, name: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"model": [cell], "task": ["STS17"], "score": [0.5]})
    frame.to_csv(tmp_path / "t.csv", index=False)
    assert read_results(tmp_path / "t.csv").table["model"].tolist() == [name]


def test_names_that_look_like_numbers_stay_as_they_are(tmp_path: Path) -> None:
    put(tmp_path / "t.csv", "model,revision,task,score\n007,1e10,STS17,0.5\nNA,00,STS12,0.4\n")
    table = read_results(tmp_path / "t.csv").table
    assert list(zip(table["model"], table["revision"], strict=True)) == [
        ("007", "1e10"),
        ("NA", "00"),
    ]


def test_columns_that_are_not_read_are_named(tmp_path: Path) -> None:
    put(tmp_path / "t.csv", "model,task,score,mood\nm,STS17,0.5,good\n")
    assert read_results(tmp_path / "t.csv").notes == ("columns that were not read: mood",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"t\.csv, line 1: no column names"),
        ("model,task,score\na,b,1\n".encode("utf-16"), "UTF-16, not UTF-8; save it as UTF-8"),
        ("model,task,score\né,b,1\n".encode("latin-1"), "near line 2: not UTF-8"),
        (b'model,task,score\n"m,b,1\n', "line 2: a quotation mark opens a cell there"),
        (b"model,task,score\na,b\n", "line 2: 2 cells, but line 1 names 3 columns"),
        (b"Model;Task;Score\na;b;0,5\n", "one column, 'Model;Task;Score'; if semicolons separate"),
    ],
)
def test_a_table_that_cannot_be_read_names_the_line(
    content: bytes, message: str, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_results(tmp_path / "t.csv")


def test_a_pipe_among_the_results_is_counted_and_blocks_nothing(tmp_path: Path) -> None:
    put(tmp_path / "org__m" / "EmotionClassification.json", EMOTION)
    os.mkfifo(tmp_path / "org__m" / "pipe.json")
    imported = read_results(tmp_path)
    assert len(imported.table) == 1
    assert imported.skipped == {"file is no plain file": 1}
    with pytest.raises(InputError, match="is no folder and no plain file"):
        read_results(tmp_path / "org__m" / "pipe.json")


PANEL = [spec for spec in all_models() if "lrd" in spec.panels]


def test_the_layout_of_the_public_results_repository_names_all_31(tmp_path: Path) -> None:
    """results/<org>__<model>/<revision>/<Task>.json, old entries without organisation, others."""
    results = tmp_path / "results"
    for place, spec in enumerate(PANEL):
        name = spec.id.replace("/", "__") if place % 2 else spec.name
        put(results / name / (spec.revision or "no_revision_available") / "Emo.json", EMOTION)
        put(results / name / (spec.revision or "external") / "model_meta.json", {"n": 1})
    put(results / "somebody__else" / "abc" / "Emo.json", EMOTION)
    found = read_results(results, panel=True)
    assert set(found.table["model"]) == {spec.name for spec in PANEL}
    assert set(found.table["model_id"]) == {spec.id for spec in PANEL}
    assert len(found.table) == 31
    assert found.skipped == {OUTSIDE: 1}
    assert len(read_results(results).table) == 32


@pytest.mark.parametrize("how", ["{0.name}", "{0.id}", "[{0.name}](https://huggingface.co/{0.id})"])
def test_a_leaderboard_csv_names_all_31(tmp_path: Path, how: str) -> None:
    lines = ["Rank,Model,Mean (Task),STS17,Banking77Classification"]
    lines += [f"{n},{how.format(spec)},60,70.5,{n}.5" for n, spec in enumerate(PANEL)]
    lines.append("99,somebody/else,1,2,3")
    put(tmp_path / "board.csv", "\n".join(lines) + "\n")
    found = read_results(tmp_path / "board.csv", panel=True)
    assert found.table["model"].nunique() == 31 and len(found.table) == 62
    assert found.skipped[OUTSIDE] == 2
    assert found.table.loc[found.table["task"] == "STS17", "score"].eq(0.705).all()
