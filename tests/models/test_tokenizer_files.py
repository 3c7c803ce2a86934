"""A tokenizer is read from its files, never made up."""

from pathlib import Path

import pytest
import transformers

from lrd_core.config import Config
from lrd_core.errors import ModelError
from lrd_core.models.load import load_model
from tests.model_folders import edit_json, save_folder

BERT = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "rain", "Rain", "##y", "river", "the")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A BERT with the files of its authors: a vocabulary that knows cases, and settings."""
    folder = save_folder(tmp_path / "mine")
    for file in folder.glob("tokenizer*"):
        file.unlink()
    (folder / "vocab.txt").write_text("\n".join(BERT))
    settings = {"do_lower_case": False, "tokenizer_class": "BertTokenizer"}
    edit_json(folder / "tokenizer_config.json", **settings)
    return folder


def tokens(folder: Path, config: Config) -> list[str]:
    tokenizer = load_model(str(folder), device="cpu", config=config).tokenizer
    return tokenizer.convert_ids_to_tokens(tokenizer("Rain the river")["input_ids"])


def test_a_vocabulary_and_settings_are_a_tokenizer(folder: Path, config: Config) -> None:
    assert tokens(folder, config) == ["[CLS]", "Rain", "the", "river", "[SEP]"]


def test_without_any_file_nothing_is_made_up(folder: Path, config: Config) -> None:
    (folder / "vocab.txt").unlink()
    (folder / "tokenizer_config.json").unlink()
    with pytest.raises(ModelError, match=r"lacks its tokenizer: neither tokenizer\.json nor vocab"):
        load_model(str(folder), device="cpu", config=config)


def test_without_its_settings_a_vocabulary_would_be_used_otherwise(
    folder: Path, config: Config
) -> None:
    (folder / "tokenizer_config.json").unlink()
    with pytest.raises(ModelError, match=r"lacks tokenizer_config\.json, so how its texts are cut"):
        load_model(str(folder), device="cpu", config=config)


def test_a_serialised_tokenizer_without_settings_counts_where_it_is_followed(
    folder: Path, config: Config
) -> None:
    # The type's own defaults fold cases, which this tokenizer.json does not.
    transformers.AutoTokenizer.from_pretrained(folder).save_pretrained(folder)
    (folder / "tokenizer_config.json").unlink()
    with pytest.raises(ModelError, match=r"lacks tokenizer_config\.json"):
        load_model(str(folder), device="cpu", config=config)


@pytest.mark.parametrize("missing", ["merges.txt", "vocab.json"])
def test_every_part_of_a_vocabulary_is_needed(missing: str, tmp_path: Path, config: Config) -> None:
    folder = save_folder(tmp_path / "mine", "gpt2")
    (folder / "tokenizer.json").unlink()
    edit_json(folder / "tokenizer_config.json", tokenizer_class="GPT2Tokenizer")
    (folder / "vocab.json").write_text('{"a": 0, "b": 1, "ab": 2, "<|endoftext|>": 3}')
    (folder / "merges.txt").write_text("#version: 0.2\na b\n")
    (folder / missing).unlink()
    with pytest.raises(ModelError, match="`vocab` and `merges` must be both"):
        load_model(str(folder), device="cpu", config=config)


@pytest.mark.parametrize("limit", ["x", 0, -5, [12], True])
def test_a_length_that_is_no_number_of_tokens_is_said(
    limit: object, tmp_path: Path, config: Config
) -> None:
    folder = save_folder(tmp_path / "mine")
    edit_json(folder / "tokenizer_config.json", model_max_length=limit)
    with pytest.raises(ModelError, match=r"cuts texts at .* tokens \(model_max_length|be loaded"):
        load_model(str(folder), device="cpu", config=config)
