"""The table of calibrations: what pruning rules read, measured on calibration texts."""

import json
from dataclasses import dataclass
from typing import Any

from lrd_core.store.reading import read_table
from lrd_core.store.sources import TRUSTED
from lrd_core.store.table import CREATED_AT, Blocks, Json, Table
from lrd_core.store.writes import Write, apply


@dataclass(frozen=True)
class CalibrationRow:
    """What rules read, measured on n calibration texts; profile is JSON (see pruning.profile)."""

    calibration_key: str
    model: str
    model_id: str
    revision: str
    num_blocks: Blocks
    task: str
    task_revision: str
    n: int
    seed: int
    settings: Json
    texts_hash: str
    profile: str
    source: str = "own"


CALIBRATIONS = Table(
    "calibrations",
    CalibrationRow,
    key=("calibration_key",),
    written=(CREATED_AT,),
    fuller="profile",
)


def save_calibration(connection: Any, row: CalibrationRow) -> None:
    """Write a calibration; one with the same key is replaced (it may hold more quantities)."""
    apply(connection, calibration_writes(row))


def calibration_writes(row: CalibrationRow) -> list[Write]:
    """A calibration, in place of one with the same key."""
    where = {"calibration_key": row.calibration_key}
    return [Write(CALIBRATIONS, CALIBRATIONS.plain([row]), "replace", where)]


def read_calibration(connection: Any, calibration_key: str) -> dict[str, Any] | None:
    """The profile that was measured here or is bundled, as plain lists, or None."""
    table = read_table(connection, CALIBRATIONS, calibration_key=calibration_key, source=TRUSTED)
    return None if table.empty else dict(json.loads(table.iloc[0]["profile"]))
