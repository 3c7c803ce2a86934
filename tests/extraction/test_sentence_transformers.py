"""Every layout of a sentence-transformers folder: what encode() gives, ours and after export."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lrd_core.extraction.hidden_states import extract
from lrd_core.models.load import LoadedModel, load_model
from lrd_core.pruning.export import export_pruned
from lrd_core.pruning.export_modules import save_tokenizer, write_modules
from lrd_core.pruning.plan import plan_by_hand
from lrd_core.pruning.surgery import prune
from tests.pipeline_folders import LAYOUTS, TEXTS, make

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

PROMPTS = ("", "query: ")


@pytest.fixture(scope="module", params=LAYOUTS)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return LAYOUTS[request.param](tmp_path_factory.mktemp("layout") / "model")


@pytest.fixture(scope="module")
def loaded(folder: Path) -> LoadedModel:
    return load_model(str(folder), device="cpu")


@pytest.fixture(scope="module")
def theirs(folder: Path) -> Any:
    return sentence_transformer(folder)


def sentence_transformer(folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_last_layer_through_the_tail_is_what_encode_gives(
    loaded: LoadedModel, theirs: Any, prompt: str
) -> None:
    ours = extract(loaded, TEXTS, tail="all", prompt=prompt).embeddings
    expected = theirs.encode(TEXTS, prompt=prompt)
    assert ours.shape == (loaded.num_blocks + 1, *expected.shape)
    np.testing.assert_allclose(ours[-1], expected, atol=1e-5)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_an_export_gives_what_its_parent_gives(
    loaded: LoadedModel, theirs: Any, tmp_path: Path, prompt: str
) -> None:
    copy = tmp_path / "copy"
    model: Any = loaded.model
    model.save_pretrained(copy)
    save_tokenizer(copy, loaded)
    write_modules(copy, loaded, normalise=False)
    again = sentence_transformer(copy)
    expected = theirs.encode(TEXTS, prompt=prompt)
    np.testing.assert_allclose(again.encode(TEXTS, prompt=prompt), expected, atol=1e-5)
    ours = extract(load_model(str(copy), device="cpu"), TEXTS, tail="all", prompt=prompt)
    np.testing.assert_allclose(ours.embeddings[-1], expected, atol=1e-5)
    for name in ("prompts", "default_prompt_name", "similarity_fn_name", "truncate_dim"):
        assert getattr(again, name) == getattr(theirs, name), name
    assert again.max_seq_length == theirs.max_seq_length
    assert [type(module) for module in again] == [type(module) for module in theirs]


def test_a_pruned_export_has_the_tail_and_says_what_its_scores_are_of(tmp_path: Path) -> None:
    loaded = load_model(str(LAYOUTS["Dense"](tmp_path / "parent")), device="cpu")
    plan = plan_by_hand("tiny", 2, [1])
    exported = export_pruned(loaded, plan, tmp_path / "small", normalise=False)
    shorter = load_model(str(exported), device="cpu")
    ours = extract(shorter, TEXTS, tail="all").embeddings[-1]
    np.testing.assert_allclose(sentence_transformer(exported).encode(TEXTS), ours, atol=1e-5)
    pruned = prune(loaded.model, plan.removed)
    assert sum(p.numel() for p in pruned.parameters()) == sum(
        p.numel() for p in shorter.model.parameters()
    )
    record = json.loads((exported / "pruning.json").read_text())
    assert record["tail"] == "Dense 32 to 12"
    assert record["scores_are_of"].startswith("pooled states; layers are pooled states before")


def test_an_export_of_a_model_with_a_chat_template_reads_plain_texts(tmp_path: Path) -> None:
    folder = make(tmp_path / "chat", "llama", "lasttoken")
    (folder / "chat_template.jinja").write_text("{% for m in messages %}[{{ m }}]{% endfor %}")
    loaded = load_model(str(folder), device="cpu")
    assert loaded.tokenizer.chat_template
    exported = export_pruned(
        loaded, plan_by_hand("tiny", 2, [1]), tmp_path / "small", normalise=False
    )
    ours = extract(load_model(str(exported), device="cpu"), TEXTS).embeddings[-1]
    np.testing.assert_allclose(sentence_transformer(exported).encode(TEXTS), ours, atol=1e-5)
