"""Other processes over the test's own store."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from lrd_core.config import PROJECT_DIR, Config

ROWS = Path(__file__).with_name("rows.py")


@pytest.fixture
def other_process(config: Config) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Starts `rows.py` with arguments on the test's store; ends it after the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> "subprocess.Popen[str]":
        started.append(
            subprocess.Popen(
                [sys.executable, str(ROWS), *arguments],
                env=os.environ | {"PYTHONPATH": str(PROJECT_DIR)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            with suppress(BrokenPipeError):
                pipe.close()
