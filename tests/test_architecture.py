"""The house rules: which part may know which, what importing costs, what the CLI documents."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "lrd_core"

FOUNDATION = {"config", "disk", "errors", "processes", "progress", "settings"}
MAY_IMPORT = {
    "config": {"errors"},
    "disk": {"errors", "processes"},
    "errors": set(),
    "processes": set(),
    "progress": set(),
    "settings": set(),
    "metrics": {"errors"},
    "models": FOUNDATION,
    "tasks": FOUNDATION,
    "extraction": FOUNDATION | {"models", "tasks"},
    "store": FOUNDATION,
    "evaluation": FOUNDATION | {"models", "tasks", "extraction", "metrics", "store", "runs"},
    "projection": FOUNDATION | {"metrics", "store", "extraction", "tasks", "runs"},
    "analysis": FOUNDATION | {"metrics", "store"},
    "pruning": FOUNDATION
    | {"models", "tasks", "extraction", "metrics", "evaluation", "store", "runs"},
    "runs": FOUNDATION | {"models", "tasks", "extraction", "metrics", "store"},
    "demo": FOUNDATION | {"evaluation", "models", "projection", "pruning", "runs", "store"},
    "plots": {"errors", "metrics", "views"},
    "jobs": FOUNDATION
    | {"models", "tasks", "extraction", "evaluation", "projection", "pruning", "runs", "store"},
    "views": FOUNDATION
    | {"models", "tasks", "metrics", "store", "analysis", "projection", "pruning", "runs", "jobs"}
    | {"extraction", "evaluation"},
    "actions": FOUNDATION
    | {"models", "tasks", "store", "runs", "jobs", "extraction", "evaluation", "views"},
    "cli": FOUNDATION
    | {"models", "tasks", "runs", "jobs", "evaluation", "pruning", "demo", "store", "views"}
    | {"actions", "metrics"},
}
"""Part -> parts it may import. The diagram of the README, as a table."""

PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
PAGES_MAY_IMPORT = {
    "lrd_core.config",
    "lrd_core.disk",
    "lrd_core.errors",
    "lrd_core.metrics.registry",
    "lrd_core.models.catalogue",
    "lrd_core.pruning.comparison",
    "lrd_core.pruning.plan",
    "lrd_core.settings",
    "lrd_core.tasks",
}
"""Beside views, actions and plots: registries to choose from, and settings that jobs get."""

ASKED = ("views", "actions", "plots")
"""The parts that pages are made from."""

EDGE = {"__main__", "__init__"}
"""Where the parts are wired together: these may import anything in lrd_core."""


def imported_parts(path: Path) -> set[str]:
    """Parts of lrd_core that a file imports, at any depth of the file."""
    parts = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        parts |= {n.split(".")[1] for n in names if n.startswith("lrd_core.") and n.count(".") >= 1}
    return parts


def core_files() -> list[Path]:
    return sorted(path for path in CORE.rglob("*.py") if path.stem not in EDGE)


@pytest.mark.parametrize("path", core_files(), ids=lambda path: str(path.relative_to(CORE)))
def test_a_part_imports_only_what_the_diagram_allows(path: Path) -> None:
    relative = path.relative_to(CORE)
    part = relative.parts[0].removesuffix(".py")
    allowed = MAY_IMPORT[part] | {part, "__version__"}
    assert imported_parts(path) <= allowed


def test_every_part_is_in_the_table() -> None:
    parts = {path.relative_to(CORE).parts[0].removesuffix(".py") for path in core_files()}
    assert parts == set(MAY_IMPORT)


def test_importing_what_pages_need_loads_no_heavy_package() -> None:
    heavy = ["torch", "transformers", "mteb", "umap", "sentence_transformers", "streamlit"]
    asked = [f"lrd_core.{p}.{f.stem}" for p in ASKED for f in (CORE / p).glob("*.py")]
    modules = ", ".join(["lrd_core.metrics", *asked, *PAGES_MAY_IMPORT]).replace(".__init__", "")
    code = f"import sys, {modules}; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_ask_views_actions_and_plots_alone(path: Path) -> None:
    modules = {
        node.module
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lrd_core.")
    }
    asked = {name for name in modules if name.split(".")[1] not in ASKED}
    assert asked <= PAGES_MAY_IMPORT


def test_pages_are_thin() -> None:
    for page in (ROOT / "pages").glob("*.py"):
        assert len(page.read_text(encoding="utf-8").splitlines()) <= 210, (
            page.name
        )  # 100 once views hold what is computed


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
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
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
