"""No number outlives what it was computed from: each file of a model's folder changes its key."""

import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from lrd_core.actions.bundled import load_demo
from lrd_core.config import Config
from lrd_core.errors import ModelError, ModelRefusedError
from lrd_core.evaluation.execute import execute_scores
from lrd_core.models.load import load_model
from lrd_core.models.loading import Loading
from lrd_core.runs import RunReport, RunRequest, asked
from lrd_core.runs.execute import execute_run
from lrd_core.settings import RunSettings
from lrd_core.store import connect
from lrd_core.store.runs import save_run
from lrd_core.views.stored import runs
from tests.example_store import run_record
from tests.model_folders import edit_json, save_folder, with_own_code, write_json


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_folder(tmp_path_factory.mktemp("models") / "mine", "qwen2")


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    shutil.copytree(original, tmp_path / "mine")
    write_json(tmp_path / "mine" / "1_Pooling" / "config.json", {"pooling_mode": "mean"})
    return tmp_path / "mine"


def ask(folder: Path, config: Config, allow: str = "") -> RunReport:
    request = RunRequest(str(folder), "lee-news", ("anisotropy",), RunSettings(n=8, max_length=16))
    return execute_run(request, config=config, loading=Loading("cpu", frozenset({allow})))


def double(file: Path) -> None:
    tensors = load_file(file)
    save_file({name: 2 * t for name, t in tensors.items()}, file, metadata={"format": "pt"})


def drop_lower_case(file: Path) -> None:
    content = file.read_text(encoding="utf-8")
    assert '"normalizer": null' in content
    file.write_text(content.replace('"normalizer": null', '"normalizer": {"type": "Lowercase"}'))


CHANGES = {
    "config.json": lambda f: edit_json(f, is_causal=False),
    "config.json ": lambda f: edit_json(f.with_name("config.json"), hidden_act="relu"),
    "tokenizer.json": drop_lower_case,
    "tokenizer_config.json": lambda f: edit_json(f, model_max_length=12),
    "1_Pooling/config.json": lambda f: write_json(f, {"pooling_mode": "lasttoken"}),
    "2_Dense/config.json": lambda f: write_json(f, {"in_features": 32, "out_features": 8}),
    "model.safetensors": double,
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_file_is_another_model_until_it_is_put_back(
    name: str, folder: Path, config: Config, tmp_path: Path
) -> None:
    first = ask(folder, config)
    assert first.computed == ("anisotropy",)
    shutil.copytree(folder, tmp_path / "kept")
    CHANGES[name](folder / name)
    changed = ask(folder, config)
    assert changed.computed == ("anisotropy",)
    assert changed.run_key != first.run_key
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "kept", folder)
    again = ask(folder, config)
    assert again.cached == ("anisotropy",)
    assert again.run_key == first.run_key


@pytest.mark.parametrize(
    "names", [("tokenizer.json",), ("tokenizer.json", "tokenizer_config.json")]
)
def test_a_missing_tokenizer_is_refused_and_leaves_nothing(
    names: tuple[str, ...], folder: Path, config: Config, tmp_path: Path
) -> None:
    for name in names:
        shutil.move(folder / name, tmp_path / name)
    with pytest.raises(ModelError, match=r"tokenizer"):
        ask(folder, config)
    assert runs(config).empty
    for name in names:
        shutil.move(tmp_path / name, folder / name)
    assert ask(folder, config).computed == ("anisotropy",)


def test_own_code_and_stock_code_have_keys_of_their_own(folder: Path, config: Config) -> None:
    folder = with_own_code(save_folder(folder.with_name("coded")))
    with pytest.raises(ModelRefusedError, match="--allow-code"):
        ask(folder, config)
    own = ask(folder, config, allow=str(folder))
    assert runs(config).iloc[0]["reading"] == "own code"
    (folder / "modeling_own.py").write_text((folder / "modeling_own.py").read_text() + "\n")
    edited = ask(folder, config, allow=str(folder))
    edit_json(folder / "config.json", auto_map=None)
    stock = ask(folder, config, allow=str(folder))
    assert len({own.run_key, edited.run_key, stock.run_key}) == 3
    assert own.computed == edited.computed == stock.computed == ("anisotropy",)
    with_own_code(folder)
    with pytest.raises(ModelRefusedError, match="--allow-code"):  # though its numbers are known
        ask(folder, config)


def test_a_folder_written_to_between_look_and_load_is_not_mistaken(
    folder: Path, config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "kept")

    def load_later(*args: object, **options: object) -> object:
        edit_json(folder / "config.json", hidden_act="relu")
        return load_model(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("lrd_core.models.load.load_model", load_later)
    changed = ask(folder, config)
    monkeypatch.setattr("lrd_core.models.load.load_model", load_model)
    assert ask(folder, config).run_key == changed.run_key
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "kept", folder)
    fresh = ask(folder, config)
    assert fresh.computed == ("anisotropy",)
    assert fresh.run_key != changed.run_key


def test_a_second_request_reads_no_weights_and_loads_no_model(
    folder: Path, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(folder, config)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the model was loaded again")

    monkeypatch.setattr("lrd_core.models.load.load_model", refuse)
    assert ask(folder, config).cached == ("anisotropy",)


def test_another_version_of_transformers_looks_at_the_model_again(
    folder: Path, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ask(folder, config)
    loads = []

    def count(*args: object, **options: object) -> object:
        loads.append(args)
        return load_model(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("lrd_core.models.load.load_model", count)
    monkeypatch.setattr(asked.importlib.metadata, "version", lambda _: "99.1.2")
    again = ask(folder, config)
    assert len(loads) == 1
    assert (again.run_key, again.cached) == (first.run_key, ("anisotropy",))


def test_a_run_known_by_its_weights_alone_is_never_served(folder: Path, config: Config) -> None:
    old = run_record("mine", "lee-news", n=8)
    with connect(config) as connection:
        save_run(connection, old)
    assert ask(folder, config).computed == ("anisotropy",)
    assert len(runs(config)) == 2


@pytest.mark.slow
def test_scores_follow_the_folder_too(folder: Path, config: Config) -> None:
    def score() -> tuple[int, ...]:
        settings = RunSettings(max_length=8)
        return execute_scores(
            str(folder), "lee-sts", settings, config=config, loading=Loading("cpu")
        ).computed

    assert score() == (0, 1, 2)
    assert score() == ()
    edit_json(folder / "config.json", is_causal=False)
    assert score() == (0, 1, 2)


@pytest.mark.slow
def test_bundled_results_are_those_of_the_pack_that_is_here(config: Config) -> None:
    load_demo(config)
    bundled = runs(config)
    bundled = bundled[(bundled["model"] == "all-MiniLM-L6-v2") & (bundled["condition"] == "")]
    run = bundled.sort_values("n").iloc[0]
    settings = RunSettings(n=int(run.n), seed=int(run.seed), max_length=int(run.max_length))
    request = RunRequest("all-MiniLM-L6-v2", run.task, ("anisotropy",), settings)
    report = execute_run(request, config=config, loading=Loading("cpu"))
    assert (report.run_key, report.cached) == (run.run_key, ("anisotropy",))
