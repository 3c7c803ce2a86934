"""What goes with a layer that is taken: the sentences of its card, payload, command."""

import shlex

import pandas as pd
import pytest

from lrd_core.cli import build_parser
from lrd_core.config import Config
from lrd_core.settings import RunSettings
from lrd_core.taking.settings import TakeSettings
from lrd_core.views.best_layer import LayerRequest, best_layer
from lrd_core.views.score_tables import score_table
from lrd_core.views.take import (
    offer_of,
    offer_words,
    offered_payload,
    take_command,
    take_evidence,
    take_offer,
    take_payload,
    taken_folder,
)
from tests.selection_store import fill_selection
from tests.shared_store import shared


@pytest.fixture(scope="module")
def selection(tmp_path_factory: pytest.TempPathFactory) -> Config:
    config = Config(data_dir=tmp_path_factory.mktemp("take"))
    fill_selection(config)
    return shared(config)


def test_every_number_of_the_evidence_is_one_of_the_store(selection: Config) -> None:
    said = take_evidence(selection, "model-b", [1])
    table = score_table(selection)
    own = table[(table["subject"] == "model-b") & (table["layer"] >= 0)]
    wide = own.pivot(index="task", columns="layer", values="score").dropna()
    for task, row in wide.iterrows():
        line = next((one for one in said if one.startswith(f"{task}: ")), None)
        if line is not None:
            assert f"{100 * row[1]:.1f} at layer 1" in line
            assert f"{100 * row.max():.1f} at its best layer ({row.idxmax()})" in line
    assert said[0].startswith("Mean score over ")
    assert "computed by LRD Explorer" in said[0]
    assert any("without labels" in one for one in said)


def test_nothing_is_said_of_what_was_not_scored(selection: Config) -> None:
    assert take_evidence(selection, "no-such-model", [1]) == ()
    assert take_evidence(selection, "model-b", [99]) == ()
    assert take_evidence(selection, "model-b", [1, 2]) == ()


def test_what_is_offered_is_the_best_layer_as_it_was_scored(selection: Config) -> None:
    found = best_layer(selection, LayerRequest("model-b"))
    offer = take_offer(selection, found)
    assert offer is not None
    assert offer.best == int(found.curve.table.set_index("layer")["score"].idxmax())
    assert (offer.run.pooling or "") == found.scored.pooling
    payload = offered_payload(selection, offer, (offer.best,), 8)
    assert payload["task"] == offer.tasks[0]
    assert taken_folder(selection, payload) is None


def test_means_of_layers_that_labels_chose_are_offered_with_what_they_scored(
    selection: Config,
) -> None:
    table = pd.DataFrame(
        {"model": "m", "layer": [0, 1], "num_blocks": 1, "score": 0.5, "low": 0.4, "high": 0.6}
    )
    row = {"score": 0.625, "gain": 0.02, "gain_low": -0.01, "gain_high": 0.04, "n": 100}
    several = [
        {"model": "m", "way": "best single layer", "layers": [1], **row},
        {"model": "m", "way": "weighted mean", "layers": [0, 1, 1], **row},
        {"model": "other", "way": "mean of all layers", "layers": [0, 1], **row},
    ]
    offer = offer_of(("m", 1), table, "news", RunSettings(), several)
    assert list(offer.sets) == ["weighted mean"]
    layers = offer.sets["weighted mean"].layers
    words = offer_words(offer, layers, 0)
    assert "cut after layer 1 of 1, read as the mean of layers 0, 1 (twice)" in words
    payload = offered_payload(selection, offer, layers, 0)
    assert payload["settings"]["layers"] == [0, 1, 1]
    (said,) = payload["evidence"]
    assert "scores 0.62 on 100 rows that had no say in it, +2.0 points beside one layer" in said
    assert "--layer 0,1,1" in take_command(payload)


def test_a_copied_command_asks_for_the_same(selection: Config) -> None:
    run = RunSettings(pooling="cls", final_norm="all")
    payload = take_payload(selection, "org/my model", TakeSettings((3,), "no", 7), run=run)
    assert payload["folder"].startswith("org-my-model-layer-3-pca-7-")
    parsed = build_parser().parse_args(shlex.split(take_command(payload))[3:])
    assert (parsed.model, parsed.layers, parsed.pca) == ("org/my model", "3", 7)
    assert (parsed.pooling, parsed.final_norm, parsed.normalise) == ("cls", "all", "no")
    assert str(parsed.out) == payload["folder"]
