"""Any task of the registry as MTEB task objects that share one loaded data set.

A task object carries random state, so every layer gets a fresh one: only then does the order in
which layers are scored change nothing.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lrd_core.errors import TaskError
from lrd_core.extras import need
from lrd_core.tasks import TaskContent, TaskSpec, hub, load_content
from lrd_core.tasks.content import Table, distinct

TaskMaker = Callable[[], Any]


def task_maker(task: TaskSpec | TaskContent) -> TaskMaker:
    """A function that gives fresh MTEB task objects, their data already loaded.

    Content that the caller made, such as a sample of a task, is taken as it is.
    Raises: TaskError for a task without a score, or whose data cannot be read.
    """
    spec = task.spec if isinstance(task, TaskContent) else task
    refuse_without_score(spec)
    if isinstance(task, TaskSpec) and spec.source == "hub" and spec.modality == "text":
        dataset = hub.load_mteb_task(spec).dataset
        return lambda: _with_data(hub.new_mteb_task(spec.name), dataset)
    content = task if isinstance(task, TaskContent) else load_content(spec)
    named = names_of_items(content)
    dataset = _dataset(_with_names(content, named))
    task_class = _task_class(content)
    return lambda: _with_data(task_class(), dataset, named)


def names_of_items(content: TaskContent) -> dict[str, Any]:
    """Items by the name under which MTEB sees them; none for texts, which are their own names.

    Its evaluators compare vectors and labels and never look at an item, so that a picture needs
    not be anything that a data set could hold.
    """
    if content.spec.modality == "text":
        return {}
    columns = [table.get(content.spec.item_column, ()) for table in content.tables.values()]
    return {str(number): item for number, item in enumerate(distinct(sum(columns, ())))}


def _with_names(content: TaskContent, named: Mapping[str, Any]) -> TaskContent:
    """The same task as one of texts, its items by their names."""
    if not named:
        return content
    column, names = content.spec.item_column, {item: name for name, item in named.items()}
    tables = {
        name: {**table, "text": tuple(names[item] for item in table[column])}
        if column in table
        else table
        for name, table in content.tables.items()
    }
    return TaskContent(replace(content.spec, modality="text"), tables)


def refuse_without_score(spec: TaskSpec) -> None:
    """Raises: TaskError for a task that gives no score, saying what would give it one; InputError
    where MTEB, which scores all others, is not installed.
    """
    if not spec.evaluable:
        raise TaskError(
            f"task {spec.name!r} is read as texts without a score. Classification needs a file "
            "'train' beside 'test', each with text and label; clustering is done where task.toml "
            'says type = "clustering"; pairs need columns sentence1, sentence2 and score or label'
        )
    need("mteb", f"scoring {spec.name!r}")


def reseed(task: Any, seed: int) -> Any:
    """The same fresh task object, as if MTEB had made it with this seed; its own is 42."""
    task.seed = seed
    task.rng_state, task.np_rng = random.Random(seed), np.random.default_rng(seed)
    return task


def items_to_encode(task: Any, spec: TaskSpec) -> tuple[Any, ...]:
    """Every distinct item that scoring will ask for, as far as it can be told beforehand.

    Classification trains on a small draw of its training split, so only that draw counts. A task
    that draws the documents it embeds while it runs gives one item of each subset here.
    """
    draws_later = getattr(task, "max_document_to_embed", None) or getattr(
        task, "max_fraction_of_documents_to_embed", None
    )
    items: list[Any] = []
    for subset in task.hf_subsets:
        splits = task.dataset.get(subset, task.dataset)
        if spec.type == "classification":
            items += splits[spec.split][task.input_column_name]
            items += _training_draw(task, splits[task.train_split])
        else:
            shown = replace(spec, modality="text")
            content = TaskContent(shown, hub.tables_of(task, shown, subset))
            items += content.evaluated_items()[shown.item_column][: 1 if draws_later else None]
    return distinct(task.named.get(item, item) for item in items)


def evaluated_count(task: Any, spec: TaskSpec, subset: str) -> int:
    """How many rows, pairs or queries the score is a mean over."""
    split = task.dataset.get(subset, task.dataset)[spec.split]
    if spec.type in ("retrieval", "reranking"):
        return len(split["relevant_docs"])  # queries that nothing was judged for take no part
    column = split["labels" if "labels" in split.column_names else split.column_names[0]]
    first = column[0]
    return sum(map(len, column)) if isinstance(first, list) else len(column)


def _training_draw(task: Any, train: Any) -> list[Any]:
    """The training items of all experiments, drawn as MTEB draws them."""
    chosen: set[int] = set()
    order = None
    for experiment in range(task.n_experiments):
        _, order, drawn = task._undersample_data(train, experiment, order)
        chosen |= set(drawn)
    return list(train.select(sorted(chosen))[task.input_column_name])


def _with_data(task: Any, dataset: Any, named: Mapping[str, Any] | None = None) -> Any:
    task.dataset = dataset
    task.named = named or {}
    task.data_loaded = True
    if hasattr(task, "evaluator_model"):
        _read_labels_at_once(task)
    return task


def _read_labels_at_once(task: Any) -> None:
    """Make a classification task read whole label columns, where it would ask row by row.

    With 8,000 training texts this is 7 seconds a layer against 1; the scores are the same.
    """
    draw, calculate = task._undersample_data, task._calculate_scores
    task._undersample_data = lambda rows, *rest: draw(_ListedRows(rows), *rest)
    task._calculate_scores = lambda labels, found: calculate(np.asarray(labels[:]), found)


class _ListedRows:
    """A data set whose columns come as lists."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows
        self.select = rows.select

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, column: str) -> list[Any]:
        return list(self._rows[column][:])


def _dataset(content: TaskContent) -> dict[str, Any]:
    """The tables in the columns that MTEB's task classes read."""
    from datasets import Dataset, DatasetDict

    tables, kind = content.tables, content.spec.type
    if kind in ("retrieval", "reranking"):
        return {"default": {"test": _search_split(tables)}}
    if kind == "classification":
        names = _class_numbers(tables["train"]["label"])
        splits = {
            name: {
                "text": list(tables[name]["text"]),
                "label": [names[label] for label in tables[name]["label"]],
            }
            for name in ("train", "test")
        }
    elif kind == "clustering":
        renamed = {"sentences": "text", "labels": "label"}
        splits = {"test": _columns(tables["test"], renamed)}
        if "set" in tables["test"]:
            splits["test"] = _folded(splits["test"], tables["test"]["set"])
    else:
        last = {"labels": "label"} if kind == "pair classification" else {"score": "score"}
        renamed = {"sentence1": "sentence1", "sentence2": "sentence2"} | last
        splits = {"test": _columns(tables["test"], renamed)}
    return {"default": DatasetDict({name: Dataset.from_dict(t) for name, t in splits.items()})}


def _class_numbers(labels: Sequence[Any]) -> dict[Any, int]:
    """Classes as numbers in their own order: MTEB's average precision needs a class 1."""
    classes = sorted(set(labels))
    if 1 in classes:
        return {label: label for label in classes}
    return {label: number for number, label in enumerate(classes)}


def _columns(table: Table, renamed: Mapping[str, str]) -> dict[str, list[Any]]:
    return {theirs: list(table[ours]) for theirs, ours in renamed.items()}


def _folded(columns: Mapping[str, list[Any]], sets: Sequence[int]) -> dict[str, list[Any]]:
    """One row a set, its cells lists: MTEB then clusters each set on its own."""
    folded: dict[str, list[Any]] = {}
    for name, cells in columns.items():
        rows: dict[int, list[Any]] = {}
        for number, cell in zip(sets, cells, strict=True):
            rows.setdefault(number, []).append(cell)
        folded[name] = list(rows.values())
    return folded


def _search_split(tables: Mapping[str, Table]) -> dict[str, Any]:
    from datasets import Dataset

    relevant: dict[str, dict[str, int]] = {}
    rows = zip(*(tables["relevant"][name] for name in ("query", "document", "score")), strict=True)
    for query, document, score in rows:
        relevant.setdefault(query, {})[document] = int(score)
    candidates: dict[str, list[str]] | None = None
    if "candidates" in tables:
        candidates = {}
        pairs = (tables["candidates"][name] for name in ("query", "document"))
        for query, document in zip(*pairs, strict=True):
            candidates.setdefault(query, []).append(document)
    same = {"id": "id", "text": "text"}
    return {
        "corpus": Dataset.from_dict(_columns(tables["corpus"], same)),
        "queries": Dataset.from_dict(_columns(tables["queries"], same)),
        "relevant_docs": relevant,
        "top_ranked": candidates,
    }


def _task_class(content: TaskContent) -> type[Any]:
    """MTEB's class for the type, with an entry that describes this task."""
    from mteb.abstasks import (
        AbsTaskClassification,
        AbsTaskClustering,
        AbsTaskClusteringLegacy,
        AbsTaskPairClassification,
        AbsTaskRetrieval,
        AbsTaskSTS,
    )
    from mteb.abstasks.task_metadata import TaskMetadata

    spec = content.spec
    in_sets = spec.type == "clustering" and "set" in content.tables["test"]
    bases: dict[str, tuple[type[Any], str]] = {
        "classification": (AbsTaskClassification, "Classification"),
        "clustering": (AbsTaskClusteringLegacy if in_sets else AbsTaskClustering, "Clustering"),
        "pair classification": (AbsTaskPairClassification, "PairClassification"),
        "sts": (AbsTaskSTS, "STS"),
        "retrieval": (AbsTaskRetrieval, "Retrieval"),
        "reranking": (AbsTaskRetrieval, "Reranking"),
    }
    base, kind = bases[spec.type]
    metadata = TaskMetadata(
        name=spec.label,
        description=spec.description,
        reference=None,
        dataset={"path": spec.name, "revision": spec.revision},
        type=kind,
        category="t2t",
        modalities=["text"],
        eval_splits=["test"],
        eval_langs=["eng-Latn"],
        main_score=spec.main_score,
    )
    fields: dict[str, Any] = {"metadata": metadata}
    if base is AbsTaskClustering:
        fields["max_fraction_of_documents_to_embed"] = None
    if spec.classifier == "nearest neighbour":
        fields["evaluator_model"] = _nearest_neighbour()
    return type("OwnTask", (base,), fields)


def _nearest_neighbour() -> Any:
    """In place of the logistic regression of MTEB's class: it takes any classifier of sklearn."""
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(n_neighbors=1)
