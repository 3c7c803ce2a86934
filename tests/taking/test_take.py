"""A taken layer, loaded by other programs, gives our embeddings of that layer."""

import json
import re

import numpy as np
import pytest
import torch

from lrd_core.errors import InputError, ModelError, PruningError
from lrd_core.extraction.hidden_states import extract
from lrd_core.models.load import load_model
from lrd_core.settings import RunSettings
from lrd_core.taking.settings import TakeSettings, check_layers, layer_words
from lrd_core.taking.take import take_layer
from lrd_core.tasks import load_task
from tests.pruning.architectures import NUM_BLOCKS, PRUNABLE, build
from tests.tiny import tiny_loaded, tiny_tokenizer

TEXTS = ["rain on the river", "a", "money in the bank and stones under the tree"]


def loaded_of(name, folder):
    """A model of the surgery tests, saved and loaded as a user's own folder is."""
    build(name).save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return load_model(str(folder), device="cpu", dtype="float32")


def encoded(folder, loaded):
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    alone = loaded.anatomy.batching != "any"
    return model.encode(TEXTS, batch_size=1 if alone else 3, show_progress_bar=False)


@pytest.mark.parametrize("name", PRUNABLE)
def test_it_gives_our_embeddings_of_that_layer(name, tmp_path):
    loaded = loaded_of(name, tmp_path / "parent")
    run = RunSettings(max_length=48)
    ours = extract(loaded, TEXTS, run).embeddings
    for layers, scaled in (((3,), "yes"), ((NUM_BLOCKS,), "no"), ((2, 4), "no"), ((1, 3, 1), "no")):
        folder = tmp_path / "-".join(map(str, layers))
        settings = TakeSettings(layers=layers, normalise=scaled)
        found = take_layer(loaded, settings, folder, run=run, timed=False)
        expected = ours[list(layers)].mean(axis=0)
        if scaled == "yes":
            expected /= np.linalg.norm(expected, axis=1, keepdims=True)
        np.testing.assert_allclose(encoded(folder, loaded), expected, atol=1e-6, rtol=1e-6)
        # No more blocks than one beyond the layer, and so fewer than the parent has.
        assert found.blocks <= min(max(layers) + 1, NUM_BLOCKS)


def test_the_embedding_layer_is_one_too(tmp_path):
    loaded = loaded_of("gpt2", tmp_path / "parent")
    found = take_layer(loaded, TakeSettings((0,)), tmp_path / "0", timed=False)
    assert found.blocks == 1
    np.testing.assert_allclose(
        encoded(tmp_path / "0", loaded), extract(loaded, TEXTS).embeddings[0], atol=1e-6
    )


def test_a_layer_that_a_model_does_not_show_is_refused(tmp_path):
    """Mamba lists no embedding layer among its hidden states."""
    loaded = loaded_of("mamba", tmp_path / "parent")
    with pytest.raises(ModelError, match="shows layer 0 neither as its output"):
        take_layer(loaded, TakeSettings((0,)), tmp_path / "0", timed=False)


def test_a_layer_under_the_final_norm_needs_no_block_more(tmp_path):
    loaded = loaded_of("llama", tmp_path / "parent")
    run = RunSettings(final_norm="all", pooling="mean")
    take_layer(loaded, TakeSettings((3,)), tmp_path / "under", run=run, timed=False)
    ours = extract(loaded, TEXTS, run).embeddings[3]
    np.testing.assert_allclose(encoded(tmp_path / "under", loaded), ours, atol=1e-6)
    record = json.loads((tmp_path / "under" / "lrd.json").read_text())
    assert record["num_blocks"] == {"before": NUM_BLOCKS, "after": 3}
    assert (record["final_norm"], record["read_from"]) == ("all", "last_hidden_state")


def test_a_model_that_cannot_be_cut_is_taken_whole(tmp_path):
    loaded = loaded_of("albert", tmp_path / "parent")
    found = take_layer(loaded, TakeSettings((2,)), tmp_path / "whole", timed=False)
    assert found.blocks == NUM_BLOCKS
    np.testing.assert_allclose(
        encoded(tmp_path / "whole", loaded), extract(loaded, TEXTS).embeddings[2], atol=1e-6
    )
    assert "cannot be cut out, so the whole model runs" in (
        tmp_path / "whole" / "README.md"
    ).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def minilm(tmp_path_factory):
    """The real MiniLM's layer 4 in 16 components of a task's texts: (loaded, sample, folder).

    Texts are cut at 24 tokens: what is timed here is run 46 times, several times over.
    """
    loaded = load_model("all-MiniLM-L6-v2", device="cpu", max_length=24)
    sample = load_task("lee-news", 40, 0)
    folder = tmp_path_factory.mktemp("take") / "layer-4"
    evidence = ("STS: 71.0 at layer 4, 70.0 at the last layer.",)
    take_layer(loaded, TakeSettings((4,), pca=16), folder, sample=sample, evidence=evidence)
    return loaded, sample, folder


def test_components_are_those_of_the_texts(minilm):
    from sklearn.decomposition import PCA

    loaded, sample, folder = minilm
    pca = PCA(16, svd_solver="full").fit(extract(loaded, sample.items).embeddings[4])
    expected = pca.transform(extract(loaded, TEXTS).embeddings[4])
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    found = encoded(folder, loaded)
    signs = np.sign((found * expected).sum(axis=0))
    np.testing.assert_allclose(found, expected * signs, atol=1e-5)
    record = json.loads((folder / "lrd.json").read_text())
    assert record["components"]["variance"] == pytest.approx(
        pca.explained_variance_ratio_.sum(), abs=1e-6
    )


def test_card_and_record_say_what_it_is(minilm):
    loaded, _, folder = minilm
    card = (folder / "README.md").read_text(encoding="utf-8")
    record = json.loads((folder / "lrd.json").read_text())
    assert "Layer 4 of 6 of all-MiniLM-L6-v2" in card
    assert "- STS: 71.0 at layer 4, 70.0 at the last layer." in card
    assert record["parent"]["revision"] == loaded.revision
    assert record["texts"]["n"] == 40
    taken, parent = record["timing"]["taken"], record["timing"]["parent"]
    assert len(taken["forward_milliseconds"]) == len(parent["forward_milliseconds"]) == 20
    assert taken["parameters"] < parent["parameters"]
    assert re.search(r"\| Forward pass, ms \(median\) \| [\d.,]+ \| [\d.,]+ \|", card)


def test_the_snippets_of_the_card_run(minilm, monkeypatch):
    _, _, folder = minilm
    monkeypatch.chdir(folder.parent)
    card = (folder / "README.md").read_text(encoding="utf-8")
    snippets = re.findall(r"```python\n(.+?)```", card, re.DOTALL)
    assert len(snippets) == 2
    found: dict = {}
    for code in snippets:
        exec(code, found)
    assert found["vectors"].shape == (2, 16)
    assert found["tokens"].shape[-1] == 384


def test_a_weighted_mean_is_timed_described_and_snipped_as_it_is(minilm, tmp_path, monkeypatch):
    loaded, sample, _ = minilm
    folder = tmp_path / "weighted"
    take_layer(loaded, TakeSettings((4, 2, 4)), folder, sample=sample)
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "The mean of layers 2, 4 (twice) of 6 of all-MiniLM-L6-v2" in card
    monkeypatch.chdir(tmp_path)
    found: dict = {}
    for code in re.findall(r"```python\n(.+?)```", card, re.DOTALL):
        exec(code, found)
    states = found["states"]
    expected = (states[2] + 2 * states[4]) / 3
    np.testing.assert_allclose(found["tokens"].detach(), expected.detach(), atol=1e-6)


def test_layers_weigh_as_often_as_they_are_named():
    given = ((5, 3, 3), (4, 4), (2, 1, 2, 1), (0, 0, 0, 6))
    weighed = [check_layers(TakeSettings(one), 6) for one in given]
    assert weighed == [(3, 3, 5), (4,), (1, 2), (0, 0, 0, 6)]
    assert [layer_words(one) for one in weighed] == [
        "the mean of layers 3 (twice), 5",
        "layer 4",
        "the mean of layers 1, 2",
        "the mean of layers 0 (3 times), 6",
    ]


def test_our_own_loader_reads_the_folder(minilm):
    loaded, _, folder = minilm
    again = load_model(str(folder), device="cpu")
    assert again.num_blocks == 4
    np.testing.assert_allclose(
        extract(again, TEXTS).embeddings[-1], extract(loaded, TEXTS).embeddings[4], atol=1e-6
    )


def test_a_prompt_is_put_before_every_text(tmp_path):
    loaded, run = tiny_loaded("bert"), RunSettings(prompt="query: ")
    take_layer(loaded, TakeSettings((2,)), tmp_path / "asked", run=run, timed=False)
    ours = extract(loaded, TEXTS, run).embeddings[2]
    np.testing.assert_allclose(encoded(tmp_path / "asked", loaded), ours, atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "run", "reason"),
    [
        (TakeSettings(), RunSettings(), "no layer to take"),
        (TakeSettings((9,)), RunSettings(), "there is no layer 9; layers are 0 to 4"),
        (TakeSettings((2,)), RunSettings(condition="repeat:0.5"), "which no folder can carry"),
        (TakeSettings((2, 3)), RunSettings(pooling="max"), "use another pooling than max"),
        (TakeSettings((2,), pca=4), RunSettings(), "components are learnt from texts"),
    ],
)
def test_what_no_folder_can_be_is_refused(settings, run, reason, tmp_path):
    with pytest.raises(InputError, match=reason):
        take_layer(tiny_loaded("bert"), settings, tmp_path / "none", run=run)
    assert list(tmp_path.iterdir()) == []


def test_more_components_than_texts_give_are_refused(tmp_path):
    sample = load_task("lee-news", 5, 0)
    with pytest.raises(InputError, match="5 texts with 32 values give 1 to 4 components, not 9"):
        take_layer(tiny_loaded("bert"), TakeSettings((2,), pca=9), tmp_path / "x", sample=sample)


def test_a_last_layer_before_the_norm_is_refused(tmp_path):
    with pytest.raises(ModelError, match="neither as its output nor among its hidden states"):
        take_layer(
            tiny_loaded("llama"),
            TakeSettings((4,)),
            tmp_path / "raw",
            run=RunSettings(final_norm="raw"),
        )


def test_a_folder_that_gives_other_vectors_is_not_kept(tmp_path, monkeypatch):
    from lrd_core.taking import take

    whole = take.write_folder

    def wrong(folder, taken, cut):
        with torch.no_grad():
            cut.model.encoder.layer[1].output.dense.weight.mul_(1.5)
        whole(folder, taken, cut)

    monkeypatch.setattr(take, "write_folder", wrong)
    with pytest.raises(ModelError, match="gives other vectors than were measured"):
        take_layer(tiny_loaded("bert"), TakeSettings((2,)), tmp_path / "x", timed=False)
    assert list(tmp_path.iterdir()) == []


def test_a_part_of_a_larger_model_is_refused(tmp_path):
    from tests.zoo import zoo_folder

    zoo_folder("bart", tmp_path / "whole")
    loaded = load_model(str(tmp_path / "whole"), device="cpu", dtype="float32")
    with pytest.raises(PruningError, match="is read as a part of a larger model"):
        take_layer(loaded, TakeSettings((1,)), tmp_path / "part")
