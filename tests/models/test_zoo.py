"""Every model type of transformers that reads text is read rightly, or refused with the reason."""

import functools
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from lrd_core.errors import ModelError
from lrd_core.extraction.batching import tokenise
from lrd_core.extraction.hidden_states import LayerReader, extract
from lrd_core.models.load import LoadedModel, load_model
from lrd_core.models.specs import find_model
from lrd_core.models.told_blocks import told_blocks
from lrd_core.models.trace import token_vectors
from tests.zoo import zoo_folder

TEXTS = [
    "rain on the river",
    "a",
    "",
    "money in the bank and stones under the tree",
    "two words",
    "A longer text, so that sliding windows and chunks of the models matter at all.",
    "two words",
]
TYPES = json.loads((Path(__file__).parent / "zoo.json").read_text())
"""Model type -> "right", or what the refusal says. Slow ones stand under `slow`."""

EMBEDDING_IS_MISSING = {"falcon_mamba", "mamba", "mamba2", "rwkv"}
"""Their `hidden_states` are what the blocks write and the normed last one, without layer 0."""

NORM_IS_MISSING = {"clip_text_model", "tipsv2_text_model"}
"""Their `hidden_states[-1]` is before the final norm; ours is after it, as everywhere else."""

NEIGHBOURS_IN_EMBEDDING = {"mobilebert"}
"""Its embedding of a token holds those beside it."""

RIGHT = [name for name, verdict in TYPES["types"].items() if verdict == "right"]
REFUSED = {name: verdict for name, verdict in TYPES["types"].items() if verdict != "right"}


def _marked(names: list[str]) -> list[object]:
    slow = pytest.mark.slow
    return [pytest.param(x, marks=slow if x in TYPES["slow"] else ()) for x in names]


@pytest.mark.parametrize("model_type", _marked(RIGHT))
def test_a_model_type_is_read_rightly(model_type: str, tmp_path: Path) -> None:
    """Layers are transformers' own, whatever the batch, and layer 0 knows no context."""
    zoo_folder(model_type, tmp_path / "model")
    loaded = load_model(str(tmp_path / "model"), device="cpu", dtype="float32")
    assert told_blocks(find_model(str(tmp_path / "model"))) in (None, loaded.num_blocks)
    ids = torch.tensor([tokenise(loaded.tokenizer, [TEXTS[3]], loaded.max_length)[0].tolist()])
    ours = _states(loaded, ids)
    _compare_with_transformers(model_type, loaded, ids, ours)
    other = ids.clone()
    other[0, 3] = (other[0, 3] + 3) % 90 + 4
    changed = (_states(loaded, other)[0] - ours[0]).abs().amax(-1)[0] > 1e-6
    expected = [2, 3, 4] if model_type in NEIGHBOURS_IN_EMBEDDING else [3]
    assert changed.nonzero().flatten().tolist() == expected
    _compare_batches(loaded)
    if loaded.anatomy.norm_known:
        normed, raw = (_states(loaded, ids, how) for how in ("all", "raw"))
        norm = loaded.anatomy.norm
        apply = loaded.model.get_submodule(norm) if norm else (lambda tokens: tokens)
        with torch.inference_mode():
            for mine, plain in zip(normed, raw, strict=True):
                torch.testing.assert_close(mine, apply(plain), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("model_type", _marked(list(REFUSED)))
def test_a_model_type_that_cannot_be_read_says_why(model_type: str, tmp_path: Path) -> None:
    zoo_folder(model_type, tmp_path / "model")
    with pytest.raises(ModelError, match=REFUSED[model_type]):
        extract(load_model(str(tmp_path / "model"), device="cpu"), TEXTS)


def test_what_lies_between_two_blocks_belongs_to_the_layer(tmp_path: Path) -> None:
    """DeBERTa-v2's largest models have a convolution after the first block."""
    zoo_folder("deberta-v2", tmp_path / "model", conv_kernel_size=3, conv_act="gelu")
    loaded = load_model(str(tmp_path / "model"), device="cpu", dtype="float32")
    assert not loaded.anatomy.chained
    assert loaded.reading == "layers as blocks take them"
    ids = torch.arange(5, 17)[None]
    _compare_with_transformers("deberta-v2", loaded, ids, _states(loaded, ids))


def test_most_types_are_read() -> None:
    assert len(RIGHT) >= 250


def _states(loaded: LoadedModel, ids: torch.Tensor, how: str = "hf") -> list[torch.Tensor]:
    found: dict[int, torch.Tensor] = {}
    keep = functools.partial(_keep, found)
    LayerReader(loaded, how).read(ids, torch.ones_like(ids), keep)
    return [found[layer] for layer in range(loaded.num_blocks + 1)]


def _keep(found: dict[int, torch.Tensor], layer: int, tokens: torch.Tensor) -> None:
    found[layer] = tokens.clone()


def _compare_with_transformers(
    model_type: str, loaded: LoadedModel, ids: torch.Tensor, ours: list[torch.Tensor]
) -> None:
    mask = torch.ones_like(ids)
    with torch.inference_mode():
        output = loaded.model(input_ids=ids, attention_mask=mask, output_hidden_states=True)
    if loaded.anatomy.last == "output":
        torch.testing.assert_close(ours[-1], token_vectors(output, ids))
    theirs = getattr(output, "hidden_states", None)
    if theirs is None:
        return
    if loaded.anatomy.last == "block":
        theirs = (*theirs[:-1], ours[-1])
    if model_type in EMBEDDING_IS_MISSING:
        theirs = (ours[0], *theirs[:-2], theirs[-1])
    if model_type in NORM_IS_MISSING:
        theirs = (*theirs[:-1], ours[-1])
    if len(theirs) != len(ours):  # some types give only a few
        for state in theirs[:-1]:
            assert any(mine.shape == state.shape and torch.allclose(mine, state) for mine in ours)
        return
    for layer, (mine, right) in enumerate(zip(ours, theirs, strict=True)):
        scale = float(right.abs().max())
        worst = float((mine - right).abs().max())
        assert worst <= 1e-5 * max(scale, 1e-6), f"layer {layer} differs by {worst}"


def _compare_batches(loaded: LoadedModel) -> None:
    together = extract(loaded, TEXTS, token_budget=2000).embeddings
    assert np.isfinite(together).all()
    for other in (
        extract(loaded, TEXTS, token_budget=1).embeddings,
        extract(loaded, TEXTS[::-1], token_budget=60).embeddings[:, ::-1],
    ):
        assert np.abs(together - other).max() < 1e-5 * max(1.0, float(np.abs(together).max()))
