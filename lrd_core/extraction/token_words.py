"""Tokens as a person can read them."""

from collections.abc import Iterable
from typing import Any

WORD_START = "▁"
"""What tokenizers of the SentencePiece kind write for a space, and lose where they decode one."""

NO_SIGN = "\ufffd"
"""What decoding gives for a part of a sign, such as one byte of a letter with an accent."""


def token_words(tokenizer: Any, ids: Iterable[int]) -> list[str]:
    """Each token as its tokenizer writes it, such as " the", "##ing" or "<s>".

    A token that is only a part of a sign is written as its vocabulary has it.
    """
    return [_word(tokenizer, int(one)) for one in ids]


def _word(tokenizer: Any, token: int) -> str:
    (piece,) = tokenizer.convert_ids_to_tokens([token])
    if piece is None:  # an id beyond the vocabulary, such as a random one
        return f"[{token}]"
    if WORD_START in piece:
        return str(piece).replace(WORD_START, " ")
    written = tokenizer.decode([token], clean_up_tokenization_spaces=False)
    return str(piece) if not written or NO_SIGN in written else str(written)
