"""A user's own data: one file, or a folder with files named after their table and a task.toml.

A folder holds `test` (and `train`, `calibration`), or `corpus`, `queries`, `relevant` (and
`candidates`), each as .csv, .tsv, .jsonl or .parquet. task.toml is optional:

    type = "classification"
    label = "Support mails"
    [columns]            # ours = theirs
    text = "body"
    label = "queue"
    [files]
    train = "mails_2024.csv"
    test = "mails_2025.csv"
"""

import functools
import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lrd_core.config import Config, load_config
from lrd_core.errors import InputError, LrdError, TaskError
from lrd_core.tasks.columns import build_tables, guess_type
from lrd_core.tasks.content import (
    MAIN_SCORES,
    REQUIRED_TABLES,
    TASK_TYPES,
    TaskContent,
    TaskSpec,
    TaskType,
)
from lrd_core.tasks.tabular import MAX_BYTES, SUFFIXES, FileTable, read_table

TABLE_FILES: Mapping[str, tuple[str, ...]] = {
    "train": ("train",),
    "test": ("test",),
    "calibration": ("calibration",),
    "corpus": ("corpus",),
    "queries": ("queries",),
    "relevant": ("relevant", "qrels", "qrels/test"),
    "candidates": ("candidates", "top_ranked"),
}
_SAFE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Description:
    """What task.toml says; every part is optional."""

    values: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


def looks_like_path(name: str) -> bool:
    """Whether a name that is in no registry is meant as a file or folder."""
    return "/" in name or "\\" in name or Path(name).suffix in SUFFIXES


def tasks_dir(config: Config | None = None) -> Path:
    """Where tasks that the user saved live; they are found by their folder's name."""
    return (config or load_config()).data_dir / "tasks"


def saved_tasks(config: Config | None = None) -> tuple[TaskSpec, ...]:
    """The tasks in the data folder that can be read; a broken one is left out."""
    root = tasks_dir(config)
    if not root.is_dir():
        return ()
    found = []
    for path in sorted(root.iterdir()):
        if path.is_dir() and _SAFE_NAME.fullmatch(path.name):
            try:
                found.append(_spec(path, path.name))
            except LrdError:
                continue
    return tuple(found)


def folder_spec(name: str) -> TaskSpec:
    """The task at a path.

    Raises: TaskError when there is nothing to read, or not as task.toml says.
    """
    path = Path(name).expanduser()
    if not path.exists():
        raise TaskError(f"there is no file or folder {name!r}")
    resolved = path.resolve()
    return _spec(resolved, str(resolved))


def save_task(name: str, files: Mapping[str, bytes], config: Config | None = None) -> TaskSpec:
    """Keep uploaded files as a task of this name; a broken upload leaves nothing behind.

    Raises: InputError for a name or file name that is not plain; TaskError for its content;
    JobError on a read-only installation.
    """
    config = config or load_config()
    config.refuse_read_only("save tasks")
    if not _SAFE_NAME.fullmatch(name):
        raise InputError(
            f"a task cannot be called {name!r}; use 1-64 of a-z, 0-9, '.', '_', '-', "
            "beginning with a letter or digit"
        )
    target = tasks_dir(config) / name
    if target.exists():
        raise InputError(f"a task {name!r} is already there; choose another name")
    if sum(map(len, files.values())) > MAX_BYTES:
        raise InputError(f"the files have more than {MAX_BYTES // 2**20} MB in total")
    for filename in files:
        if Path(filename).name != filename or Path(filename).suffix not in (*SUFFIXES, ".toml"):
            raise InputError(f"{filename!r} is not a plain file name ending in {SUFFIXES}")
    target.mkdir(parents=True)
    try:
        for filename, content in files.items():
            (target / filename).write_bytes(content)
        spec = _spec(target, name)
        read_folder_task(spec)
    except BaseException:
        for path in target.iterdir():
            path.unlink()
        target.rmdir()
        raise
    return spec


def read_folder_task(spec: TaskSpec) -> TaskContent:
    """All tables of a folder task, checked.

    Raises: TaskError naming file and line.
    """
    root = Path(spec.name) if Path(spec.name).is_absolute() else tasks_dir() / spec.name
    description = read_description(root)
    files = find_files(root, description)
    return TaskContent(spec, build_tables(spec.type, _read(files), description.columns))


def read_description(root: Path) -> Description:
    """The folder's task.toml, or an empty description.

    Raises: TaskError for a file that is not TOML or has unknown keys.
    """
    path = root / "task.toml"
    if root.is_file() or not path.exists():
        return Description()
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TaskError(f"{path}: not TOML: {error}") from error
    columns, files = content.pop("columns", {}), content.pop("files", {})
    known = {"type", "label", "licence", "language", "description"}
    for key in content:
        if key not in known:
            line = _line_of(path, key)
            raise TaskError(f"task.toml, line {line}: unknown key {key!r}; known: {sorted(known)}")
    if "type" in content and content["type"] not in TASK_TYPES:
        line = _line_of(path, "type")
        raise TaskError(
            f"task.toml, line {line}: unknown type {content['type']!r}; "
            f"known: {', '.join(TASK_TYPES)}"
        )
    return Description({key: str(value) for key, value in content.items()}, columns, files)


def find_files(root: Path, description: Description) -> dict[str, Path]:
    """Table name -> file. A lone file is the table `test`; a folder's files say it by name.

    Raises: TaskError when a named file is missing, lies outside the folder, or none is found.
    """
    if root.is_file():
        return {"test": root}
    found: dict[str, Path] = {}
    for table, filename in description.files.items():
        path = (root / filename).resolve()
        if table not in TABLE_FILES or not path.is_relative_to(root.resolve()):
            raise TaskError(
                f"task.toml, line {_line_of(root / 'task.toml', table)}: [files] {table} = "
                f"{filename!r} is no table of a task or lies outside its folder"
            )
        if not path.is_file():
            raise TaskError(f"task.toml, [files] {table}: there is no file {filename!r} in {root}")
        found[table] = path
    for table, stems in TABLE_FILES.items():
        candidates = [root / f"{stem}{suffix}" for stem in stems for suffix in SUFFIXES]
        present = [path for path in candidates if path.is_file()]
        if table not in found and present:
            found[table] = present[0]
    if found:
        return found
    loose = sorted(path for path in root.iterdir() if path.suffix in SUFFIXES)
    if len(loose) == 1:
        return {"test": loose[0]}
    raise TaskError(
        f"{root}: no file named after a table ({', '.join(TABLE_FILES)}), "
        f"and {len(loose)} data files instead of one; name them in task.toml under [files]"
    )


def _spec(root: Path, name: str) -> TaskSpec:
    description = read_description(root)
    files = find_files(root, description)
    kind = description.values.get("type") or guess_type(_read(files), description.columns)
    checked: TaskType = next(known for known in TASK_TYPES if known == kind)
    for table in REQUIRED_TABLES[checked]:
        if table not in files and not (checked == "reranking" and "test" in files):
            raise TaskError(
                f"{root}: a {checked} task needs a file '{table}' "
                f"({', '.join(SUFFIXES)}); found {', '.join(sorted(files))}"
            )
    return TaskSpec(
        name=name,
        label=description.values.get("label", root.stem),
        type=checked,
        source="folder",
        revision=_digest(files, root / "task.toml"),
        licence=description.values.get("licence", "not stated"),
        language=description.values.get("language", "not stated"),
        description=description.values.get("description", f"Your own data, {root.name}"),
        main_score=MAIN_SCORES[checked],
    )


def _read(files: Mapping[str, Path]) -> dict[str, FileTable]:
    return {
        table: _cached_table(path, path.stat().st_mtime_ns, path.stat().st_size)
        for table, path in files.items()
    }


@functools.lru_cache(maxsize=16)
def _cached_table(path: Path, modified: int, size: int) -> FileTable:
    return read_table(path)


def _digest(files: Mapping[str, Path], description: Path) -> str:
    """12 hexadecimal digits of the content of all files."""
    total = hashlib.sha256()
    paths = [*(files[table] for table in sorted(files)), description]
    for path in paths:
        if path.is_file():
            total.update(_file_digest(path, path.stat().st_mtime_ns, path.stat().st_size))
    return total.hexdigest()[:12]


@functools.lru_cache(maxsize=256)
def _file_digest(path: Path, modified: int, size: int) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _line_of(path: Path, key: str) -> int:
    """The line of task.toml where a key is set, for messages; 1 when it cannot be told."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.split("=")[0].strip() == key:
            return number
    return 1
