"""The documentation: every block of code runs, and mkdocs builds it without a warning."""

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from lrd_core.config import Config
from lrd_core.metrics.registry import all_metrics, all_series

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
NOTEBOOK = DOCS / "walk-through.ipynb"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OURS = ("python -m lrd_core ", "lrd ")
"""Run, or at least read, by tests/test_readme.py."""

NOT_RUN = ("python3 -m venv ", "pip install ", ".venv/bin/pip install ", "docker ")
"""They fetch packages or images; .ci/run does the first, tests/test_package.py installs a wheel."""

BLOCKS = {
    path.relative_to(DOCS).as_posix(): BLOCK.findall(path.read_text(encoding="utf-8"))
    for path in sorted(DOCS.rglob("*.md"))
}
WITH_PYTHON = [name for name, blocks in BLOCKS.items() if "python" in dict(blocks)]
has_docs = pytest.mark.skipif(
    importlib.util.find_spec("mkdocs") is None or importlib.util.find_spec("nbclient") is None,
    reason="mkdocs or nbclient is missing: pip install -r docs/requirements.txt",
)


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", BLOCKS)
def test_every_block_names_its_language_and_every_command_is_tried_or_known(name: str) -> None:
    for language, code in BLOCKS[name]:
        assert language in ("bash", "python", "text", "toml", "nginx"), code
        for line in code.splitlines() * (language == "bash"):
            assert line.startswith((*OURS, *NOT_RUN)), line
        if language == "toml":
            tomllib.loads(code)


@pytest.mark.parametrize("name", WITH_PYTHON)
def test_the_python_of_a_page_runs_from_top_to_bottom(
    name: str, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    known: dict[str, object] = {}
    for language, code in BLOCKS[name]:
        if language == "python":
            exec(compile(code, name, "exec"), known)
    assert "lrd_core" in known


def test_every_metric_and_every_quantity_has_its_card(generate: ModuleType) -> None:
    pages = generate.generated()
    assert {f"metrics/{metric.name}.md" for metric in all_metrics()} < set(pages)
    told = "\n".join(pages.values())
    for series in all_series():
        for part in ("definition", "range", "reading", "pitfalls"):
            assert getattr(series.card, part) in told, (series.name, part)


def test_every_public_name_is_told_with_its_docstring(generate: ModuleType) -> None:
    import lrd_core

    page = generate.api_page()
    for name in set(lrd_core.__all__) - {"__version__", "metrics"}:
        assert f"## lrd_core.{name}\n" in page
    assert "Raises: UnknownNameError" in page


@has_docs
def test_it_is_built_without_a_warning(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    for name in ("index.html", "api.html", "metrics/frenet.html", "how-to/deploy.html"):
        assert (tmp_path / name).is_file(), name
    assert not (tmp_path / "generate.py").exists()


def test_the_notebook_has_ten_cells_and_no_output() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert len(cells) == 10
    assert all(cell["cell_type"] == "code" and not cell["outputs"] for cell in cells)


@has_docs
def test_the_notebook_runs_in_a_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    run = (
        "import nbformat, nbclient, sys; read = nbformat.read(sys.argv[1], 4); "
        "nbclient.NotebookClient(read, timeout=600, kernel_name='python3').execute(); "
        "print(read.cells[-1].outputs[-1].data['text/plain'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", run, str(NOTEBOOK)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "lee-news" in done.stdout
    assert (tmp_path / "without-block-2.html").is_file()
