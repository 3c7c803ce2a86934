"""Every command in the README is one that the command line takes, and the cheap ones are run."""

import re
import shlex
from pathlib import Path

import pytest

from lrd_core.cli import build_parser, main
from lrd_core.config import Config

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"^python -m lrd_core (.+)$", README, re.MULTILINE)))
CHEAP = [c for c in COMMANDS if c.startswith(("models list", "tasks list", "show", "jobs list"))]


def subcommands() -> set[str]:
    action = next(a for a in build_parser()._actions if a.choices)
    return set(action.choices)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_line_takes_it(command: str) -> None:
    build_parser().parse_args(shlex.split(command))


@pytest.mark.parametrize("command", CHEAP)
def test_it_runs_on_an_empty_store(
    command: str, config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(shlex.split(command)) == 0
    assert capsys.readouterr().out


def test_every_subcommand_is_documented() -> None:
    documented = {command.split()[0] for command in COMMANDS} | set(
        re.findall(r"`python -m lrd_core (\w[\w-]*)", README)
    )
    assert subcommands() <= documented


def test_there_are_two_commands_for_a_fresh_machine() -> None:
    start, test = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)
    assert start.endswith("streamlit run app.py")
    assert test.endswith(".venv/bin/pytest")
    assert test in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_an_error_is_one_line_and_a_status(
    config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--model", "no-such-model", "--task", "bbc-news"]) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith("error: no model is called 'no-such-model'")
    assert "Traceback" not in printed.err


def test_exporting_to_an_unknown_kind_of_file_is_refused(
    config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "--to", "values.xyz"]) == 2
    assert "choose a name that ends in .csv, .parquet, .json" in capsys.readouterr().err
