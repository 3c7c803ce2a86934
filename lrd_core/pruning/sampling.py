"""A seeded sample of a task that keeps its kind, for trials on machines without a GPU."""

from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import replace

from lrd_core.errors import PruningError
from lrd_core.tasks import TaskContent
from lrd_core.tasks.content import Table, noun_of
from lrd_core.tasks.specs import sample_positions
from lrd_core.tasks.splits import text_key

TEXT_COLUMNS = ("text", "sentence1", "sentence2")
FEWEST_ROWS = 30
"""Subsets are compared on no fewer rows than these if sharing items gives more."""


def sample_task(content: TaskContent, n: int | None, seed: int) -> TaskContent:
    """The task with at most n evaluated rows, pairs or queries; its revision says so.

    Training and calibration tables stay whole. A smaller retrieval task keeps every relevant
    document and at most 4 n others, so its score is not comparable with the whole task's; a
    smaller reranking task keeps the candidates of its queries.
    n None, or no smaller than the task: the task itself.
    """
    evaluated = _evaluated(content)
    table = content.tables[evaluated]
    total = len(next(iter(table.values())))
    if n is None or n >= total:
        return content
    chosen = _rows(table, {int(row) for row in sample_positions(total, n, seed)})
    tables = dict(content.tables) | {evaluated: chosen}
    if evaluated == "queries":
        tables |= _matching(content.tables, set(chosen["id"]), 4 * n, seed)
    spec = replace(content.spec, revision=f"{content.spec.revision}+n{n}-seed{seed}")
    return TaskContent(spec, tables)


def rest_of_task(content: TaskContent, n: int | None, seed: int) -> TaskContent:
    """At most n rows that `sample_task(content, n, seed)` does not evaluate.

    Raises: PruningError when nothing is left over.
    """
    return sample_task(_all_the_rest(content, n, seed), n, seed)


def split_to_choose_by(content: TaskContent, n: int | None, seed: int) -> tuple[TaskContent, str]:
    """At most n rows to compare subsets on, beside `sample_task(content, n, seed)`.

    Rows that share an item with an evaluated one are left out; where fewer than 30 would remain
    they stay, and the words that come along say so ("" otherwise).
    Raises: PruningError when nothing is left over.
    """
    evaluated = _evaluated(content)
    seen = set().union(*_items_by_row(sample_task(content, n, seed)))
    rest = _all_the_rest(content, n, seed)
    table = rest.tables[evaluated]
    apart = [row for row, items in enumerate(_items_by_row(rest)) if seen.isdisjoint(items)]
    if len(apart) >= FEWEST_ROWS:
        tables = dict(rest.tables) | {evaluated: _rows(table, apart)}
        return sample_task(TaskContent(rest.spec, tables), n, seed), ""
    chosen = sample_task(rest, n, seed)
    items = set().union(*_items_by_row(chosen))
    both, noun = items & seen, noun_of(content.spec.modality)
    note = f"chosen on rows that share {len(both)} of {len(items)} {noun}s with the evaluated"
    return chosen, note if both else ""


def _all_the_rest(content: TaskContent, n: int | None, seed: int) -> TaskContent:
    table = content.tables[_evaluated(content)]
    total = len(next(iter(table.values())))
    left = set(range(total)) - {int(row) for row in sample_positions(total, n, seed)}
    if not left:
        raise PruningError(
            f"{content.spec.name} has no rows beside the {total} evaluated ones to choose by; "
            f"evaluate fewer (n below {total})"
        )
    rest = replace(content.spec, revision=f"{content.spec.revision}+rest")
    return TaskContent(rest, dict(content.tables) | {_evaluated(content): _rows(table, left)})


def _evaluated(content: TaskContent) -> str:
    """The table whose rows are sampled."""
    return "queries" if content.spec.type in ("retrieval", "reranking") else "test"


def _items_by_row(content: TaskContent) -> Iterator[set[Hashable]]:
    """The items of each evaluated row; texts that differ in spelling alone are one."""
    table, spec = content.tables[_evaluated(content)], content.spec
    texts = spec.modality == "text"
    columns = TEXT_COLUMNS if texts else (spec.item_column,)
    for row in zip(*(table[name] for name in columns if name in table), strict=True):
        yield {text_key(item) for item in row} if texts else set(row)


def _matching(
    tables: Mapping[str, Table], queries: Collection[str], others: int, seed: int
) -> dict[str, Table]:
    """Relevance, candidates and documents of these queries."""
    kept = {
        name: _rows(tables[name], _positions(tables[name]["query"], queries))
        for name in ("relevant", "candidates")
        if name in tables
    }
    needed = {document for table in kept.values() for document in table["document"]}
    corpus = tables["corpus"]
    rows = _positions(corpus["id"], needed)
    if "candidates" not in tables:
        rest = [row for row in range(len(corpus["id"])) if row not in rows]
        rows |= {rest[int(place)] for place in sample_positions(len(rest), others, seed)}
    return kept | {"corpus": _rows(corpus, rows)}


def _positions(column: Collection[str], wanted: Collection[str]) -> set[int]:
    return {row for row, value in enumerate(column) if value in wanted}


def _rows(table: Table, rows: Collection[int]) -> Table:
    ordered = sorted(rows)
    return {name: tuple(column[row] for row in ordered) for name, column in table.items()}
