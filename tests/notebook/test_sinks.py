"""Results in the records of others, kept on this machine; skipped where those are not installed."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import lrd_core
from lrd_core.errors import InputError
from lrd_core.notebook import sinks

WORDS = "is not installed: pip install '.[wandb,mlflow]'"


@pytest.fixture
def found() -> lrd_core.Profiles:
    rng = np.random.default_rng(0)
    layers = [rng.normal(size=(30, 8)) for _ in range(4)]
    return lrd_core.measure_arrays(layers, "effective_rank", name="org/model", task="my texts")


def test_a_data_set_has_the_rows_of_the_table_and_what_they_are_of(
    found: lrd_core.Profiles,
) -> None:
    rows, table = found.dataset(), found.table()
    assert rows.column_names == [*table.columns, "model", "task", "num_blocks", "pooling"]
    assert list(rows["value"]) == list(table["value"])
    assert set(rows["model"]) == {"org/model"} and set(rows["num_blocks"]) == {3}


def test_what_is_not_installed_is_named(
    found: lrd_core.Profiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"logging to W&B needs .* '\.\[wandb\]'"):
        sinks.log_to_wandb(found, None)
    with pytest.raises(InputError, match=r"logging to MLflow needs .* '\.\[mlflow\]'"):
        sinks.log_to_mlflow(found)


@pytest.mark.skipif(importlib.util.find_spec("wandb") is None, reason=f"wandb {WORDS}")
def test_wandb_gets_the_table_and_the_figure(
    found: lrd_core.Profiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import wandb

    monkeypatch.setenv("WANDB_SILENT", "true")
    run = wandb.init(project="layers", mode="offline", dir=str(tmp_path))
    lrd_core.log_to_wandb(found, run)
    run.finish()
    (kept,) = tmp_path.rglob("*.table.json")
    told = json.loads(kept.read_text())
    assert told["columns"] == list(found.table().columns)
    assert [row[2] for row in told["data"]] == pytest.approx(list(found.table()["value"]))
    assert [path for path in tmp_path.rglob("*.html") if "org-model" in str(path)]


@pytest.mark.skipif(importlib.util.find_spec("mlflow") is None, reason=f"mlflow {WORDS}")
def test_mlflow_gets_the_table_and_the_figure(
    found: lrd_core.Profiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri((tmp_path / "records").as_uri())
    with pytest.raises(InputError, match="no run of MLflow is active"):
        lrd_core.log_to_mlflow(found)
    with mlflow.start_run():
        lrd_core.log_to_mlflow(found)
    (kept,) = tmp_path.rglob("layers/org-model/my-texts/profiles.json")
    told = json.loads(kept.read_text())["data"]
    assert [row["value"] for row in told] == pytest.approx(list(found.table()["value"]))
    assert (kept.parent / "figure.html").stat().st_size > 1000
