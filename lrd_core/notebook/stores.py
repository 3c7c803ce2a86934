"""The store from a notebook: what it holds as tables, and results put into it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from lrd_core.config import Config, load_config
from lrd_core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from lrd_core.evaluation.exporting import ExportedResults


@dataclass(frozen=True)
class Store:
    """A folder of results, the one that the app shows unless told otherwise; see `open_store`.

    It is a name and no open file: every read opens the database for milliseconds, so that the app
    and a worker can use it meanwhile. Every read raises StoreBusyError where another process holds
    the database for longer than 15 s, and StoreError where it cannot be read.
    """

    config: Config

    @property
    def folder(self) -> Path:
        return self.config.data_dir

    def runs(self) -> pd.DataFrame:
        """One row a run: model, revision, task, every setting, where it came from.

        Example:
            >>> import lrd_core, tempfile
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     len(lrd_core.open_store(folder).runs())
            0
        """
        from lrd_core.views.stored import runs

        return runs(self.config)

    def profiles(self, **where: Any) -> pd.DataFrame:
        """One row a value (series, variant, position, value, low, high, n), with its run.

        where: columns and the value, or list of values, that they must have: series="speed".
        """
        from lrd_core.views.stored import profiles

        return profiles(self.config, variants=True, **where)

    def scores(self, **where: Any) -> pd.DataFrame:
        """One row a downstream score: model, task, layer, score, settings; where: as `profiles`."""
        from lrd_core.views.stored import scores

        return scores(self.config, **where)

    def export_mteb(
        self, folder: str | Path, models: Sequence[str] = (), tasks: Sequence[str] = ()
    ) -> ExportedResults:
        """Scores that were computed here as a folder that mteb reads, an experiment a layer.

        `mteb.ResultCache(folder).load_results(load_experiments="match_name")` gives them back.
        models, tasks: only these; none for all. Raises: InputError where there is nothing to
        write, or the folder is in use.
        """
        from lrd_core.evaluation.exporting import export_results

        return export_results(self.config, Path(folder), models, tasks)


StoreLike: TypeAlias = Store | str | Path


def open_store(folder: str | Path | None = None, *, read_only: bool = False) -> Store:
    """The store in this folder, made when something is first saved or read.

    folder: that of the app (LRD_DATA_DIR, else data/ of the project) if none is given; the app
    shows another one when it is started with LRD_DATA_DIR set to it. read_only: whatever would
    write raises JobError.

    Raises: InputError for a path that names a file.

    Example:
        >>> import lrd_core, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     store = lrd_core.open_store(folder)
        ...     print(store.profiles(series="speed").empty)
        True
    """
    usual = load_config()
    if folder is None:
        return Store(replace(usual, read_only=read_only or usual.read_only))
    place = Path(folder).expanduser().resolve()
    if place.is_file():
        raise InputError(f"{place} is a file; a store is a folder, such as {place.parent}")
    return Store(Config(place, read_only, usual.demo_dir))


def as_store(store: StoreLike) -> Store:
    return store if isinstance(store, Store) else open_store(store)
