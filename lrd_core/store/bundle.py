"""A store, or a selection of it, as a folder of Parquet files: one file a table."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lrd_core.errors import StoreError
from lrd_core.store.migrations import TABLES
from lrd_core.store.results import transaction


def export_bundle(
    connection: Any, folder: Path, run_keys: Sequence[str] | None = None
) -> dict[str, int]:
    """Write every table to `folder`/<table>.parquet; returns rows written by table.

    run_keys: only what belongs to these runs (scores belong to no run and are all kept).
    Files are written to temporary names and renamed: an interrupted export breaks nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for table in TABLES:
        columns = _columns(connection, table)
        selected = run_keys is not None and "run_key" in columns
        clause = "WHERE list_contains(?, run_key)" if selected else ""
        bound = [list(run_keys or ())] if selected else []
        query = f"SELECT * FROM {table} {clause} ORDER BY ALL"
        relation = connection.sql(query, params=bound).to_arrow_table()
        _write_parquet(relation, folder / f"{table}.parquet")
        written[table] = relation.num_rows
    return written


def import_bundle(connection: Any, folder: Path, source: str | None = None) -> dict[str, int]:
    """Add the rows of a bundle whose run is not there yet; returns rows added by table.

    Own results are never replaced: a run key that is present keeps what it has.
    source: written over the runs' source, so that pages can say where numbers came from.
    Raises: StoreError when the folder holds no bundle or a file has foreign columns.
    """
    import pyarrow.parquet as pq

    files = {table: folder / f"{table}.parquet" for table in TABLES}
    if not any(path.exists() for path in files.values()):
        raise StoreError(f"{folder} holds no bundle (expected {TABLES[0]}.parquet and others)")
    added = {}
    with transaction(connection):
        present = [row[0] for row in connection.execute("SELECT run_key FROM runs").fetchall()]
        for table, path in files.items():
            if not path.exists():
                continue
            incoming = pq.read_table(path)
            columns = _columns(connection, table)
            foreign = set(incoming.column_names) - set(columns)
            if foreign:
                raise StoreError(f"{path.name} has columns this version does not know: {foreign}")
            added[table] = _add_rows(connection, table, incoming, present)
        if source is not None:
            connection.execute(
                "UPDATE runs SET source = ? WHERE NOT list_contains(?, run_key)", [source, present]
            )
    return added


def _add_rows(connection: Any, table: str, incoming: Any, present: list[str]) -> int:
    names = ", ".join(incoming.column_names)
    connection.register("incoming", incoming)
    before = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    if "run_key" in incoming.column_names:
        connection.execute(
            f"INSERT INTO {table} ({names}) SELECT {names} FROM incoming "
            "WHERE NOT list_contains(?, run_key)",
            [present],
        )
    else:
        key = [name for name in incoming.column_names if name != "created_at"]
        same = " AND ".join(f"s.{name} IS NOT DISTINCT FROM f.{name}" for name in key)
        connection.execute(
            f"INSERT INTO {table} ({names}) SELECT {names} FROM incoming f "
            f"WHERE NOT EXISTS (SELECT 1 FROM {table} s WHERE {same})"
        )
    connection.unregister("incoming")
    after = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return int(after - before)


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
