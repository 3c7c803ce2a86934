"""Cache keys: a hash of everything that can change a number, defaults included."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

EXTRACTION_VERSION = 1
"""Raised when extraction changes what it returns for the same identity."""


def canonical_json(mapping: Mapping[str, Any]) -> str:
    """JSON that is equal for equal mappings: sorted keys, no spaces, NaN refused."""
    return json.dumps(mapping, sort_keys=True, separators=(",", ":"), allow_nan=False)


def content_key(mapping: Mapping[str, Any]) -> str:
    """32 hexadecimal digits that name the mapping's content."""
    return hashlib.sha256(canonical_json(mapping).encode()).hexdigest()[:32]


ADDED_LATER = {"tail": "none", "reading": ""}
"""What came after the first keys were made, with the value that those keys stand for."""


def without_plain(identity: Mapping[str, Any]) -> dict[str, Any]:
    """All of it less later parts at their plain value, so that what was kept is found again."""
    return {
        name: value
        for name, value in identity.items()
        if name not in ADDED_LATER or value != ADDED_LATER[name]
    }


@dataclass(frozen=True)
class RunIdentity:
    """What was embedded, by which model, how. Two equal identities give equal numbers.

    Device and batch size are left out on purpose: they change nothing beyond rounding
    (below 1e-5 in float32), and a result must be found again on another machine. So is the version
    of transformers: what it reads otherwise than before shows in `reading`, `pooling` and
    `max_length`, which are found anew for every request of another version.

    reading: how the model is read where that is neither in its files nor in a setting, such as by
    code of its own; empty for an ordinary model.
    """

    model_id: str
    revision: str
    task: str
    task_revision: str
    split: str
    n: int
    seed: int
    max_length: int
    pooling: str
    final_norm: str = "hf"
    dtype: str = "float32"
    prompt: str = ""
    condition: str = ""
    capture: str = "block"
    tail: str = "none"
    reading: str = ""

    @property
    def key(self) -> str:
        return content_key(without_plain(asdict(self)) | {"extraction": EXTRACTION_VERSION})
