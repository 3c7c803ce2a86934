"""A store, or a selection of it, as a folder of Parquet files: one file a table."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lrd_core.disk import whole_file
from lrd_core.errors import StoreError
from lrd_core.store.migrations import TABLES
from lrd_core.store.unique import IMPORTED, METRIC, UNIQUE, same
from lrd_core.store.writes import transaction

QUICK = 3
"""Compression level of Parquet files that someone waits for (zstd; 1 to 22)."""

SMALL = 19
"""For bundles that are made once and kept; twenty times slower than QUICK."""

_KEYS = UNIQUE | dict.fromkeys(("metric_values", "per_text", "matrices", "subsamples"), METRIC)
"""What names a result that is there already: of a metric all rows come, or none."""


@dataclass(frozen=True)
class BundleReport:
    """What an import did, by table. present: rows whose result was there already. doubled: rows
    with the name of another one of the same bundle. closed: rows for runs that take nothing from
    outside, and rows of runs that are neither in the bundle nor in the store."""

    added: dict[str, int] = field(default_factory=dict)
    present: dict[str, int] = field(default_factory=dict)
    doubled: dict[str, int] = field(default_factory=dict)
    closed: dict[str, int] = field(default_factory=dict)


def export_bundle(
    connection: Any,
    folder: Path,
    run_keys: Sequence[str] | None = None,
    *,
    neighbours_of: Sequence[str] | None = None,
    score_sources: Sequence[str] | None = None,
    models: Sequence[str] | None = None,
    tasks: Sequence[str] | None = None,
    level: int = QUICK,
) -> dict[str, int]:
    """Write every table to `folder`/<table>.parquet; returns rows written by table.

    run_keys: only what belongs to these runs. neighbours_of: neighbour lists, by far the largest
    part, of these runs only. score_sources: scores belong to no run; only those from these.
    models, tasks: of tables that belong to no run (scores, trials, ...), only these.
    level: of the compression. Read from a `snapshot`, so that no writer waits for it.
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
        _write_parquet(relation, folder / f"{table}.parquet", level)
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


def import_bundle(
    connection: Any, folder: Path, source: str | None = None, *, into_own: bool = False
) -> dict[str, int]:
    """Add what the store does not have yet; returns rows added by table. See `add_bundle`."""
    return add_bundle(connection, folder, source, into_own=into_own).added


def add_bundle(
    connection: Any, folder: Path, source: str | None = None, *, into_own: bool = False
) -> BundleReport:
    """Add what the store does not have yet, and say what was left out and why.

    Nothing that is there is replaced. Runs that were made here, and bundled ones, take nothing
    from outside unless into_own says so: then they get metrics, neighbour lists and maps that they
    lack, each row with its source. Imported runs get what they lack. source: written over what
    does not name an earlier import, so that pages can say where numbers came from and
    `forget_source` can take them out. None or "demo": this installation's own work or data, which
    goes wherever it is missing.
    Raises: StoreError when the folder holds no bundle or a file has foreign columns.
    """
    import pyarrow.parquet as pq

    files = {table: folder / f"{table}.parquet" for table in TABLES}
    if not any(path.exists() for path in files.values()):
        raise StoreError(f"{folder} holds no bundle (expected {TABLES[0]}.parquet and others)")
    outside = source is not None and source.startswith(IMPORTED)
    runs = "SELECT run_key FROM runs"
    if not into_own:
        runs += f" WHERE starts_with(source, '{IMPORTED}')"
    report = BundleReport()
    with transaction(connection):
        for table, path in files.items():
            # A request leads to a run on this machine: of others it would pass a run of theirs off.
            if not path.exists() or (outside and table == "requests"):
                continue
            incoming = pq.read_table(path)
            foreign = set(incoming.column_names) - set(_columns(connection, table))
            if foreign:
                raise StoreError(f"{path.name} has columns this version does not know: {foreign}")
            if incoming.num_rows:
                _add_rows(connection, table, incoming, source, runs if outside else None, report)
            else:
                report.added[table] = 0
    return report


def _add_rows(
    connection: Any,
    table: str,
    incoming: Any,
    source: str | None,
    runs: str | None,
    report: BundleReport,
) -> None:
    """Insert what is new, may enter, and comes first among rows of one name.

    runs: a query for the runs that rows may belong to; None for any.
    """
    arrived = ", ".join(_arrive(connection, table, incoming, source))
    count = _counter(connection)
    total = count("arriving")
    names = ", ".join(UNIQUE[table])
    fuller = f"length({_FULLER[table]}) DESC, " if table in _FULLER else ""
    connection.execute(
        "DELETE FROM arriving WHERE rowid IN (SELECT rowid FROM arriving QUALIFY "
        f"row_number() OVER (PARTITION BY {names} ORDER BY {fuller}rowid) > 1)"
    )
    report.doubled[table] = total - (total := count("arriving"))
    known = f"EXISTS (SELECT 1 FROM {table} s WHERE {same('s', 'f', _KEYS[table])})"
    if table == "scores":  # the same number under another source is no second score
        columns = [c for c in _columns(connection, table) if c not in ("created_at", "source")]
        known += f" OR EXISTS (SELECT 1 FROM {table} s WHERE {same('s', 'f', columns)})"
    connection.execute(f"DELETE FROM arriving f WHERE {known}")
    report.present[table] = total - (total := count("arriving"))
    if table in _OF_RUNS and runs is not None:
        connection.execute(f"DELETE FROM arriving WHERE run_key NOT IN ({runs})")
    report.closed[table] = total - (total := count("arriving"))
    connection.execute(f"INSERT INTO {table} ({arrived}) SELECT {arrived} FROM arriving")
    report.added[table] = total
    connection.execute("DROP TABLE arriving")


_OF_RUNS = (
    "requests",
    "metric_values",
    "per_text",
    "matrices",
    "neighbours",
    "projections",
    "subsamples",
)
_FULLER = {"trials": "details", "calibrations": "profile"}
"""Of two rows of one name, the one that says more stays."""


def _arrive(connection: Any, table: str, incoming: Any, source: str | None) -> list[str]:
    """The rows as the table will hold them, in a table of their own, sources written over.

    Returns the columns that they have; others get what the table says they have.
    """
    names = list(incoming.column_names)
    values, bound = list(names), []
    if "source" not in names and "source" in _columns(connection, table):
        # Bundles of 0.2.0: a metric's rows had no source of their own.
        names, values, bound = [*names, "source"], [*values, "?"], [source or "own"]
    elif "source" in names and source is not None:
        kept = f"starts_with(source, '{IMPORTED}')"
        values[names.index("source")] = f"CASE WHEN {kept} THEN source ELSE ? END"
        bound = [source]
    connection.execute(f"CREATE OR REPLACE TEMP TABLE arriving AS FROM {table} LIMIT 0")
    connection.register("incoming", incoming)
    connection.execute(
        f"INSERT INTO arriving ({', '.join(names)}) SELECT {', '.join(values)} FROM incoming", bound
    )
    connection.unregister("incoming")
    return names


def _counter(connection: Any) -> Any:
    return lambda table: int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def imported_sources(connection: Any) -> list[str]:
    """The sources of everything that was imported, sorted."""
    parts = " UNION ".join(f"SELECT source FROM {table}" for table in _sourced(connection))
    query = f"SELECT source FROM ({parts}) WHERE source LIKE '{IMPORTED}%' ORDER BY source"
    return [row[0] for row in connection.execute(query).fetchall()]


def forget_source(connection: Any, source: str) -> int:
    """Delete the rows of one import, wherever they are; returns how many.

    A run of this import of which another source still has values is handed over to that one.
    Raises: StoreError for a source that is no import.
    """
    if not source.startswith(IMPORTED):
        raise StoreError(f"{source!r} is no import; only what was imported can be taken out again")
    deleted = 0
    with transaction(connection):
        tables = _sourced(connection)
        others = " UNION ALL ".join(
            f"SELECT run_key, source FROM {table} WHERE source <> $1"
            for table in tables
            if table in _OF_RUNS
        )
        connection.execute(
            "UPDATE runs SET source = other.source FROM "
            f"(SELECT run_key, max(source) AS source FROM ({others}) GROUP BY run_key) AS other "
            "WHERE runs.run_key = other.run_key AND runs.source = $1",
            [source],
        )
        for table in tables:
            (count,) = connection.execute(
                f"DELETE FROM {table} WHERE source = ?", [source]
            ).fetchone()
            deleted += int(count)
        connection.execute("DELETE FROM requests WHERE run_key NOT IN (SELECT run_key FROM runs)")
    return deleted


def _sourced(connection: Any) -> list[str]:
    return [table for table in TABLES if "source" in _columns(connection, table)]


def _columns(connection: Any, table: str) -> list[str]:
    rows = connection.execute(
        "SELECT column_name FROM duckdb_columns() WHERE table_name = ?", [table]
    ).fetchall()
    return [row[0] for row in rows]


def _write_parquet(table: Any, path: Path, level: int) -> None:
    import pyarrow.parquet as pq

    with whole_file(path) as partial:
        pq.write_table(table, partial, compression="zstd", compression_level=level)
