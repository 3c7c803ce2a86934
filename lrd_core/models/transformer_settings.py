"""What a sentence-transformers folder says of its transformer: length, lower-casing, arguments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lrd_core.errors import ModelError
from lrd_core.models.json_file import read_json
from lrd_core.models.tail_modules import known_settings, whole_number

SETTINGS_FILES = tuple(
    f"sentence_{kind}_config.json"
    for kind in ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")
)
"""The names sentence-transformers looks for; the first that holds something counts."""

_OLD_NAMES = {
    "model_args": "model_kwargs",
    "tokenizer_args": "processor_kwargs",
    "config_args": "config_kwargs",
}
_WITHOUT_EFFECT = {
    "model_kwargs": (
        *("add_pooling_layer", "attn_implementation", "device_map", "dtype", "low_cpu_mem_usage"),
        *("torch_dtype", "trust_remote_code", "use_safetensors"),
    ),
    "processor_kwargs": ("padding_side", "trust_remote_code", "use_fast"),
    "config_kwargs": (
        *("attn_implementation", "trust_remote_code", "unpad_inputs", "use_cache"),
        *("use_memory_efficient_attention",),
    ),
}
"""Arguments that change how a model is computed and not what: we have settings of our own."""

_TEXT_ALONE = {"method": "forward", "method_output_name": "last_hidden_state"}


@dataclass(frozen=True)
class TransformerSettings:
    """max_length: tokens, None where the tokenizer's own counts. config: values set on the
    model's configuration before it is built."""

    max_length: int | None = None
    lower_case: bool = False
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reading(self) -> list[str]:
        """What of this can change a number, in words; the length has a place of its own."""
        changed = [f"{name}={value}" for name, value in sorted(self.config.items())]
        return [*(["lower case"] if self.lower_case else []), *changed]


def read_transformer(folder: Path) -> TransformerSettings:
    """The settings beside a transformer.

    Raises: ModelError for one that is not known, or that asks for something else than the last
        hidden states of plain texts.
    """
    file = next((folder / name for name in SETTINGS_FILES if read_json(folder / name)), None)
    if file is None:
        return TransformerSettings()
    settings = {_OLD_NAMES.get(name, name): value for name, value in read_json(file).items()}
    known_settings(
        file,
        settings,
        *_WITHOUT_EFFECT,
        *_ONLY,
        *("max_seq_length", "do_lower_case", "unpad_inputs", "modality_config"),
    )
    _refuse_another_output(file, settings)
    arguments = {name: _arguments(file, settings, name) for name in _WITHOUT_EFFECT}
    # An argument of the tokenizer wins over the setting, as in sentence-transformers.
    limit = arguments["processor_kwargs"].get("model_max_length", settings.get("max_seq_length"))
    return TransformerSettings(
        max_length=token_limit(file, limit),
        lower_case=bool(settings.get("do_lower_case", False)),
        config=arguments["config_kwargs"],
    )


def token_limit(file: Path, value: object) -> int | None:
    """A number of tokens, or None where there is none. Raises: ModelError for anything else."""
    named = {"max_seq_length": value}
    return None if value is None else whole_number(file, named, "max_seq_length")


def _arguments(file: Path, settings: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Arguments that have an effect. Raises: ModelError for one that cannot be passed on."""
    given = settings.get(name) or {}
    if not isinstance(given, dict):
        raise ModelError(f"{file} has {name} that are no settings ({str(given)[:60]})")
    left = {key: value for key, value in given.items() if key not in _WITHOUT_EFFECT[name]}
    known_settings(file, left, *_PASSED_ON[name])
    return left


_PASSED_ON = {
    "model_kwargs": (),
    "processor_kwargs": ("model_max_length",),
    "config_kwargs": ("is_causal",),
}

_ONLY: dict[str, tuple[Any, ...]] = {
    "transformer_task": (None, "feature-extraction"),
    "module_output_name": (None, "token_embeddings"),
    "processing_kwargs": (None, {}),
    "query_length": (None,),
    "document_length": (None,),
    "query_expansion": (None,),
    "tokenizer_name_or_path": (None,),
}
"""Settings that are followed at these values and refused at any other."""


def _refuse_another_output(file: Path, settings: Mapping[str, Any]) -> None:
    for name, accepted in _ONLY.items():
        if settings.get(name) not in accepted:
            raise ModelError(
                f"{file} sets {name} to {str(settings[name])[:60]!r}; only the last hidden states "
                "of plain texts can be read"
            )
    modalities = settings.get("modality_config")
    if modalities is None:
        return
    if not isinstance(modalities, dict) or modalities.get("text") != _TEXT_ALONE:
        raise ModelError(
            f"{file} reads texts by {str(modalities)[:80]} (modality_config); only the last hidden "
            "states of plain texts can be read"
        )
    if "message" in modalities:
        raise ModelError(
            f"{file} puts texts through a chat template (modality_config: message); only plain "
            "texts can be read"
        )
