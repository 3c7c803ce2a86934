"""A visitor's texts: what is guessed of a file, how it is kept, what it is called."""

import json

import pytest

from lrd_core.actions.own_texts import (
    estimate,
    free_name,
    keep,
    look_at,
    look_at_pasted,
    run_settings,
)
from lrd_core.config import Config
from lrd_core.errors import InputError, TaskError
from lrd_core.tasks import load_content


def test_a_file_is_looked_at_and_not_kept(config: Config) -> None:
    found = look_at("C:\\me\\Mails.CSV", b"when,Body,Queue\n1,hello,a\n2,there you are,b\n")
    assert (found.file_name, found.n, found.columns) == ("Mails.csv", 2, ("when", "Body", "Queue"))
    assert (found.text, found.label, found.pairs) == ("Body", None, False)
    assert found.first["when"].tolist() == ["1", "2"]
    assert not config.data_dir.exists()


def test_columns_that_no_name_tells_are_told_by_their_length() -> None:
    found = look_at("x.csv", b"a,b,label\n1,quite a long text here,c\n2,and another one,d\n")
    assert (found.text, found.label) == ("b", "label")
    kinds = [{"id": n, "said": f"what was said {n}", "kind": "ab"[n % 2]} for n in range(6)]
    grouped = look_at("x.jsonl", "\n".join(map(json.dumps, kinds)).encode())
    assert (grouped.text, grouped.label) == ("said", "kind")
    few = look_at("x.jsonl", "\n".join(map(json.dumps, kinds[:5])).encode())
    assert few.label is None
    rows = [{"a": "x", "b": "y"}] * 7
    lines = look_at("x.jsonl", "\n".join(map(json.dumps, rows)).encode())
    assert lines.n == 7 and len(lines.first) == 5


@pytest.mark.parametrize(
    ("name", "content", "error", "why"),
    [
        ("a.xlsx", b"", InputError, "cannot be read here"),
        ("a.txt", b"x" * (11 * 2**20), InputError, "more than 10 MB"),
        ("My file.csv", b"a,b\n1\n", TaskError, r"My file.csv, line 2"),
    ],
)
def test_what_cannot_be_used_is_said_with_the_files_own_name(name, content, error, why) -> None:
    with pytest.raises(error, match=why):
        look_at(name, content)


def test_a_pasted_half_of_a_character_is_refused_with_its_line() -> None:
    with pytest.raises(InputError, match="pasted line 2 holds half of a character"):
        look_at_pasted("one\ntwo \ud800\n")


def test_chosen_columns_are_the_task_and_no_label_is_none(config: Config, monkeypatch) -> None:
    monkeypatch.setenv("LRD_DATA_DIR", str(config.data_dir))
    texts = look_at('we "ird".csv', b'label,"my ""body""\n"\nx,one text\ny,two texts\n')
    keep(config, texts, "mine", text=texts.columns[1], label=None)
    table = load_content("mine").tables["test"]
    assert table["text"] == ("one text", "two texts")
    keep(config, texts, "labelled", text=texts.columns[1], label="label")
    assert load_content("labelled").tables["test"]["label"] == ("x", "y")


def test_a_name_is_made_from_the_files_and_never_taken(config: Config, monkeypatch) -> None:
    monkeypatch.setenv("LRD_DATA_DIR", str(config.data_dir))
    assert free_name(config, "My Mails (2025).csv") == "my-mails-2025"
    assert free_name(config, "邮件.csv") == "texts"
    keep(config, look_at("a.txt", b"one\ntwo\n"), "a")
    assert free_name(config, "a.txt") == "a-2"
    assert free_name(config, "bbc-news.txt") == "bbc-news-2"


def test_as_many_texts_are_announced_as_there_are(config: Config) -> None:
    texts = look_at("a.txt", b"some text\n" * 60)
    assert run_settings(texts).n == 60
    told = estimate(config, ["all-MiniLM-L6-v2"], "a", texts)
    assert told.texts == 60 and "60 texts" in told.sentence
    assert run_settings(look_at("a.txt", b"some text\n" * 3000)).n == 1000
