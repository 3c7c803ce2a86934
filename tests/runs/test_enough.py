"""Is n enough, from embeddings on disk to the command line; no model is loaded."""

import json
import shlex
from dataclasses import replace

import numpy as np
import pytest

from lrd_core.cli import build_parser, main
from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.extraction.embeddings import allocate_array, writing_embeddings
from lrd_core.jobs.handlers import load_handler
from lrd_core.runs import enough
from lrd_core.store import connect
from lrd_core.store.runs import save_run
from lrd_core.views.enough import curve_at, curve_sentence, read_curves
from lrd_core.views.enough import enough as enough_view
from tests.example_store import run_record

RUN = run_record("all-MiniLM-L6-v2", num_blocks=2, n=60)
ASK = ["enough", "--model", RUN.model, "--task", RUN.task]


@pytest.fixture
def small_run(config: Config) -> Config:
    """Random directions, so that every count of directions is capped by n."""
    with connect(config) as connection:
        save_run(connection, RUN)
    with writing_embeddings(config, RUN.run_key) as path:
        array = allocate_array(path, (3, 60, 384))
        array[:] = np.random.default_rng(0).normal(size=array.shape)
        array.flush()
    return config


def test_each_metric_is_kept_and_not_computed_again(
    small_run: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = enough.measure_subsamples(small_run, RUN.run_key, ("effective_rank",), repeats=2)
    assert (first.computed, first.cached) == (("effective_rank",), ())
    both = ("effective_rank", "frenet")
    second = enough.measure_subsamples(small_run, RUN.run_key, both, repeats=2)
    assert (second.computed, second.cached) == (("frenet",), ("effective_rank",))
    monkeypatch.setattr(enough, "subsample_curve", None)
    assert enough.measure_subsamples(small_run, RUN.run_key, both, repeats=2).computed == ()
    points = read_curves(small_run, RUN.run_key)
    assert "distances" not in set(points["series"])
    assert points["size"].max() == 60
    last = curve_at(points, "effective_rank", 2)
    assert set(last["position"]) == {2.0}
    sentence, warns = curve_sentence(last, "effective_rank", 2)
    assert "at the output is capped by n" in sentence
    assert warns
    assert curve_at(points, "d_0L", 1)["position"].isna().all()


def test_the_command_prints_sizes_and_verdicts(
    small_run: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [*ASK, "--metric", "effective_rank", "--metric", "gfmi", "--repeats", "2"]
    assert main(asked) == 0
    printed = capsys.readouterr().out
    assert "n=15" in printed
    assert "n=60" in printed
    assert "capped by n, still moves" in printed
    assert main([*asked, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    gfmi = {row["size"]: row["mean"] for row in rows if row["series"] == "gfmi"}
    assert 15 not in gfmi
    assert gfmi[60] > 0


def test_the_copied_command_leads_to_its_run_among_several(small_run: Config) -> None:
    view = enough_view(small_run, RUN.run_key, ["effective_rank"], 2)
    assert "--run" not in view.command
    inside = replace(RUN, run_key="f" * 32, capture="attention")
    with connect(small_run) as connection:
        save_run(connection, inside)
    for run in (RUN, inside):
        line = enough_view(small_run, run.run_key, ["effective_rank"], 2).command
        asked = build_parser().parse_args(shlex.split(line)[3:])
        found = enough.newest_run(small_run, asked.model, asked.task, asked.condition, asked.run)
        assert found == run.run_key
    with pytest.raises(InputError, match="the store has no run"):
        enough.newest_run(small_run, RUN.model, RUN.task, begins="0" * 12)


def test_what_cannot_be_measured_says_why(
    small_run: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["enough", "--model", "nobody", "--task", "bbc-news"]) == 2
    assert "the store has no run of nobody on bbc-news" in capsys.readouterr().err
    with pytest.raises(InputError, match="lidar reads augmented views of each text"):
        enough.measure_subsamples(small_run, RUN.run_key, ("lidar",))
    with pytest.raises(InputError, match="prompt_entropy has no values per text in this run"):
        enough.measure_subsamples(small_run, RUN.run_key, ("prompt_entropy",))
    with pytest.raises(InputError, match="no run has the key 'abc'"):
        enough.measure_subsamples(small_run, "abc")
    with pytest.raises(InputError, match="the run has 5 texts; subsamples need at least 8"):
        enough.default_sizes(5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"repeats": 0}, "repeats is 0; choose 1 to 100"),
        ({"repeats": 10**6}, "repeats is 1000000; choose 1 to 100"),
        ({"seed": -1}, "seed is -1; choose 0 to 4294967295"),
    ],
)
def test_repeats_and_seeds_have_bounds(small_run: Config, options, message: str) -> None:
    with pytest.raises(InputError, match=message):
        enough.measure_subsamples(small_run, RUN.run_key, **options)


def test_the_job_kind_is_known() -> None:
    assert load_handler("enough").__name__ == "run_enough"
