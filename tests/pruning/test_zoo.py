"""Model types of transformers are pruned rightly, or refused with the reason.

Right: cut out == switched off == saved and reloaded, with both paddings, and generating with a
cache gives what generating without gives.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from lrd_core.errors import PruningError
from lrd_core.models.load import load_model
from lrd_core.pruning.block_calls import first_tensor
from lrd_core.pruning.bypass import bypassed
from lrd_core.pruning.surgery import prune
from tests.tiny import VOCAB_SIZE
from tests.zoo import zoo_folder, zoo_model

TABLE = json.loads((Path(__file__).parent / "zoo.json").read_text())
"""Model type -> set of blocks -> "pruned", or what the refusal says."""

DEFAULT = (
    *("deberta", "afmoe", "deepseek_v3", "nemotron_h", "xlstm", "gpt_neo", "gemma3", "mistral3"),
    *("qwen2_vl", "llava", "qwen3_next", "olmo_hybrid", "lfm3", "neomme", "zaya", "lilt", "jamba"),
    *("bamba", "esm", "minicpm3", "bart", "openai-gpt", "opt", "mamba2"),
)
"""One or two of each mechanism; the others are the same by other names, and slow together."""


def _marked(types: list[str]) -> list[Any]:
    return [pytest.param(t, marks=() if t in DEFAULT else pytest.mark.slow) for t in types]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("model_type", _marked(sorted(TABLE)))
def test_pruned_is_bypassed_is_reloaded_or_refused(model_type: str, tmp_path: Path) -> None:
    zoo_folder(model_type, tmp_path / "whole")
    model = load_model(str(tmp_path / "whole"), device="cpu", dtype="float32").model
    for words, verdict in TABLE[model_type].items():
        removed = tuple(map(int, words.split("-")))
        if verdict == "pruned":
            compare(model, removed, padded_texts(), tmp_path / words)
        else:
            with pytest.raises(PruningError, match=verdict):
                prune(model, removed)
            with pytest.raises(PruningError), bypassed(model, removed):
                pass


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("model_type", ["llama", "gemma3_text", "mamba2", "qwen3_next", "afmoe"])
def test_generating_with_a_cache_is_generating_without(model_type: str) -> None:
    model: Any = zoo_model(model_type, head=True)
    ids = torch.arange(5, 13)[None]
    for removed in [(1,), (0, 2), (2,)]:
        pruned: Any = prune(model, removed)
        cached, plain = (
            pruned.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=6,
                do_sample=False,
                use_cache=use_cache,
                pad_token_id=0,
                eos_token_id=None,
            )
            for use_cache in (True, False)
        )
        assert torch.equal(cached, plain)


def test_most_types_can_lose_blocks_and_none_is_wrong() -> None:
    pruned = [t for t, verdicts in TABLE.items() if "pruned" in verdicts.values()]
    assert len(pruned) >= 0.85 * len(TABLE)
    assert not [t for t, verdicts in TABLE.items() if "WRONG" in str(verdicts)]


Texts = tuple[torch.Tensor, dict[str, torch.Tensor]]


def padded_texts() -> Texts:
    """Ids of three texts, and masks that pad them left and right."""
    ids = torch.randint(4, VOCAB_SIZE, (3, 20), generator=torch.Generator().manual_seed(1))
    left = torch.ones_like(ids)
    left[1, :9] = 0
    left[2, :2] = 0
    return ids, {"left": left, "right": left.flip(1)}


def compare(model: nn.Module, removed: tuple[int, ...], texts: Texts, folder: Path) -> None:
    """Raises: PruningError where these blocks cannot go; AssertionError where numbers differ."""
    ids, masks = texts
    pruned: Any = prune(model, removed)
    pruned.save_pretrained(folder)
    again = type(pruned).from_pretrained(folder).eval().float()
    for mask in masks.values():
        ours = _hidden(pruned, ids, mask)
        size = max(1.0, float(ours.abs().max()))
        with bypassed(model, removed):
            as_if = _hidden(model, ids, mask)
        torch.testing.assert_close(as_if, ours, atol=1e-5 * size, rtol=0)
        torch.testing.assert_close(_hidden(again, ids, mask), ours, atol=1e-5 * size, rtol=0)


@torch.no_grad()
def _hidden(model: nn.Module, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    with torch.random.fork_rng():
        torch.default_generator.manual_seed(0)
        output = model(input_ids=ids, attention_mask=mask)
    hidden = getattr(output, "last_hidden_state", None)
    return (first_tensor(output) if hidden is None else hidden)[mask.bool()]
