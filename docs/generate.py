"""Pages that mkdocs adds from the code: one a metric, from its card, and one of all functions."""

import inspect
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import lrd_core
from lrd_core.metrics.registry import all_metrics
from lrd_core.metrics.series import Series
from lrd_core.views.metrics import PLACES

logging.getLogger("matplotlib").setLevel(logging.WARNING)


def on_files(files: Any, config: Any) -> Any:
    """Called by mkdocs once it has read the folder."""
    from mkdocs.structure.files import File

    for name, content in generated().items():
        files.append(File.generated(config, name, content=content))
    return files


def generated() -> dict[str, str]:
    """Path below docs/ -> Markdown."""
    pages = {f"metrics/{metric.name}.md": metric_page(metric) for metric in all_metrics()}
    return pages | {"metrics/index.md": metric_list(), "api.md": api_page()}


def metric_list() -> str:
    """The table of all metrics, each a link to its page."""
    rows = [
        f"| [{_title(metric)}]({metric.name}.md) | `{metric.name}` | {_names(metric)} |"
        for metric in all_metrics()
    ]
    head = ["# Every metric", "", "| metric | in commands | what it gives |", "|---|---|---|"]
    return "\n".join([*head, *rows, ""])


def metric_page(metric: Any) -> str:
    """What is declared of a metric: how it is computed, and a card for each quantity it gives."""
    lines = [f"# {_title(metric)}", "", f"`--metrics {metric.name}`, version {metric.version}.", ""]
    if metric.source:
        lines += [f"Source: {metric.source}.", ""]
    for series in metric.series:
        lines += [*_card(series), ""]
    return "\n".join(lines)


def _title(metric: Any) -> str:
    words = str(metric.name).replace("_", " ")
    return words[0].upper() + words[1:]


def _names(metric: Any) -> str:
    return ", ".join(series.label for series in metric.series)


def _card(series: Series) -> Iterator[str]:
    yield f"## {series.label}"
    yield ""
    yield f"`{series.name}`, {PLACES[series.at]}" + f", in {series.unit}." * bool(series.unit)
    for title in ("definition", "range", "reading", "pitfalls"):
        yield f"\n**{title.capitalize()}.** {getattr(series.card, title)}"


def api_page() -> str:
    """The public names of `lrd_core`, then the metrics as functions, from their docstrings."""
    lines = ["# Functions and results", "", "`import lrd_core` gives these.", ""]
    for name in lrd_core.__all__:
        value = getattr(lrd_core, name)
        if callable(value):
            lines += _entry(f"lrd_core.{name}", value)
    lines += ["# The metrics as functions", "", "`lrd_core.metrics`: from arrays to results.", ""]
    for name in lrd_core.metrics.__all__:
        value = getattr(lrd_core.metrics, name)
        if inspect.isfunction(value):
            lines += _entry(f"lrd_core.metrics.{name}", value)
    return "\n".join(lines)


def _entry(name: str, value: Any) -> Iterator[str]:
    short = name.rsplit(".", 1)[-1]
    yield f"## {name}"
    yield f"\n```text\n{short}{_signature(value)}\n\n{inspect.getdoc(value) or ''}\n```\n"
    if not inspect.isclass(value):
        return
    for method, function in inspect.getmembers(value, inspect.isfunction):
        if not method.startswith("_") and function.__qualname__.startswith(short + "."):
            yield f"### {short}.{method}"
            text = inspect.getdoc(function) or ""
            yield f"\n```text\n{method}{_signature(function)}\n\n{text}\n```\n"


def _signature(value: Any) -> str:
    try:
        return str(inspect.signature(value))
    except ValueError:  # a class whose constructor says nothing
        return ""
