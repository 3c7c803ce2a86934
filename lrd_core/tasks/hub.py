"""MTEB tasks by name, read from the hub through mteb. Importing mteb takes ten seconds, so the
registry knows the tasks of both papers without it and this module is loaded on demand."""

import itertools
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lrd_core.errors import TaskError
from lrd_core.extras import need
from lrd_core.tasks.content import MAIN_SCORES, Table, TaskContent, TaskSpec, TaskType
from lrd_core.tasks.pictures import Picture
from lrd_core.tasks.sounds import Sound

MTEB_TYPES: Mapping[str, TaskType] = {
    "Classification": "classification",
    "Clustering": "clustering",
    "PairClassification": "pair classification",
    "Reranking": "reranking",
    "Retrieval": "retrieval",
    "STS": "sts",
}

TYPES: Mapping[str, Mapping[str, TaskType]] = {
    "text": MTEB_TYPES,
    "image": {"ImageClassification": "classification", "ImageClustering": "clustering"},
    "audio": {"AudioClassification": "classification", "AudioClustering": "clustering"},
}
"""MTEB's types of tasks that are evaluated here, by the modality of their items."""


def mteb_spec(name: str) -> TaskSpec | None:
    """The entry of a task that MTEB knows under exactly this name; None when it knows none.

    Raises: TaskError for a task of a type that is not evaluated here.
    """
    try:
        metadata = new_mteb_task(name).metadata
    except KeyError:
        return None
    modality = "+".join(metadata.modalities)
    kind = TYPES.get(modality, {}).get(metadata.type)
    if kind is None:
        known = ", ".join(name for types in TYPES.values() for name in types)
        raise TaskError(f"MTEB task {name!r} is of type {metadata.type}; supported: {known}")
    splits = metadata.eval_splits
    return TaskSpec(
        name=metadata.name,
        label=metadata.name,
        type=kind,
        source="hub",
        revision=metadata.dataset["revision"],
        licence=metadata.license or "not specified",
        language="en",
        description=f"MTEB {kind}, data set {metadata.dataset['path']}, read from the hub",
        split="test" if "test" in splits else splits[0],
        main_score=metadata.main_score or MAIN_SCORES[kind],
        modality=modality,
    )


def new_mteb_task(name: str) -> Any:
    """A fresh task object, English subsets where the task has them.

    Raises: KeyError for a name that MTEB does not know, InputError where MTEB is not installed.
    """
    need("mteb", f"looking {name!r} up among MTEB's tasks")
    import mteb

    task = mteb.get_task(name)
    if not task.metadata.is_multilingual:
        return task
    english = mteb.get_task(name, languages=["eng"], exclusive_language_filter=True)
    return english if english.hf_subsets else task


def load_mteb_task(spec: TaskSpec) -> Any:
    """A fresh task object with its data loaded.

    Raises: TaskError in plain words when the hub does not answer or the data are refused.
    """
    task = new_mteb_task(spec.name)
    try:
        task.load_data()
        # Some retrieval tasks still load in the layout of the first version.
        if hasattr(task, "convert_v1_dataset_format_to_v2"):
            task.convert_v1_dataset_format_to_v2(num_proc=None)
    except (OSError, ValueError, RuntimeError) as error:
        first_line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise TaskError(
            f"the data of {spec.name} cannot be read from the hub: {first_line}. Check the "
            "connection (and HF_HUB_OFFLINE), or choose an offline task: "
            "python -m lrd_core tasks list"
        ) from error
    return task


def read_mteb_task(spec: TaskSpec) -> TaskContent:
    """The tables of an MTEB task, of its first subset and the split that the entry names.

    Raises: TaskError when the hub does not answer.
    """
    task = load_mteb_task(spec)
    if spec.modality == "audio":
        task.dataset = undecoded(task.dataset)
    tables = tables_of(task, spec)
    return TaskContent(spec, tables if spec.modality == "text" else of_items(tables, spec))


def tables_of(task: Any, spec: TaskSpec, subset: str | None = None) -> dict[str, Table]:
    """The data of a loaded mteb task as plain tables; its first subset unless one is named."""
    subset = subset or (task.hf_subsets[0] if task.hf_subsets else "default")
    splits = task.dataset.get(subset, task.dataset)
    if spec.type in ("retrieval", "reranking"):
        return _search_tables(splits[spec.split])
    test = splits[spec.split]
    if spec.type == "classification":
        return {
            name: _pair(split, ("text", "label"), (task.input_column_name, task.label_column_name))
            for name, split in (("train", splits[task.train_split]), ("test", test))
        }
    if spec.type == "clustering":
        theirs = (task.input_column_name, task.label_column_name)
        return {"test": _pair(test, ("text", "label"), theirs)}
    if spec.type == "pair classification":
        first, second = task.input1_column_name, task.input2_column_name
        names = (first, second, task.label_column_name)
        return {"test": _pair(test, ("sentence1", "sentence2", "label"), names)}
    return {"test": _pair(test, ("sentence1", "sentence2", "score"), (*task.column_names, "score"))}


def of_items(tables: Mapping[str, Table], spec: TaskSpec) -> dict[str, Table]:
    """Tables whose items are those of the hub, such as pictures of pillow, as those of our own."""
    read = _ITEMS[spec.modality]
    return {
        name: {
            **{column: cells for column, cells in table.items() if column != "text"},
            spec.item_column: tuple(map(read, table["text"])),
        }
        for name, table in tables.items()
    }


def undecoded(held: Any) -> Any:
    """The same data with recordings as their files hold them; decoding needs one more package."""
    if isinstance(held, Mapping):
        return {name: undecoded(inner) for name, inner in held.items()}
    from datasets import Audio

    for column, kind in held.features.items():
        if isinstance(kind, Audio):
            held = held.cast_column(column, Audio(decode=False))
    return held


def _picture_of(cell: Any) -> Picture:
    return Picture.of_pixels(np.asarray(cell.convert("RGB")))


def _sound_of(cell: Mapping[str, Any]) -> Sound:
    """cell: the content of a file and its name, or where it lies."""
    name = str(cell.get("path") or "a recording")
    return Sound.of_bytes(cell["bytes"], name) if cell.get("bytes") else Sound.of_file(Path(name))


_ITEMS: Mapping[str, Callable[[Any], Any]] = {"image": _picture_of, "audio": _sound_of}
"""By modality: what the hub gives -> an item."""


def _pair(split: Any, ours: Iterable[str], theirs: Iterable[str]) -> Table:
    return {name: _flat(split[column]) for name, column in zip(ours, theirs, strict=True)}


def _flat(column: Iterable[Any]) -> tuple[Any, ...]:
    """Some data sets keep a whole set of texts in one cell."""
    cells = list(column)
    if cells and isinstance(cells[0], list):
        return tuple(itertools.chain.from_iterable(cells))
    return tuple(cells)


def _search_tables(split: Any) -> dict[str, Table]:
    from mteb._create_dataloaders import _retrieval_texts
    from mteb.types import PromptType

    relevant = [
        (str(query), str(document), score)
        for query, documents in split["relevant_docs"].items()
        for document, score in documents.items()
    ]
    tables = {
        "relevant": _named(relevant, "query", "document", "score"),
        **{
            name: {
                "id": tuple(map(str, split[name]["id"])),
                "text": tuple(_retrieval_texts(split[name], prompt)),
            }
            for name, prompt in (("corpus", PromptType.document), ("queries", PromptType.query))
        },
    }
    if split.get("top_ranked"):
        pairs = [(query, shown) for query, many in split["top_ranked"].items() for shown in many]
        tables["candidates"] = _named(pairs, "query", "document")
    return tables


def _named(rows: list[tuple[Any, ...]], *names: str) -> Table:
    return dict(zip(names, zip(*rows, strict=True), strict=True))
