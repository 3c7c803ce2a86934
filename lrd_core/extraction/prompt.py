"""The tokens of a prompt, for models whose pooling leaves them out."""

from lrd_core.models.load import LoadedModel


def unpooled_tokens(loaded: LoadedModel, prompt: str, max_length: int) -> int:
    """How many tokens at the start of each text belong to a prompt that pooling must not see.

    Counted as sentence-transformers does: the prompt's own tokens, less a special one at its end.
    0 without a prompt, and for models that pool it with the text.
    """
    if not prompt or loaded.pipeline.include_prompt:
        return 0
    encoded = loaded.tokenizer([prompt], truncation=True, max_length=max_length)
    ids = encoded["input_ids"][0]
    ends = bool(ids) and ids[-1] in loaded.tokenizer.all_special_ids
    return len(ids) - int(ends)
