"""The list of modules of a sentence-transformers folder: what it names and where. Imports no torch.

Only modules.json is read here, so that the transformer's own folder is known before anything
else of the model is looked at.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lrd_core.errors import ModelError
from lrd_core.models.json_file import read_json

MODULES_FILE = "modules.json"
_OWN_PACKAGE = "sentence_transformers."
_INSIDE = re.compile(r"(?:\w[\w.-]*(?:/\w[\w.-]*)*/?)?")
"""A folder below, nothing hidden and no step up; empty for the model's folder itself."""


@dataclass(frozen=True)
class ModuleEntry:
    """One line of modules.json. `type` is the full class name, `folder` where its files are."""

    type: str
    folder: Path

    @property
    def kind(self) -> str:
        """The class without its package, such as Pooling."""
        return self.type.rpartition(".")[2]

    @property
    def foreign(self) -> bool:
        """Whether the class is none of sentence-transformers, so code that comes with the model."""
        return not self.type.startswith(_OWN_PACKAGE)


def read_modules(folder: Path) -> tuple[ModuleEntry, ...]:
    """The modules in the order they run; none where the folder has no modules.json.

    Raises: ModelError for a list that cannot be read or that points out of the folder.
    """
    file = folder / MODULES_FILE
    content = read_json(file, kind=list)
    if not content and not file.is_file():
        return ()
    if not content:
        raise ModelError(f"{file} holds no list of modules; fetch the model again")
    names = [line.get("name") for line in content if isinstance(line, dict)]
    if len(set(map(str, names))) != len(content):
        raise ModelError(f"{file} has modules without a name of their own; fetch the model again")
    return tuple(_entry(folder, line) for line in content)


def transformer_folder(folder: Path) -> Path:
    """Where config.json, weights and tokenizer are: the folder itself, or such as 0_Transformer.

    Raises: as read_modules, and ModelError where no transformer is the first module.
    """
    modules = read_modules(folder)
    if not modules:
        return folder
    first = modules[0]
    if first.kind != "Transformer" and not first.foreign:
        raise ModelError(
            f"{folder} begins with the module {first.kind}; only a folder that begins with a "
            "Transformer can be read layer by layer"
        )
    if first.folder not in (folder, folder / first.folder.name):
        raise ModelError(
            f"{folder} keeps its transformer in {first.folder}; it must lie in the folder itself "
            "or in one right below, such as 0_Transformer"
        )
    return first.folder


def _entry(folder: Path, line: dict[str, Any]) -> ModuleEntry:
    kind, path = line.get("type"), line.get("path")
    if not isinstance(kind, str) or not isinstance(path, str):
        raise ModelError(
            f"{folder / MODULES_FILE} has a module without type or path ({str(line)[:80]}); "
            "fetch the model again"
        )
    if not _INSIDE.fullmatch(path):
        raise ModelError(
            f"{folder / MODULES_FILE} names the folder {path[:80]!r}; every module must lie in a "
            "folder inside, such as 1_Pooling"
        )
    return ModuleEntry(kind, folder / path)
