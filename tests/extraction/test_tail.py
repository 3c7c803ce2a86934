"""What follows pooling: the modules' own arithmetic, and weights that must fit."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from lrd_core.errors import InputError, ModelError, ModelRefusedError, NonFiniteError
from lrd_core.extraction.hidden_states import extract
from lrd_core.extraction.tail import check_tail, load_tail
from lrd_core.models.pipeline import PLAIN, Pipeline, read_pipeline
from lrd_core.models.tail_modules import ACTIVATIONS
from tests.pipeline_folders import LAYER_NORM, NORM, TEXTS, dense, edit, make
from tests.tiny import HIDDEN_SIZE, tiny_loaded

CPU = torch.device("cpu")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make(tmp_path / "model", tail=[dense(HIDDEN_SIZE, 6), NORM])


def test_every_layer_goes_through_the_tail(folder: Path) -> None:
    loaded = replace(tiny_loaded("bert"), pipeline=read_pipeline(folder))
    pooled = extract(loaded, TEXTS).embeddings
    found = extract(loaded, TEXTS, tail="all").embeddings
    weights = {
        name: w.numpy() for name, w in load_file(folder / "2_Dense/model.safetensors").items()
    }
    expected = np.tanh(pooled @ weights["linear.weight"].T + weights["linear.bias"])
    expected /= np.linalg.norm(expected, axis=2, keepdims=True)
    assert pooled.shape == (5, len(TEXTS), HIDDEN_SIZE)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_without_a_tail_nothing_changes(folder: Path) -> None:
    plain = tiny_loaded("bert")
    with_tail = replace(plain, pipeline=read_pipeline(folder))
    expected = extract(plain, TEXTS).embeddings
    np.testing.assert_array_equal(extract(with_tail, TEXTS).embeddings, expected)
    np.testing.assert_array_equal(extract(plain, TEXTS, tail="all").embeddings, expected)
    assert load_tail(PLAIN, "all", HIDDEN_SIZE, CPU) is None
    with pytest.raises(InputError, match="tail is 'some'; choose one of none, all"):
        extract(plain, TEXTS, tail="some")


def test_every_known_activation_can_be_made_and_has_no_weights() -> None:
    for name in ACTIVATIONS:
        module = getattr(nn, name)()
        assert not list(module.parameters())
        assert module(torch.ones(1, 3)).shape == (1, 3)


def test_joined_states_need_a_tail_of_their_width(folder: Path) -> None:
    loaded = replace(tiny_loaded("bert"), pipeline=read_pipeline(folder))
    assert extract(loaded, TEXTS, pooling="cls+max").embeddings.shape[2] == 2 * HIDDEN_SIZE
    with pytest.raises(ModelError, match=f"reads vectors of width {HIDDEN_SIZE}, but pooling give"):
        extract(loaded, TEXTS, pooling="cls+max", tail="all")


def test_pickled_weights_are_never_opened(folder: Path) -> None:
    file = folder / "2_Dense" / "model.safetensors"
    file.rename(folder / "2_Dense" / "pytorch_model.bin")
    pipeline = read_pipeline(folder)
    with pytest.raises(ModelRefusedError, match=r"its weights are pickled \(pytorch_model.bin\)"):
        load_tail(pipeline, "all", HIDDEN_SIZE, CPU)
    with pytest.raises(ModelRefusedError, match="or leave the tail out"):
        check_tail(pipeline)
    assert load_tail(pipeline, "none", HIDDEN_SIZE, CPU) is None


def test_weights_that_are_missing_broken_or_others_are_named(folder: Path) -> None:
    file, pipeline = folder / "2_Dense" / "model.safetensors", read_pipeline(folder)
    file.write_bytes(b"\0" * 64)
    with pytest.raises(ModelError, match=r"2_Dense/model\.safetensors cannot be read"):
        load_tail(pipeline, "all", HIDDEN_SIZE, CPU)
    file.unlink()
    with pytest.raises(ModelError, match=r"2_Dense/model\.safetensors cannot be read"):
        load_tail(pipeline, "all", HIDDEN_SIZE, CPU)
    edit(folder / "2_Dense" / "config.json", out_features=10**12)
    save_file({"linear.weight": torch.ones(6, 3)}, file)
    with pytest.raises(ModelError, match=r"its settings mean linear.bias \(1000000000000,\)"):
        check_tail(read_pipeline(folder))
    with pytest.raises(ModelError, match=r"holds linear.weight \(6, 3\), where its settings mean"):
        load_tail(pipeline, "all", HIDDEN_SIZE, CPU)


def test_a_tail_that_gives_no_number_names_the_layer(tmp_path: Path) -> None:
    folder = make(tmp_path / "model", tail=[LAYER_NORM])
    file = folder / "2_LayerNorm" / "model.safetensors"
    save_file(load_file(file) | {"norm.bias": torch.full((HIDDEN_SIZE,), torch.nan)}, file)
    loaded = replace(tiny_loaded("bert"), pipeline=read_pipeline(folder))
    with pytest.raises(NonFiniteError, match="tiny-bert gives NaN or Inf at layer 0 for text"):
        extract(loaded, TEXTS, tail="all")


def test_half_precision_weights_are_read_in_float32(folder: Path) -> None:
    file = folder / "2_Dense" / "model.safetensors"
    save_file({name: w.half() for name, w in load_file(file).items()}, file)
    found = load_tail(read_pipeline(folder), "all", HIDDEN_SIZE, CPU)
    assert found is not None
    assert found(torch.ones(2, HIDDEN_SIZE)).dtype == torch.float32


def test_cutting_comes_last() -> None:
    pipeline = Pipeline(truncate_dim=2)
    found = load_tail(pipeline, "all", 4, CPU)
    assert found is not None
    assert found(torch.arange(8.0).reshape(2, 4)).tolist() == [[0, 1], [4, 5]]
