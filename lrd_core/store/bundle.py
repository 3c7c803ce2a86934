"""A store, or a selection of it, as a folder of Parquet files: one file a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lrd_core.disk import whole_file
from lrd_core.errors import StoreError
from lrd_core.store.metric_id import METRIC_KEY, TOKEN_TEXTS
from lrd_core.store.neighbours import NEIGHBOURS
from lrd_core.store.requests import REQUESTS
from lrd_core.store.scores import SCORES
from lrd_core.store.sources import IMPORTED
from lrd_core.store.table import Table
from lrd_core.store.tables import all_tables
from lrd_core.store.writes import same, transaction

QUICK = 3
"""Compression level of Parquet files that someone waits for (zstd; 1 to 22)."""

SMALL = 19
"""For bundles that are made once and kept; twenty times slower than QUICK."""


def file_names() -> dict[str, Table]:
    """The files of a bundle, with the table that each holds."""
    return {f"{table.name}.parquet": table for table in all_tables()}


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
    limits: dict[str, dict[str, Sequence[str] | None]] = {
        NEIGHBOURS.name: {"run_key": neighbours_of},
        SCORES.name: {"source": score_sources},
    }
    of_runs, of_models = {"run_key": run_keys}, {"model": models, "task": tasks}
    for name, table in file_names().items():
        asked = [of_runs if "run_key" in table.columns else of_models, limits.get(table.name, {})]
        relation = _selected(connection, table, asked)
        _write_parquet(relation, folder / name, level)
        written[table.name] = relation.num_rows
    return written


def _selected(
    connection: Any, table: Table, asked: Sequence[Mapping[str, Sequence[str] | None]]
) -> Any:
    """The rows that meet each of `asked`, as an Arrow table; what is None asks for nothing."""
    wanted = [
        (column, list(values))
        for one in asked
        for column, values in one.items()
        if values is not None and column in table.columns
    ]
    clauses = [f"list_contains(?, {column})" for column, _ in wanted]
    where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
    query = f"SELECT * FROM {table.name}{where} ORDER BY ALL"
    return connection.sql(query, params=[values for _, values in wanted]).to_arrow_table()


def bundled_rows(folder: Path, table: Table, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """These columns of the rows of one table in a bundle; none where it has no such file."""
    import pyarrow.parquet as pq

    path = folder / f"{table.name}.parquet"
    if not path.exists():
        return []
    found = pq.ParquetFile(path).read(list(columns))
    return list(zip(*(found[name].to_pylist() for name in columns), strict=True))


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
    return add_bundles(connection, [folder], source, into_own=into_own)


def add_bundles(
    connection: Any, folders: Sequence[Path], source: str | None = None, *, into_own: bool = False
) -> BundleReport:
    """Several bundles at once, see `add_bundle`: all of them or nothing.

    Of rows with one name the one of the first folder counts.
    """
    for folder in folders:
        if not any((folder / name).exists() for name in file_names()):
            first = next(iter(file_names()))
            raise StoreError(f"{folder} holds no bundle (expected {first} and others)")
    outside = source is not None and source.startswith(IMPORTED)
    runs = "SELECT run_key FROM runs"
    if not into_own:
        runs += f" WHERE starts_with(source, '{IMPORTED}')"
    report = BundleReport()
    with transaction(connection):
        for name, table in file_names().items():
            # A request leads to a run on this machine: of others it would pass a run of theirs off.
            if outside and table is REQUESTS:
                continue
            for incoming in _incoming([folder / name for folder in folders], table):
                _add_rows(connection, table, incoming, source, runs if outside else None, report)
    return report


def _incoming(paths: Sequence[Path], table: Table) -> list[Any]:
    """The files that exist, as one Arrow table where they have the same columns.

    Raises: StoreError for columns that the table does not have.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    found = []
    for path in paths:
        if path.exists():
            found.append(pq.ParquetFile(path).read())
            foreign = set(found[-1].column_names) - set(table.columns)
            if foreign:
                raise StoreError(f"{path.name} has columns this version does not know: {foreign}")
    alike = found and all(one.schema.equals(found[0].schema) for one in found)
    return [pa.concat_tables(found)] if alike else found


def _add_rows(
    connection: Any,
    table: Table,
    incoming: Any,
    source: str | None,
    runs: str | None,
    report: BundleReport,
) -> None:
    """Insert what is new, may enter, and comes first among rows of one name.

    runs: a query for the runs that rows may belong to; None for any.
    """
    arriving = _Arriving.of(table, incoming, source)
    connection.register("incoming", incoming)
    limit = runs if table.of_runs else None
    if limit is None and _all_new(connection, table, arriving):
        # Nothing to compare with: what a first visitor waits for goes in as it is.
        arriving.into(connection, table.name)
        counts = {"added": incoming.num_rows, "doubled": 0, "present": 0, "closed": 0}
    else:
        counts = _compared(connection, table, arriving, limit)
    connection.unregister("incoming")
    for what, rows in counts.items():
        by_table = getattr(report, what)
        by_table[table.name] = by_table.get(table.name, 0) + rows


def _compared(
    connection: Any, table: Table, arriving: "_Arriving", runs: str | None
) -> dict[str, int]:
    """Insert what the store lacks, by way of a table of its own; returns rows by what became of
    them."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE arriving AS FROM {table.name} LIMIT 0")
    arriving.into(connection, "arriving")
    count = _counter(connection)
    total = count("arriving")
    names = ", ".join(table.key)
    fuller = f"length({table.fuller}) DESC, " if table.fuller else ""
    connection.execute(
        "DELETE FROM arriving WHERE rowid IN (SELECT rowid FROM arriving QUALIFY "
        f"row_number() OVER (PARTITION BY {names} ORDER BY {fuller}rowid) > 1)"
    )
    doubled = total - (total := count("arriving"))
    connection.execute(f"DELETE FROM arriving f WHERE {_known(table)}")
    _drop_other_samples(connection, table)
    present = total - (total := count("arriving"))
    if runs is not None:
        connection.execute(f"DELETE FROM arriving WHERE run_key NOT IN ({runs})")
    closed = total - (total := count("arriving"))
    columns = ", ".join(arriving.names)
    connection.execute(f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM arriving")
    connection.execute("DROP TABLE arriving")
    return {"added": total, "doubled": doubled, "present": present, "closed": closed}


def _all_new(connection: Any, table: Table, arriving: "_Arriving") -> bool:
    """Whether the store has no row of this table yet, and no two that arrive have one name.

    Two names of equal hash count as one: their rows are then compared like any other.
    """
    if _counter(connection)(table.name) or not set(table.key) <= set(arriving.names):
        return False
    names = ", ".join(table.key)
    rows, different = connection.execute(
        f"SELECT count(*), count(DISTINCT hash({names})) FROM incoming"
    ).fetchone()
    return bool(rows == different)


def _drop_other_samples(connection: Any, table: Table) -> None:
    """Rows of `arriving` go that the store has over more or fewer texts: it holds one of these."""
    if not set(METRIC_KEY) <= set(table.unit):
        return
    sampled = f"contains(parameters, '\"{TOKEN_TEXTS}\"') AS sampled"
    told = f'"{TOKEN_TEXTS}":[0-9]+'  # with one comma beside it, wherever it stands
    of_all = f"regexp_replace(parameters, '{told},|,?{told}', '') AS of_all"
    both = [f"SELECT {sampled} FROM {name}" for name in ("arriving", table.name)]
    query = f"SELECT bool_or(sampled) FROM ({' UNION ALL '.join(both)})"
    if not connection.execute(query).fetchone()[0]:
        return
    columns = ", ".join(METRIC_KEY)
    alike = same("s", "f", [*(name for name in METRIC_KEY if name != "parameters"), "of_all"])
    connection.execute(
        "DELETE FROM arriving WHERE rowid IN (SELECT f.place FROM "
        f"(SELECT *, rowid AS place, {sampled}, {of_all} FROM arriving) f "
        f"JOIN (SELECT DISTINCT {columns}, {sampled}, {of_all} FROM {table.name}) s "
        f"ON {alike} AND (s.sampled OR f.sampled))"
    )


def _known(table: Table) -> str:
    """SQL: the store has what a row of `arriving`, called f, says."""
    known = f"EXISTS (SELECT 1 FROM {table.name} s WHERE {same('s', 'f', table.unit)})"
    if table.same_apart_from:
        columns = [name for name in table.columns if name not in table.same_apart_from]
        known += f" OR EXISTS (SELECT 1 FROM {table.name} s WHERE {same('s', 'f', columns)})"
    return known


@dataclass(frozen=True)
class _Arriving:
    """What is taken of the registered Arrow table `incoming`: columns, SQL of each, what it binds.

    Columns that it does not have get what the table says they have.
    """

    names: list[str]
    values: list[str]
    bound: list[str]

    @classmethod
    def of(cls, table: Table, incoming: Any, source: str | None) -> "_Arriving":
        """With sources written over where they must be."""
        names = list(incoming.column_names)
        values, bound = list(names), []
        if "source" not in names and table.sourced:
            # Bundles of 0.2.0: a metric's rows had no source of their own.
            names, values, bound = [*names, "source"], [*values, "?"], [source or "own"]
        elif "source" in names and source is not None:
            kept = f"starts_with(source, '{IMPORTED}')"
            values[names.index("source")] = f"CASE WHEN {kept} THEN source ELSE ? END"
            bound = [source]
        return cls(names, values, bound)

    def into(self, connection: Any, table: str) -> None:
        """Insert all rows into this table of the database."""
        connection.execute(
            f"INSERT INTO {table} ({', '.join(self.names)}) "
            f"SELECT {', '.join(self.values)} FROM incoming",
            self.bound,
        )


def _counter(connection: Any) -> Any:
    return lambda table: int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def imported_sources(connection: Any) -> list[str]:
    """The sources of everything that was imported, sorted."""
    parts = " UNION ".join(f"SELECT source FROM {table.name}" for table in _sourced())
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
        others = " UNION ALL ".join(
            f"SELECT run_key, source FROM {table.name} WHERE source <> $1"
            for table in _sourced()
            if table.of_runs
        )
        connection.execute(
            "UPDATE runs SET source = other.source FROM "
            f"(SELECT run_key, max(source) AS source FROM ({others}) GROUP BY run_key) AS other "
            "WHERE runs.run_key = other.run_key AND runs.source = $1",
            [source],
        )
        for table in _sourced():
            (count,) = connection.execute(
                f"DELETE FROM {table.name} WHERE source = ?", [source]
            ).fetchone()
            deleted += int(count)
        connection.execute("DELETE FROM requests WHERE run_key NOT IN (SELECT run_key FROM runs)")
    return deleted


def _sourced() -> list[Table]:
    return [table for table in all_tables() if table.sourced]


def _write_parquet(table: Any, path: Path, level: int) -> None:
    import pyarrow.parquet as pq

    with whole_file(path) as partial:
        pq.write_table(table, partial, compression="zstd", compression_level=level)
