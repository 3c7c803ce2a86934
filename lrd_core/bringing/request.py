"""What may be asked for: the name of embeddings, and where an uploaded file waits. No torch."""

from pathlib import Path

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.models.specs import known_model

LONGEST_NAME = 80


def check_name(name: str) -> None:
    """Raises: InputError for no name, a long one, or one that a model of the registry has."""
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise InputError(f"give the embeddings a name of 1 to {LONGEST_NAME} letters")
    if known_model(name.partition("@")[0]) is not None:
        raise InputError(f"{name!r} is a model of the registry; give a name of your own")


def brought_folder(config: Config) -> Path:
    """Where uploaded files wait until they are read."""
    return config.data_dir / "brought"
