"""The table of all benchmarks: every file is in it or says why not, and what they print is read."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.benchmarks import all as every
from tests.benchmarks.ratios import Ratio, tell, told

FILES = {path.stem.removeprefix("bench_") for path in Path(every.__file__).parent.glob("bench_*")}


def test_every_benchmark_is_run_or_answers_another_question() -> None:
    assert set(every.QUICK) | set(every.WITHOUT_RATIO) == FILES
    assert set(every.QUICK).isdisjoint(every.WITHOUT_RATIO)


@pytest.mark.parametrize("name", every.QUICK)
def test_what_is_run_tells_a_ratio(name: str) -> None:
    source = (Path(every.__file__).parent / f"bench_{name}.py").read_text(encoding="utf-8")
    assert "    tell(" in source


def test_what_is_told_is_read_from_among_other_lines(capsys: pytest.CaptureFixture[str]) -> None:
    print("12 texts; ratio of nothing")
    tell("a run of 1,000 texts; stored", 1.234, "the bare pass")
    (found,) = told(capsys.readouterr().out)
    assert found == Ratio("a run of 1,000 texts; stored", 1.23, "the bare pass")


def test_the_table_has_a_row_a_ratio_and_a_failure_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    prints = {
        "gfmi": (0, "ratio 0.25: one pass; against twenty"),
        "dime": (1, "Traceback\nKeyError: 'x'"),
        "lidar": (0, "no line of it"),
    }

    def run(command: list[str], **_: object) -> SimpleNamespace:
        status, printed = prints[command[2].rpartition("bench_")[2]]
        return SimpleNamespace(returncode=status, stdout=printed, stderr="")

    monkeypatch.setattr(every.subprocess, "run", run)
    kept = tmp_path / "table.md"
    monkeypatch.setattr(sys, "argv", ["all.py", "--only", *prints, "--to", str(kept)])
    assert every.main() == 1
    printed = capsys.readouterr().out
    assert "| one pass | 0.25 | twenty | bench_gfmi |" in kept.read_text(encoding="utf-8")
    assert "bench_dime ended with 1: KeyError: 'x'" in printed
    assert "bench_lidar ended with 0: no line of it" in printed
