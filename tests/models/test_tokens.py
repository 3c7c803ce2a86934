"""Texts get the start and end token that a model's settings ask for; else it is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lrd_core.errors import ModelError
from lrd_core.extraction.batching import tokenise
from lrd_core.extraction.hidden_states import extract
from lrd_core.models.load import LoadedModel, load_model
from tests.tokenizer_files import write_tokenizer
from tests.zoo import zoo_model

BYTES = {"bos": "<|start|>", "eos": "<|end|>", "by_bytes": True}
GEMMA = {"bos": "<bos>", "eos": "<eos>"}


def load_with(folder: Path, kind: str, name: str, template: str, **settings: Any) -> LoadedModel:
    folder.mkdir(exist_ok=True)
    size = write_tokenizer(folder, name, template, **settings)
    zoo_model(kind, vocab_size=size + 8).save_pretrained(folder)  # type: ignore[operator]
    return load_model(str(folder), device="cpu", dtype="float32")


def tokens_of(loaded: LoadedModel, text: str = "ab c", most: int = 64) -> list[str]:
    ids = tokenise(loaded.tokenizer, [text], most)[0].tolist()
    found: list[str] = loaded.tokenizer.convert_ids_to_tokens(ids)
    return found


ASKS_FOR_BOTH = {"add_bos_token": True, "add_eos_token": True}


@pytest.mark.parametrize(
    ("kind", "name", "template", "settings", "ends", "reading"),
    [
        ("mistral", "LlamaTokenizer", "<s> $A", ASKS_FOR_BOTH, ("<s>", "</s>"), "end token added"),
        (
            "mistral",
            "LlamaTokenizerFast",
            "<s> $A",
            ASKS_FOR_BOTH,
            ("<s>", "</s>"),
            "end token added",
        ),
        ("mistral", "LlamaTokenizer", "<s> $A </s>", ASKS_FOR_BOTH, ("<s>", "</s>"), ""),
        (
            "gemma2",
            "GemmaTokenizerFast",
            "<bos> $A",
            ASKS_FOR_BOTH | GEMMA,
            ("<bos>", "<eos>"),
            "end token added",
        ),
        (
            "qwen2",
            "Qwen2Tokenizer",
            "",
            {"add_eos_token": True} | BYTES,
            ("a", "<|end|>"),
            "end token added",
        ),
        (
            "qwen3",
            "Qwen2Tokenizer",
            "$A <|end|>",
            {"add_bos_token": False} | BYTES,
            ("a", "<|end|>"),
            "",
        ),
        ("llama", "PreTrainedTokenizerFast", "<|start|> $A", BYTES, ("<|start|>", "c"), ""),
        (
            "llama",
            "PreTrainedTokenizerFast",
            "<|start|> $A",
            {"add_bos_token": False} | BYTES,
            ("<|start|>", "c"),
            "",
        ),
        (
            "llama",
            "LlamaTokenizer",
            "<s> $A",
            {"add_bos_token": False},
            ("▁", "c"),
            "start token left out",
        ),
        ("llama", "LlamaTokenizer", "<s> $A", {"add_eos_token": False}, ("<s>", "c"), ""),
    ],
)
def test_texts_begin_and_end_as_the_settings_ask(
    kind: str,
    name: str,
    template: str,
    settings: dict[str, Any],
    ends: tuple[str, str],
    reading: str,
    tmp_path: Path,
) -> None:
    loaded = load_with(tmp_path, kind, name, template, **settings)
    tokens = tokens_of(loaded)
    assert (tokens[0], tokens[-1]) == ends
    assert loaded.reading == reading
    assert loaded.pooling == "lasttoken"
    cut = tokens_of(loaded, "a text that is longer than this", most=8)
    assert len(cut) == 8
    assert cut[-1] == (ends[1] if ends[1] in ("</s>", "<eos>", "<|end|>") else cut[-1])


def test_the_added_end_is_what_is_pooled(tmp_path: Path) -> None:
    """Two texts that differ, read at the last word, would be far from what the authors pool."""
    asked = load_with(tmp_path / "a", "mistral", "LlamaTokenizer", "<s> $A", **ASKS_FOR_BOTH)
    right = load_with(tmp_path / "b", "mistral", "LlamaTokenizer", "<s> $A </s>")
    plain = load_with(tmp_path / "c", "mistral", "LlamaTokenizer", "<s> $A")
    texts = ["rain on the river", "money"]
    found = [extract(loaded, texts).embeddings[-1] for loaded in (asked, right, plain)]
    np.testing.assert_array_equal(found[0], found[1])
    assert np.abs(found[0] - found[2]).max() > 0.1
    assert asked.notes == ("end token added, as its tokenizer_config.json asks",)


class _Deaf:
    """A tokenizer that hears no flags."""

    bos_token_id, eos_token_id = 1, 2

    def __call__(self, text: str) -> dict[str, list[int]]:
        return {"input_ids": [1, 7, 8]}


def test_a_last_token_embedder_without_its_end_is_refused(tmp_path: Path) -> None:
    from lrd_core.models.specs import ModelSpec
    from lrd_core.models.tokens import add_missing_ends
    from lrd_core.models.weights import WeightsFolder

    (tmp_path / "tokenizer_config.json").write_text('{"add_eos_token": true}')
    spec = ModelSpec(name="deaf", id="tests/deaf", family="decoder embedder")
    folder = WeightsFolder(tmp_path, "r")
    with pytest.raises(ModelError, match=r"deaf is read at its last token, .* post_processor"):
        add_missing_ends(spec, _Deaf(), folder, "lasttoken")
    assert add_missing_ends(spec, _Deaf(), folder, "mean") == ""
