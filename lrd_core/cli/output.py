"""What a command prints: its answer, its progress, and no sign that a terminal would obey."""

import json
import sys
import time
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lrd_core.numbers import whole
from lrd_core.progress import Progress


def plain(text: str) -> str:
    """Text for a terminal: what would move its cursor or change its state is shown as a code."""
    return "".join(
        sign
        if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs")
        else sign.encode("unicode_escape").decode()
        for sign in text
    )


def write_result(result: Any, *, as_json: bool) -> None:
    """Print a table, list or dictionary for a person, or as JSON.

    A list of dictionaries with the same names is a table too, of a command that is not to wait for
    pandas.
    """
    # Who has a table of pandas has loaded it.
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(result, pandas.DataFrame):
        if as_json:
            print(result.to_json(orient="records", date_format="iso"))
        else:
            print(plain(result.to_string(index=False)) if len(result) else "nothing found")
    elif as_json:
        print(json.dumps(result, default=_as_text))
    elif isinstance(result, dict):
        for name, value in result.items():
            print(plain(f"{name:<18} {value}"))
    elif isinstance(result, list) and all(isinstance(row, dict) for row in result):
        print(plain("\n".join(_columns(result))) if result else "nothing found")
    else:
        for line in result if isinstance(result, list) else [result]:
            print(plain(str(line)))


def _as_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Rows of a table below its head, each column as wide as its longest cell, to the right."""
    cells = [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [" ".join(map(str.rjust, line, widths)) for line in cells]


def progress_bar() -> Progress:
    """Progress as one line on standard error; silent where nobody watches a terminal."""
    watched = sys.stderr.isatty()
    started: dict[str, float] = {}

    def show(stage: str, done: int, total: int) -> None:
        if not watched:
            return
        elapsed = time.monotonic() - started.setdefault(stage, time.monotonic())
        left = f", {whole(elapsed / done * (total - done))} s left" if 0 < done < total else ""
        bar = "#" * (30 * done // max(total, 1))
        end = "\n" if done >= total > 1 else ""
        print(f"\r{stage:<24} [{bar:<30}] {done}/{total}{left}\x1b[K", end=end, file=sys.stderr)

    return show


def unsaved_words(report: Any) -> str:
    """What a report says of work that the store does not have yet; "" for nothing."""
    from lrd_core.store.saving import KEPT

    return f"; {report.unsaved} pieces {KEPT}" if report.unsaved else ""
