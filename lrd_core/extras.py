"""Packages that not every installation has, and what to install where one is missing."""

import importlib.util

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
            f"run: pip install 'lrd-explorer[{EXTRAS[module]}]'"
        )
