"""What a visitor or a file from outside must not be able to do."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from lrd_core.config import Config
from lrd_core.errors import JobError, ModelError, ModelRefusedError, StoreError
from lrd_core.jobs.handlers import HANDLERS
from lrd_core.jobs.queue import JobQueue
from lrd_core.models.catalogue import ModelSpec
from lrd_core.models.packs import fetch_pack
from lrd_core.models.weights import locate_weights
from lrd_core.runs import RunRequest
from lrd_core.services import imports, jobs, results
from lrd_core.store import connect

ROOT = Path(__file__).resolve().parent.parent
CODE = [ROOT / "app.py", *(ROOT / "pages").rglob("*.py"), *(ROOT / "lrd_core").rglob("*.py")]


@pytest.fixture
def locked(config: Config) -> Config:
    """A read-only installation with a store."""
    with connect(config):
        pass
    return replace(config, read_only=True)


def test_read_only_refuses_every_write_to_the_store(locked: Config) -> None:
    with (
        pytest.raises(StoreError, match="only shows results; start it without LRD_READ_ONLY"),
        connect(locked),
    ):
        pass
    with connect(locked, read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (0,)


@pytest.mark.parametrize("kind", HANDLERS)
def test_read_only_queues_no_kind_of_work(locked: Config, kind: str) -> None:
    with pytest.raises(JobError, match="read only"):
        JobQueue(locked).enqueue(kind, {}, label=kind)


def test_read_only_starts_cancels_and_retries_nothing(locked: Config) -> None:
    assert jobs.resume(locked) is False
    for act in (jobs.cancel, jobs.retry):
        with pytest.raises(JobError, match="read only"):
            act(locked, 1)


def test_read_only_computes_nothing_on_the_command_line(locked: Config) -> None:
    from lrd_core.runs.execute import execute_run

    with pytest.raises(JobError, match="only shows results"):
        execute_run(RunRequest("all-MiniLM-L6-v2", "bbc-news", ("nrs",)), config=locked)


def test_read_only_imports_and_fetches_nothing(locked: Config, tmp_path: Path) -> None:
    with pytest.raises(JobError, match="without LRD_READ_ONLY to import"):
        imports.import_results(locked, tmp_path)
    with pytest.raises(ModelError, match="not fetched on a read-only installation"):
        fetch_pack("typeseg-mamba", locked)


def test_read_only_runs_no_code_of_a_model(locked: Config) -> None:
    spec = ModelSpec(name="odd", id="example/odd", family="encoder embedder", custom_code=True)
    with pytest.raises(ModelRefusedError, match="not run on a read-only installation"):
        locate_weights(spec, allow_code=True, config=locked)


def test_a_public_demo_still_gets_the_bundled_results(locked: Config) -> None:
    # Either filled, or there is nothing bundled; in no case refused.
    assert results.load_demo_when_empty(locked) in (True, False)


def calls(path: Path) -> list[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def keyword(call: ast.Call, name: str) -> object:
    return next((ast.unparse(k.value) for k in call.keywords if k.arg == name), None)


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_unpickled_evaluated_or_put_into_html_as_it_comes(path: Path) -> None:
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom)
                     else [alias.name for alias in node.names])
    }  # fmt: skip
    assert not imported & {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal"}
    for call in calls(path):
        name = ast.unparse(call.func)
        assert name not in ("eval", "exec", "torch.load", "pd.read_pickle", "os.system"), name
        if name in ("np.load", "numpy.load"):
            assert keyword(call, "allow_pickle") == "False", ast.unparse(call)
        assert keyword(call, "unsafe_allow_html") is None, ast.unparse(call)
        assert keyword(call, "shell") is None, ast.unparse(call)


def test_the_server_listens_on_this_machine_and_reports_to_nobody() -> None:
    settings = (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    assert 'address = "127.0.0.1"' in settings
    assert "gatherUsageStats = false" in settings
    assert "maxUploadSize = 50" in settings
    assert 'showErrorDetails = "none"' in settings
