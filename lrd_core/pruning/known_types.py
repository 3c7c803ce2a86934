"""What a model's config.json says of blocks that cannot go, before anything is loaded.

A first guess for the page, of the types that most people bring: removal.py asks the loaded model,
and a calibration keeps its answer. A test holds the two together.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lrd_core.config import Config
from lrd_core.errors import LrdError, PruningError
from lrd_core.models.packs import pack_folder
from lrd_core.models.specs import find_model, is_hub_id
from lrd_core.models.weights import read_json

NOT_CHECKED = "not checked against the model: its config.json is not here or of an unknown type"

_FREE = frozenset(
    (
        *(
            "bert",
            "camembert",
            "deberta",
            "distilbert",
            "electra",
            "mpnet",
            "roberta",
            "xlm-roberta",
        ),
        *("gpt2", "gpt_neox", "llama", "mistral", "qwen2", "qwen3", "phi3", "mamba"),
        *("gemma2", "gemma3", "gemma3_text"),
    )
)
_FIRST_STAYS = {
    "modernbert": "it leaves out a norm that the others have",
    "mt5": "it holds the position bias of all blocks",
    "t5": "it holds the position bias of all blocks",
}


def fixed_by_type(configuration: Mapping[str, Any]) -> dict[int, str] | None:
    """Blocks that a model of this config.json cannot lose, with the reason; None if unknown.

    Raises: PruningError where no block can be cut out (shared layers, shared keys and values).
    """
    text = configuration.get("text_config") or configuration
    kind = str(text.get("model_type", ""))
    if kind == "albert":
        raise PruningError("ALBERT runs one block's weights several times: nothing to cut out")
    if text.get("num_kv_shared_layers"):
        raise PruningError(
            f"the last {text['num_kv_shared_layers']} blocks of {kind} reuse keys and values of "
            "earlier blocks; cutting one changes what others read"
        )
    if kind == "deberta-v2":
        convolved = bool(text.get("conv_kernel_size"))
        return {0: "a convolution follows the first block"} if convolved else {}
    if kind in _FIRST_STAYS:
        return {0: _FIRST_STAYS[kind]}
    return {} if kind in _FREE else None


def fixed_before_loading(config: Config, model: str) -> dict[int, str] | None:
    """`fixed_by_type` of a model whose config.json is on this machine; asks no hub.

    Raises: PruningError as `fixed_by_type`.
    """
    try:
        path = _local_config(config, model)
    except LrdError:
        return None
    return fixed_by_type(read_json(path)) if path is not None and path.is_file() else None


def _local_config(config: Config, model: str) -> Path | None:
    spec = find_model(model)
    if spec.pack is not None:
        return pack_folder(spec.pack, config) / "config.json"
    if not is_hub_id(spec.id):
        return Path(spec.id) / "config.json"
    from huggingface_hub import try_to_load_from_cache

    cached = try_to_load_from_cache(spec.id, "config.json", revision=spec.revision)
    return Path(cached) if isinstance(cached, str) else None
