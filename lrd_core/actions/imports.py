"""Results of others into the store: what was added, what was kept, what was skipped and why."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from lrd_core.actions.archives import unpack
from lrd_core.config import Config
from lrd_core.disk import saying_what_is_refused
from lrd_core.errors import InputError, LrdError
from lrd_core.store.bundle import add_bundle
from lrd_core.store.bundle_check import check_folder
from lrd_core.store.connection import DatabaseError, connect
from lrd_core.store.metric_values import METRIC_VALUES
from lrd_core.store.runs import RUNS, read_run_keys
from lrd_core.store.scores import imported_scores, save_scores
from lrd_core.store.writes import insert_rows, transaction


@dataclass(frozen=True)
class ImportReport:
    """What an import did. skipped: reason -> number of rows or files."""

    source: str
    added: Mapping[str, int]
    present: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    notes: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def lines(self) -> list[str]:
        """The report for a person."""
        what = ", ".join(f"{count:,} {name}" for name, count in self.added.items() if count)
        lines = [f"{self.source}: added {what or 'nothing new'}"]
        if self.present:
            lines.append(f"{self.present:,} were in the store already and stay as they are")
        lines += [f"skipped {count:,}: {why}" for why, count in self.skipped.items()]
        return [*lines, *self.notes]


def import_results(
    config: Config, path: Path, *, into_own: bool = False, panel: bool = False
) -> ImportReport:
    """Read whatever `path` holds: a bundle, a table of layer metrics, or downstream scores.

    Nothing that is in the store is replaced, and what is added names its file as the source.
    path: a folder, a table, or a zip file of either kind that a download or a folder was.
    into_own: also metrics that a bundle has of runs made here; they keep their source.
    panel: of downstream scores, only those of the models of the LRD panel.
    Raises: JobError in read-only mode; InputError for a path that does not exist or holds nothing
    that can be read; StoreError when the store cannot be written.
    """
    from lrd_core.evaluation.importing import check_place

    config.refuse_read_only("import")
    check_place(path)
    with explained_reading(path.name):
        if path.suffix.lower() == ".zip" and path.is_file():
            with saying_what_is_refused(path), tempfile.TemporaryDirectory() as place:
                folder = Path(place) / (path.stem.strip(". ") or "upload")
                folder.mkdir()
                unpack(path, folder)
                return _import(config, folder, into_own, panel)
        return _import(config, path, into_own, panel)


def _import(config: Config, path: Path, into_own: bool, panel: bool) -> ImportReport:
    check_folder(path)
    if (path / "runs.parquet").exists():
        return _import_bundle(config, path, into_own)
    if path.suffix.lower() == ".parquet" and _is_metric_table(path):
        return _import_metrics(config, path)
    return _import_scores(config, path, panel)


def _import_bundle(config: Config, path: Path, into_own: bool) -> ImportReport:
    name = printable(path.name)
    with connect(config) as connection:
        report = add_bundle(connection, path, source=f"import: {name}", into_own=into_own)
    skipped = {
        f"{table}: their runs were made here and take nothing from outside unless asked "
        "(import --into-own), or are in neither": count
        for table, count in report.closed.items()
        if count
    } | {f"{table}: came twice": count for table, count in report.doubled.items() if count}
    return ImportReport(name, report.added, sum(report.present.values()), skipped)


@contextmanager
def explained_reading(name: str) -> Iterator[None]:
    """Turn what a damaged or hostile file makes its readers raise into an InputError.

    Readers of foreign formats document few of their errors, so that everything they are known to
    raise is taken; errors of the project itself pass.
    """
    import pyarrow as pa

    try:
        yield
    except LrdError:
        raise
    except (MemoryError, RecursionError) as error:
        raise InputError(f"{printable(name)} needs too much memory; it was not imported") from error
    except (pa.ArrowException, DatabaseError, ValueError, TypeError, LookupError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise InputError(
            f"{printable(name)} holds values that do not fit the store: {printable(reason)}"
        ) from error
    except (ArithmeticError, AttributeError) as error:
        raise InputError(f"{printable(name)} is damaged ({error}); nothing was read") from error


def printable(name: str) -> str:
    """A file's name as text that can be stored: bytes that are no UTF-8 become question marks."""
    return name.encode(errors="replace").decode()


def _is_metric_table(path: Path) -> bool:
    import pyarrow.parquet as pq

    from lrd_core.evaluation.metric_tables import is_metric_table

    return is_metric_table(pq.read_schema(path).names)


def _import_metrics(config: Config, path: Path) -> ImportReport:
    from lrd_core.evaluation.metric_tables import read_metric_table

    table = read_metric_table(path)
    with connect(config) as connection:
        known = read_run_keys(connection)
        fresh = [run for run in table.runs if run.run_key not in known]
        values = table.values
        if len(values):
            values = values[~values["run_key"].isin(known)]
            values = values.assign(source=table.runs[0].source)
        with transaction(connection):
            insert_rows(connection, RUNS, RUNS.plain(fresh))
            insert_rows(connection, METRIC_VALUES, values.to_dict("records"))
    return ImportReport(
        source=path.name,
        added={"runs": len(fresh), "metric values": len(values)},
        present=len(table.runs) - len(fresh),
        skipped=table.skipped,
    )


def _import_scores(config: Config, path: Path, panel: bool) -> ImportReport:
    """Downstream scores; a row that is there already, from whatever file, stays as it is."""
    from lrd_core.evaluation.importing import read_results, score_rows

    found = read_results(path, panel=panel)
    with connect(config, read_only=True) as connection:
        stored = imported_scores(connection, [_STORED.get(name, name) for name in _SAME])
    fresh = _not_stored(found.table, stored)
    added = 0
    for start in range(0, len(fresh), _BATCH):
        rows = score_rows(fresh[start : start + _BATCH])
        with connect(config) as connection:
            added += save_scores(connection, rows)
    return ImportReport(
        source=printable(path.name),
        added={"scores": added},
        present=len(found.table) - added,
        skipped=found.skipped,
        notes=found.notes,
    )


_BATCH = 5000
"""Scores written at once: while a batch is written, every other process waits."""


def _not_stored(incoming: pd.DataFrame, stored: pd.DataFrame) -> pd.DataFrame:
    """Rows whose model, task, layer and settings no earlier import brought."""
    if incoming.empty or stored.empty:
        return incoming
    keys = [
        tuple(row)
        for table in (stored, incoming)
        for row in table.rename(columns={"score_name": "metric"})[list(_SAME)]
        .astype({"layer": "Int64"})
        .fillna({"layer": -1})
        .itertuples(index=False)
    ]
    known = set(keys[: len(stored)])
    return incoming[[key not in known for key in keys[len(stored) :]]]


_STORED = {"metric": "score_name"}
_SAME = ("model_id", "revision", "task", "subset", "split", "layer", "metric", "settings")
