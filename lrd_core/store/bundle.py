"""A store, or a selection of it, as a folder of Parquet files: one file a table."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lrd_core.errors import StoreError
from lrd_core.store.migrations import TABLES
from lrd_core.store.results import transaction

IMPORTED = "import:"
"""How the source of every imported row begins."""

_METRIC = ("run_key", "metric", "version", "mode", "parameters")
KEYS: dict[str, tuple[str, ...]] = {
    "runs": ("run_key",),
    "requests": ("request_key",),
    "metric_values": _METRIC,
    "per_text": _METRIC,
    "matrices": _METRIC,
    "subsamples": _METRIC,
    "neighbours": ("run_key", "layer", "k"),
    "projections": ("run_key", "projection_key", "layer"),
}
"""What names a result that is there already; in other tables a row is compared as a whole."""


def export_bundle(
    connection: Any,
    folder: Path,
    run_keys: Sequence[str] | None = None,
    *,
    neighbours_of: Sequence[str] | None = None,
    score_sources: Sequence[str] | None = None,
    models: Sequence[str] | None = None,
    tasks: Sequence[str] | None = None,
) -> dict[str, int]:
    """Write every table to `folder`/<table>.parquet; returns rows written by table.

    run_keys: only what belongs to these runs. neighbours_of: neighbour lists, by far the largest
    part, of these runs only. score_sources: scores belong to no run; only those from these.
    models, tasks: of tables that belong to no run (scores, trials, ...), only these.
    Files are written to temporary names and renamed: an interrupted export breaks nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for table in TABLES:
        columns = _columns(connection, table)
        wanted = _wanted(table, columns, run_keys, neighbours_of, score_sources)
        if "run_key" not in columns:
            named = (("model", models), ("task", tasks))
            wanted += [(c, v) for c, v in named if v is not None and c in columns]
        clauses = [f"list_contains(?, {column})" for column, _ in wanted]
        where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
        relation = connection.sql(
            f"SELECT * FROM {table}{where} ORDER BY ALL", params=[list(v) for _, v in wanted]
        ).to_arrow_table()
        _write_parquet(relation, folder / f"{table}.parquet")
        written[table] = relation.num_rows
    return written


def _wanted(
    table: str,
    columns: Sequence[str],
    run_keys: Sequence[str] | None,
    neighbours_of: Sequence[str] | None,
    score_sources: Sequence[str] | None,
) -> list[tuple[str, Sequence[str]]]:
    """(column, allowed values) for one table."""
    wanted = []
    if run_keys is not None and "run_key" in columns:
        wanted.append(("run_key", run_keys))
    if neighbours_of is not None and table == "neighbours":
        wanted.append(("run_key", neighbours_of))
    if score_sources is not None and table == "scores":
        wanted.append(("source", score_sources))
    return wanted


def import_bundle(connection: Any, folder: Path, source: str | None = None) -> dict[str, int]:
    """Add what the store does not have yet; returns rows added by table.

    Own results are never replaced: a run keeps what it has, and gets only metrics, neighbour
    lists and maps that it lacks.
    source: written over what calls itself own, so that pages can say where numbers came from and
    `forget_source` can take them out; rows that were imported before keep their source.
    Raises: StoreError when the folder holds no bundle or a file has foreign columns.
    """
    import pyarrow.parquet as pq

    files = {table: folder / f"{table}.parquet" for table in TABLES}
    if not any(path.exists() for path in files.values()):
        raise StoreError(f"{folder} holds no bundle (expected {TABLES[0]}.parquet and others)")
    added = {}
    with transaction(connection):
        for table, path in files.items():
            if not path.exists():
                continue
            incoming = pq.read_table(path)
            columns = _columns(connection, table)
            foreign = set(incoming.column_names) - set(columns)
            if foreign:
                raise StoreError(f"{path.name} has columns this version does not know: {foreign}")
            added[table] = _add_rows(connection, table, incoming, source)
    return added


def _add_rows(connection: Any, table: str, incoming: Any, source: str | None) -> int:
    names = list(incoming.column_names)
    values, bound, ignored = list(names), [], {"created_at"}
    if source is not None and "source" in names:
        values[names.index("source")] = (
            f"CASE WHEN source LIKE '{IMPORTED}%' THEN source ELSE ? END"
        )
        bound, ignored = [source], {"created_at", "source"}
    connection.register("incoming", incoming)
    before = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    key = KEYS.get(table) or [name for name in names if name not in ignored]
    same = " AND ".join(f"s.{name} IS NOT DISTINCT FROM f.{name}" for name in key)
    connection.execute(
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM incoming f "
        f"WHERE NOT EXISTS (SELECT 1 FROM {table} s WHERE {same})",
        bound,
    )
    connection.unregister("incoming")
    after = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return int(after - before)


def imported_sources(connection: Any) -> list[str]:
    """The sources of everything that was imported, sorted."""
    parts = " UNION ".join(
        f"SELECT source FROM {table}" for table in TABLES if "source" in _columns(connection, table)
    )
    query = f"SELECT source FROM ({parts}) WHERE source LIKE '{IMPORTED}%' ORDER BY source"
    return [row[0] for row in connection.execute(query).fetchall()]


def forget_source(connection: Any, source: str) -> int:
    """Delete the rows of one import, and all that belongs to its runs; returns how many.

    What an import added to a run that was there already stays: it belongs to that run.
    Raises: StoreError for a source that is no import.
    """
    if not source.startswith(IMPORTED):
        raise StoreError(f"{source!r} is no import; only what was imported can be taken out again")
    columns = {table: _columns(connection, table) for table in TABLES}
    deleted = 0
    with transaction(connection):
        runs = connection.execute("SELECT run_key FROM runs WHERE source = ?", [source]).fetchall()
        for table in TABLES:
            bound: Any = [row[0] for row in runs]
            where = "list_contains(?, run_key)"
            if "source" in columns[table]:
                where, bound = "source = ?", source
            (count,) = connection.execute(f"DELETE FROM {table} WHERE {where}", [bound]).fetchone()
            deleted += int(count)
    return deleted


def _columns(connection: Any, table: str) -> list[str]:
    rows = connection.execute(
        "SELECT column_name FROM duckdb_columns() WHERE table_name = ?", [table]
    ).fetchall()
    return [row[0] for row in rows]


def _write_parquet(table: Any, path: Path) -> None:
    import pyarrow.parquet as pq

    partial = path.with_name(path.name + ".partial")
    pq.write_table(table, partial, compression="zstd", compression_level=19)
    partial.replace(path)
