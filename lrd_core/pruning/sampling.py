"""A seeded sample of a task that keeps its kind, for trials on machines without a GPU."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from lrd_core.errors import PruningError
from lrd_core.tasks import TaskContent
from lrd_core.tasks.content import Table
from lrd_core.tasks.specs import sample_positions


def sample_task(content: TaskContent, n: int | None, seed: int) -> TaskContent:
    """The task with at most n evaluated rows, pairs or queries; its revision says so.

    Training and calibration tables stay whole. A smaller retrieval task keeps every relevant
    document and at most 4 n others, so its score is not comparable with the whole task's; a
    smaller reranking task keeps the candidates of its queries.
    n None, or no smaller than the task: the task itself.
    """
    searching = content.spec.type in ("retrieval", "reranking")
    evaluated = "queries" if searching else "test"
    table = content.tables[evaluated]
    total = len(next(iter(table.values())))
    if n is None or n >= total:
        return content
    chosen = _rows(table, {int(row) for row in sample_positions(total, n, seed)})
    tables = dict(content.tables) | {evaluated: chosen}
    if searching:
        tables |= _matching(content.tables, set(chosen["id"]), 4 * n, seed)
    spec = replace(content.spec, revision=f"{content.spec.revision}+n{n}-seed{seed}")
    return TaskContent(spec, tables)


def rest_of_task(content: TaskContent, n: int | None, seed: int) -> TaskContent:
    """At most n rows that `sample_task(content, n, seed)` does not evaluate: a split to choose by.

    Raises: PruningError when nothing is left over.
    """
    evaluated = "queries" if content.spec.type in ("retrieval", "reranking") else "test"
    table = content.tables[evaluated]
    total = len(next(iter(table.values())))
    left = set(range(total)) - {int(row) for row in sample_positions(total, n, seed)}
    if not left:
        raise PruningError(
            f"{content.spec.name} has no rows beside the {total} evaluated ones to choose by; "
            f"evaluate fewer (n below {total})"
        )
    rest = replace(content.spec, revision=f"{content.spec.revision}+rest")
    tables = dict(content.tables) | {evaluated: _rows(table, left)}
    return sample_task(TaskContent(rest, tables), n, seed)


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
