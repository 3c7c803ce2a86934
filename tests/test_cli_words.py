"""What the command line prints and takes: no terminal codes, no values that end in a traceback."""

import os
from pathlib import Path

import pandas as pd
import pytest

from lrd_core.cli import main
from lrd_core.cli.output import plain, write_result
from lrd_core.config import Config
from lrd_core.store import connect
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metric_values import Value
from lrd_core.store.metrics import save_metric
from lrd_core.store.runs import save_run
from tests.example_store import run_record


def test_show_moves_no_cursor(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    run = run_record("evil\x1b[2J\x07\x9b31m")
    with connect(config) as connection:
        save_run(connection, run)
        save_metric(connection, run.run_key, MetricId("nrs", 1), [Value("nrs", 1.0, 0.5, 9)])
    assert main(["show"]) == 0
    out = capsys.readouterr().out
    assert "evil\\x1b[2J\\x07\\x9b31m" in out
    assert not set(out) & {"\x1b", "\x07", "\x9b"}


def test_every_kind_of_answer_is_plain(capsys: pytest.CaptureFixture[str]) -> None:
    for answer in (["a\x1bb"], {"k": "a\x1bb"}, pd.DataFrame({"k": ["a\x1bb"]}), "a\x1bb"):
        write_result(answer, as_json=False)
        assert "a\\x1bb" in capsys.readouterr().out
    assert plain("two\nlines\tä漢\udcff") == "two\nlines\tä漢\\udcff"


RUN = ["run", "--model", "all-MiniLM-L6-v2", "--task", "bbc-news"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([*RUN, "--seed", "-1"], "the seed is -1; give a whole number from 0 to 2147483647"),
        ([*RUN, "--seed", "2147483648"], "the seed is 2147483648; give a whole number from 0"),
        ([*RUN, "--prompt", os.fsdecode(b"caf\xe9")], "is not UTF-8; rename it or type it again"),
        (["run", "--model", "gpt2", "--task", "~nouser/x"], "cannot be read"),
        (["run", "--model", "gpt2", "--task", "/" + "x" * 300], "cannot be read: File name too"),
        (["scores", "--model", "gpt2", "--task", "bible-kjv"], "is read as texts without a score"),
        (["jobs", "cancel", str(2**70)], "is 1180591620717411303424; give a number below"),
        ([*RUN, "--n", str(2**70)], "give a number below 2 to the 53"),
        (["import", "x" * 300], "cannot be read: File name too long"),
    ],
)
def test_values_that_cannot_be_used_are_one_line(
    config: Config, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and message in error


def test_export_onto_a_file_is_refused_before_any_work(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "here").write_text("mine")
    options = ["--remove", "3", "--export", str(tmp_path / "here")]
    assert main(["prune", "--model", "gone", "--task", "gone", *options]) == 2
    assert "is no folder that can be written to (Not a directory)" in capsys.readouterr().err
    assert (tmp_path / "here").read_text() == "mine"
