"""Made-up stores that are written once a process; every later call gets a copy of the files."""

import atexit
import functools
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from lrd_core.config import Config

Made = TypeVar("Made")


def filled_once(fill: Callable[..., Made]) -> Callable[..., Made]:
    """A function that fills an empty data folder, made cheap; a folder in use is filled as such.

    fill: takes a Config and, if more, what can be told apart by its value.
    """

    @functools.cache
    def original(*more: Any, **named: Any) -> tuple[Path, Made]:
        folder = Path(tempfile.mkdtemp(prefix="lrd-filled-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return folder, fill(Config(folder), *more, **named)

    @functools.wraps(fill)
    def copied(config: Config, *more: Any, **named: Any) -> Made:
        if config.data_dir.exists() and any(config.data_dir.iterdir()):
            return fill(config, *more, **named)
        folder, made = original(*more, **named)
        shutil.copytree(folder, config.data_dir, dirs_exist_ok=True)
        return made

    return copied
