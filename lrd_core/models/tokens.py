"""A model's tokenizer, with the start and end tokens that its authors' settings ask for."""

from dataclasses import dataclass
from typing import Any

import transformers

from lrd_core.errors import ModelError
from lrd_core.models.specs import ModelSpec
from lrd_core.models.tokenizer_files import require_tokenizer
from lrd_core.models.weights import WeightsFolder, read_json

_FLAGS_DECIDE = ("Llama", "CodeLlama", "Gemma", "Cohere")
"""Tokenizer classes whose flags also took tokens away from what tokenizer.json adds, before
transformers 5; with all others that file had the last word on a flag that says no."""

_PROBE_TEXT = "rain on the river"

NO_LIMIT = 1_000_000
TOKENIZERS_LIMIT = "model_max_length of its tokenizer"


@dataclass(frozen=True)
class _Ends:
    """Whether a text gets a start and an end token; None: the settings do not say."""

    start: bool | None
    end: bool | None


def load_tokenizer(spec: ModelSpec, folder: WeightsFolder, code: bool) -> Any:
    """The folder's tokenizer with a padding token.

    Raises: ModelError without its files or a token to pad with; whatever transformers raises.
    """
    tokenizer = transformers.AutoTokenizer.from_pretrained(
        folder.transformer_path, trust_remote_code=code
    )
    require_tokenizer(spec.name, folder.transformer_path, tokenizer)
    # Here, because transformers compares it with the length of every text that it reads.
    tokens_at_most(spec.name, TOKENIZERS_LIMIT, tokenizer.model_max_length)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    if tokenizer.pad_token is None:
        raise ModelError(
            f"the tokenizer of {spec.name} has neither a padding nor an end token, so texts "
            "cannot be batched; set pad_token in its tokenizer_config.json"
        )
    return tokenizer


def add_missing_ends(spec: ModelSpec, tokenizer: Any, folder: WeightsFolder, pooling: str) -> str:
    """Give texts the start and end token that tokenizer_config.json asks for.

    With a tokenizer.json, transformers 5 drops `add_bos_token` and `add_eos_token`. An embedder
    that was trained to be read at its end token is then read at the last word: other numbers,
    without a word.

    Returns: what was changed, such as "end token added"; empty where nothing was.
    Raises: ModelError where it cannot be changed and the last token is what is pooled.
    """
    asked = _asked(tokenizer, read_json(folder.transformer_path / "tokenizer_config.json"))
    before = _present(tokenizer)
    if _fulfilled(asked, before):
        return ""
    wanted = _Ends(
        before.start if asked.start is None else asked.start,
        before.end if asked.end is None else asked.end,
    )
    # Both are set, because setting one of them writes the rule for both anew.
    tokenizer.add_bos_token, tokenizer.add_eos_token = wanted.start, wanted.end
    after = _present(tokenizer)
    if _fulfilled(asked, after):
        return ", ".join(_changes(before, after))
    if pooling == "lasttoken":
        raise ModelError(
            f"{spec.name} is read at its last token, and its tokenizer_config.json asks for "
            f"add_bos_token={asked.start}, add_eos_token={asked.end}, which its tokenizer does not "
            "do; write these tokens into the post_processor of its tokenizer.json"
        )
    return ""


def _asked(tokenizer: Any, settings: dict[str, Any]) -> _Ends:
    """What the settings ask for, where the tokenizer has the token and the flag has a say."""
    start, end = settings.get("add_bos_token"), settings.get("add_eos_token")
    name = str(settings.get("tokenizer_class", "")).removesuffix("Fast").removesuffix("Tokenizer")
    decides = name in _FLAGS_DECIDE

    def heard(flag: Any, token_id: int | None) -> bool | None:
        return (
            flag if token_id is not None and (flag is True or (flag is False and decides)) else None
        )

    return _Ends(heard(start, tokenizer.bos_token_id), heard(end, tokenizer.eos_token_id))


def _present(tokenizer: Any) -> _Ends:
    ids = list(tokenizer(_PROBE_TEXT)["input_ids"])
    # Some tokenizers use one token for both, so the text itself must not be taken for it.
    return _Ends(
        bool(ids) and ids[0] == tokenizer.bos_token_id,
        bool(ids) and ids[-1] == tokenizer.eos_token_id,
    )


def _fulfilled(asked: _Ends, found: _Ends) -> bool:
    return asked.start in (None, found.start) and asked.end in (None, found.end)


def _changes(before: _Ends, after: _Ends) -> list[str]:
    pairs = (("start", before.start, after.start), ("end", before.end, after.end))
    return [
        f"{name} token {'added' if new else 'left out'}" for name, old, new in pairs if old != new
    ]


def tokens_at_most(model: str, name: str, limit: Any) -> int:
    """Tokens, from a setting of the model. Raises: ModelError for what is no number of tokens."""
    # Tokenizers without a limit say so by a number of thirty digits.
    if isinstance(limit, bool) or not isinstance(limit, (int, float)) or not limit >= 1:
        raise ModelError(
            f"{model} cuts texts at {str(limit)[:40]!r} tokens ({name}); correct that setting"
        )
    return int(min(limit, NO_LIMIT))
