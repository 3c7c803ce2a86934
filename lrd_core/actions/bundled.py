"""The bundled results into a store that has none."""

from dataclasses import replace
from pathlib import Path

from lrd_core.config import Config
from lrd_core.disk import whole_file
from lrd_core.errors import UnwritableError
from lrd_core.store.bundle import add_bundles
from lrd_core.store.connection import connect
from lrd_core.store.reading import read_table
from lrd_core.store.runs import RUNS
from lrd_core.store.tables import is_empty


def load_demo(config: Config) -> bool:
    """Add the bundled results to an empty store, or to one that holds others of them.

    Returns whether it did. A store of own results alone is left as it is, and own results are
    never replaced. A read-only installation is filled too: a public demo starts from these.
    """
    fingerprint = _fingerprint(config)
    mark = config.data_dir / "bundled.txt"
    if not fingerprint:
        return False
    if config.database.exists():
        known = mark.exists() and mark.read_text() == fingerprint
        with connect(config, read_only=True) as connection:
            bundled = not read_table(connection, RUNS, source="demo").empty
            if not is_empty(connection) and (known or not bundled):
                return False
    try:
        with connect(replace(config, read_only=False)) as connection:
            add_bundles(connection, _folders(config), source="demo")
        with whole_file(mark) as partial:
            partial.write_text(fingerprint)
    except UnwritableError:
        if not config.database.exists():
            raise
        return False  # a folder that can only be read shows what it holds
    return True


def _folders(config: Config) -> list[Path]:
    """Where bundled results are: those computed here, and published ones, which keep their source.

    In this order, so that models of the first keep the first colours.
    """
    folders = [config.demo_dir, config.published_dir]
    return [folder for folder in folders if any(folder.glob("*.parquet"))]


def _fingerprint(config: Config) -> str:
    """Which bundled results these are: names and sizes of their files; "" where there are none."""
    files = [file for folder in _folders(config) for file in sorted(folder.glob("*.parquet"))]
    return ", ".join(f"{path.name} {path.stat().st_size}" for path in files)
