"""The provenance line."""

import pandas as pd
import pytest

from lrd_core.views.provenance import model_notes, provenance_line, short_revision
from tests.example_store import run_record


@pytest.fixture
def runs() -> pd.DataFrame:
    return pd.DataFrame([vars(run_record("alpha")), vars(run_record("beta", pooling="cls"))])


def test_the_line_names_everything_that_decides_a_number(runs: pd.DataFrame) -> None:
    line = provenance_line(runs, ["Prompt entropy v1"])
    for part in (
        "alpha@c9745ed, beta@c9745ed",
        "bbc-news@1.0.0",
        "mean / cls pooling",
        "n=1,000 of 2,225",
        "256 tokens at most",
        "seed 0",
        "float32",
        "Prompt entropy v1",
        "own run",
    ):
        assert part in line, part


def test_many_models_are_counted() -> None:
    runs = pd.DataFrame([vars(run_record(f"m{i}")) for i in range(5)])
    assert provenance_line(runs).startswith("5 models")
    assert provenance_line(runs.iloc[:0]) == ""


def test_conditions_bundled_runs_and_notes_are_said(runs: pd.DataFrame) -> None:
    changed = runs.assign(condition="repeat:0.5", source="demo", model_note="weights dequantised")
    line = provenance_line(changed)
    assert "repeat:0.5" in line
    assert line.endswith("bundled")
    assert model_notes(changed) == ["alpha: weights dequantised", "beta: weights dequantised"]


def test_a_tail_is_said_where_there_is_one(runs: pd.DataFrame) -> None:
    assert "tail" not in provenance_line(runs)
    assert "tail after pooling none / all" in provenance_line(runs.assign(tail=["none", "all"]))


def test_only_hashes_are_shortened() -> None:
    assert short_revision("c9745ed1d9f207416be6d2e6f8de32d1f16199bf") == "c9745ed"
    assert short_revision("step1000") == "step1000"


def test_folders_known_by_their_weights_alone_are_said(runs: pd.DataFrame) -> None:
    old = runs.assign(model_id="/models/alpha", revision="sha256:0123456789ab")
    (note,) = model_notes(old.iloc[:1])
    assert note.startswith(
        "alpha@sha256:0123456789ab: an earlier version recorded only the weights"
    )
    assert "compute it again" in note
    new = runs.assign(model_id="/models/alpha", revision="files:0123456789abcdef0123456789abcdef")
    assert model_notes(new) == []
    assert "alpha@files:0123456789ab," in provenance_line(new)


def test_a_model_that_is_read_otherwise_says_how(runs: pd.DataFrame) -> None:
    assert "own code" in provenance_line(runs.assign(reading=["own code", ""]))
    assert provenance_line(runs.assign(reading=None)) == provenance_line(runs)


def test_revisions_of_the_hub_are_shortened_with_what_was_added() -> None:
    commit = "c9745ed1d9f207416be6d2e6f8de32d1f16199bf"
    assert short_revision(f"{commit}+code") == "c9745ed+code"
    digest = "0123456789abcdef0123456789abcdef"
    assert short_revision(f"{commit}+files:{digest}") == "c9745ed+files:0123456789ab"


def test_notes_that_runs_of_a_model_share_are_said_once(runs: pd.DataFrame) -> None:
    both = pd.concat([runs.iloc[[0]]] * 2).assign(model_note=["bytes in; trained", "bytes in; old"])
    assert model_notes(both) == ["alpha: bytes in; trained (of 1 of 2 runs); old (of 1 of 2 runs)"]
