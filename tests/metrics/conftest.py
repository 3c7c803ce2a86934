"""Golden values of our own, and the shared reference cases where they are at hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

PROJECT = Path(__file__).resolve().parents[2]
REFERENCE = PROJECT.parent / "shared" / "reference"


def load_reference(name: str) -> Any:
    path = REFERENCE / name
    if not path.exists():
        pytest.skip(f"the reference cases {name} are not on this machine")
    return np.load(path)


@pytest.fixture(scope="session")
def golden() -> dict[str, Any]:
    return json.loads((PROJECT / "tests" / "golden" / "metrics.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def lrd_cases() -> Any:
    return load_reference("lrd_cases.npz")


@pytest.fixture(scope="session")
def lbl_cases() -> Any:
    return load_reference("lbl_cases.npz")
