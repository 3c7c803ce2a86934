"""Running out of memory for real: batches halve and nothing changes; one item too many is told."""

import numpy as np
import pytest
import torch

from lrd_core.errors import ModelError
from lrd_core.extraction.hidden_states import extract
from tests.gpu.subject import minilm, news

BUDGET = 2**18


@pytest.fixture
def little_memory():
    """Lets the process have the memory it holds and so many bytes more."""

    def allow(more: int) -> None:
        torch.cuda.empty_cache()
        whole = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved() + more) / whole)

    yield allow
    torch.cuda.set_per_process_memory_fraction(1.0)
    torch.cuda.empty_cache()


def test_batches_halve_until_they_fit(little_memory):
    loaded, items = minilm("cuda"), news(1024).items
    expected = extract(loaded, items, token_budget=2**13).embeddings
    asked = []
    extract(loaded, items, token_budget=BUDGET, progress=lambda *step: asked.append(step))
    little_memory(2**28)
    halved = []
    found = extract(loaded, items, token_budget=BUDGET, progress=lambda *step: halved.append(step))
    assert len(halved) > len(asked)  # more and smaller batches
    np.testing.assert_allclose(found.embeddings, expected, atol=1e-4)


def test_an_item_that_does_not_fit_is_named(little_memory):
    loaded, items = minilm("cuda"), news(8).items
    little_memory(2**20)
    with pytest.raises(ModelError, match="alone does not fit in the device's memory"):
        extract(loaded, items)
