"""The wheel: what it holds, and that an installed package does what a checkout does."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from lrd_core.cli import app, build_parser
from lrd_core.config import APP_DIR, PROJECT_DIR, Config
from lrd_core.errors import InputError
from lrd_core.extras import EXTRAS, need
from lrd_core.jobs.queue import JobQueue
from lrd_core.jobs.records import OVER
from lrd_core.store import connect
from lrd_core.store.reading import read_table
from lrd_core.store.runs import RUNS
from lrd_core.version import __version__
from lrd_core.views.pages import PAGES
from tests.installed import install_wheel, users_environment

PROJECT = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SMALL = ("--model=all-MiniLM-L6-v2", "--task=bbc-news", "--n=40", "--max-length=16")
OF_OTHERS = {"wandb", "mlflow", "lora"}
"""Extras that the requirements leave out: whoever logs there, or trains adapters, has them."""

HEAVY = ("torch", "transformers", "mteb", "streamlit", "plotly", "pandas", "duckdb")
NOT_OF_THE_CORE = (
    *("streamlit", "starlette", "kaleido", "umap", "numba", "sklearn", "joblib", "mteb"),
    *("datasets", "sentence_transformers", "gguf", "onnx", "ray", "gensim", "playwright"),
)
CORE_ALONE = f"""
import sys
for name in {NOT_OF_THE_CORE}:
    sys.modules[name] = None  # as if it were not installed
import lrd_core
from lrd_core.errors import InputError
news = ["Rates held at 4%.", "The striker is fit again.", "Shares fell.", "A late goal decided it.",
        "Prices rose in May.", "The coach has resigned."]
found = lrd_core.measure("all-MiniLM-L6-v2", news, "nrs,prompt_entropy,frenet", max_length=16)
assert len(found.table()) > 7 and len(found.figure().data) > 0
try:
    lrd_core.score_layers("all-MiniLM-L6-v2", "bbc-news")
except InputError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_wheel(tmp_path_factory.mktemp("installed"))


def lrd(environment: Path, home: Path, *words: str) -> str:
    """What `lrd` prints to a user who stands in their own home."""
    done = subprocess.run(
        [environment / "bin" / "lrd", *words],
        cwd=home,
        env=users_environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_the_app_its_settings_the_bundled_results_and_no_more(
    environment: Path,
) -> None:
    (wheel,) = (environment.parent / "wheels").glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    data = {f"lrd_explorer_app/{path}" for path in _kept("data/demo", "pages", ".streamlit")}
    wanted = {f"lrd_core/{name}" for name in ("py.typed", "evaluation/mteb_index.tsv")} | data
    assert wanted | {f"lrd_explorer_app/{page.script}" for page in PAGES} <= names
    assert {
        f"lrd_explorer-{__version__}.dist-info/licenses/{n}" for n in ("LICENSE", "NOTICE")
    } <= names
    assert {name.split("/")[0] for name in names} == {
        *("lrd_core", "lrd_explorer_app"),
        f"lrd_explorer-{__version__}.dist-info",
    }
    assert not [name for name in names if "__pycache__" in name or name.endswith(".duckdb")]


def _kept(*folders: str) -> list[str]:
    listed = [path for name in folders for path in (PROJECT_DIR / name).rglob("*")]
    kept = [path for path in listed if path.is_file() and "__pycache__" not in path.parts]
    return [str(path.relative_to(PROJECT_DIR)) for path in kept]


def test_the_command_tells_its_version_and_its_own_name(environment: Path, tmp_path: Path) -> None:
    assert lrd(environment, tmp_path, "--version") == f"LRD Explorer {__version__}\n"
    assert lrd(environment, tmp_path, "--help").startswith("usage: lrd ")


def test_its_worker_runs_a_model_into_the_users_own_folder(
    environment: Path, tmp_path: Path
) -> None:
    lrd(environment, tmp_path, "run", *SMALL, "--metrics=nrs", "--detach")
    (place,) = [found.parent for found in tmp_path.rglob("jobs.sqlite")]
    assert place.name == "lrd-explorer"
    queue = JobQueue(Config(place))
    deadline = time.monotonic() + 240
    while queue.jobs()[0].state not in OVER and time.monotonic() < deadline:
        time.sleep(0.2)
    for worker in queue.live_workers():
        os.kill(int(worker.process.partition("@")[0]), signal.SIGTERM)
    (job,) = json.loads(lrd(environment, tmp_path, "jobs", "list", "--json"))
    assert (job["state"], job["units"]) == ("complete", "1/1"), job
    with connect(Config(place), read_only=True) as connection:
        assert list(read_table(connection, RUNS)["model"]) == ["all-MiniLM-L6-v2"]
    assert not list(environment.rglob("*.duckdb"))


def test_the_core_needs_none_of_the_extras() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CORE_ALONE], cwd=PROJECT_DIR, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "scoring 'bbc-news' needs the package mteb, which is not installed; "
        "run: pip install '.[scores]' in the folder of the checkout\n"
    )


def test_importing_it_loads_nothing_heavy() -> None:
    code = f"import sys, lrd_core; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_DIR, capture_output=True)
    assert done.stdout == b"[]\n"


def test_every_package_that_is_looked_for_is_one_that_its_extra_brings() -> None:
    brought = metadata.packages_distributions()
    for module, extra in EXTRAS.items():
        if extra in OF_OTHERS:
            assert [one.name.split("-")[0] for one in _asked(extra)] == [module]
            continue
        names = {name.lower() for name in brought[module]}
        assert names & {one.name.lower() for one in _asked(extra)}, module


def test_a_package_that_is_missing_is_named_with_what_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(EXTRAS, "no_such_package", "app")
    with pytest.raises(InputError, match=r"the app needs .* pip install '\.\[app\]' in the folder"):
        need("no_such_package", "the app")
    monkeypatch.setattr("lrd_core.extras.INSTALLED", True)
    with pytest.raises(InputError, match=r"the app needs .* pip install 'lrd-explorer\[app\]'"):
        need("no_such_package", "the app")


def test_every_pin_lies_in_the_range_of_the_package_and_everything_in_a_range_is_pinned() -> None:
    text = (PROJECT_DIR / "requirements.txt").read_text(encoding="utf-8")
    text += (PROJECT_DIR / "requirements-ray.txt").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([\w-]+)==(\S+)", text, re.MULTILINE))
    extras = PROJECT["optional-dependencies"]
    groups = [PROJECT["dependencies"], *(extras[name] for name in set(extras) - OF_OTHERS)]
    ranges = {one.name: one.specifier for group in groups for one in map(Requirement, group)}
    of_others = {"tokenizers", "huggingface-hub", "safetensors", "pyyaml", "datasets"}
    assert set(ranges) - {"lrd-explorer"} - of_others == set(pins)
    for name, version in pins.items():
        assert version in ranges[name], name
    for name in of_others:
        assert metadata.version(name) in ranges[name], name


def _asked(extra: str) -> list[Requirement]:
    asked = [Requirement(text) for text in PROJECT["optional-dependencies"][extra]]
    own = [one for one in asked if one.name == "lrd-explorer"]
    return asked + [more for one in own for name in one.extras for more in _asked(name)]


def test_the_app_is_started_as_asked() -> None:
    asked = "app --port 8600 --address 0.0.0.0 --public-name lrd.example.org"
    words = app.server_command(build_parser().parse_args(asked.split()))
    assert words[1:5] == ["-m", "streamlit", "run", str(APP_DIR / "app.py")]
    assert words[5:] == [
        *("--server.port=8600", "--server.address=0.0.0.0"),
        *("--server.allowedHosts=localhost", "--server.allowedHosts=127.0.0.1"),
        "--server.allowedHosts=lrd.example.org",
    ]
    assert len(app.server_command(build_parser().parse_args(["app"]))) == 5


def test_its_own_names_are_those_of_the_settings() -> None:
    settings = tomllib.loads((APP_DIR / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["server"]["allowedHosts"] == list(app.OWN_NAMES)
