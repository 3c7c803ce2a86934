"""Cache keys: a hash of everything that can change a number, defaults included."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from lrd_core.settings import RunIdentity

EXTRACTION_VERSION = 1
"""Raised when extraction changes what it returns for the same identity."""


def canonical_json(mapping: Mapping[str, Any]) -> str:
    """JSON that is equal for equal mappings: sorted keys, no spaces, NaN refused."""
    return json.dumps(mapping, sort_keys=True, separators=(",", ":"), allow_nan=False)


def content_key(mapping: Mapping[str, Any]) -> str:
    """32 hexadecimal digits that name the mapping's content."""
    return hashlib.sha256(canonical_json(mapping).encode()).hexdigest()[:32]


def run_key(identity: RunIdentity) -> str:
    """The key of a run. Equal keys: equal numbers, whatever the device."""
    return content_key(identity.described() | {"extraction": EXTRACTION_VERSION})
