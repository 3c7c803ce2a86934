"""Everything here needs a GPU, and is skipped with the reason where there is none."""

from pathlib import Path

import pytest
import torch


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here `gpu`."""
    here = Path(__file__).parent
    missing = pytest.mark.skip(reason="no CUDA device on this machine")
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.gpu)
            if not torch.cuda.is_available():
                item.add_marker(missing)
