"""A taken layer of a model of pictures or sound, loaded by transformers alone, is our layer."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from scipy.io import wavfile

from lrd_core.errors import InputError, ModelError, PruningError
from lrd_core.extraction.hidden_states import extract
from lrd_core.models.load import LoadedModel, load_model
from lrd_core.pruning.export import export_pruned
from lrd_core.pruning.item_folder import read_back
from lrd_core.pruning.plan import plan_by_hand
from lrd_core.settings import RunSettings
from lrd_core.taking.settings import TakeSettings
from lrd_core.taking.take import take_layer
from lrd_core.tasks.pictures import Picture
from lrd_core.tasks.sounds import Sound
from tests import tiny_audio, tiny_vision

BLOCKS = 3
assert BLOCKS == tiny_audio.BLOCKS == tiny_vision.BLOCKS
EVERY = {
    **dict.fromkeys(tiny_vision.ARCHITECTURES, tiny_vision.save_tiny_vision),
    **dict.fromkeys(tiny_audio.ARCHITECTURES, tiny_audio.save_tiny_audio),
}


def loaded_of(name: str, folder: Path) -> LoadedModel:
    return load_model(str(EVERY[name](name, folder)), device="cpu", dtype="float32")


def one_item(loaded: LoadedModel, folder: Path) -> Any:
    """As a file that a card's snippet opens, and as ours."""
    generator = np.random.default_rng(3)
    if loaded.modality == "image":
        pixels = generator.integers(0, 256, (45, 38, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "picture.png")
        return Picture.of_pixels(pixels)
    samples = (8_000 * generator.normal(0, 0.3, 9_000)).astype(np.int16)
    wavfile.write(folder / "sound.wav", tiny_audio.RATE, samples)
    return Sound.of_bytes((folder / "sound.wav").read_bytes(), "sound.wav")


@pytest.mark.parametrize("name", EVERY)
def test_the_card_of_a_taken_layer_gives_our_embedding(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = loaded_of(name, tmp_path / "parent")
    monkeypatch.chdir(tmp_path)
    item = one_item(loaded, tmp_path)
    pooling = "cls" if loaded.aside else "max"
    joined = RunSettings(pooling=f"mean+{pooling}")
    # The last layer, after its norm, may be no hidden state; the mean of others is one.
    for layers, run in (((2,), joined), ((BLOCKS,), RunSettings()), ((1, 2, 2), RunSettings())):
        folder = tmp_path / "-".join(map(str, layers))
        if name == "clip_vision_model" and layers == (BLOCKS,):
            # It norms the class token alone, after its output.
            with pytest.raises(ModelError, match="shows layer 3 neither as its output"):
                take_layer(loaded, TakeSettings(layers), folder, run=run, timed=False)
            continue
        found = take_layer(loaded, TakeSettings(layers), folder, run=run, timed=False)
        assert (found.layers, found.num_blocks, found.n) == (layers, BLOCKS, 2)
        assert found.difference < 1e-5 and "equal to" in found.sentence
        card = (folder / "README.md").read_text(encoding="utf-8")
        (code,) = re.findall(r"```python\n(.*?)```", card, flags=re.DOTALL)
        if name == "dinov3_vit":  # whose own processor needs torchvision
            code = code.replace("AutoImageProcessor", "ViTImageProcessorPil")
        ran: dict[str, Any] = {}
        exec(code, ran)
        ours = extract(loaded, [item], run).embeddings[list(layers)].mean(axis=0)
        np.testing.assert_allclose(ran["vectors"].numpy(), ours, atol=1e-6, rtol=1e-5)


def test_a_folder_is_read_by_us_again(tmp_path: Path) -> None:
    loaded = loaded_of("dinov2_with_registers", tmp_path / "parent")
    take_layer(loaded, TakeSettings((3,)), tmp_path / "three", timed=True)
    again = load_model(str(tmp_path / "three"), device="cpu")
    items = tiny_vision.pictures(4)
    np.testing.assert_allclose(
        extract(again, items).embeddings, extract(loaded, items).embeddings, atol=1e-6
    )
    record = json.loads((tmp_path / "three" / "lrd.json").read_text(encoding="utf-8"))
    assert record["checked"]["images"] == 2 and record["timing"]["batch"] == 8
    assert record["num_blocks"] == {"before": 3, "after": 3}
    card = (tmp_path / "three" / "README.md").read_text(encoding="utf-8")
    assert "library_name: transformers" in card and "batches of 8 images of 21 positions" in card


def test_an_encoder_alone_is_written_in_its_place(tmp_path: Path) -> None:
    loaded = loaded_of("whisper", tmp_path / "parent")
    take_layer(loaded, TakeSettings((1,)), tmp_path / "one", timed=False)
    whole = transformers.AutoModel.from_pretrained(tmp_path / "one")
    parent = transformers.AutoModel.from_pretrained(tmp_path / "parent")
    assert type(whole).__name__ == "WhisperModel"
    assert len(whole.encoder.layers) < BLOCKS and whole.config.encoder_layers < BLOCKS
    theirs, ours = whole.decoder.state_dict(), parent.decoder.state_dict()
    assert theirs.keys() == ours.keys()
    assert all(torch.equal(theirs[key], ours[key]) for key in ours)


@pytest.mark.parametrize("name", ["dinov2", "whisper", "wav2vec2"])
def test_a_pruned_model_is_a_folder_too(name: str, tmp_path: Path) -> None:
    loaded = loaded_of(name, tmp_path / "parent")
    plan = plan_by_hand(loaded.spec.name, BLOCKS, (1,))
    folder = export_pruned(loaded, plan, tmp_path / "cut", normalise=False)
    again = load_model(str(folder), device="cpu")
    items = tiny_vision.pictures(3) if loaded.modality == "image" else tiny_audio.sounds(3)
    found = extract(again, items).embeddings
    assert len(found) == BLOCKS
    part = "encoder" if name == "whisper" else ""
    np.testing.assert_allclose(
        read_back(folder, loaded, items, RunSettings(), part=part), found[-1], atol=1e-6
    )
    whole = extract(loaded, items).embeddings
    np.testing.assert_allclose(found[1], whole[1], atol=1e-6)
    assert np.abs(found[-1] - whole[-1]).max() > 1e-3
    record = json.loads((folder / "pruning.json").read_text(encoding="utf-8"))
    assert record["removed_blocks"] == [1] and not (folder / "mergekit.yaml").exists()


def test_what_a_folder_of_transformers_does_not_hold_is_refused(tmp_path: Path) -> None:
    loaded = loaded_of("vit", tmp_path / "parent")
    for settings, what in (
        (TakeSettings((2,), pca=4), "components would be a module"),
        (TakeSettings((2,), normalise="yes"), "scaling to length 1 would be a module"),
    ):
        with pytest.raises(InputError, match=what):
            take_layer(loaded, settings, tmp_path / "out", timed=False)
    assert not (tmp_path / "out").exists()


def test_an_encoder_whose_whole_has_no_one_place_for_it_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = loaded_of("whisper", tmp_path / "parent")
    other = transformers.AutoModel.from_pretrained(tmp_path / "parent").decoder
    monkeypatch.setattr(transformers.AutoModel, "from_pretrained", lambda *_, **__: other)
    with pytest.raises(PruningError, match="read as a part of a larger model"):
        take_layer(loaded, TakeSettings((1,)), tmp_path / "out", timed=False)
    assert not (tmp_path / "out").exists()
