"""A metric is named where it is declared: nothing outside metrics/ knows one by its name."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from lrd_core.metrics import all_metrics, all_series
from lrd_core.pruning.rules import all_rules

ROOT = Path(__file__).resolve().parents[2]
MAY_NAME = ("lrd_core/metrics/", "lrd_core/claims/", "lrd_core/demo/")
FILES = [
    path
    for path in [*(ROOT / "lrd_core").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]
    if not str(path.relative_to(ROOT)).startswith(MAY_NAME)
] + [ROOT / "app.py"]

NAMES = {metric.name for metric in all_metrics()} | {series.name for series in all_series()}
WORDS = {"speed", "curvature", "distances", "straightness", "rank", "anisotropy"}
"""Names that are English words: sentences may have them, a string that is one of them may not."""

HOMONYMS = {"rank", "distances"}
"""Columns and figures that are no series have these names too: the rank of a neighbour or a model.
They are looked for where a series or a metric is asked for by name."""

RULES = {rule.name for rule in all_rules()} & NAMES
"""Pruning rules that are called after the metric whose series they read."""


def strings(path: Path) -> Iterator[tuple[int, str]]:
    """Every string of a file with its line, without docstrings and without homonyms elsewhere."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    said = {
        id(node.value)
        for node in nodes
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    asked = {
        id(part)
        for node in nodes
        if isinstance(node, ast.keyword) and node.arg in ("series", "metric", "metrics")
        for part in ast.walk(node.value)
    }
    for node in nodes:
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if id(node) not in said and (node.value not in HOMONYMS or id(node) in asked):
            yield node.lineno, node.value


def named_in(text: str) -> set[str]:
    """Metrics and series that a string names: as it is, or as a word in it."""
    words = set(re.findall(r"[A-Za-z0-9_]+", text.lower()))
    proper = {name for name in NAMES - WORDS if name.lower() in words}
    return proper | ({text} & NAMES)


def test_no_string_names_a_metric_or_a_series() -> None:
    found = [
        (relative, line, name)
        for path in FILES
        for relative in [str(path.relative_to(ROOT))]
        for line, text in strings(path)
        for name in named_in(text) - (RULES if relative.startswith("lrd_core/pruning/") else set())
    ]
    assert not found


def test_no_metric_function_is_imported_by_name() -> None:
    functions = {metric.function.__name__ for metric in all_metrics()}
    found = [
        (str(path.relative_to(ROOT)), alias.name)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lrd_core.metrics")
        for alias in node.names
        if alias.name in functions
    ]
    assert not found


def test_a_name_is_seen_alone_and_in_a_sentence() -> None:
    assert named_in("speed") == {"speed"} and not named_in("Speed of the paths")
    assert named_in("run --metrics gfmi") == {"gfmi"}
    assert named_in("NRS of this text") == {"nrs"}


def test_homonyms_are_seen_where_a_series_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "view.py"
    file.write_text('read(series=["distances"], columns=["rank"])', encoding="utf-8")
    assert [text for _, text in strings(file)] == ["distances"]
