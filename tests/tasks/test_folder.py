"""A user's own files: what is guessed, what is refused, and where an error points."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from lrd_core.config import Config
from lrd_core.errors import InputError, TaskError, UnknownNameError
from lrd_core.tasks import all_tasks, find_task, load_content, load_task, tabular
from lrd_core.tasks.description import read_description
from lrd_core.tasks.saved import save_task

TRAIN = "text,label\ngood day,1\nbad night,0\n"
TEST = "text,label,author\nfine morning,1,ann\n,0,bob\n"


def write(root: Path, files: Mapping[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return root


def lines(rows: list[dict[str, object]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_lines_of_text_become_texts(tmp_path: Path) -> None:
    path = write(tmp_path, {"notes.txt": "one\n\n two \nthree"}) / "notes.txt"
    spec = find_task(str(path))
    assert (spec.type, spec.label, spec.source) == ("texts", "notes", "folder")
    assert load_task(str(path)).items == ("one", "two", "three")
    assert spec.name == "notes"


def test_csv_with_labels_keeps_other_columns_and_blank_texts(tmp_path: Path) -> None:
    path = write(tmp_path, {"a.csv": TEST}) / "a.csv"
    texts = load_task(str(path))
    assert texts.items == ("fine morning", " ")
    assert texts.labels == ("1", "0")
    assert texts.columns == {"author": ("ann", "bob")}


def test_a_quoted_cell_over_two_lines_moves_the_line_numbers(tmp_path: Path) -> None:
    text = 'text,label\n"two\nlines",a\nnext,\n'
    path = write(tmp_path, {"train.csv": TRAIN, "test.csv": text})
    with pytest.raises(TaskError, match=r"test\.csv, line 4: label is empty"):
        load_task(str(path))


def test_sets_of_texts_keep_their_set(tmp_path: Path) -> None:
    rows = [{"sentences": ["a", "b"], "labels": ["x", "y"]}, {"sentences": ["c"], "labels": ["x"]}]
    toml = 'type = "clustering"'
    root = write(tmp_path, {"test.jsonl": lines(rows), "task.toml": toml})  # type: ignore[arg-type]
    test = load_content(str(root)).tables["test"]
    assert test["text"] == ("a", "b", "c")
    assert test["set"] == (0, 0, 1)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
def test_every_format_reads_alike(tmp_path: Path, suffix: str) -> None:
    frame = pd.DataFrame({"text": ["ä, b", "c"], "label": ["x", "y"]})
    path = tmp_path / f"data.{suffix}"
    if suffix == "parquet":
        frame.to_parquet(path)
    elif suffix == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_csv(path, index=False, sep="\t" if suffix == "tsv" else ",")
    texts = load_task(str(path))
    assert texts.items == ("ä, b", "c")
    assert texts.labels == ("x", "y")


def test_train_and_test_mean_classification(tmp_path: Path) -> None:
    root = write(tmp_path, {"train.csv": TRAIN, "test.csv": TEST})
    content = load_content(str(root))
    assert content.spec.type == "classification"
    assert content.tables["train"]["label"] == (1, 0)
    assert content.spec.main_score == "accuracy"


def test_description_names_type_columns_and_files(tmp_path: Path) -> None:
    toml = (
        'type = "clustering"\nlabel = "Mails"\n'
        '[columns]\ntext = "body"\nlabel = "queue"\n[files]\ntest = "mails.csv"\n'
    )
    root = write(tmp_path, {"task.toml": toml, "mails.csv": "id,body,queue\n1,hello,a\n2,bye,b\n"})
    content = load_content(str(root))
    assert content.spec.label == "Mails"
    assert content.tables["test"]["label"] == ("a", "b")


def test_revision_follows_the_content(tmp_path: Path) -> None:
    root = write(tmp_path, {"train.csv": TRAIN, "test.csv": TEST})
    before = find_task(str(root)).revision
    assert find_task(str(root)).revision == before
    write(tmp_path, {"test.csv": TEST + "new,1,cy\n"})
    assert find_task(str(root)).revision != before
    assert load_task(str(root)).n == 3


def test_columns_of_mteb_are_understood(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "corpus.jsonl": lines([{"_id": "d1", "title": "T", "text": "first"}]),
            "queries.jsonl": lines([{"_id": "q1", "text": "which?"}]),
            "qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t1\n",
        },
    )
    content = load_content(str(root))
    assert content.spec.type == "retrieval"
    assert content.tables["corpus"]["text"] == ("T first",)
    assert content.tables["relevant"] == {"query": ("q1",), "document": ("d1",), "score": (1.0,)}


def test_positive_negative_rows_are_reranking(tmp_path: Path) -> None:
    row = {"query": "q", "positive": ["yes"], "negative": ["no", "never"]}
    content = load_content(str(write(tmp_path, {"test.jsonl": lines([row])})))
    assert content.spec.type == "reranking"
    assert content.tables["candidates"]["document"] == ("d0", "d1", "d2")
    assert content.tables["relevant"]["document"] == ("d0",)


def test_one_row_of_lists_is_unfolded(tmp_path: Path) -> None:
    row = {"sent1": ["a", "b"], "sent2": ["c", "d"], "labels": [1, 0]}
    content = load_content(str(write(tmp_path, {"test.jsonl": lines([row])})))
    assert content.spec.type == "pair classification"
    assert content.tables["test"]["sentence2"] == ("c", "d")


SEARCH = {
    "corpus.csv": "id,text\nd1,one\nd2,two\n",
    "queries.csv": "id,text\nq1,ask\n",
    "relevant.csv": "query,document,score\nq1,d1,1\n",
}

REFUSED = {
    "wrong column": (
        {"train.csv": TRAIN, "test.csv": "words,label\na,1\n"},
        r"test\.csv, line 1: no column 'text' for 'text'; it has 'words', 'label'; name",
    ),
    "no train": (
        {"task.toml": 'type = "classification"', "test.csv": TEST},
        r"a classification task needs a file 'train' .*; found test",
    ),
    "unseen class": (
        {"train.csv": TRAIN, "test.csv": "text,label\nx,1\ny,7\n"},
        r"test\.csv, line 3: class 7 has no text in train\.csv",
    ),
    "empty class": (
        {"train.csv": TRAIN, "test.csv": "text,label\nx,1\ny, \n"},
        r"test\.csv, line 3: label is empty; every text needs a class",
    ),
    "one class": (
        {"train.csv": "text,label\na,1\nb,1\n", "test.csv": TEST},
        r"train\.csv: only one class, 1; classification needs at least two",
    ),
    "leak": (
        {"train.csv": TRAIN, "test.csv": "text,label\ngood day,1\n"},
        r"test\.csv, line 2: this text is also in train\.csv",
    ),
    "not a number": (
        {"test.csv": "sentence1,sentence2,score\na,b,1\nc,d,high\n"},
        r"test\.csv, line 3: score is 'high', not a number",
    ),
    "not a pair label": (
        {"test.csv": "sentence1,sentence2,label\na,b,maybe\n"},
        r"test\.csv, line 2: label is 'maybe'; a pair is 1 \(same\) or 0 \(not\)",
    ),
    "cells": (
        {"test.csv": "text,label\na,b,c\n"},
        r"test\.csv, line 2: 3 cells, but line 1 names 2 columns",
    ),
    "json": ({"test.jsonl": '{"text": "a"}\n{"text": \n'}, r"test\.jsonl, line 2: not JSON"),
    "json list": ({"test.jsonl": "[1]\n"}, r"test\.jsonl, line 1: not an object"),
    "json number": ({"test.jsonl": '{"text": 3}\n'}, r"test\.jsonl, line 1: text is 3, not text"),
    "no rows": ({"test.csv": "text\n"}, r"test\.csv has no rows"),
    "twice": ({"test.csv": "text,text\na,b\n"}, r"line 1: a column name occurs twice"),
    "unknown document": (
        SEARCH | {"relevant.csv": "query,document,score\nq1,d1,1\nq1,d9,1\n"},
        r"relevant\.csv, line 3: unknown document 'd9'",
    ),
    "double id": (
        SEARCH | {"corpus.csv": "id,text\nd1,one\nd1,two\n"},
        r"corpus\.csv, line 3: id 'd1' occurs twice",
    ),
    "several files": (
        {"a.csv": TEST, "b.csv": TEST},
        "no file named after a table .* 2 data files instead of one",
    ),
    "unknown key": ({"task.toml": 'kind = "x"', "test.csv": TEST}, r"line 1: unknown key 'kind'"),
    "unknown type": (
        {"task.toml": 'label = "x"\ntype = "ranking"', "test.csv": TEST},
        r"task\.toml, line 2: unknown type 'ranking'; known: texts, classification",
    ),
    "not toml": ({"task.toml": "type = ", "test.csv": TEST}, r"task\.toml: not TOML"),
    "missing file": (
        {"task.toml": '[files]\ntest = "gone.csv"'},
        r"\[files\] test: there is no file 'gone\.csv'",
    ),
    "outside": (
        {"task.toml": '[files]\ntest = "../secret.csv"', "test.csv": TEST},
        r"task\.toml, line 2: .* lies outside its folder",
    ),
    "no positives": (
        {"test.jsonl": lines([{"query": "q", "positive": [], "negative": ["n"]}])},
        r"test\.jsonl, line 1: positive is \[\], not a list of texts",
    ),
}


@pytest.mark.parametrize("case", list(REFUSED))
def test_refused_with_file_and_line(tmp_path: Path, case: str) -> None:
    files, message = REFUSED[case]
    root = write(tmp_path / "task", files)
    with pytest.raises(TaskError, match=message):
        load_content(str(root))


def test_not_utf8_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"text\nfine\n\xff\xfe\n")
    with pytest.raises(TaskError, match=r"x\.csv, near line 3: not UTF-8"):
        load_task(str(path))


def test_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabular, "MAX_BYTES", 10)
    path = write(tmp_path, {"big.txt": "a" * 20}) / "big.txt"
    with pytest.raises(TaskError, match=r"big\.txt has 0 MB; at most 0 are read"):
        load_task(str(path))


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="there is no file or folder"):
        find_task(str(tmp_path / "gone.csv"))
    with pytest.raises(UnknownNameError, match="no task is called 'gone'"):
        find_task("gone")


def test_upload_is_found_by_name_and_listed(config: Config) -> None:
    spec = save_task("my-mails", {"train.csv": TRAIN.encode(), "test.csv": TEST.encode()})
    assert spec.type == "classification"
    assert find_task("my-mails") == spec
    assert spec in all_tasks()
    assert load_task("my-mails").n == 2
    with pytest.raises(InputError, match="'my-mails' is already there"):
        save_task("my-mails", {"test.txt": b"a"})


def test_broken_upload_leaves_nothing(config: Config) -> None:
    with pytest.raises(TaskError, match="label is empty"):
        save_task("broken", {"train.csv": TRAIN.encode(), "test.csv": b"text,label\na,\n"})
    assert not (config.data_dir / "tasks" / "broken").exists()


@pytest.mark.parametrize("name", ["../up", "a/b", "", "A", ".hidden", "x" * 65])
def test_upload_names_never_become_paths(config: Config, name: str) -> None:
    with pytest.raises(InputError, match="a task cannot be called"):
        save_task(name, {"test.txt": b"a"})


@pytest.mark.parametrize("filename", ["../test.csv", "sub/test.csv", "test.exe", "test"])
def test_upload_file_names_are_plain(config: Config, filename: str) -> None:
    with pytest.raises(InputError, match="is not a plain file name"):
        save_task("fine", {filename: b"a"})
    assert not (config.data_dir / "tasks" / "fine").exists()


def test_a_broken_saved_task_does_not_break_the_list(config: Config) -> None:
    write(config.data_dir / "tasks" / "bad", {"a.csv": "x\n1\n", "b.csv": "x\n1\n"})
    assert all(task.name != "bad" for task in all_tasks())
    assert read_description(config.data_dir / "tasks" / "bad").values == {}


def classes(root: Path, train: str, test: str, toml: str = "") -> Path:
    files = {"train.csv": "text,label\n" + train, "test.csv": "text,label\n" + test}
    return write(root, files | ({"task.toml": toml} if toml else {}))


def test_01_and_1_are_two_classes(tmp_path: Path) -> None:
    content = load_content(str(classes(tmp_path, "a,01\nb,1\n", "c,1\n")))
    assert content.tables["train"]["label"] == ("01", "1")
    assert content.tables["test"]["label"] == ("1",)


@pytest.mark.parametrize("label", ["--5", "9" * 5000, "٣", "1.0", "-0", "+1", "1_0"])
def test_labels_that_are_no_plain_numbers_stay_words(tmp_path: Path, label: str) -> None:
    content = load_content(str(classes(tmp_path, f"a,{label}\nb,7\n", "c,7\n")))
    assert content.tables["train"]["label"] == (label, "7")


def test_overlap_is_told_once_with_its_number(tmp_path: Path) -> None:
    root = classes(tmp_path, "a,x\nb,y\nc,x\n", "a,x\nd,y\nc,x\n")
    with pytest.raises(TaskError, match=r"line 2: .* so are 2 of 3 texts in all; .* overlap = \"l"):
        load_content(str(root))


def test_overlap_can_be_left_out_of_training_and_is_counted(tmp_path: Path) -> None:
    toml = 'overlap = "leave out"\n'
    content = load_content(str(classes(tmp_path, "a,x\nb,y\nc,x\n", "a,x\nd,y\n", toml)))
    assert content.tables["train"] == {"text": ("b", "c"), "label": ("y", "x")}
    assert content.tables["test"]["text"] == ("a", "d")
    assert content.spec.notes == (
        "1 of 3 texts of train.csv are left out: they are also in test.csv",
    )


def test_everything_left_out_is_refused(tmp_path: Path) -> None:
    root = classes(tmp_path, "a,x\nb,y\n", "a,x\nb,y\n", 'overlap = "leave out"\n')
    with pytest.raises(TaskError, match="so nothing is left to train on"):
        load_content(str(root))


def test_columns_without_a_name_go_when_empty_and_stay_when_not(tmp_path: Path) -> None:
    path = write(tmp_path, {"a.csv": "text,,,\na,,kept,\nb,,,\n"}) / "a.csv"
    assert load_task(str(path)).columns == {"column 3": ("kept", "")}


def test_another_reading_is_another_revision(tmp_path: Path) -> None:
    def revision(name: str, content: str) -> str:
        return find_task(str(write(tmp_path / name, {"test.csv": content}))).revision

    plain = revision("a", "text,label\na,1\nb,2\n")
    assert revision("b", 'text,label\n"a","1"\n"b","2"\n') == plain
    assert revision("c", "text,label\na,1\nb,02\n") != plain
    assert revision("d", "text,label\nb,2\na,1\n") != plain


def test_a_fraction_is_no_relevance_and_a_pair_is_judged_once(tmp_path: Path) -> None:
    files = SEARCH | {"relevant.csv": "query,document,score\nq1,d1,0.5\n"}
    with pytest.raises(TaskError, match=r"line 2: score is '0.5'; a relevance is a whole number"):
        load_content(str(write(tmp_path / "a", files)))
    files = SEARCH | {"relevant.csv": "query,document,score\nq1,d1,1\nq1,d1,2\n"}
    with pytest.raises(TaskError, match="line 3: document 'd1' has the relevance 2 for query 'q1'"):
        load_content(str(write(tmp_path / "b", files)))


HEADERLESS = "A man sings.\tA man is singing.\t4.5\nTwo dogs.\tA cat.\t0.5\n"


def test_a_pair_file_without_names_keeps_its_first_pair(tmp_path: Path) -> None:
    path = write(tmp_path, {"pairs.tsv": HEADERLESS}) / "pairs.tsv"
    with pytest.raises(TaskError, match="If line 1 is data already, put a line of names above it"):
        find_task(str(path))


STRANGE: dict[str, tuple[str, bytes, str]] = {
    "utf-16": ("a.csv", "text\na\n".encode("utf-16"), "line 1: UTF-16, not UTF-8"),
    "utf-16 without mark": ("a.txt", "text".encode("utf-16-le"), "line 1: a zero byte"),
    "deep": ("a.jsonl", b"[" * 100_000, "line 1: JSON that cannot be read .nested too deeply"),
    "digits": ("a.jsonl", b'{"text": ' + b"9" * 5000 + b"}", "line 1: JSON that cannot be read"),
    "twice": ("a.jsonl", b'{"text": "a", "text": "b"}', "the name 'text' occurs twice"),
    "surrogate": ("a.jsonl", b'{"text": "\\ud800"}', "line 1: half of a character"),
    "semicolons": ("a.csv", b"text;label\na;1\n", "line 1: one column, .* semicolons separate"),
    "parquet": ("a.parquet", b"PAR1 nothing PAR1", "is not a readable Parquet file"),
    "empty": ("a.csv", b"", "line 1: no column names"),
    "underscore": ("a.csv", b"sentence1,sentence2,score\na,b,1_0\n", "score is '1_0', not a num"),
    "huge": (
        "a.jsonl",
        b'{"sentence1": "a", "sentence2": "b", "score": 1' + b"0" * 400 + b"}",
        "score is a number of over 40 digits, not a number",
    ),
}


@pytest.mark.parametrize("case", list(STRANGE))
def test_strange_files_are_refused_in_words(tmp_path: Path, case: str) -> None:
    name, content, message = STRANGE[case]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TaskError, match=message):
        load_content(str(tmp_path / name))


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("columns = 'text'", "line 1: columns is 'text'; write a section"),
        ("files = 3", "line 1: files is '3'; write a section"),
        ("[columns]\ntxt = 'a'", "line 2: .columns. has 'txt', which no task has"),
        ("label = ['a']", "line 1: label is .'a'., not text between quotes"),
        ("overlap = 'yes'", "line 1: overlap is 'yes'; it can only be"),
        ("classifier = 'forest'", "line 1: classifier is 'forest'; known: logistic regression, "),
        ("classifier = 'nearest neighbour'", "line 1: .* a task of type 'texts' has no classes"),
        ("name = 'a/b'", "line 1: name is 'a/b'; give 1 to 80"),
        ("[files]\ntest = 'a\\u0000b'".replace("'", '"'), "there is no file"),
        (f"[files]\ntest = '{'x' * 300}'", "there is no file"),
    ],
)
def test_a_wrong_description_names_its_line(tmp_path: Path, toml: str, message: str) -> None:
    root = write(tmp_path, {"task.toml": toml, "a.csv": TEST})
    with pytest.raises(TaskError, match=message):
        load_content(str(root))


def test_another_classifier_is_another_revision(tmp_path: Path) -> None:
    rows = "a,x\nb,y\nc,x\n", "d,x\ne,y\n"
    usual = find_task(str(classes(tmp_path / "usual", *rows)))
    said = find_task(str(classes(tmp_path / "said", *rows, 'classifier = "logistic regression"')))
    other = find_task(str(classes(tmp_path / "other", *rows, 'classifier = "nearest neighbour"')))
    assert (usual.classifier, other.classifier) == ("logistic regression", "nearest neighbour")
    assert usual.revision == said.revision != other.revision


def test_a_pipe_is_refused_and_blocks_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "test.csv")
    with pytest.raises(TaskError, match="no file named after a table"):
        find_task(str(tmp_path))
    with pytest.raises(TaskError, match="is no plain file and no folder"):
        find_task(str(tmp_path / "test.csv"))


def test_queries_that_nothing_was_judged_for_are_counted(tmp_path: Path) -> None:
    files = SEARCH | {"queries.csv": "id,text\nq1,ask\nq2,ask more\n"}
    assert load_content(str(write(tmp_path, files))).spec.notes == (
        "1 of 2 queries have no document in 'relevant' and are not scored",
    )
