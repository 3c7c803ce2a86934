"""What a visitor or a file from outside must not be able to do."""

import argparse
import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lrd_core.actions import bundled, imports, work
from lrd_core.cli import build_parser
from lrd_core.config import Config
from lrd_core.errors import JobError, ModelRefusedError, TaskError
from lrd_core.jobs.handlers import HANDLERS
from lrd_core.jobs.queue import JobQueue
from lrd_core.models.catalogue import ModelSpec
from lrd_core.models.packs import fetch_pack
from lrd_core.models.weights import locate_weights
from lrd_core.runs import RunRequest
from lrd_core.runs.items import keep_items, run_items
from lrd_core.store import connect
from lrd_core.store.bundle import export_bundle, import_bundle
from lrd_core.store.runs import save_run
from lrd_core.tasks import find_task
from lrd_core.tasks.packages import VADER_SDIST, fetch_sdist
from lrd_core.tasks.places import remember
from lrd_core.tasks.saved import save_task, tasks_dir
from tests.example_store import run_record

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
        pytest.raises(JobError, match="only shows results; start it without LRD_READ_ONLY to"),
        connect(locked),
    ):
        pass
    with connect(locked, read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (0,)


@pytest.mark.parametrize("kind", HANDLERS)
def test_read_only_queues_no_kind_of_work(locked: Config, kind: str) -> None:
    with pytest.raises(JobError, match="to start or stop work"):
        JobQueue(locked).enqueue(kind, {}, label=kind)


def test_read_only_starts_cancels_and_retries_nothing(locked: Config) -> None:
    assert work.resume(locked) is False
    for act in (work.cancel, work.retry):
        with pytest.raises(JobError, match="to start or stop work"):
            act(locked, 1)


def test_read_only_computes_nothing_on_the_command_line(locked: Config) -> None:
    from lrd_core.runs.execute import execute_run

    with pytest.raises(JobError, match="only shows results"):
        execute_run(RunRequest("all-MiniLM-L6-v2", "bbc-news", ("nrs",)), config=locked)


def test_read_only_imports_and_fetches_nothing(locked: Config, tmp_path: Path) -> None:
    with pytest.raises(JobError, match="without LRD_READ_ONLY to import"):
        imports.import_results(locked, tmp_path)
    with pytest.raises(JobError, match="to fetch models"):
        fetch_pack("typeseg-mamba", locked)
    with pytest.raises(JobError, match="to fetch data"):
        fetch_sdist(VADER_SDIST, locked)
    with pytest.raises(JobError, match="to save tasks"):
        save_task("mine", {"test.csv": b"text\na\n"}, locked)
    assert not tasks_dir(locked).exists()


PAIR = ("--model", "all-MiniLM-L6-v2", "--task", "bbc-news")
WRITING = {
    "models fetch": ("typeseg-mamba",),
    "tasks fetch": ("vader",),
    "run": PAIR,
    "scores": PAIR,
    "import": (".",),
    "prune": PAIR,
    "prune-evidence": (),
    "demo": ("--model", "all-MiniLM-L6-v2"),
    "enough": PAIR,
    "tokens": PAIR,
    "place": (*PAIR, "--text", "mine"),
    "take": ("--model", "all-MiniLM-L6-v2", "--layer", "3", "--out", "taken"),
    "ask": ("--model", "all-MiniLM-L6-v2", "--task", "bbc-news"),
    "bring": ("vectors.npy", "--name", "mine"),
    "worker": ("--idle", "0"),
    "jobs cancel": ("1",),
    "jobs retry": ("1",),
}
"""Commands that change the store, the queue or the data folder, with arguments they accept."""

READING = {
    *("app", "models list", "tasks list", "show", "export", "estimate", "jobs list", "jobs log"),
    *("select models", "select layer", "select evidence", "claims"),
}


def commands(parser: argparse.ArgumentParser, before: str = "") -> Iterator[str]:
    """Names of all commands below a parser, with those of their groups."""
    groups = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not groups:
        yield before.strip()
    for name, below in groups[0].choices.items() if groups else ():
        yield from commands(below, f"{before} {name}")


def test_every_command_is_known_to_write_or_to_read() -> None:
    assert set(commands(build_parser())) == set(WRITING) | READING


@pytest.mark.parametrize("name", WRITING)
def test_read_only_refuses_every_command_that_writes_before_it_works(
    name: str, locked: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(*_: object, **__: object) -> None:
        raise AssertionError(f"{name} began to work")

    monkeypatch.setattr("lrd_core.models.load.load_model", work)
    if name in ("enough", "tokens"):
        with connect(replace(locked, read_only=False)) as connection:
            save_run(connection, run_record("all-MiniLM-L6-v2"))
    parsed = build_parser().parse_args([*name.split(), *WRITING[name]])
    with pytest.raises(JobError, match="only shows results; start it without LRD_READ_ONLY to"):
        parsed.command(parsed, locked)
    assert not locked.jobs_database.exists()


@pytest.mark.parametrize("options", [("--detach",), ("--engine", "ray")])
def test_read_only_runs_nothing_elsewhere(locked: Config, options: tuple[str, ...]) -> None:
    parsed = build_parser().parse_args(["run", *PAIR, *options])
    with pytest.raises(JobError, match="without LRD_READ_ONLY to compute"):
        parsed.command(parsed, locked)


def test_read_only_runs_no_code_of_a_model(locked: Config) -> None:
    spec = ModelSpec(name="odd", id="example/odd", family="encoder embedder", custom_code=True)
    with pytest.raises(ModelRefusedError, match="not run on a read-only installation"):
        locate_weights(spec, allow_code=True, config=locked)


def test_a_public_demo_still_gets_the_bundled_results(locked: Config) -> None:
    # Either filled, or there is nothing bundled; in no case refused.
    assert bundled.load_demo(locked) in (True, False)


@pytest.mark.parametrize("read", [run_items, keep_items])
def test_an_imported_run_opens_no_file_of_the_server(
    config: Config, tmp_path: Path, read: Callable[[Config, str], object]
) -> None:
    private = tmp_path / "mail.csv"
    private.write_text("text\n" + "\n".join(f"secret {line}" for line in range(10)) + "\n")
    spec = find_task(str(private))
    remember(spec, config)
    run = replace(run_record("gpt2", spec.name, n=10), task_revision=spec.revision, n_total=10)
    other = Config(tmp_path / "other")
    with connect(other) as connection:
        save_run(connection, run)
        export_bundle(connection, tmp_path / "bundle")
    assert "secret 3" in set(run_items(other, run.run_key)["text"])  # one's own run may
    with connect(config) as connection:
        import_bundle(connection, tmp_path / "bundle", source="import: x")
    with pytest.raises(TaskError, match="no path that comes with an import is opened"):
        read(config, run.run_key)


def test_a_changed_task_does_not_name_its_revision(config: Config, tmp_path: Path) -> None:
    (tmp_path / "mail.csv").write_text("text\na\nb\n")
    spec = find_task(str(tmp_path / "mail.csv"))
    remember(spec, config)
    run = run_record("gpt2", spec.name, n=2)
    with connect(config) as connection:
        save_run(connection, run)
    with pytest.raises(
        TaskError, match="no longer has the texts of this run, 2 of revision 1"
    ) as e:
        run_items(config, run.run_key)
    assert spec.revision not in str(e.value)


def calls(path: Path) -> list[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def keyword(call: ast.Call, name: str) -> object:
    return next((ast.unparse(k.value) for k in call.keywords if k.arg == name), None)


ONLY_WRITES = ("from pickle import dumps",)
"""Bytes by which things are told apart; what reads such bytes would run what they say."""


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_unpickled_evaluated_or_put_into_html_as_it_comes(path: Path) -> None:
    imports = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.Import, ast.ImportFrom)) and ast.unparse(node) not in ONLY_WRITES
    ]
    imported = {
        name.split(".")[0]
        for node in imports
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
    }
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
    assert 'allowedHosts = ["localhost", "127.0.0.1"]' in settings
    assert "enableCORS = true" in settings
    assert "enableXsrfProtection = true" in settings
    assert "gatherUsageStats = false" in settings
    assert "maxUploadSize = 50" in settings
    assert 'showErrorDetails = "none"' in settings


def locked_pins() -> dict[str, tuple[str, int]]:
    """Name -> version and number of hashes, of every line of the lock."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    found = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, version = re.match(r"([\w.-]+)==(\S+)", line).groups()  # type: ignore[union-attr]
        found[name.lower()] = version, len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", line))
    return found


def test_every_pin_has_hashes_to_install_it_by() -> None:
    locked = locked_pins()
    assert all(hashes for _, hashes in locked.values())
    pins = re.findall(r"^([\w-]+)==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert len(pins) > 30
    for name, version in pins:
        again = "make requirements.lock again, see CONTRIBUTING.md"
        assert locked.get(name.lower(), ("", 0))[0] == version, f"{name}: {again}"
    assert len(locked) > 2 * len(pins)
