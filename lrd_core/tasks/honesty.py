"""Whether the tables of a task fit together: no text on both sides, no class or id unknown."""

from collections.abc import Mapping

from lrd_core.errors import TaskError
from lrd_core.tasks.content import Table, noun_of
from lrd_core.tasks.tabular import FileTable


def without_overlap(
    files: Mapping[str, FileTable], tables: Mapping[str, Table], item: str = "text"
) -> Table:
    """The training table without the items that are also evaluated; item: their column."""
    evaluated = set(tables["test"][item])
    train = tables["train"]
    kept = [row for row, one in enumerate(train[item]) if one not in evaluated]
    if not kept:
        raise TaskError(
            f"{files['train'].path.name}: every {noun_of(item)} of it is also in "
            f"{files['test'].path.name}, so nothing is left to train on"
        )
    return {name: tuple(cells[row] for row in kept) for name, cells in train.items()}


def check_overlap(
    files: Mapping[str, FileTable], tables: Mapping[str, Table], item: str = "text"
) -> None:
    """Raises: TaskError that counts the evaluated items that are also trained on."""
    known = set(tables["train"][item])
    items = tables["test"][item]
    shared = [row for row, one in enumerate(items) if one in known]
    if shared:
        train, noun = files["train"].path.name, noun_of(item)
        raise TaskError(
            f"{files['test'].at(shared[0])}: this {noun} is also in {train}, and so are "
            f"{len(shared)} of {len(items)} {noun}s in all; a score on them would not be honest: "
            'remove them, or write overlap = "leave out" in task.toml, which trains without them'
        )


def check_classes(files: Mapping[str, FileTable], tables: Mapping[str, Table]) -> None:
    """Raises: TaskError for a single class, or an evaluated one that is not trained on."""
    train = files["train"].path.name
    known = set(tables["train"]["label"])
    if len(known) < 2:
        raise TaskError(
            f"{train}: only one class, {next(iter(known))!r}; classification needs at least two"
        )
    unknown = [row for row, label in enumerate(tables["test"]["label"]) if label not in known]
    if unknown:
        label = tables["test"]["label"][unknown[0]]
        more = f" ({len(unknown)} such texts in all)" if len(unknown) > 1 else ""
        raise TaskError(
            f"{files['test'].at(unknown[0])}: class {label!r} has no text in {train}{more}"
        )


def check_ids(files: Mapping[str, FileTable], tables: Mapping[str, Table]) -> None:
    """Raises: TaskError for an id that occurs twice or is unknown, or a pair judged twice."""
    for name in ("corpus", "queries"):
        seen: set[str] = set()
        for row, identifier in enumerate(tables[name]["id"]):
            if identifier in seen:
                raise TaskError(f"{files[name].at(row)}: id {identifier!r} occurs twice")
            seen.add(identifier)
    known = {"query": set(tables["queries"]["id"]), "document": set(tables["corpus"]["id"])}
    for name in ("relevant", "candidates"):
        for column, identifiers in known.items():
            for row, identifier in enumerate(tables.get(name, {}).get(column, ())):
                if identifier not in identifiers:
                    raise TaskError(f"{files[name].at(row)}: unknown {column} {identifier!r}")
    _check_judgements(files["relevant"], tables["relevant"])


def unjudged_queries(tables: Mapping[str, Table]) -> tuple[str, ...]:
    """A note on queries that nothing was judged for: they take no part in the score."""
    if "queries" not in tables:
        return ()
    judged = set(tables["relevant"]["query"])
    total = len(tables["queries"]["id"])
    without = sum(query not in judged for query in tables["queries"]["id"])
    if not without:
        return ()
    return (f"{without} of {total} queries have no document in 'relevant' and are not scored",)


def _check_judgements(file: FileTable, relevant: Table) -> None:
    judged: dict[tuple[str, str], float] = {}
    rows = zip(relevant["query"], relevant["document"], relevant["score"], strict=True)
    for row, (query, document, score) in enumerate(rows):
        before = judged.setdefault((query, document), score)
        if before != score:
            raise TaskError(
                f"{file.at(row)}: document {document!r} has the relevance {score:g} for query "
                f"{query!r}, and {before:g} in an earlier line; keep one of them"
            )
