"""A user's own data: one file, or a folder with files named after their table and a task.toml.

A folder holds `test` (and `train`, `calibration`), or `corpus`, `queries`, `relevant` (and
`candidates`), each as .csv, .tsv, .jsonl or .parquet. Where a column `image` names pictures beside
the file, or `audio` recordings, these are the items; a folder of them needs no file:
`label/x.png` or `label/x.wav`, or the same below `train` and `test`. task.toml is optional:

    name = "mails"           # else the folder's name
    type = "classification"
    label = "Support mails"
    overlap = "leave out"    # train without the texts that are also in test
    classifier = "nearest neighbour"    # of classes: instead of logistic regression
    [columns]                # ours = theirs
    text = "body"
    label = "queue"
    [files]
    train = "mails_2024.csv"
    test = "mails_2025.csv"
"""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from lrd_core.config import load_config
from lrd_core.errors import TaskError
from lrd_core.tasks.columns import build_tables, guess_type, item_column
from lrd_core.tasks.content import (
    CLASSIFIERS,
    MAIN_SCORES,
    REQUIRED_TABLES,
    TASK_TYPES,
    Classifier,
    Table,
    TaskContent,
    TaskSpec,
    TaskType,
    content_digest,
    noun_of,
)
from lrd_core.tasks.description import NAME, Description, line_of, plain_name, read_description
from lrd_core.tasks.honesty import check_classes, check_overlap, unjudged_queries, without_overlap
from lrd_core.tasks.item_folder import item_tables
from lrd_core.tasks.places import name_for, place_of
from lrd_core.tasks.tabular import SUFFIXES, FileTable, read_table, read_text

TABLE_FILES: Mapping[str, tuple[str, ...]] = {
    "train": ("train",),
    "test": ("test",),
    "calibration": ("calibration",),
    "corpus": ("corpus",),
    "queries": ("queries",),
    "relevant": ("relevant", "qrels", "qrels/test"),
    "candidates": ("candidates", "top_ranked"),
}
Stamp = tuple[tuple[Path, int, int], ...]
"""Every file that a task is read from, with the time of its last change and its size."""


def looks_like_path(name: str) -> bool:
    """Whether a name that is in no registry is meant as a file or folder."""
    return "/" in name or "\\" in name or Path(name).suffix.lower() in SUFFIXES


def folder_spec(path: str, taken: Iterable[str] = ()) -> TaskSpec:
    """The task at a path; its name is no path (see `places`).

    taken: names of other tasks. Raises: TaskError when there is nothing to read, or not as
    task.toml says.
    """
    root = _root(path)
    content = read_folder(root)
    wanted = read_description(root).values.get("name") or plain_name(root)
    name = name_for(root, wanted, taken, load_config())
    label = content.spec.label if content.spec.label != plain_name(root) else name
    return replace(content.spec, name=name, label=label, place=str(root))


def remembered_spec(name: str, taken: Iterable[str] = ()) -> TaskSpec | None:
    """The task that was computed on here before under this name, given by its path then.

    Raises: TaskError when it cannot be read any more, or has another name now.
    """
    place = place_of(name, load_config())
    if place is None:
        return None
    if not place.exists():
        raise TaskError(f"the folder or file of task {name!r} is gone; give its new path")
    spec = folder_spec(str(place), taken)
    if spec.name != name:
        raise TaskError(f"the task {name!r} is called {spec.name!r} now")
    return spec


def read_folder_task(spec: TaskSpec) -> TaskContent:
    """All tables of a task that `folder_spec` or `saved_tasks` gave.

    Raises: TaskError naming file and line; also when the files have changed since.
    """
    content = read_folder(Path(spec.place))
    if content.spec.revision != spec.revision:
        raise TaskError(f"the files of task {spec.name!r} have changed meanwhile; start again")
    return TaskContent(spec, content.tables)


def read_folder(root: Path) -> TaskContent:
    """What lies in a folder or file, under its plain name.

    Raises: TaskError naming file and line.
    """
    return _read_folder(root, stamp_of(root))


def stamp_of(root: Path) -> Stamp:
    """What changes when the task in this folder may have changed; reads task.toml alone."""
    description = read_description(root)
    tables = _items_below(root, description)
    items = [root / str(name) for table in tables.values() for name in table.lines]
    paths = items or [*find_files(root, description).values()]
    if root.is_dir():
        paths.append(root / NAME)
    try:
        stats = [(path, path.stat()) for path in sorted(set(paths)) if path.exists()]
    except OSError as error:
        raise TaskError(f"{root.name} cannot be read: {error.strerror}") from error
    return tuple((path, stat.st_mtime_ns, stat.st_size) for path, stat in stats)


@functools.lru_cache(maxsize=2)
def _read_folder(root: Path, _stamp: Stamp) -> TaskContent:
    description = read_description(root)
    files = _files(root, description)
    kind = description.values.get("type") or guess_type(files, description.columns)
    checked: TaskType = next(known for known in TASK_TYPES if known == kind)
    for table in REQUIRED_TABLES[checked]:
        if table not in files and not (checked == "reranking" and "test" in files):
            raise TaskError(
                f"{root.name}: a {checked} task needs a file '{table}' "
                f"({', '.join(SUFFIXES)}); found {', '.join(sorted(files))}"
            )
    item = item_column(files, description.columns)
    tables = build_tables(checked, files, description.columns, item)
    notes = unjudged_queries(tables)
    if checked == "classification":
        notes = _honest(files, tables, description, item)
    classifier = _classifier(root, description, checked)
    spec = TaskSpec(
        name=plain_name(root),
        label=description.values.get("label") or plain_name(root),
        type=checked,
        source="folder",
        revision=content_digest(checked, tables, classifier),
        licence=description.values.get("licence", "not stated"),
        language=description.values.get("language", "not stated"),
        description=description.values.get("description", f"Your own data, {plain_name(root)}"),
        main_score=MAIN_SCORES[checked],
        notes=notes,
        place=str(root),
        modality=item,
        classifier=classifier,
    )
    return TaskContent(spec, tables)


def _classifier(root: Path, description: Description, kind: TaskType) -> Classifier:
    """Raises: TaskError where a task that has no classes names what tells them."""
    named = description.values.get("classifier", CLASSIFIERS[0])
    if "classifier" in description.values and kind != "classification":
        raise TaskError(
            f"{NAME}, line {line_of(read_text(root / NAME), 'classifier')}: classifier is "
            f"{named!r}, but a task of type {kind!r} has no classes to tell; leave the line out"
        )
    return next(known for known in CLASSIFIERS if known == named)


def _files(root: Path, description: Description) -> dict[str, FileTable]:
    """Table name -> its rows: of files, or of items in folders where there is no such file."""
    items = _items_below(root, description)
    if items:
        return items
    return {table: read_table(path) for table, path in find_files(root, description).items()}


def _items_below(root: Path, description: Description) -> dict[str, FileTable]:
    if description.files or not root.is_dir():
        return {}
    has_table = any(path.suffix.lower() in SUFFIXES for path in root.glob("*.*"))
    return {} if has_table else item_tables(root)


def _honest(
    files: Mapping[str, FileTable], tables: dict[str, Table], description: Description, item: str
) -> tuple[str, ...]:
    """Check training against evaluation; what task.toml has left out is said."""
    notes: tuple[str, ...] = ()
    if "overlap" in description.values:
        before = len(tables["train"][item])
        tables["train"] = without_overlap(files, tables, item)
        left_out = before - len(tables["train"][item])
        train, test = (files[name].path.name for name in ("train", "test"))
        notes = (
            f"{left_out} of {before} {noun_of(item)}s of {train} are left out: "
            f"they are also in {test}",
        )
    check_classes(files, tables)
    check_overlap(files, tables, item)
    return notes


def _root(given: str) -> Path:
    """The file or folder that a path means. Raises: TaskError when there is none."""
    shown = given if len(given) <= 200 else given[:197] + "..."
    try:
        path = Path(given).expanduser()
        if not path.exists():
            raise TaskError(f"there is no file or folder {shown!r}")
        root = path.resolve()
        if not root.is_dir() and not root.is_file():
            raise TaskError(f"{shown!r} is no plain file and no folder")
    except (OSError, RuntimeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise TaskError(f"{shown!r} cannot be read: {reason}") from error
    return root


def find_files(root: Path, description: Description) -> dict[str, Path]:
    """Table name -> file. A lone file is the table `test`; a folder's files say it by name.

    Raises: TaskError when a named file is missing, lies outside the folder, or none is found.
    """
    if root.is_file():
        return {"test": root}
    try:
        found = {table: _named(root, table, name) for table, name in description.files.items()}
        for table, stems in TABLE_FILES.items():
            candidates = [root / f"{stem}{suffix}" for stem in stems for suffix in SUFFIXES]
            present = [path for path in candidates if path.is_file()]
            if table not in found and present:
                found[table] = present[0]
        if found:
            return found
        loose = sorted(
            path for path in root.iterdir() if path.suffix in SUFFIXES and path.is_file()
        )
    except OSError as error:
        raise TaskError(f"{root.name} cannot be read: {error.strerror}") from error
    if len(loose) == 1:
        return {"test": loose[0]}
    raise TaskError(
        f"{root.name}: no file named after a table ({', '.join(TABLE_FILES)}), "
        f"and {len(loose)} data files instead of one; name them in {NAME} under [files]"
    )


def _named(root: Path, table: str, filename: str) -> Path:
    """A file that task.toml names. Raises: TaskError for one that may not or cannot be read."""
    try:
        path = (root / filename).resolve()
        inside = path.is_relative_to(root.resolve())
        there = path.is_file()
    except (OSError, RuntimeError, ValueError):
        path, inside, there = root, True, False
    if table not in TABLE_FILES or not inside:
        line = line_of(read_text(root / NAME), table)
        raise TaskError(
            f"{NAME}, line {line}: [files] {table} = {filename!r} is no table of a task or lies "
            "outside its folder"
        )
    if not there:
        raise TaskError(
            f"{NAME}, [files] {table}: there is no file {filename[:200]!r} in {root.name}"
        )
    return path
