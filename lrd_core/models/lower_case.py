"""Lower-casing before a tokenizer, where a folder's sentence-transformers settings ask for it."""

from typing import Any

from lrd_core.errors import ModelError


def lower_case(tokenizer: Any) -> None:
    """Make a tokenizer lower every text first; special tokens written in a text stay tokens.

    One that lowers already stays as it is.
    Raises: ModelError for a tokenizer without a fast backend, whose steps cannot be changed.
    """
    from tokenizers.normalizers import Lowercase, Sequence

    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelError(
            "its settings ask for lower case (do_lower_case), which a tokenizer without "
            "tokenizer.json cannot be given; save it in the fast format, or take the setting away"
        )
    normalizer: Any = backend.normalizer
    many = isinstance(normalizer, Sequence)
    steps: list[Any] = [*normalizer] if many else [normalizer]
    if not any(isinstance(step, Lowercase) for step in steps):
        backend.normalizer = Sequence([Lowercase(), *(step for step in steps if step is not None)])
