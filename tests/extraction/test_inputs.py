"""Items of any kind go one way: floats under a mask are read, pooled and measured like texts."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from lrd_core.errors import InputError
from lrd_core.extraction.hidden_states import extract
from lrd_core.extraction.inputs import MODALITIES, encode
from lrd_core.metrics import dataset_entropy, frenet, prompt_entropy, token_curvature
from lrd_core.models.load import LoadedModel
from tests.modalities import BLOCKS, WIDTH, add_pictures, add_sounds, pictures, sounds
from tests.tiny import tiny_loaded

KINDS = {"picture": (add_pictures, pictures), "sound": (add_sounds, sounds)}
Add = Callable[[pytest.MonkeyPatch], LoadedModel]
Draw = Callable[[int], list[np.ndarray]]


@pytest.fixture(params=KINDS)
def kind(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> tuple[LoadedModel, list[np.ndarray]]:
    add, draw = KINDS[request.param]
    return add(monkeypatch), draw(12)


def test_layers_of_pictures_are_those_of_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded, items = add_pictures(monkeypatch), pictures(4)
    with torch.inference_mode():
        output = loaded.model(
            pixel_values=torch.from_numpy(np.stack(items)), output_hidden_states=True
        )
    expected = [*output.hidden_states[:-1], output.last_hidden_state]
    found = extract(loaded, items).embeddings
    assert found.shape == (BLOCKS + 1, 4, WIDTH)
    for layer, states in enumerate(expected):
        np.testing.assert_allclose(found[layer], states.mean(1), atol=1e-6)
    first = extract(loaded, items, pooling="cls").embeddings
    np.testing.assert_allclose(first[-1], expected[-1][:, 0], atol=1e-6)


def test_an_embedding_does_not_depend_on_its_batch(
    kind: tuple[LoadedModel, list[np.ndarray]],
) -> None:
    loaded, items = kind
    together = extract(loaded, items, token_budget=1000).embeddings
    alone = extract(loaded, items, token_budget=1).embeddings
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert loaded.anatomy.batching == "any"
    assert loaded.anatomy.bidirectional


def test_metrics_see_only_what_the_mask_leaves_in(
    kind: tuple[LoadedModel, list[np.ndarray]],
) -> None:
    loaded, items = kind
    metrics = {
        "entropy": lambda layer: {"value": prompt_entropy(layer)},
        "curvature": lambda layer: {"value": token_curvature(layer)},
    }
    found = extract(loaded, items, token_metrics=metrics)
    for name in metrics:
        assert found.per_item[name]["value"].shape == (BLOCKS + 1, len(items))
    one = extract(loaded, items[3:4], token_metrics=metrics)
    np.testing.assert_allclose(
        found.per_item["entropy"]["value"][:, 3], one.per_item["entropy"]["value"][:, 0], atol=1e-5
    )
    layers = list(found.embeddings)
    assert frenet(layers).speed.shape == (BLOCKS,)
    assert 0 < float(dataset_entropy(layers[-1])) <= 1


def test_a_mask_is_not_for_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the padding of a batch pooled too, the shorter ones would move."""
    loaded, items = add_sounds(monkeypatch), sounds(12)
    batch = encode(loaded, items).batch(np.arange(len(items)))
    assert 0 < float(batch.mask.mean()) < 1


@pytest.mark.parametrize("architecture", ["bert", "llama"])
def test_texts_are_batches_of_ids_and_a_mask(architecture: str) -> None:
    loaded = tiny_loaded(architecture)
    encoded = encode(loaded, ["one", "", "a longer one"])
    batch = encoded.batch(np.array([1, 2]))
    assert set(batch.inputs) == {"input_ids", "attention_mask"}
    assert batch.mask.sum(1).tolist() == encoded.lengths[[1, 2]].tolist() == [3, 14]


def test_an_unknown_modality_is_named() -> None:
    loaded = tiny_loaded("bert")
    object.__setattr__(loaded.spec, "modality", "smell")
    with pytest.raises(InputError, match="no items of the kind 'smell' can be read; known: text"):
        extract(loaded, ["rose"])


def test_settings_of_texts_are_refused_by_other_modalities(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="is for texts"):
        extract(add_sounds(monkeypatch), sounds(2), prompt="query: ")
    with pytest.raises(InputError, match="no sounds to embed"):
        extract(add_sounds(monkeypatch), [])


def test_the_modalities_there_are() -> None:
    assert list(MODALITIES) == ["text", "image", "audio"]


STORED = {"per_text", "n_texts"}
"""Names that results, cards and cache keys had before there were items."""

FILES = {"text", "read_text", "write_text"}
"""Of what stands in a file, or is told to a reader."""


@pytest.mark.parametrize("part", ["extraction", "metrics", "evaluation"])
def test_only_the_door_knows_what_an_item_was(part: str) -> None:
    """Names of what reads, pools, measures and evaluates never say text."""
    core = Path(__file__).parents[2] / "lrd_core"
    named = {}
    for path in sorted((core / part).glob("*.py")):
        names = {
            name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            for name in (getattr(node, key, None) for key in ("id", "arg", "attr", "name"))
            if isinstance(name, str) and re.search(r"(^|_)texts?(_|$)", name)
        }
        named |= {path.stem: names - STORED - FILES} if names - STORED - FILES else {}
    knows = {"extraction": {"inputs", "batching"}, "evaluation": {"mteb_index"}}
    assert set(named) == knows.get(part, set())
