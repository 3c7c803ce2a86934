"""Many variants at once give the numbers of one at a time, and common prefixes are run once."""

import itertools
import math

import numpy as np
import pytest
import torch

from lrd_core.errors import InputError, NonFiniteError, PruningError
from lrd_core.extraction.blocks import find_blocks
from lrd_core.extraction.hidden_states import extract
from lrd_core.pruning.bypass import bypassed
from lrd_core.pruning.language import compare_language
from lrd_core.pruning.surgery import prune
from lrd_core.pruning.variants import VariantRunner, embed_variants, first_tensor
from tests.pruning.architectures import FIRST_STAYS, NUM_BLOCKS, PRUNABLE, build
from tests.tiny import VOCAB_SIZE, tiny_loaded

TEXTS = ["rain", "a somewhat longer text", "", "mid size text"]


@pytest.mark.parametrize("name", PRUNABLE)
def test_sharing_prefixes_changes_no_number(name):
    model = build(name)
    ids = torch.randint(4, VOCAB_SIZE, (2, 12), generator=torch.Generator().manual_seed(2))
    mask = torch.ones_like(ids)
    mask[1, :4] = 0
    first = () if name in FIRST_STAYS else ((0, 3),)
    variants = [(), (5,), (2, 3), (2, 4), *first]
    runner = VariantRunner(model, variants)
    found = dict(runner.run(input_ids=ids, attention_mask=mask))
    assert runner.shares_prefixes is (name != "deberta-v2")
    assert next(iter(found)) == ()
    for removed in runner.variants:
        with bypassed(model, removed), torch.no_grad():
            alone = model(input_ids=ids, attention_mask=mask)[0]
        torch.testing.assert_close(
            first_tensor(found[removed])[mask.bool()], alone[mask.bool()], atol=1e-5, rtol=0
        )


def test_each_common_prefix_is_run_once():
    model = build("bert")
    subsets = [s for m in range(NUM_BLOCKS) for s in itertools.combinations(range(NUM_BLOCKS), m)]
    runner = VariantRunner(model, subsets)
    runs = []
    for block in find_blocks(model).blocks:
        block.register_forward_pre_hook(lambda module, args: runs.append(module))
    runner.shares_prefixes = True
    ids = torch.full((1, 5), 7)
    assert len(list(runner.run(input_ids=ids, attention_mask=torch.ones_like(ids)))) == 63
    finishing = 63 * NUM_BLOCKS  # overridden: called, but they compute nothing
    recording = NUM_BLOCKS
    assert len(runs) - finishing - recording == 63


def test_final_embeddings_equal_those_of_the_physically_pruned_model():
    loaded = tiny_loaded("qwen3", num_layers=5)
    embedded = embed_variants(loaded, TEXTS, [(), (1, 3)], token_budget=40)
    from lrd_core.pruning.export import with_parent
    from lrd_core.pruning.plan import plan_by_hand

    plan = plan_by_hand("tiny", 5, [1, 3])
    pruned = with_parent(loaded, prune(loaded.model, plan.removed), plan)
    assert pruned.spec.name != loaded.spec.name
    assert pruned.revision != loaded.revision
    np.testing.assert_allclose(embedded[(1, 3)], extract(pruned, TEXTS).embeddings[-1], atol=1e-5)
    np.testing.assert_allclose(embedded[()], extract(loaded, TEXTS).embeddings[-1], atol=1e-5)
    assert np.abs(embedded[()] - embedded[(1, 3)]).max() > 1e-2


def test_nothing_is_left_behind():
    loaded = tiny_loaded("llama", head=True)
    loaded.model.config.use_cache = True
    embed_variants(tiny_loaded("llama"), TEXTS, [(1,)])
    compare_language(loaded, TEXTS, [(1,)])
    assert loaded.model.config.use_cache is True
    for module in loaded.model.modules():
        assert "forward" not in vars(module)
        assert not module._forward_hooks


def test_blocks_that_cannot_go_are_refused():
    with pytest.raises(PruningError, match="there is no block 4"):
        VariantRunner(tiny_loaded("bert").model, [(4,)])
    with pytest.raises(PruningError, match="shared layers"):
        VariantRunner(build("albert"), [()])


def test_nan_names_the_variant_and_the_text():
    loaded = tiny_loaded("bert")
    embeddings = loaded.model.embeddings.word_embeddings.weight
    embeddings[loaded.tokenizer.convert_tokens_to_ids("z")] = math.nan
    with pytest.raises(NonFiniteError, match=r"without blocks \[2\] gives NaN or Inf for text 1"):
        embed_variants(loaded, ["fine", "buzz"], [(2,)])


def test_perplexity_and_agreement_by_hand():
    causal = tiny_loaded("llama", head=True)
    scores = compare_language(causal, TEXTS, [(1,), (0, 2)])
    assert scores[()].agreement == 1.0
    assert scores[()].divergence == pytest.approx(0.0, abs=1e-9)
    losses, agrees, count = 0.0, 0, 0
    pruned = prune(causal.model, (0, 2))
    for text in TEXTS:
        ids = torch.tensor([causal.tokenizer(text or " ")["input_ids"]])
        with torch.no_grad():
            odds = pruned(input_ids=ids).logits[0, :-1].log_softmax(-1)
            full = causal.model(input_ids=ids).logits[0, :-1]
        losses -= float(odds.gather(1, ids[0, 1:, None]).sum())
        agrees += int((odds.argmax(-1) == full.argmax(-1)).sum())
        count += ids.shape[1] - 1
    assert scores[(0, 2)].n_tokens == count
    assert scores[(0, 2)].perplexity == pytest.approx(math.exp(losses / count), rel=1e-5)
    assert scores[(0, 2)].agreement == pytest.approx(agrees / count)
    assert scores[(0, 2)].divergence > 0


def test_perplexity_needs_something_to_predict():
    causal = tiny_loaded("llama", head=True)
    causal.tokenizer.backend_tokenizer.post_processor = None
    with pytest.raises(InputError, match="texts of at least two tokens"):
        compare_language(causal, ["a"], [(1,)])
