"""Published results as a bundle of their own beside the one that is computed here.

The tables are those that Layer by Layer's authors released: metrics and scores of every layer. They
are numbers of others, so every row says so: its source is SOURCE, wherever it is shown.
"""

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.evaluation.importing import check_place, read_results, score_rows
from lrd_core.evaluation.metric_tables import is_metric_table, read_metric_table
from lrd_core.store.bundle import SMALL, export_bundle
from lrd_core.store.connection import connect
from lrd_core.store.metric_values import METRIC_VALUES
from lrd_core.store.runs import RUNS
from lrd_core.store.scores import save_scores
from lrd_core.store.sources import IMPORTED
from lrd_core.store.writes import insert_rows, transaction

SOURCE = f"{IMPORTED} Layer by Layer, released results (arXiv 2502.02013)"


@dataclass(frozen=True)
class PublishedReport:
    """written: rows by table. skipped: what was left out by reason, with how often. size: bytes."""

    folder: Path
    written: dict[str, int]
    skipped: dict[str, int]
    size: int

    def lines(self) -> list[str]:
        """The report for a person."""
        rows = ", ".join(f"{count:,} {name}" for name, count in self.written.items() if count)
        said = [f"{self.folder}: {self.size / 1e6:.1f} MB ({rows})"]
        return said + [f"skipped {count:,}: {why}" for why, count in self.skipped.items()]


def build_published(config: Config, tables: Sequence[Path]) -> PublishedReport:
    """Read the tables (of metrics and of scores, in any order) and write them as a bundle.

    Raises: InputError for a file that is no such table; nothing is written then.
    """
    for path in tables:
        check_place(path)
        if path.suffix.lower() != ".parquet":
            raise InputError(f"{path.name} is no .parquet file; give the released tables")
    skipped: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as place:
        built = Config(data_dir=Path(place))
        with connect(built) as connection:
            for path in tables:
                skipped.update(_read(connection, path))
            target = config.published_dir
            written = export_bundle(connection, target, level=SMALL)
    for name in (name for name, rows in written.items() if not rows):
        (target / f"{name}.parquet").unlink()
    size = sum(path.stat().st_size for path in target.glob("*.parquet"))
    return PublishedReport(target, written, dict(skipped), size)


def _read(connection: Any, path: Path) -> Counter[str]:
    """A table into the store; returns what was left out, by reason."""
    if not is_metric_table(pq.read_schema(path).names):
        found = read_results(path)
        save_scores(connection, score_rows(found.table.assign(source=SOURCE)))
        return Counter(found.skipped)
    table = read_metric_table(path)
    values = table.values.assign(source=SOURCE)
    with transaction(connection):
        runs = [replace(run, source=SOURCE) for run in table.runs]
        insert_rows(connection, RUNS, RUNS.plain(runs))
        insert_rows(connection, METRIC_VALUES, values.to_dict("records"))
    return Counter(table.skipped)
