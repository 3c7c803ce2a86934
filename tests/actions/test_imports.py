"""Imports keep their source, never replace anything, and say what they skipped."""

import os
from pathlib import Path

import pandas as pd
import pytest

from lrd_core.actions import imports
from lrd_core.actions.imports import import_results
from lrd_core.actions.uploads import pack_bundle
from lrd_core.cli import main
from lrd_core.config import Config
from lrd_core.errors import InputError, JobError
from lrd_core.store import connect
from lrd_core.store.scores import ScoreRow, save_scores
from lrd_core.views import stored as results
from lrd_core.views.layer_choice import compare_layers
from lrd_core.views.layer_tables import checkpoint_curves
from lrd_core.views.layer_words import layer_sentence
from lrd_core.views.score_tables import score_table
from tests.example_store import fill

PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "published"
needs_published = pytest.mark.skipif(
    not PUBLISHED.exists(), reason="the published tables lie beside the project, not in it"
)


def metric_rows(**changes: object) -> list[dict[str, object]]:
    row = {
        "family": "Pythia",
        "size": "70m",
        "revision": "main",
        "dataset": "mteb/emotion",
        "split": "test",
        "metric_name": "dime",
        "normalisation": "raw",
        "n_layers": 7,
    } | changes
    return [row | {"layer": layer, "value": 0.1 * layer} for layer in range(7)]


@pytest.fixture
def metric_table(tmp_path: Path) -> Path:
    rows = (
        metric_rows() + metric_rows(normalisation="logN") + metric_rows(family="vit", size="base")
    )
    rows += metric_rows(metric_name="entropy_dataset", normalisation="maxEntropy")
    rows[3]["value"] = None
    path = tmp_path / "metrics.parquet"
    pd.DataFrame(rows).to_parquet(path)
    return path


def test_layer_metrics_become_runs_of_published_values(config: Config, metric_table: Path) -> None:
    report = import_results(config, metric_table)
    assert report.added == {"runs": 2, "metric values": 21}
    assert report.skipped == {
        "dime (logN) is the raw value divided by log n; dime is taken as raw": 7
    }
    run, vision = results.runs(config).sort_values("model").to_dict("records")
    assert (vision["model"], vision["model_id"]) == ("vit-base", "published:vit-base")
    assert "is not stated in the published table" in vision["model_note"]
    assert (run["model"], run["task"], run["n"]) == ("pythia-70m", "EmotionClassification", 0)
    assert run["source"] == "import: metrics.parquet"
    assert results.profiles(config).empty
    values = results.profiles(config, variants=True)
    assert set(values["variant"]) == {"published"}
    gap = values[
        (values["model"] == "pythia-70m") & (values["series"] == "dime") & (values["position"] == 3)
    ].iloc[0]
    assert pd.isna(gap["value"]) and gap["reason"] == "missing in the imported table"


def test_values_given_twice_and_rows_without_a_name_are_counted(
    config: Config, tmp_path: Path
) -> None:
    rows = metric_rows() + metric_rows()[:2] + metric_rows(revision=None)[:3]
    rows[8]["value"] = 0.7
    pd.DataFrame(rows).to_parquet(tmp_path / "m.parquet")
    report = import_results(config, tmp_path / "m.parquet")
    assert report.added == {"runs": 1, "metric values": 7}
    assert report.skipped == {
        "row names no model, data set, split, metric or layer": 3,
        "same value given twice": 1,
        "another value for the same metric and layer; the first one counts": 1,
    }


@pytest.mark.parametrize("dataset", ["folder", "~nouser/x.csv", "x" * 5000])
def test_data_sets_are_looked_up_and_never_opened(
    dataset: str, config: Config, tmp_path: Path
) -> None:
    (tmp_path / "folder.csv").write_text("password,label\nsecret,1\n")
    dataset = str(tmp_path / "folder.csv") if dataset == "folder" else dataset
    pd.DataFrame(metric_rows(dataset=dataset)).to_parquet(tmp_path / "m.parquet")
    import_results(config, tmp_path / "m.parquet")
    (run,) = results.runs(config).to_dict("records")
    assert (run["task"], run["task_type"]) == (dataset, "texts")


def test_metrics_of_layers_that_no_model_has_are_refused(config: Config, tmp_path: Path) -> None:
    pd.DataFrame(metric_rows(n_layers=10**9)).to_parquet(tmp_path / "m.parquet")
    with pytest.raises(InputError, match="num_blocks 999999999 is no whole number"):
        import_results(config, tmp_path / "m.parquet")


def test_what_the_data_page_exports_comes_back_on_the_command_line(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Config(tmp_path / "other")
    fill(other)
    (tmp_path / "lrd-store.zip").write_bytes(pack_bundle(other))
    assert main(["import", str(tmp_path / "lrd-store.zip")]) == 0
    assert "lrd-store: added 8 runs" in capsys.readouterr().out
    assert set(results.runs(config)["source"]) == {"import: lrd-store"}
    assert main(["import", str(tmp_path / "lrd-store.zip")]) == 0
    assert "lrd-store: added nothing new" in capsys.readouterr().out


def test_importing_twice_adds_nothing(config: Config, metric_table: Path) -> None:
    import_results(config, metric_table)
    again = import_results(config, metric_table)
    assert again.added == {"runs": 0, "metric values": 0}
    assert again.present == 2
    assert len(results.profiles(config, variants=True)) == 21
    assert "added nothing new" in again.lines()[0]


def test_own_scores_stay_and_the_same_file_under_another_name_adds_nothing(
    config: Config, tmp_path: Path
) -> None:
    own = ScoreRow(
        "pythia-70m", "EleutherAI/pythia-70m", "", "MMLU", "1", "", "main_score", 0.9, None
    )
    with connect(config) as connection:
        save_scores(connection, [own])
    path = tmp_path / "board.csv"
    path.write_text("model,task,score\npythia-70m,MMLU,25.5\npythia-70m,MMLU,oops\n")
    report = import_results(config, path)
    assert report.added == {"scores": 1}
    assert report.skipped == {"score is missing or no number": 1}
    stored = results.scores(config).set_index("source")["score"]
    assert stored["own"] == 0.9
    assert stored["import: board.csv"] == pytest.approx(0.255)
    other = tmp_path / "copy.csv"
    other.write_text(path.read_text())
    assert import_results(config, other).added == {"scores": 0}


def test_what_cannot_be_imported_says_why(config: Config, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere does not exist; give a folder or a file"):
        import_results(config, tmp_path / "nowhere")
    read_only = Config(data_dir=config.data_dir, read_only=True)
    with pytest.raises(JobError, match="only shows results"):
        import_results(read_only, tmp_path)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Config:
    config = Config(data_dir=tmp_path_factory.mktemp("published"))
    import_results(config, PUBLISHED / "layerwise_metrics.parquet")
    import_results(config, PUBLISHED / "layerwise_mteb.parquet")
    return config


@needs_published
def test_pythia_is_best_near_layer_17_of_24(published: Config) -> None:
    """Layer by Layer: best 52.0 at layer 17, last layer 45.5 over 32 tasks."""
    choice = compare_layers(published, score_table(published, "first"), "pythia-410m").choice
    assert len(choice.tasks) == 32
    assert choice.best_layer == 17
    assert 100 * choice.strategy("best_fixed").mean == pytest.approx(52.0, abs=0.05)
    assert 100 * choice.strategy("last").mean == pytest.approx(45.5, abs=0.05)


@needs_published
def test_with_one_subset_for_all_layers_the_gap_is_five_points(published: Config) -> None:
    """The first subset of STS17 is not the same at every layer; English is."""
    choice = compare_layers(published, score_table(published), "pythia-410m").choice
    assert choice.best_layer == 17
    assert 4 < 100 * choice.strategy("best_fixed").gain < 6


@needs_published
def test_dime_gives_the_published_48_5(published: Config) -> None:
    """Three tasks have no metric values, so 29 remain; the number of the paper holds on them."""
    table = score_table(published, "first")
    view = compare_layers(published, table, "pythia-410m", metrics=("dime",))
    assert len(view.choice.tasks) == 29
    assert 100 * view.choice.strategy("dime").mean == pytest.approx(48.5, abs=0.05)
    assert "pythia-410m is best at layer 17 of 24" in layer_sentence(view)


@needs_published
def test_the_best_layer_moves_from_the_embedding_to_the_middle(published: Config) -> None:
    curves = checkpoint_curves(score_table(published), "pythia-410m")
    assert curves["revision"].nunique() == 14
    assert curves["num_tasks"].unique().tolist() == [32]
    best = curves.loc[curves.groupby("revision")["score"].idxmax()].set_index("revision")["layer"]
    assert best["step1"] == 0
    assert 15 <= best["step128000"] <= 19 and best["main"] == 17


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.parquet", b"PAR1 not really PAR1", "is no Parquet file that can be read"),
        ("a.parquet", b"", "is no Parquet file that can be read"),
        ("a.zip", b"PK\x03\x04 not really", "no zip file that can be read"),
        ("a.csv", "model,task,score\n".encode("utf-16"), "UTF-16, not UTF-8"),
        ("a.csv", b"", "no column names"),
        ("a.json", b"{", None),
    ],
)
def test_the_command_line_refuses_as_the_page_does(
    name: str,
    content: bytes,
    message: str | None,
    config: Config,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / name).write_bytes(content)
    assert main(["import", str(tmp_path / name)]) == (2 if message else 0)
    captured = capsys.readouterr()
    assert message is None or (captured.err.startswith("error: ") and message in captured.err)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"run_key": ["../../x"]}, "run_key '../../x' is not a key of letters"),
        ({"run_key": ["a"], "n": ["many"]}, "bundle holds values that do not fit the store"),
    ],
)
def test_a_bundle_given_as_a_folder_is_checked_too(
    columns: dict[str, list[str]], message: str, config: Config, tmp_path: Path
) -> None:
    (tmp_path / "bundle").mkdir()
    pd.DataFrame(columns).to_parquet(tmp_path / "bundle" / "runs.parquet")
    with pytest.raises(InputError, match=message):
        import_results(config, tmp_path / "bundle")


@pytest.mark.parametrize("path", ["x" * 300, "/dev/zero", "a\0b"])
def test_paths_that_lead_nowhere(path: str, config: Config) -> None:
    with pytest.raises(InputError, match=r"does not exist|cannot be read|no plain file"):
        import_results(config, Path(path))


def test_many_scores_are_written_in_batches(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "_BATCH", 10)
    written: list[int] = []

    def save(connection: object, rows: list[ScoreRow]) -> int:
        written.append(len(rows))
        return save_scores(connection, rows)

    monkeypatch.setattr(imports, "save_scores", save)
    rows = "".join(f"m{number},STS17,0.5\n" for number in range(25))
    (tmp_path / "t.csv").write_text("model,task,score\n" + rows)
    assert import_results(config, tmp_path / "t.csv").added == {"scores": 25}
    assert written == [10, 10, 5]
    again = import_results(config, tmp_path / "t.csv")
    assert (again.added, again.present) == ({"scores": 0}, 25)
    assert len(results.scores(config)) == 25


def test_a_name_in_another_encoding_is_kept_readable(config: Config, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.csv")
    path.write_text("model,task,score\nm,STS17,0.5\n")
    assert import_results(config, path).source == "caf?.csv"
    assert set(results.scores(config)["source"]) == {"import: caf?.csv"}
