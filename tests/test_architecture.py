"""The house rules: which part may know which, what importing costs, what the CLI documents."""

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "lrd_core"

FOUNDATION = {
    "errors",
    "numbers",
    "processes",
    "progress",
    "settings",
    "version",
    "config",
    "disk",
    "extras",
}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "numbers": set(),
    "processes": set(),
    "progress": set(),
    "settings": {"errors", "numbers"},
    "version": set(),
    "config": {"errors"},
    "extras": {"config", "errors"},
    "disk": {"errors", "processes"},
    "metrics": {"errors"},
    "models": FOUNDATION,
    "tasks": FOUNDATION,
    "store": FOUNDATION,
    "analysis": FOUNDATION | {"metrics"},
    "extraction": FOUNDATION | {"models", "tasks", "metrics"},
    "runs": FOUNDATION | {"models", "tasks", "extraction", "metrics", "store"},
    "evaluation": FOUNDATION | {"models", "tasks", "extraction", "metrics", "store"},
    "projection": FOUNDATION | {"extraction", "metrics", "store", "runs"},
    "pruning": FOUNDATION | {"models", "tasks", "extraction", "metrics", "store", "evaluation"},
    "asking": FOUNDATION
    | {"models", "tasks", "extraction", "metrics", "store", "analysis", "runs"},
    "taking": FOUNDATION | {"models", "tasks", "extraction", "pruning"},
    "bringing": FOUNDATION
    | {"models", "tasks", "extraction", "store", "runs", "evaluation", "projection", "asking"},
    "claims": FOUNDATION | {"analysis", "pruning"},
    "demo": FOUNDATION | {"models", "store", "runs", "evaluation", "projection"},
    "jobs": FOUNDATION
    | {"models", "tasks", "metrics", "store", "runs", "evaluation", "projection", "pruning"}
    | {"asking", "taking", "bringing"},
    "views": FOUNDATION
    | {"models", "tasks", "extraction", "metrics", "store", "analysis", "runs", "projection"}
    | {"pruning", "asking", "taking", "claims", "jobs"},
    "actions": FOUNDATION
    | {"tasks", "extraction", "store", "evaluation", "bringing", "jobs", "views"},
    "plots": FOUNDATION | {"metrics", "claims", "views"},
    "cli": FOUNDATION
    | {"models", "tasks", "metrics", "store", "runs", "evaluation", "pruning", "demo", "jobs"}
    | {"asking", "taking", "bringing", "views", "actions", "plots"},
    "notebook": FOUNDATION
    | {"models", "tasks", "extraction", "metrics", "store", "runs", "evaluation", "pruning"}
    | {"taking", "bringing", "views", "plots"},
    "__init__": {"version", "metrics", "models", "tasks", "notebook"},
    "__main__": {"cli"},
}
"""Part -> parts it may import, from the bottom to the top: the diagram of the design as a table.

A part is a folder or a file of lrd_core; `__init__` is the public face.
"""

PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
PAGES_MAY_IMPORT = {
    "lrd_core.config",
    "lrd_core.disk",
    "lrd_core.errors",
    "lrd_core.numbers",
    "lrd_core.metrics.registry",
    "lrd_core.models.catalogue",
    "lrd_core.asking.settings",
    "lrd_core.pruning.settings",
    "lrd_core.pruning.plan",
    "lrd_core.settings",
    "lrd_core.tasks",
}
"""Beside views, actions and plots: registries to choose from, and settings that jobs get."""

ASKED = ("views", "actions", "plots")
"""The parts that pages are made from."""

ROOTS = ("lrd_core", "pages", "app")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def module_name(path: Path) -> str:
    """lrd_core.tasks for lrd_core/tasks/__init__.py, app for app.py."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in [*sorted(CORE.rglob("*.py")), *PAGES]}
"""Module -> file, of everything that is the project's own and no test."""


def imported_modules(path: Path) -> set[str]:
    """Our modules that a file imports, at any depth of it and for types alone too."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, f"{path}: a relative import at {node.lineno}"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            # A name is a module of its own, or stands in the one that it is taken from.
            found |= {name if name in FILES else node.module for name in names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.split(".")[0] in ROOTS}


def part_of(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


def core_modules() -> list[str]:
    return [name for name in FILES if name.startswith("lrd_core")]


@pytest.mark.parametrize("module", core_modules())
def test_a_part_imports_only_what_the_diagram_allows(module: str) -> None:
    imported = {part_of(name) for name in imported_modules(FILES[module])}
    assert imported <= MAY_IMPORT[part_of(module)] | {part_of(module)}


def test_every_part_is_in_the_table_and_the_table_allows_what_is_used_alone() -> None:
    used: dict[str, set[str]] = {}
    for module in core_modules():
        imported = {part_of(name) for name in imported_modules(FILES[module])}
        used.setdefault(part_of(module), set()).update(imported - {part_of(module)})
    assert set(used) == set(MAY_IMPORT)
    too_much = {part: allowed - used[part] - FOUNDATION for part, allowed in MAY_IMPORT.items()}
    assert {part: names for part, names in too_much.items() if names} == {}


def test_the_table_stands_on_its_bottom_row() -> None:
    """Each row names rows above it alone: nothing imports upwards, and no parts in a circle."""
    rows = list(MAY_IMPORT)
    for place, (part, allowed) in enumerate(MAY_IMPORT.items()):
        assert allowed <= set(rows[:place]), part


def circles(imports: dict[str, set[str]]) -> list[set[str]]:
    """Groups of modules that lead back to one another."""
    reached = {name: _reached(name, imports) for name in imports}
    back = [name for name in imports if name in reached[name]]
    return [set(g) for g in {frozenset(o for o in reached[n] if n in reached[o]) for n in back}]


def _reached(start: str, imports: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    ahead = [start]
    while ahead:
        new = imports.get(ahead.pop(), set()) - found
        found |= new
        ahead += new
    return found


def test_no_files_import_one_another_in_a_circle() -> None:
    assert circles({name: imported_modules(path) - {name} for name, path in FILES.items()}) == []


def test_circles_are_found() -> None:
    imports = {
        "a": {"b"},
        "b": {"c"},
        "c": {"b"},
        "d": {"e"},
        "e": {"f", "a"},
        "f": {"d"},
        "g": {"a"},
    }
    assert sorted(map(sorted, circles(imports))) == [["b", "c"], ["d", "e", "f"]]


def test_importing_what_pages_need_loads_no_heavy_package() -> None:
    heavy = ["torch", "transformers", "mteb", "umap", "sentence_transformers", "streamlit"]
    asked = [f"lrd_core.{p}.{f.stem}" for p in ASKED for f in (CORE / p).glob("*.py")]
    modules = ", ".join(["lrd_core", "lrd_core.metrics", *asked, *PAGES_MAY_IMPORT]).replace(
        ".__init__", ""
    )
    code = f"import sys, {modules}; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert found.stdout.strip() == "[]"


def test_the_help_is_there_at_once() -> None:
    slow = ["torch", "transformers", "mteb", "pandas", "scipy", "duckdb", "plotly", "sklearn"]
    code = (
        "import sys; from lrd_core.cli import build_parser; build_parser().format_help();"
        f"print([name for name in {slow} if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_ask_views_actions_and_plots_alone(path: Path) -> None:
    modules = {
        node.module
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lrd_core.")
    }
    asked = {name for name in modules if name.split(".")[1] not in ASKED}
    assert asked <= PAGES_MAY_IMPORT


def test_types_are_checked_strictly_in_everything_that_is_no_test() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
    assert settings["strict"]
    assert settings["files"] == ["lrd_core", "pages", "app.py"]


def test_nothing_in_the_core_imports_streamlit() -> None:
    for path in CORE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "import streamlit" not in text and "from streamlit" not in text, path


SQL = re.compile(
    r"\b(SELECT\b.+\bFROM|INSERT( OR \w+)? INTO|UPDATE \w+ SET|DELETE FROM|CREATE (TEMP )?TABLE"
    r"|ALTER TABLE|DROP TABLE|PRAGMA \w+)\b",
    re.DOTALL,
)
ASKING = {"execute", "executemany", "executescript", "sql"}
DATABASES = {"duckdb", "sqlite3"}


def sql_in(path: Path) -> list[str]:
    """Statements, calls that run one, and imports of a database, with their lines."""
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            told = node.value if SQL.search(node.value) else ""
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            told = node.func.attr if node.func.attr in ASKING and node.args else ""
        elif isinstance(node, ast.Import):
            told = " ".join({alias.name for alias in node.names} & DATABASES)
        elif isinstance(node, ast.ImportFrom):
            told = node.module if node.module in DATABASES else ""
        else:
            continue
        found += [f"line {node.lineno}: {told}"] * bool(told)
    return found


def test_sql_is_written_in_the_store_alone() -> None:
    stores = sorted((CORE / "store").glob("*.py"))
    outside = [path for path in CORE.rglob("*.py") if path not in stores]
    assert {str(p.relative_to(ROOT)): s for p in [*outside, *PAGES] if (s := sql_in(p))} == {}
    assert sum(bool(sql_in(path)) for path in stores) > 10, "the search finds none where there are"
