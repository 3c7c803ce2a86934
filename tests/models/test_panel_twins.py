"""A tiny twin of every model of the panel is read as its repository's authors use it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

from lrd_core.errors import ModelRefusedError
from lrd_core.extraction.batching import tokenise
from lrd_core.extraction.hidden_states import extract
from lrd_core.extraction.pooling import pool
from lrd_core.models.load import LoadedModel, load_model
from lrd_core.models.specs import ModelSpec, all_models
from tests.models.panel_twins import TWINS, write_twin

PANEL = {spec.name: spec for spec in all_models() if "lrd" in spec.panels}
TEXTS = ["rain on the river", "a bridge, and stones under the old tree", "money"]
NEEDS_CODE = {name for name, twin in TWINS.items() if twin.needs_code}


def twin_spec(name: str, folder: Path) -> ModelSpec:
    """The registry's line for a model, whose weights are the twin's."""
    return replace(PANEL[name], id=str(folder), revision=None, pack=None, custom_code=False)


def test_every_model_of_the_panel_has_a_twin() -> None:
    assert TWINS.keys() == PANEL.keys()
    assert len(TWINS) == 31


@pytest.mark.parametrize("name", sorted(TWINS.keys() - NEEDS_CODE))
def test_a_twin_is_read_as_its_authors_use_it(name: str, tmp_path: Path) -> None:
    twin = TWINS[name]
    write_twin(name, tmp_path / "twin")
    loaded = load_model(twin_spec(name, tmp_path / "twin"), device="cpu", dtype="float32")
    assert loaded.pooling == (PANEL[name].pooling or twin.pooling or "lasttoken")
    assert loaded.pooling == (twin.pooling or "lasttoken")
    assert loaded.anatomy.bidirectional == twin.both_ways
    tokens = _tokens(loaded, TEXTS[0])
    if twin.last is not None:
        assert tokens[-1] == twin.last
    _compare_with_transformers(loaded, tmp_path / "twin")
    together = extract(loaded, TEXTS, token_budget=1000).embeddings
    alone = extract(loaded, TEXTS, token_budget=1).embeddings
    assert np.abs(together - alone).max() < 1e-5


@pytest.mark.parametrize("name", sorted(NEEDS_CODE))
def test_a_twin_that_needs_its_own_code_is_refused(name: str, tmp_path: Path) -> None:
    write_twin(name, tmp_path / "twin")
    with pytest.raises(ModelRefusedError, match="code of its own"):
        load_model(twin_spec(name, tmp_path / "twin"), device="cpu")


def _tokens(loaded: LoadedModel, text: str) -> list[str]:
    ids = tokenise(loaded.tokenizer, [text], loaded.max_length)[0].tolist()
    found: list[str] = loaded.tokenizer.convert_ids_to_tokens(ids)
    return found


def _compare_with_transformers(loaded: LoadedModel, folder: Path) -> None:
    """The last layer, pooled, against a model that transformers builds from the same files."""
    config = transformers.AutoConfig.from_pretrained(folder)
    if loaded.spec.bidirectional:
        config.is_causal = False
    model = transformers.AutoModel.from_pretrained(folder, config=config).eval()
    ours = extract(loaded, TEXTS).embeddings[-1]
    for row, text in zip(ours, TEXTS, strict=True):
        ids = torch.tensor([tokenise(loaded.tokenizer, [text], loaded.max_length)[0].tolist()])
        with torch.inference_mode():
            states = model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
        expected = pool(states, torch.ones_like(ids), loaded.pooling)[0].numpy()
        np.testing.assert_allclose(row, expected, atol=1e-5)
