"""What a person waits for at the command line: torch takes seconds, so nothing loads it in vain."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ASK_ALL = """
import contextlib, io, json, sys
from lrd_core.cli import main
for line in sys.stdin:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main(json.loads(line))
        except SystemExit as end:
            status = end.code
    heavy = [name for name in ("torch", "transformers", "sklearn") if name in sys.modules]
    tables = [name for name in ("pandas", "duckdb") if name in sys.modules]
    said = out.getvalue() + err.getvalue()
    print(json.dumps([status, heavy, tables, said]), flush=True)
"""


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator["subprocess.Popen[str]"]:
    """One process that runs commands, one a line, so that what it loaded stays to be seen."""
    folder = tmp_path_factory.mktemp("light")
    env = os.environ | {"LRD_DATA_DIR": str(folder), "HF_HUB_OFFLINE": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", ASK_ALL],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=env,
        cwd=Path(__file__).parent.parent,
    ) as process:
        yield process
        process.stdin.close()


def answer(shell: "subprocess.Popen[str]", *words: str) -> list:
    shell.stdin.write(json.dumps(words) + "\n")
    shell.stdin.flush()
    return json.loads(shell.stdout.readline())


def test_help_version_and_the_list_of_jobs_wait_for_no_package(shell) -> None:
    for words in (["--version"], ["--help"], ["run", "--help"], ["jobs", "list"]):
        status, heavy, tables, _ = answer(shell, *words)
        assert (status, heavy, tables) == (0, [], []), words


MODEL, TASK = ("--model", "all-MiniLM-L6-v2"), ("--task", "bbc-news")
OUT = ("--layer", "3", "--out", "taken")
WRONG = {
    "run": [("--model", "nope", *TASK), (*MODEL, "--task", "nope"), (*MODEL, *TASK, "--n", "-5")],
    "scores": [("--model", "nope", *TASK), (*MODEL, "--task", "nope")],
    "prune": [
        ("--model", "nope", *TASK),
        (*MODEL, "--task", "nope"),
        (*MODEL, *TASK, "--rule", "x"),
        (*MODEL, *TASK, "--remove", "99"),
        (*MODEL, *TASK, "--seeds", "100000"),
    ],
    "take": [
        ("--model", "nope", *OUT),
        (*MODEL, *OUT, "--task", "nope"),
        (*MODEL, "--layer", "99", "--out", "taken"),
    ],
    "ask": [("--model", "nope", *TASK), (*MODEL, "--task", "nope")],
    "tokens": [("--model", "nope", *TASK)],
    "enough": [("--model", "nope", *TASK)],
    "estimate": [("run", "--model", "nope", *TASK)],
}


def test_the_same_run_again_waits_for_no_table_package(tmp_path: Path) -> None:
    """Pandas alone took a third of what such a run takes."""
    folder, words = tmp_path / "own", ["run", *MODEL, "--task", "lee-news", "--n", "12"]
    code = (
        "import sys\n"
        "from lrd_core.cli import main\n"
        f"main({[*words, '--max-length', '16', '--metrics', 'anisotropy']!r})\n"
        "print([name for name in ('torch', 'pandas', 'pyarrow') if name in sys.modules])"
    )
    env = os.environ | {"LRD_DATA_DIR": str(folder), "HF_HUB_OFFLINE": "1"}
    here = Path(__file__).parents[1]
    said = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            cwd=here,
            env=env,
        ).stdout.splitlines()
        for _ in range(2)
    ]
    assert "'torch'" in said[0][-1]
    assert "nothing computed" in said[1][0]
    assert said[1][-1] == "[]"


@pytest.mark.parametrize("command", WRONG)
def test_what_cannot_be_done_is_told_without_torch(shell, command: str) -> None:
    for words in WRONG[command]:
        status, heavy, _, said = answer(shell, command, *words)
        assert (status, heavy) == (2, []), (words, said)
        assert "error: " in said


def test_what_pages_are_drawn_with_loads_nothing_heavy() -> None:
    """Each would take a second of the first visit and tens of megabytes from then on."""
    heavy = ("torch", "transformers", "sklearn", "mteb", "scipy.stats", "numba")
    code = (
        "import sys\n"
        "from lrd_core.plots import figures\n"
        "from lrd_core.views import ask, claims, evidence, offered, strips\n"
        "from pages._shared import widgets\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    command = [sys.executable, "-c", code]
    found = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1]
    )
    assert found.stdout.strip() == "[]"
