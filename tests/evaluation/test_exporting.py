"""Scores out as MTEB results: read back by mteb itself, and by our own import."""

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from lrd_core.actions import uploads
from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.evaluation.exporting import export_results, mteb_name
from lrd_core.evaluation.importing import read_results
from lrd_core.notebook.stores import open_store
from lrd_core.store.connection import connect
from lrd_core.store.scores import ScoreRow, save_scores

MODEL = "sentence-transformers/all-MiniLM-L6-v2"


def row(task: str, layer: int | None, score: float | None, **changes: object) -> ScoreRow:
    plain = ScoreRow(
        model="all-MiniLM-L6-v2",
        model_id=MODEL,
        revision="sha256:53aa",
        task=task,
        task_revision="1.0",
        task_type="sts",
        score_name="cosine_spearman",
        score=score,
        layer=layer,
        settings='{"pooling":"mean"}',
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    found = Config(data_dir=tmp_path_factory.mktemp("scored"))
    rows = [row("STSBenchmark", layer, 0.5 + layer / 100) for layer in range(3)]
    rows += [row("lee-sts", layer, 0.25) for layer in range(2)]
    rows += [row("lee-sts", 2, None), row("lee-sts", None, 0.75, source="import:leaderboard")]
    rows += [
        row("lee-sts", 1, 0.9, model="mine", model_id="/home/me/mine", settings=settings)
        for settings in ('{"pooling":"mean"}', '{"pooling":"cls"}')
    ]
    with connect(found) as connection:
        save_scores(connection, rows)
    return found


@pytest.fixture(scope="module")
def folder(config: Config, tmp_path_factory: pytest.TempPathFactory):
    target = tmp_path_factory.mktemp("out") / "mteb"
    found = open_store(config.data_dir).export_mteb(target)
    assert found.sentence == (
        f"7 result files of 2 models on 2 tasks written to {target}; left out: 1 "
        "(layer without a score)"
    )
    return target


def test_mteb_reads_every_layer_back(folder) -> None:
    import mteb

    loaded = mteb.ResultCache(folder).load_results(
        models=[MODEL], include_remote=False, load_experiments="match_name"
    )
    found = {
        (one.experiment_name, task.task_name): task.get_score()
        for one in loaded.model_results
        for task in one.task_results
    }
    expected = {(f"layer_{layer}", "STSBenchmark"): 0.5 + layer / 100 for layer in range(3)}
    expected |= {(f"layer_{layer}", "lee-sts"): 0.25 for layer in range(2)}
    assert found == pytest.approx(expected)
    assert {one.model_revision for one in loaded.model_results} == {"sha256-53aa"}


def test_what_a_visitor_downloads_is_the_same_folder(
    config: Config, folder: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(io.BytesIO(uploads.pack_mteb(config))) as packed:
        packed.extractall(tmp_path)
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 7
    for name in files:
        assert json.loads((tmp_path / name).read_text()) == json.loads((folder / name).read_text())


def test_the_file_of_a_layer_lies_where_mteb_looks_for_it(folder) -> None:
    import mteb
    from mteb.models.model_meta import ModelMeta

    meta = ModelMeta.create_empty(
        {"name": MODEL, "revision": "sha256-53aa", "experiment_kwargs": {"layer": 2}}
    )
    found = mteb.ResultCache(folder).load_task_result("STSBenchmark", meta)
    assert found is not None
    assert found.scores["test"][0]["cosine_spearman"] == pytest.approx(0.52)
    assert found.dataset_revision == "1.0"


def test_settings_that_differ_are_told_apart(folder) -> None:
    (mine,) = folder.glob("results/lrd-explorer__mine/*")
    names = {path.name for path in (mine / "experiments").iterdir()}
    assert names == {"layer_1__pooling_mean", "layer_1__pooling_cls"}
    meta = json.loads((mine / "experiments" / "layer_1__pooling_cls/model_meta.json").read_text())
    assert meta["experiment_kwargs"] == {"layer": 1, "pooling": "cls"}


def test_our_own_import_reads_the_layers_too(folder) -> None:
    table = read_results(folder).table
    known = table[table["model"] == "all-MiniLM-L6-v2"]
    assert sorted(known["layer"]) == [0, 0, 1, 1, 2]
    assert set(table[table["model"] == "lrd-explorer/mine"]["layer"]) == {1}


def test_what_cannot_be_written_says_why(config: Config, folder, tmp_path) -> None:
    with pytest.raises(InputError, match="is there already"):
        export_results(config, folder)
    with pytest.raises(InputError, match="no score computed here is of these"):
        export_results(config, tmp_path / "new", models=["nobody"])
    assert mteb_name("some/one/folder") == "lrd-explorer/some-one-folder"
