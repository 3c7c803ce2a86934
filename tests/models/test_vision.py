"""Vision encoders of every class, tiny and random, through what is promised of any model."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

from lrd_core.config import Config
from lrd_core.errors import InputError, ModelError
from lrd_core.extraction.hidden_states import LayerReader, extract
from lrd_core.extraction.inputs import encode
from lrd_core.models.load import LoadedModel, load_model
from lrd_core.models.probe import probe
from lrd_core.models.specs import find_model
from lrd_core.models.vision import load_processor, picture_reader
from lrd_core.models.weights import WeightsFolder
from lrd_core.pruning.latency import measure_latency
from lrd_core.pruning.surgery import prune
from lrd_core.settings import RunSettings
from tests.passing import check_taking_out
from tests.tiny_vision import (
    ARCHITECTURES,
    BLOCKS,
    PATCHES,
    SIDE,
    WIDTH,
    WITHOUT_CLASS,
    leading,
    patches,
    pictures,
    save_tiny_vision,
    tiny_vision,
    write_processor,
)

FINAL_NORM = {
    "vit": "layernorm",
    "deit": "layernorm",
    "vit_mae": "layernorm",
    "beit": None,  # it norms the mean over its patches, in its pooler
    "dinov2": "layernorm",
    "dinov2_with_registers": "layernorm",
    "dinov3_vit": "norm",
    "clip_vision_model": "post_layernorm",
    "siglip_vision_model": "post_layernorm",
    "aimv2_vision_model": "rms_norm",
    "imagegpt": "ln_f",
}


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LoadedModel]:
    """Every architecture, saved as a folder and loaded by its path."""
    folder = tmp_path_factory.mktemp("vision")
    config = Config(data_dir=folder / "data")
    return {
        name: load_model(str(save_tiny_vision(name, folder / name)), device="cpu", config=config)
        for name in ARCHITECTURES
    }


def states(loaded: LoadedModel, **options: str) -> list[torch.Tensor]:
    """Every layer's vectors of three pictures."""
    batch = encode(loaded, pictures(3)).batch(np.arange(3))
    found: list[torch.Tensor] = []
    LayerReader(loaded, **options).read(
        batch.inputs, batch.mask, lambda _, tokens: found.append(tokens.clone())
    )
    return found


def test_a_folder_says_that_it_reads_pictures(every: dict[str, LoadedModel]) -> None:
    for name, loaded in every.items():
        assert loaded.modality == "image", name
        causal = name == "imagegpt"
        assert loaded.spec.family == ("decoder embedder" if causal else "encoder embedder")
        assert loaded.pooling == "mean" and loaded.anatomy.bidirectional != causal


def test_positions_are_patches_after_what_every_picture_shares(
    every: dict[str, LoadedModel],
) -> None:
    for name, loaded in every.items():
        assert loaded.reader is not None
        assert (loaded.aside, loaded.max_length) == (leading(name), leading(name) + patches(name))
        first = states(loaded)[0]
        same = (first[0] == first[1]).all(dim=1)
        assert same[: leading(name)].all() and not same[leading(name) :].all(), name
        batch = encode(loaded, pictures(2)).batch(np.arange(2))
        assert batch.special is not None and bool(batch.mask.all())
        assert batch.special.sum(dim=1).tolist() == [leading(name)] * 2


def test_layers_are_what_the_model_itself_shows(every: dict[str, LoadedModel]) -> None:
    """Layer 0 is what enters the first block; the last one follows the final norm."""
    for name, loaded in every.items():
        raw = states(loaded, final_norm="raw")
        assert [tuple(layer.shape) for layer in raw] == [
            (3, loaded.max_length, WIDTH) for _ in range(BLOCKS + 1)
        ]
        assert loaded.anatomy.norm == FINAL_NORM[name], name
        last = states(loaded)[-1]
        norm = FINAL_NORM[name]
        expected = loaded.model.get_submodule(norm)(raw[-1]) if norm else raw[-1]
        torch.testing.assert_close(last, expected, rtol=0, atol=1e-6)
        batch = encode(loaded, pictures(3)).batch(np.arange(3))
        output = loaded.model(**batch.inputs, output_hidden_states=True)
        own = getattr(output, "hidden_states", None)
        if own is not None:
            torch.testing.assert_close(torch.stack(own[:-1]), torch.stack(raw[:-1]))
        if loaded.anatomy.last == "output":
            torch.testing.assert_close(output.last_hidden_state, last)


def test_norms_are_found_by_what_they_do_and_not_by_their_names(tmp_path: Path) -> None:
    """DINOv2's is renamed; CLIP's takes its class token alone."""
    model = tiny_vision("dinov2")
    model.add_module("odd", model.layernorm)

    def forward(pixel_values: torch.Tensor) -> object:
        hidden = model.embeddings(pixel_values)
        for block in model.encoder.layer:
            hidden = block(hidden)
        return transformers.modeling_outputs.BaseModelOutput(model.odd(hidden))

    del model.layernorm
    model.forward = forward
    write_processor("dinov2", tmp_path)
    place = WeightsFolder(tmp_path, "1")
    reader = picture_reader(model, load_processor(find_model("dinov2-small"), place))
    assert probe(model, reader.example(model)).norm == "odd"


def test_pooling_leaves_out_what_is_no_patch(every: dict[str, LoadedModel]) -> None:
    items = pictures(3)
    for name, loaded in every.items():
        last, start = states(loaded)[-1], leading(name)
        mean = extract(loaded, items).embeddings
        np.testing.assert_allclose(mean[-1], last[:, start:].mean(dim=1), atol=1e-5)
        biggest = extract(loaded, items, pooling="max").embeddings[-1]
        np.testing.assert_allclose(biggest, last[:, start:].amax(dim=1), atol=1e-6)
        if name in WITHOUT_CLASS:
            with pytest.raises(InputError, match="has no class token; pool its patches"):
                extract(loaded, items, pooling="cls")
            assert loaded.reading == ""
            continue
        both = extract(loaded, items, pooling="cls+mean").embeddings[-1]
        np.testing.assert_allclose(both[:, :WIDTH], last[:, 0], atol=1e-6)
        np.testing.assert_allclose(both[:, WIDTH:], mean[-1], atol=1e-6)
        assert "over 4 x 4 patches without" in loaded.reading and loaded.notes


def test_company_and_order_change_nothing(every: dict[str, LoadedModel]) -> None:
    items = pictures(5)
    for name, loaded in every.items():
        assert loaded.anatomy.batching == "any", name
        together = extract(loaded, items).embeddings
        alone = extract(loaded, items, token_budget=1).embeddings
        turned = extract(loaded, items[::-1]).embeddings[:, ::-1]
        np.testing.assert_allclose(together, alone, atol=1e-5)
        np.testing.assert_allclose(together, turned, atol=1e-5)
        np.testing.assert_array_equal(together, extract(loaded, items).embeddings)


def test_blocks_can_be_taken_out(every: dict[str, LoadedModel]) -> None:
    for loaded in every.values():
        check_taking_out(loaded, pictures(3), 1)


def test_a_cut_model_is_timed(every: dict[str, LoadedModel]) -> None:
    loaded = every["dinov2_with_registers"]
    cut = prune(loaded.model, (1,))
    timed = measure_latency(loaded, cut, pictures(2), batch=2, warm_ups=0, runs=2)
    assert timed.speedup > 0
    assert (timed.batch, timed.length) == (2, leading("dinov2_with_registers") + PATCHES)


def test_conditions_change_what_is_seen_and_nothing_else(every: dict[str, LoadedModel]) -> None:
    vit, items = every["vit"], pictures(3)
    plain = encode(vit, items).batch(np.arange(3)).inputs["pixel_values"]
    for condition in ("mask:0.5", "noise:0.5", "blur:2"):
        encoded = encode(vit, items, RunSettings(condition=condition))
        changed = encoded.batch(np.arange(3)).inputs["pixel_values"]
        assert changed.shape == plain.shape and not torch.equal(changed, plain)
        alone = encoded.batch(np.array([1])).inputs["pixel_values"][0]
        assert torch.equal(alone, changed[1])
    half = encode(vit, items, RunSettings(condition="mask:0.5")).batch(np.arange(3))
    hidden = (half.inputs["pixel_values"] == 0).all(dim=1).float().mean().item()
    assert hidden == pytest.approx(PATCHES // 2 / PATCHES)
    with pytest.raises(InputError, match="names of colours"):
        extract(every["imagegpt"], items, condition="blur:1")
    for wrong in ("repeat:0.3", "mask:1", "noise:-1", "blur:many"):
        with pytest.raises(InputError, match="condition"):
            extract(vit, items, condition=wrong)
    with pytest.raises(InputError, match="before texts alone"):
        extract(vit, items, prompt="query: ")


def test_a_length_is_refused(tmp_path: Path, config: Config) -> None:
    folder = save_tiny_vision("vit", tmp_path / "vit")
    with pytest.raises(InputError, match="every picture takes 17 positions; leave it out"):
        load_model(str(folder), device="cpu", max_length=8, config=config)
    (folder / "preprocessor_config.json").rename(folder / "gone.json")
    spec = find_model(str(folder))
    with pytest.raises(ModelError, match=r"lacks preprocessor_config\.json"):
        load_model(replace(spec, modality="image"), device="cpu", config=config)


def test_what_merges_patches_on_the_way_is_refused(tmp_path: Path, config: Config) -> None:
    shape = {"embed_dim": 8, "depths": [1, 1], "num_heads": [2, 2], "window_size": 2}
    model = transformers.SwinModel(transformers.SwinConfig(image_size=SIDE, **shape))
    model.save_pretrained(tmp_path)
    write_processor("vit", tmp_path)
    with pytest.raises(ModelError, match="merge patches on the way"):
        load_model(str(tmp_path), device="cpu", config=config)


def test_the_tower_of_a_model_of_both_is_read_where_the_registry_says_so(
    tmp_path: Path, config: Config
) -> None:
    """CLIP as it is on the hub: texts and pictures in one folder."""
    tower = {"hidden_size": WIDTH, "num_hidden_layers": BLOCKS, "num_attention_heads": 2}
    seen = tower | {"intermediate_size": 24, "image_size": SIDE, "patch_size": 8}
    words = tower | {"intermediate_size": 24, "vocab_size": 20}
    both = transformers.CLIPConfig(text_config=words, vision_config=seen, projection_dim=8)
    whole = transformers.CLIPModel(both)
    whole.save_pretrained(tmp_path)
    write_processor("vit", tmp_path)
    spec = replace(find_model(str(tmp_path)), modality="image")
    loaded = load_model(spec, device="cpu", config=config)
    assert loaded.num_blocks == BLOCKS
    batch = encode(loaded, pictures(2)).batch(np.arange(2))
    theirs = whole.eval().vision_model(**batch.inputs).last_hidden_state
    torch.testing.assert_close(loaded.model(**batch.inputs).last_hidden_state, theirs)
