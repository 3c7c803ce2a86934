"""Timing: interleaved, enough runs, on a model that is physically smaller."""

import pytest
import torch

from lrd_core.errors import InputError
from lrd_core.pruning.latency import RUNS, WARM_UPS, Timing, measure_latency, weights_bytes
from lrd_core.pruning.surgery import prune
from tests.tiny import tiny_loaded


@pytest.fixture(scope="module")
def loaded():
    return tiny_loaded("bert", num_layers=4)


def test_the_house_rules_on_runs():
    assert WARM_UPS >= 10
    assert RUNS >= 50


def test_models_take_turns_and_every_run_is_kept(loaded):
    order = []
    pruned = prune(loaded.model, (1, 2))
    hooks = [
        model.register_forward_pre_hook(lambda module, args, name=name: order.append(name))
        for name, model in (("full", loaded.model), ("pruned", pruned))
    ]
    result = measure_latency(loaded, pruned, ["a text"], batch=2, length=9, warm_ups=3, runs=4)
    for hook in hooks:
        hook.remove()
    assert len(result.full.forward.milliseconds) == 4
    assert len(result.pruned.end_to_end.milliseconds) == 4
    timed = order[6 : 6 + 8]
    assert len(order) == 2 * (6 + 8), "as many warm-ups end to end as for the forward pass"
    assert timed == ["full", "pruned", "pruned", "full"] * 2
    assert result.device == "cpu"
    assert result.full.peak_memory is None
    assert (result.batch, result.length) == (2, 9)


def test_sizes_are_those_of_the_pruned_model(loaded, tmp_path):
    pruned = prune(loaded.model, (1, 2))
    result = measure_latency(loaded, pruned, ["a"], batch=1, length=4, warm_ups=0, runs=1)
    assert result.pruned.parameters == sum(p.numel() for p in pruned.parameters())
    assert result.pruned.parameters < result.full.parameters
    pruned.save_pretrained(tmp_path)
    on_disk = (tmp_path / "model.safetensors").stat().st_size
    assert weights_bytes(pruned) == pytest.approx(on_disk, rel=0.2)
    assert weights_bytes(pruned) <= on_disk


def test_fewer_blocks_take_less_time():
    """A positive control: a model of 16 blocks against 2 of them."""
    loaded = tiny_loaded("bert", num_layers=16)
    pruned = prune(loaded.model, range(2, 16))
    result = measure_latency(loaded, pruned, ["text"], batch=4, length=32, warm_ups=3, runs=15)
    assert result.speedup > 2
    assert result.full.forward.percentile(10) <= result.full.forward.median


def test_percentiles():
    timing = Timing(tuple(float(value) for value in range(1, 102)))
    assert timing.median == 51
    assert timing.percentile(10) == 11
    assert timing.percentile(90) == 91


def test_nothing_to_time(loaded):
    with pytest.raises(InputError, match="at least one text and one run"):
        measure_latency(loaded, loaded.model, [])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_on_a_gpu_memory_and_events(dtype):
    from dataclasses import replace

    loaded = tiny_loaded("llama", num_layers=8)
    model = loaded.model.to("cuda", dtype)
    loaded = replace(loaded, model=model, device=torch.device("cuda"), dtype=dtype)
    result = measure_latency(loaded, prune(model, (1, 2, 3)), ["text"], runs=10)
    assert result.full.peak_memory > result.pruned.peak_memory > 0
    assert result.device == torch.cuda.get_device_name()
