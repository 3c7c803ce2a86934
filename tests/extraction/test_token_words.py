"""Tokens are readable whatever kind of tokenizer wrote them."""

from typing import Any

import pytest
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from lrd_core.extraction.token_words import token_words
from tests.tiny import tiny_tokenizer


def made(tokenizer: Tokenizer) -> Any:
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer)


def byte_level() -> Any:
    letters = [*pre_tokenizers.ByteLevel.alphabet(), "Ġthe", "Ċ"]
    vocabulary = {piece: place for place, piece in enumerate(dict.fromkeys(letters))}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.decoder = decoders.ByteLevel()
    return made(tokenizer)


def metaspace() -> Any:
    tokenizer = Tokenizer(models.WordLevel({"▁the": 0, "re": 1, "<0x0A>": 2}, unk_token="re"))
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    return made(tokenizer)


def word_pieces() -> Any:
    tokenizer = Tokenizer(models.WordPiece({"the": 0, "##ing": 1, "[UNK]": 2}, unk_token="[UNK]"))
    tokenizer.decoder = decoders.WordPiece()
    return made(tokenizer)


@pytest.mark.parametrize(
    ("make", "pieces", "words"),
    [
        (byte_level, ["Ġthe", "Ċ", "a", "Ã"], [" the", "\n", "a", "Ã"]),
        (metaspace, ["▁the", "re", "<0x0A>"], [" the", "re", "\n"]),
        (word_pieces, ["the", "##ing"], ["the", "##ing"]),
    ],
)
def test_spaces_and_line_breaks_are_what_they_are(make, pieces, words) -> None:
    tokenizer = make()
    ids = tokenizer.convert_tokens_to_ids(pieces)
    assert token_words(tokenizer, ids) == words


def test_special_tokens_have_their_names_and_unknown_ids_a_number() -> None:
    tokenizer = tiny_tokenizer()
    assert token_words(tokenizer, tokenizer("Hi").input_ids) == ["<s>", "H", "i", "</s>"]
    assert token_words(tokenizer, [10**6]) == ["[1000000]"]
