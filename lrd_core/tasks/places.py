"""Where on this machine the tasks lie that were given by a path.

A result is stored under a task's name, never under a path: paths say who owns a machine, and mean
nothing on another. So that the texts behind a result can be found again, the path of every task
that was computed on is kept in one small file beside the store, which no export holds.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from lrd_core.config import Config
from lrd_core.disk import whole_file
from lrd_core.tasks.content import TaskSpec


def name_for(path: Path, wanted: str, taken: Iterable[str], config: Config) -> str:
    """The name of the task at a path: `wanted`, with a number where another task has it.

    taken: names of tasks that are not known by a path.
    """
    known = _read(config)
    used = {name.lower() for name in taken}
    used |= {name.lower() for name, place in known.items() if _is_other(place, path)}
    number, name = 1, wanted
    while name.lower() in used:
        number += 1
        name = f"{wanted}-{number}"
    return name


def place_of(name: str, config: Config) -> Path | None:
    """The path that a task of this name was last computed from; None where there is none."""
    place = _read(config).get(name)
    return None if place is None else Path(place)


def remember(spec: TaskSpec, config: Config) -> None:
    """Keep the path of a task, so that its name leads to it again.

    Raises: StoreError when the file cannot be written.
    """
    if not spec.place:
        return
    known = _read(config)
    if known.get(spec.name) != spec.place:
        with whole_file(_file(config)) as partial:
            content = json.dumps(known | {spec.name: spec.place}, indent=1)
            partial.write_text(content, encoding="utf-8")


def _is_other(place: str, path: Path) -> bool:
    return place != str(path) and os.path.exists(place)  # noqa: PTH110 - what no path can be is not there


def _file(config: Config) -> Path:
    return config.data_dir / "task_paths.json"


def _read(config: Config) -> dict[str, str]:
    try:
        content = json.loads(_file(config).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    pairs = content.items() if isinstance(content, dict) else ()
    return {name: place for name, place in pairs if isinstance(place, str)}
