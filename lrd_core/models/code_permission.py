"""Code that comes with a model: whether there is any, who allowed it, and that it stays there."""

import re
import shlex
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lrd_core.errors import ModelRefusedError
from lrd_core.models.json_file import read_json
from lrd_core.models.specs import ModelSpec, is_hub_id, known_model

OWN_CODE = "own code"
STOCK_CODE = "transformers' code in place of its own"
_REFERENCE = re.compile(r"(?:[A-Za-z_]\w*/)*[A-Za-z_]\w*\.[A-Za-z_]\w*")


def is_allowed(spec: ModelSpec, allowed: Collection[str]) -> bool:
    """Whether one of the names is this model: its full path, or its hub id or registered name.

    A name without a revision means the registry's, so code of another revision needs its own.
    """
    if not is_hub_id(spec.id) and spec.pack is None:
        return any(_is_path(name) and _same_folder(name, spec.id) for name in allowed)
    return any(_is_hub_model(name, spec) for name in allowed)


def permission(spec: ModelSpec) -> str:
    """What --allow-code takes to allow this model and no other."""
    if not is_hub_id(spec.id):
        return shlex.quote(spec.id)
    return spec.name if spec.revision == _pinned(spec) else f"{spec.name}@{spec.revision}"


def own_code_in(folder: Path) -> tuple[str, ...]:
    """Classes of the model's own that its configuration or its tokenizer names (auto_map)."""
    files = ("config.json", "tokenizer_config.json")
    maps = [read_json(folder / file).get("auto_map") for file in files]
    return tuple(sorted({name for found in maps for name in _strings(found)}))


def require_permission(
    spec: ModelSpec, folder: Path, allowed: bool, known_type: bool = True
) -> None:
    """See that no code of a model's own runs, or is passed over, without a word.

    A registered model that is not marked `custom_code` is known to be computed rightly by
    transformers' own classes, and is read by them. known_type: whether transformers has any.

    Raises: ModelRefusedError for code that was not allowed, or that lies in another place.
    """
    _refuse_fetched_kernels(spec.name, read_json(folder / "config.json"))
    classes = own_code_in(folder)
    if not classes:
        return
    if allowed:
        for name in classes:
            if not _REFERENCE.fullmatch(name):
                raise ModelRefusedError(
                    f"{spec.name} names code outside its own folder ({name[:80]}), which is not "
                    "run; put that file into the folder and change auto_map in config.json"
                )
    elif not (known_type and _is_registered(spec) and not spec.custom_code):
        raise ModelRefusedError(
            f"{spec.name} runs code of its own ({classes[0][:80]}); it is refused unless you allow "
            f"that model by name: --allow-code {permission(spec)}"
            + "; to read it with transformers' own code, take auto_map out of its config.json"
            * known_type
        )


def code_reading(folder: Path, allowed: bool) -> str:
    """Which code computes a model that has its own; empty for one that has none."""
    if not own_code_in(folder):
        return ""
    return OWN_CODE if allowed else STOCK_CODE


@contextmanager
def staying_with_its_model() -> Iterator[None]:
    """Undo what loading a model with its own code registers in transformers.

    Its classes would otherwise compute the next stock model of the same type in this process.
    """
    import transformers

    registries = [
        entry
        for module in (transformers.models.auto.modeling_auto, transformers.models.auto)
        for entry in vars(module).values()
        if isinstance(getattr(entry, "_extra_content", None), dict)
    ]
    registries += [transformers.CONFIG_MAPPING, transformers.TOKENIZER_MAPPING]
    before = [(entry, dict(entry._extra_content)) for entry in registries]
    try:
        yield
    finally:
        for entry, content in before:
            entry._extra_content.clear()
            entry._extra_content.update(content)


def _refuse_fetched_kernels(name: str, settings: dict[str, Any]) -> None:
    """transformers fetches and runs a kernel where a setting names a repository of the hub."""
    for key in ("attn_implementation", "_attn_implementation", "experts_implementation"):
        for value in _strings(settings.get(key)):
            if "/" in value:
                raise ModelRefusedError(
                    f"{name} is refused: its config.json asks for code of the hub ({key}: "
                    f"{value[:80]!r}); take that line out"
                )


def _strings(found: Any) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict):
        for value in found.values():
            yield from _strings(value)
    elif isinstance(found, list):
        for value in found:
            yield from _strings(value)


def _is_path(name: str) -> bool:
    return name.startswith(("/", ".", "~")) or Path(name).is_absolute()


def _same_folder(name: str, folder: str) -> bool:
    try:
        return Path(name).expanduser().resolve() == Path(folder)
    except (OSError, RuntimeError, ValueError):
        return False


def _is_hub_model(name: str, spec: ModelSpec) -> bool:
    base, _, revision = name.partition("@")
    if base.lower() not in (spec.name.lower(), spec.id.lower()):
        return False
    return (revision or _pinned(spec)) == spec.revision


def _is_registered(spec: ModelSpec) -> bool:
    """Whether the registry knows this model; no folder is ever called by a registered name."""
    known = known_model(spec.id) or known_model(spec.name)
    return known is not None and spec.name == known.name


def _pinned(spec: ModelSpec) -> str | None:
    """The revision that the registry knows of."""
    known = known_model(spec.id)
    return None if known is None else known.revision
