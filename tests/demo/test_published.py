"""Published tables become a bundle that keeps its source and is loaded beside the computed one."""

from pathlib import Path

import pandas as pd
import pytest

from lrd_core.actions.bundled import load_demo
from lrd_core.cli import main
from lrd_core.config import Config
from lrd_core.demo.published import SOURCE, build_published
from lrd_core.errors import InputError
from lrd_core.views import stored
from lrd_core.views.depth import DepthRequest, depth
from lrd_core.views.view import Selection

BUNDLED = Config(Path("unused"))


def metrics_table(folder: Path) -> Path:
    row = {"family": "vit", "size": "base", "revision": "main", "dataset": "imagenet"}
    row |= {"split": "val", "metric_name": "entropy_prompt", "n_layers": 13}
    rows = [
        row | {"normalisation": normalisation, "layer": layer, "value": layer / 20}
        for normalisation in ("maxEntropy", "raw")
        for layer in range(13)
    ]
    pd.DataFrame(rows).to_parquet(folder / "metrics.parquet")
    return folder / "metrics.parquet"


def scores_table(folder: Path) -> Path:
    row = {"family": "Pythia", "size": "14m", "revision": "main", "task": "BIOSSES"}
    row |= {"split": "test", "subset": "default", "metric": "cosine_spearman"}
    rows = [row | {"layer": layer, "main_score": 0.1 * layer} for layer in range(7)]
    pd.DataFrame(rows).to_parquet(folder / "scores.parquet")
    return folder / "scores.parquet"


@pytest.fixture
def own(tmp_path: Path) -> Config:
    return Config(data_dir=tmp_path / "data", demo_dir=tmp_path / "demo")


def test_tables_become_a_bundle_whose_rows_name_their_source(own: Config, tmp_path: Path) -> None:
    report = build_published(own, [metrics_table(tmp_path), scores_table(tmp_path)])
    assert {name: n for name, n in report.written.items() if n} == {
        "runs": 1,
        "metric_values": 13,
        "scores": 7,
    }
    (reason,) = report.skipped
    assert reason.startswith("entropy_prompt (raw) is") and report.skipped[reason] == 13
    assert load_demo(own) and not load_demo(own)
    assert set(stored.runs(own)["source"]) == {SOURCE} == set(stored.scores(own)["source"])
    assert stored.runs(own)["task_type"].tolist() == ["images"]


def test_published_values_are_drawn_without_being_asked_for(own: Config, tmp_path: Path) -> None:
    build_published(own, [metrics_table(tmp_path)])
    load_demo(own)
    view = depth(own, DepthRequest(Selection(("vit-base",), ("imagenet",)), ("prompt_entropy",)))
    assert view.table["variant"].tolist() == ["published"] * 13
    assert "Layer by Layer" in " ".join(view.provenance)


def test_what_is_no_table_is_refused(own: Config, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("model,task,score\nm,STS17,0.5\n")
    with pytest.raises(InputError, match=r"x\.csv is no \.parquet file"):
        build_published(own, [tmp_path / "x.csv"])
    assert not own.demo_dir.exists()


def test_the_command_makes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("LRD_DEMO_DIR", str(tmp_path / "demo"))
    from lrd_core.config import load_config

    load_config.cache_clear()
    try:
        assert main(["demo", "--published", str(scores_table(tmp_path))]) == 0
    finally:
        load_config.cache_clear()
    assert "7 scores" in capsys.readouterr().out
    assert (tmp_path / "demo" / "published" / "scores.parquet").exists()


def test_the_bundled_ones_are_small_and_all_of_them_name_their_source() -> None:
    files = list(BUNDLED.published_dir.glob("*.parquet"))
    assert 0 < sum(path.stat().st_size for path in files) < 4e6
    for path in files:
        assert set(pd.read_parquet(path)["source"]) == {SOURCE}, path.name
