"""A run of pooled states and one through the tail: other numbers, other keys, and both say so."""

from pathlib import Path

import pytest

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.extraction.embeddings import open_embeddings
from lrd_core.models.loading import Loading
from lrd_core.runs import RunReport, RunRequest
from lrd_core.runs.execute import execute_run
from lrd_core.settings import RunSettings
from lrd_core.views import stored as results
from lrd_core.views.provenance import model_notes, provenance_line
from tests.pipeline_folders import NORM, QUERY, base, dense, make
from tests.tiny import HIDDEN_SIZE


def run(config: Config, folder: Path, tail: str, *metrics: str) -> RunReport:
    settings = RunSettings(n=12, max_length=32, tail=tail)
    request = RunRequest(str(folder), "lee-news", metrics or ("anisotropy",), settings)
    return execute_run(request, config=config, loading=Loading("cpu"))


def test_each_says_which_states_it_is_of(config: Config, tmp_path: Path) -> None:
    folder = make(tmp_path / "model", tail=[dense(HIDDEN_SIZE, 12), NORM], whole=QUERY)
    pooled, through = run(config, folder, "none"), run(config, folder, "all")
    assert pooled.run_key != through.run_key
    assert open_embeddings(config, pooled.run_key).shape == (3, 12, HIDDEN_SIZE)
    assert open_embeddings(config, through.run_key).shape == (3, 12, 12)
    stored = results.runs(config).set_index("run_key", drop=False)
    assert stored["hidden_size"].to_dict() == {pooled.run_key: HIDDEN_SIZE, through.run_key: 12}
    default = "its default prompt 'query: ' is off unless asked for"
    assert stored["model_note"].to_dict() == {
        pooled.run_key: f"{default}; layers are pooled states before the model's own tail "
        "(Dense 32 to 12, Normalize)",
        through.run_key: default,
    }
    line = provenance_line(stored.loc[[through.run_key]])
    assert "tail after pooling all" in line
    assert "tail" not in provenance_line(stored.loc[[pooled.run_key]])
    (note,) = model_notes(stored)
    assert f"model: {default}; layers are pooled states" in note
    assert note.endswith("(Dense 32 to 12, Normalize) (of 1 of 2 runs)")
    assert run(config, folder, "all").computed == ()


def test_views_of_a_joined_pooling_go_through_its_tail(config: Config, tmp_path: Path) -> None:
    folder = make(tmp_path / "model", pooling=["cls", "max"], tail=[dense(2 * HIDDEN_SIZE, 12)])
    assert run(config, folder, "all", "infonce:n_texts=12").computed == ("infonce:n_texts=12",)
    assert run(config, folder, "none", "infonce:n_texts=12").computed == ("infonce:n_texts=12",)


def test_a_model_without_a_tail_has_one_key(config: Config, tmp_path: Path) -> None:
    folder = base(tmp_path / "plain")
    assert run(config, folder, "none").run_key == run(config, folder, "all").run_key
    assert set(results.runs(config)["tail"]) == {"none"}
    with pytest.raises(InputError, match="tail is 'some'; choose one of none, all"):
        run(config, folder, "some")
