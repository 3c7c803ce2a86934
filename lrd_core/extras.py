"""Packages that not every installation has, and what to install where one is missing."""

import importlib.util

from lrd_core.config import INSTALLED
from lrd_core.errors import InputError

EXTRAS = {
    "streamlit": "app",
    "kaleido": "app",
    "umap": "app",
    "PIL": "images",
    "sklearn": "app",
    "soundfile": "sound",
    "datasets": "scores",
    "mteb": "scores",
    "mlflow": "mlflow",
    "peft": "lora",
    "wandb": "wandb",
    "sentence_transformers": "scores",
}
"""Module -> the extra of pyproject.toml that brings it."""


def need(module: str, what: str) -> None:
    """Say what to install if `module` is missing; loads nothing.

    what: begins the sentence, such as "scoring layers".
    Raises: InputError with the command that installs it.
    """
    if importlib.util.find_spec(module) is None:
        raise InputError(
            f"{what} needs the package {module}, which is not installed; "
            f"run: {install_command(EXTRAS[module])}"
        )


def need_pip(what: str) -> None:
    """The same of pip, which environments come without where uv made them.

    what: begins the sentence, such as "fetching a pack".
    Raises: InputError with the command that brings it.
    """
    if importlib.util.find_spec("pip") is None:
        raise InputError(
            f"{what} needs pip, which this environment is without; "
            "run: python -m ensurepip, or: uv pip install pip"
        )


def install_command(extra: str) -> str:
    """What installs an extra. In a checkout never the name alone: an index would be asked for it,
    where it may be anybody's."""
    if INSTALLED:
        return f"pip install 'lrd-explorer[{extra}]'"
    return f"pip install '.[{extra}]' in the folder of the checkout"
