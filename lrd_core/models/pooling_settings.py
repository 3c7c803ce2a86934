"""How a sentence-transformers folder pools token states, under the names used here."""

from pathlib import Path

from lrd_core.errors import ModelError
from lrd_core.models.json_file import read_json
from lrd_core.models.tail_modules import known_settings
from lrd_core.settings import POOLINGS

_OURS = {mode: mode for mode in POOLINGS} | {"mean_sqrt_len_tokens": "mean_sqrt_len"}
_FLAGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
"""In the order in which sentence-transformers joins them."""


def read_pooling(folder: Path) -> tuple[str, bool]:
    """The pooling of a Pooling folder, and whether the tokens of a prompt take part.

    Raises: ModelError for a way of pooling or a setting that is not known, or without settings.
    """
    settings = read_json(folder / "config.json")
    if not settings:
        raise ModelError(f"{folder} has no config.json that says how to pool; fetch it again")
    known_settings(
        folder,
        settings,
        *_FLAGS,
        *("embedding_dimension", "word_embedding_dimension", "pooling_mode", "include_prompt"),
    )
    named = settings.get("pooling_mode")
    if named is None:
        modes = [mode for flag, mode in _FLAGS.items() if settings.get(flag)] or ["mean"]
    else:
        modes = list(named) if isinstance(named, list) else [named]
    unknown = [mode for mode in modes if not isinstance(mode, str) or mode not in _OURS]
    if unknown or not modes:
        raise ModelError(
            f"{folder} pools by {unknown[0] if unknown else 'nothing'}, which is not known; known: "
            f"{', '.join(POOLINGS)}"
        )
    return "+".join(_OURS[mode] for mode in modes), bool(settings.get("include_prompt", True))


def written_modes(pooling: str) -> list[str]:
    """The modes of a pooling under sentence-transformers' own names."""
    theirs = {ours: name for name, ours in _OURS.items()}
    return [theirs[mode] for mode in pooling.split("+")]
