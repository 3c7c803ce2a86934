"""The port of the byte Mamba computes what its package computes, however texts are padded."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lrd_core.errors import ModelError
from lrd_core.extraction.blocks import find_blocks, find_final_norm
from lrd_core.models.conversion import byte_tokenizer, from_typeseg
from lrd_core.models.load import load_causal_lm, load_model
from lrd_core.models.typeseg import selective_scan
from tests.models.typeseg_archive import write_typeseg_archive

GOLDEN = [
    [-1.2919299091, 0.5571621060, 1.5540590597, 0.2905578525],
    [0.2894533669, 1.1807328721, 0.6847280644, 1.0819841518],
    [0.3844236767, 0.9797137294, 0.5882590799, 0.9915764433],
    [-0.0036265599, 1.5320654226, 0.9325019061, 1.2053769586],
    [-1.0134897352, -0.2079749610, 1.2385998377, -0.0761795270],
    [-1.1776295665, 0.0859524655, 1.3954000263, 0.0491288834],
]
"""typeseg 0.2.7: _mamba_kernel._mamba_block twice and _layernorm on b"Mamba!", in float64, with the
float32 weights of typeseg_archive."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    weights = tmp_path / "weights.npz"
    write_typeseg_archive(weights)
    target = tmp_path / "typeseg"
    target.mkdir()
    from_typeseg(weights, target)
    return target


@pytest.fixture
def loaded(folder: Path) -> Any:
    return load_model(str(folder), device="cpu")


def run(loaded: Any, texts: list[str], side: str = "right", **options: Any) -> Any:
    loaded.tokenizer.padding_side = side
    batch = loaded.tokenizer(texts, padding=True, return_tensors="pt")
    with torch.inference_mode():
        return batch, loaded.model.double()(**batch, **options)


def test_golden_values_of_the_package(loaded: Any) -> None:
    _, output = run(loaded, ["Mamba!"])
    np.testing.assert_allclose(output.last_hidden_state[0].numpy(), GOLDEN, atol=1e-9)


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_changes_nothing(loaded: Any, side: str) -> None:
    texts = ["Mamba!", "a", "quite a bit longer\nthan the others"]
    batch, together = run(loaded, texts, side, output_hidden_states=True)
    for index, text in enumerate(texts):
        _, alone = run(loaded, [text], side, output_hidden_states=True)
        attended = batch["attention_mask"][index].bool()
        for joint, single in zip(together.hidden_states, alone.hidden_states, strict=True):
            torch.testing.assert_close(joint[index][attended], single[0])


def test_it_reads_in_both_directions(loaded: Any) -> None:
    _, one = run(loaded, ["Mamba!"])
    _, other = run(loaded, ["Mamba?"])
    assert not torch.allclose(one.last_hidden_state[0, 0], other.last_hidden_state[0, 0])


def test_the_scan_is_the_recurrence_written_out() -> None:
    inputs, steps = torch.tensor([[[2.0], [3.0]]]), torch.tensor([[[0.5], [1.0]]])
    keys, queries = torch.tensor([[[1.0], [4.0]]]), torch.tensor([[[1.0], [2.0]]])
    first = 2.0 * 0.5 * 1.0
    second = np.exp(-1.0) * first + 3.0 * 1.0 * 4.0
    scanned = selective_scan(inputs, steps, keys, queries, torch.tensor([[-1.0]]))
    np.testing.assert_allclose(scanned[0, :, 0], [first, 2 * second], rtol=1e-6)


def test_blocks_norm_and_shape_are_found(loaded: Any) -> None:
    assert (loaded.num_blocks, loaded.hidden_size) == (2, 4)
    assert loaded.spec.family == "state-space"
    assert find_blocks(loaded.model).path == "layers"
    assert find_final_norm(loaded.model) is loaded.model.norm_f


def test_hidden_states_are_embedding_blocks_and_final_norm(loaded: Any) -> None:
    batch, output = run(loaded, ["Mamba!"], output_hidden_states=True)
    states = output.hidden_states
    assert len(states) == 3
    torch.testing.assert_close(states[0], loaded.model.embeddings(batch["input_ids"]))
    last = loaded.model.layers[1](states[1], batch["attention_mask"])
    torch.testing.assert_close(states[2], loaded.model.norm_f(last))


def test_it_saves_and_loads_like_any_model(loaded: Any, tmp_path: Path) -> None:
    again = tmp_path / "again"
    loaded.model.save_pretrained(again)
    loaded.tokenizer.save_pretrained(again)
    _, before = run(loaded, ["Mamba!"])
    _, after = run(load_model(str(again), device="cpu"), ["Mamba!"])
    torch.testing.assert_close(before.last_hidden_state, after.last_hidden_state)


def test_it_has_no_language_model_head(folder: Path) -> None:
    with pytest.raises(ModelError, match="typeseg cannot be loaded from"):
        load_causal_lm(str(folder), device="cpu")


def test_bytes_are_tokens_and_all_unusual_ones_are_one() -> None:
    tokenizer = byte_tokenizer()
    ids = tokenizer("aé\t\r\n ~\x00\x7f☕")["input_ids"]
    assert ids == [97, 128, 128, 9, 13, 10, 32, 126, 128, 128, 128, 128, 128]
    assert tokenizer("abcdef", truncation=True, max_length=3)["input_ids"] == [97, 98, 99]
    assert tokenizer.pad_token_id == 129
