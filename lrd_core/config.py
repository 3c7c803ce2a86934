"""Settings of this installation, read once from LRD_* environment variables."""

import functools
import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from lrd_core.errors import InputError, JobError

PROJECT_DIR = Path(__file__).resolve().parent.parent
"""The checkout, or where packages are installed."""

PACKAGED_APP = PROJECT_DIR / "lrd_explorer_app"
"""Where a wheel puts app.py, pages/, .streamlit/ and data/demo, as they stand in a checkout."""

INSTALLED = PACKAGED_APP.is_dir()
APP_DIR = PACKAGED_APP if INSTALLED else PROJECT_DIR
"""Holds app.py, pages/, .streamlit/ and data/demo."""


@dataclass(frozen=True)
class Config:
    """Where things live and what is allowed; paths are absolute."""

    data_dir: Path
    read_only: bool = False
    demo_dir: Path = APP_DIR / "data" / "demo"
    """Bundled results that an empty store is filled with; LRD_DATA_DIR does not move them."""

    @property
    def database(self) -> Path:
        return self.data_dir / "lrd.duckdb"

    @property
    def published_dir(self) -> Path:
        """Bundled results that others published; they keep their own source."""
        return self.demo_dir / "published"

    @property
    def jobs_database(self) -> Path:
        return self.data_dir / "jobs.sqlite"

    @property
    def arrays_dir(self) -> Path:
        return self.data_dir / "arrays"

    @property
    def spool_dir(self) -> Path:
        """Finished work that the database does not have yet."""
        return self.data_dir / "spool"

    @property
    def packs_dir(self) -> Path:
        return self.data_dir / "packs"

    @property
    def logs_dir(self) -> Path:
        return self.data_dir / "logs"

    @property
    def exports_dir(self) -> Path:
        return self.data_dir / "exports"

    def refuse_read_only(self, what: str) -> None:
        """Called first by everything that writes; `what` goes on after "to": "save scenes".

        Raises: JobError on an installation that only shows results.
        """
        if self.read_only:
            raise JobError(
                f"this installation only shows results; start it without LRD_READ_ONLY to {what}"
            )


def _folder(variable: str, usual: Path) -> Path:
    given = os.environ.get(variable, "").strip()
    try:
        return Path(given or usual).expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a user or a path that does not exist
        raise InputError(
            f"{variable} is {given!r}, which names no folder ({error}); give a folder's path"
        ) from error


def _usual_data_dir() -> Path:
    """data/ of a checkout; the user's own folder for an installed package, which has none."""
    beside = PROJECT_DIR / "data"
    if not INSTALLED and beside.is_dir():
        return beside
    return Path(platformdirs.user_data_dir("lrd-explorer", appauthor=False))


@functools.cache
def load_config() -> Config:
    """Read LRD_DATA_DIR (default: data/ of the checkout; of an installed package, the folder that
    the platform gives a user's programs, such as ~/.local/share/lrd-explorer), LRD_DEMO_DIR
    (default: data/demo beside app.py) and LRD_READ_ONLY (default: 0). An empty value is none.

    Raises: InputError for a path that names no place.
    """
    data_dir = _folder("LRD_DATA_DIR", _usual_data_dir())
    demo_dir = _folder("LRD_DEMO_DIR", Config.demo_dir)
    read_only = os.environ.get("LRD_READ_ONLY", "0").lower() in {"1", "true", "yes"}
    return Config(data_dir=data_dir, read_only=read_only, demo_dir=demo_dir)
