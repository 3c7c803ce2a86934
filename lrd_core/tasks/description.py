"""What task.toml says about a folder of data; every part of it is optional."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lrd_core.errors import TaskError
from lrd_core.tasks.columns import ALIASES
from lrd_core.tasks.content import CLASSIFIERS, TASK_TYPES
from lrd_core.tasks.tabular import SUFFIXES, read_text

NAME = "task.toml"
LEAVE_OUT = "leave out"
_WORDS = ("name", "type", "label", "licence", "language", "description", "overlap", "classifier")
_LONGEST_NAME = 80


@dataclass(frozen=True)
class Description:
    """The content of task.toml. columns: ours = theirs. files: table = file name."""

    values: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


def read_description(root: Path) -> Description:
    """The folder's task.toml, or an empty description.

    Raises: TaskError for a file that is not TOML, has unknown keys, or values of another kind.
    """
    path = root / NAME
    if not root.is_dir() or not path.exists():
        return Description()
    text = read_text(path)
    try:
        content: dict[str, Any] = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        reason = (str(error).splitlines() or ["it cannot be read"])[0]
        raise TaskError(f"{NAME}: not TOML: {reason[:200]}") from error
    columns = _names(content.pop("columns", {}), "columns", text)
    files = _names(content.pop("files", {}), "files", text)
    for ours in columns:
        if ours not in ALIASES:
            raise TaskError(
                f"{_at(text, ours)}: [columns] has {ours!r}, which no task has; "
                f"known: {', '.join(ALIASES)}"
            )
    return Description(_checked(content, text), columns, files)


def plain_name(path: Path) -> str:
    """The name that a task has by its path: the folder's or the file's, without its type."""
    name = path.name
    while Path(name).suffix.lower() in SUFFIXES:
        name = Path(name).stem
    printable = "".join(sign if sign.isprintable() else "_" for sign in name.replace("\\", "_"))
    return printable.strip()[:_LONGEST_NAME] or "task"


def _checked(content: Mapping[str, Any], text: str) -> dict[str, str]:
    for key, value in content.items():
        if key not in _WORDS:
            raise TaskError(f"{_at(text, key)}: unknown key {key!r}; known: {sorted(_WORDS)}")
        if not isinstance(value, str):
            raise TaskError(f"{_at(text, key)}: {key} is {value!r}, not text between quotes")
    values = dict(content)
    if values.get("type", "texts") not in TASK_TYPES:
        raise TaskError(
            f"{_at(text, 'type')}: unknown type {values['type']!r}; known: {', '.join(TASK_TYPES)}"
        )
    if values.get("overlap", LEAVE_OUT) != LEAVE_OUT:
        raise TaskError(
            f"{_at(text, 'overlap')}: overlap is {values['overlap']!r}; it can only be "
            f'"{LEAVE_OUT}", which trains without the texts that are also evaluated'
        )
    if values.get("classifier", CLASSIFIERS[0]) not in CLASSIFIERS:
        raise TaskError(
            f"{_at(text, 'classifier')}: classifier is {values['classifier']!r}; "
            f"known: {', '.join(CLASSIFIERS)}"
        )
    name = values.get("name")
    if name is not None and plain_name(Path(name)) != name:
        raise TaskError(
            f"{_at(text, 'name')}: name is {name!r}; give 1 to {_LONGEST_NAME} printable "
            "characters without slashes, not ending as a file does"
        )
    return values


def _names(value: Any, key: str, text: str) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise TaskError(
            f"{_at(text, key)}: {key} is {str(value)[:60]!r}; write a section [{key}] with lines "
            'such as text = "body"'
        )
    return dict(value)


def line_of(text: str, key: str) -> int:
    """The line of task.toml where a key is set, for messages; 1 when it cannot be told."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.split("=")[0].strip() == key:
            return number
    return 1


def _at(text: str, key: str) -> str:
    return f"{NAME}, line {line_of(text, key)}"
