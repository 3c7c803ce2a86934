"""A LoRA adapter's folder: what it belongs to, and the whole model that the two make.

The base is merged with it once, through peft, into a folder of the data folder that is then read
as any other. What names it are the files of that folder. Imports no torch.
"""

import shutil
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lrd_core.config import Config
from lrd_core.disk import saying_what_is_refused
from lrd_core.errors import ModelError, ModelRefusedError
from lrd_core.extras import need
from lrd_core.models.digests import digest_of, file_digests
from lrd_core.models.folder import files_read
from lrd_core.models.json_file import read_json
from lrd_core.processes import owner_mark

SETTINGS, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
MERGED = "merged"

READ = frozenset(
    (
        *("r", "lora_alpha", "target_modules", "exclude_modules", "modules_to_save", "bias"),
        *("fan_in_fan_out", "use_rslora", "use_dora", "lora_bias", "rank_pattern"),
        *("alpha_pattern", "layers_to_transform", "layers_pattern", "target_parameters"),
    )
)
"""Settings of LoRA that are handed on: what they hold are numbers and names of layers."""

ASIDE = frozenset(
    (
        *("auto_mapping", "base_model_name_or_path", "inference_mode", "init_lora_weights"),
        *("lora_dropout", "peft_type", "peft_version", "revision", "task_type"),
        *("megatron_core", "qalora_group_size"),
    )
)
"""Settings that change nothing once the weights are there. Any other that is set is refused: some
name modules to import or files to read."""


def is_adapter(folder: Path) -> bool:
    """Whether a folder holds an adapter alone, without a model of its own."""
    try:
        return (folder / SETTINGS).is_file() and not (folder / "config.json").exists()
    except (OSError, ValueError):
        return False


def base_of(folder: Path) -> str:
    """The model that an adapter was trained for: a name, a hub id with revision, or a folder.

    Raises: ModelError for another kind of adapter, or one that names no base.
    """
    settings = read_json(folder / SETTINGS)
    kind, base = settings.get("peft_type"), settings.get("base_model_name_or_path")
    if kind != "LORA" or not isinstance(base, str) or not base:
        what = f"is of type {str(kind)[:40]!r}" if kind != "LORA" else "names no base model"
        raise ModelError(
            f"{folder.name} holds only an adapter that {what} ({SETTINGS}); merge it into its base "
            "model (merge_and_unload of peft) and give that folder"
        )
    if (folder / base).is_dir():
        return str(folder / base)
    revision = settings.get("revision")
    return f"{base}@{revision}" if revision and revision != "main" else base


def merged_folder(folder: Path, base: Path, part: str, base_revision: str, config: Config) -> Path:
    """The folder of the base with the adapter merged in, made where it is not there yet.

    base: the folder of the base, its transformer in `part` below it.
    Raises: InputError where peft is not installed; JobError on a read-only installation;
        ModelRefusedError for pickled weights or settings that reach beyond the model; ModelError
        where the two do not fit.
    """
    if not (folder / WEIGHTS).is_file():
        raise ModelRefusedError(
            f"{folder.name} is refused: it has no {WEIGHTS}; save the adapter as safetensors"
        )
    settings = _settings(folder)
    beside = [name for name in files_read(folder, "", (), False) if name != SETTINGS]
    own = file_digests(folder, (SETTINGS, WEIGHTS, *beside), config)
    target = config.data_dir / MERGED / digest_of(own | {"base": base_revision})[:32]
    if target.is_dir():
        return target
    config.refuse_read_only("merge an adapter into its base model")
    need("peft", f"merging the adapter {folder.name} into its base model")
    partial = target.with_name(f"{target.name}.{owner_mark()}.{uuid.uuid4().hex[:8]}.partial")
    try:
        with saying_what_is_refused(target):
            _copy(base, partial, files_read(base, part, (), False))
            _copy(folder, partial, beside)
            _merge(folder, base / part, partial / part, settings)
            partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def _copy(folder: Path, target: Path, names: Iterable[str]) -> None:
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, target / name)


def _settings(folder: Path) -> dict[str, Any]:
    given: Mapping[str, Any] = read_json(folder / SETTINGS)
    foreign = sorted(name for name in given.keys() - READ - ASIDE if given[name])
    if foreign:
        raise ModelRefusedError(
            f"{folder.name} is refused: its {SETTINGS} sets {foreign[0]}, which is not read here; "
            "merge it into its base model (merge_and_unload of peft) and give that folder"
        )
    return {name: value for name, value in given.items() if name in READ}


def _merge(folder: Path, base: Path, target: Path, settings: Mapping[str, Any]) -> None:
    import peft
    import transformers
    from safetensors.torch import load_file

    named = (read_json(base / "config.json").get("architectures") or [""])[0]
    # An adapter of a model with a head names its layers under that head.
    kind: Any = getattr(transformers, str(named), None)
    if not (isinstance(kind, type) and issubclass(kind, transformers.PreTrainedModel)):
        kind = transformers.AutoModel
    model = kind.from_pretrained(
        base, dtype="auto", local_files_only=True, use_safetensors=True, trust_remote_code=False
    )
    tensors = load_file(folder / WEIGHTS)
    try:
        whole = peft.PeftModel(model, peft.LoraConfig(**settings))
        found = peft.set_peft_model_state_dict(whole, tensors)
    except (ValueError, TypeError, RuntimeError, KeyError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(
            f"the adapter {folder.name} does not fit its base {base.name} ({reason[:200]})"
        ) from error
    missing = [name for name in found.missing_keys if "lora_" in name or "modules_to_save" in name]
    odd = [*found.unexpected_keys, *missing]
    if odd:
        raise ModelError(
            f"the adapter {folder.name} does not fit its base {base.name}: {len(odd)} of its "
            f"tensors have no place or are missing, such as {odd[0]}"
        )
    whole.merge_and_unload(safe_merge=True).save_pretrained(target)
