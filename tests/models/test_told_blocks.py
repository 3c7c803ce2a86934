"""What a model says of its depth before its weights are read; against the zoo in test_zoo.py."""

import json
from pathlib import Path
from typing import Any

import pytest

import lrd_core
from lrd_core.config import Config
from lrd_core.errors import InputError, PruningError
from lrd_core.models import load, weights
from lrd_core.models.specs import find_model
from lrd_core.models.told_blocks import told_blocks
from lrd_core.pruning.settings import TrialSettings
from lrd_core.pruning.subject import load_subject
from lrd_core.settings import RunSettings
from lrd_core.taking.settings import TakeSettings
from lrd_core.taking.take import take_model


def folder(place: Path, settings: dict[str, Any]) -> str:
    place.mkdir(exist_ok=True)
    (place / "config.json").write_text(json.dumps(settings))
    return str(place)


@pytest.mark.parametrize(
    "settings, expected",
    [
        ({"model_type": "bert", "num_hidden_layers": 5, "layer_norm_eps": 1e-12}, 5),
        ({"model_type": "gpt2", "n_layer": 7}, 7),
        ({"model_type": "bart", "encoder_layers": 3, "decoder_layers": 3}, 3),
        ({"model_type": "bart", "encoder_layers": 3, "decoder_layers": 6}, None),
        ({"model_type": "clip", "vision_config": {"num_hidden_layers": 4}}, 4),
        (
            {
                "model_type": "clip",
                "vision_config": {"num_hidden_layers": 4},
                "text_config": {"num_hidden_layers": 2},
            },
            None,
        ),
        ({"model_type": "swin", "depths": [2, 2, 6, 2]}, None),
        ({"model_type": "nemotron_h", "num_nextn_predict_layers": 2}, None),
        ({"model_type": "bert", "num_hidden_layers": 0}, None),
        ({"model_type": "bert", "num_hidden_layers": True}, None),
        ({"model_type": "bert", "num_hidden_layers": "12"}, None),
        ({"model_type": "bert"}, None),
    ],
)
def test_a_folder_tells_its_depth_where_its_counts_agree(
    tmp_path: Path, settings: dict[str, Any], expected: int | None
) -> None:
    assert told_blocks(find_model(folder(tmp_path / "model", settings))) == expected


def test_the_registry_tells_it_and_an_unknown_repository_does_not() -> None:
    assert told_blocks(find_model("all-MiniLM-L6-v2")) == 6
    assert told_blocks(find_model("somebody/something")) is None


def test_a_layer_or_block_beyond_it_is_refused_before_weights_are_looked_for(
    tmp_path: Path, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def looked(*_: object, **__: object) -> None:
        raise AssertionError("weights were looked for")

    for module in (load, weights):
        monkeypatch.setattr(module, "locate_weights", looked)
    own = folder(tmp_path / "model", {"model_type": "bert", "num_hidden_layers": 5})
    for model, most in ((own, 5), ("all-MiniLM-L6-v2", 6)):
        with pytest.raises(InputError, match=f"no layer 99; layers are 0 to {most}"):
            take_model(model, TakeSettings((99,)), tmp_path / "out", config, run=RunSettings())
        with pytest.raises(InputError, match=f"no layer 99; layers are 0 to {most}"):
            lrd_core.take(model, 99, tmp_path / "out")
        with pytest.raises(PruningError, match=f"no block 99; blocks are 0 to {most - 1}"):
            lrd_core.prune(model, [99])
        with pytest.raises(PruningError, match=f"no block 99; blocks are 0 to {most - 1}"):
            load_subject(model, "bbc-news", TrialSettings(rules=(), removed=(99,)), config)
    with pytest.raises(AssertionError, match="weights were looked for"):
        take_model(own, TakeSettings((5,)), tmp_path / "out", config, run=RunSettings())
