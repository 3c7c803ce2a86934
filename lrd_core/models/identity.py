"""What names the content of a model folder: a digest over every file that decides its numbers.

Configuration, tokenizer, modules, every weights file, and code where it runs; not what loading
leaves alone, such as a README, optimizer states or other formats. Imports no torch.
"""

from pathlib import Path

from lrd_core.config import Config
from lrd_core.models.digests import digest_of, file_digests
from lrd_core.models.folder import files_read, transformer_part
from lrd_core.models.weights_files import weights_files

FILES = "files:"
"""How the revision of a folder begins whose every file was looked at."""

WEIGHTS_ONLY = "sha256:"
"""How revisions began that named the weights alone; packs keep theirs, being pinned as a whole."""

_DIGITS = 32


def folder_digests(
    name: str, folder: Path, config: Config, own_code: bool = False
) -> dict[str, str]:
    """SHA-256 of every file of a model's folder that is read, by name.

    Raises: ModelError, ModelRefusedError for weights or files that cannot be used.
    """
    part = transformer_part(folder)
    weights = weights_files(name, folder / part)
    return file_digests(folder, files_read(folder, part, weights, own_code), config)


def folder_revision(digests: dict[str, str]) -> str:
    """`files:` and the first digits of the digest over all names and contents."""
    return f"{FILES}{digest_of(digests)[:_DIGITS]}"


def is_vouched_for(model_id: str, revision: str) -> bool:
    """Whether a revision names everything that could change the numbers of a local folder.

    Results of earlier versions name only the weights of a folder; its configuration, tokenizer
    or code may have been others than today's.
    """
    local = not model_id.startswith("pack:") and Path(model_id).is_absolute()
    return not (local and revision.startswith(WEIGHTS_ONLY))
