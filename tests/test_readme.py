"""Every command that README and docs/ tell is one that is taken, and the cheap ones are run."""

import json
import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lrd_core.cli import build_parser, main
from lrd_core.config import Config
from lrd_core.demo.recipe import OTHER_MODELS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").rglob("*.md"))}
TOLD = "\n".join([*PAGES.values(), README])
COMMANDS = list(
    dict.fromkeys(re.findall(r"^ *(?:python -m lrd_core|lrd) (.+)$", TOLD, re.MULTILINE))
)
FETCHES = ("models fetch", "tasks fetch")
TAKES_HOURS = ("prune-evidence", "demo")
STAYS = ("app",)
NEEDS_RUNS = ("show --view layer-checkpoints",)
"""It draws what a training left, which these commands do not compute."""

NEEDS_PACKS = tuple(
    f"{act} --model {pack}" for act in ("run", "scores", "prune") for pack in OTHER_MODELS
)
"""Of models that are fetched first; tests/demo/test_recipe.py looks at what they gave."""

SMALLER = {
    "bring": "--no-maps",
    "run": "--n 40 --max-length 16",
    "scores": "--n 40 --max-length 16",
    "ask": "--n 24 --labels 60 --max-length 16 --repeats 1",
    "prune": "--n 40 --calibration-n 32 --max-length 16",
}
"""Added to a documented command, so that all of them take seconds; the last option counts."""


def subcommands() -> set[str]:
    action = next(a for a in build_parser()._actions if a.choices)
    return set(action.choices)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_line_takes_it(command: str) -> None:
    build_parser().parse_args(shlex.split(command))


def test_they_run_one_after_the_other_as_a_reader_would_type_them(
    config: Config,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("leaderboard.csv").write_text("model,STS12,Banking77Classification\norg/m,0.7,0.8\n")
    result = Path("results/BAAI__bge-base-en-v1.5/a5beb1e/STS12.json")
    result.parent.mkdir(parents=True)
    scores = {"test": [{"hf_subset": "default", "main_score": 0.7, "cosine_spearman": 0.7}]}
    result.write_text(json.dumps({"task_name": "STS12", "scores": scores}))
    states = np.random.default_rng(0).normal(size=(2, 40, 4))
    np.savez("states.npz", states=states)
    np.save("states.npy", states)
    lines = [f"text {row},{'ab'[row % 2]}" for row in range(40)]
    Path("texts.csv").write_text("\n".join(["text,label", *lines]))
    for place, layer in enumerate(states):
        pd.DataFrame({"vector": list(layer)}).to_parquet(f"layer_{place}.parquet")
    for command in COMMANDS:
        if command.startswith((*FETCHES, *TAKES_HOURS, *STAYS, *NEEDS_RUNS, *NEEDS_PACKS)):
            continue
        words = shlex.split(command)
        words += shlex.split(SMALLER.get(words[0], "")) * ("--dry-run" not in words)
        assert main(words) == 0, command
        printed = capsys.readouterr()
        assert printed.out, command
        assert "Traceback" not in printed.err
    assert Path("results.csv").read_text().startswith("run_key,")


def test_what_contributing_runs_is_what_ci_runs() -> None:
    contributing = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^(\.venv/bin/ruff .+)$", contributing, re.MULTILINE)
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    checks, test = line.rsplit(" && ", 1)
    assert checks in workflow
    assert workflow.count(test) >= 1
    for program in re.findall(r"\.venv/bin/(\S+)", line):
        assert (Path(sys.executable).parent / program).exists(), program


def test_every_subcommand_is_documented() -> None:
    documented = {command.split()[0] for command in COMMANDS} | set(
        re.findall(r"`(?:python -m lrd_core|lrd) (\w[\w-]*)", TOLD)
    )
    assert subcommands() <= documented


def test_the_readme_is_short_and_its_links_lead_somewhere() -> None:
    assert len(README.splitlines()) < 150
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert len(links) > 15
    assert [link for link in links if not (ROOT / link).is_file()] == []


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
