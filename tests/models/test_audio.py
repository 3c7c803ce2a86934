"""Speech and sound encoders of every class, tiny and random, through what is promised of any."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lrd_core.config import Config
from lrd_core.errors import InputError, ModelError
from lrd_core.extraction.attention import read_attention
from lrd_core.extraction.hidden_states import LayerReader, extract
from lrd_core.extraction.inputs import encode
from lrd_core.models.audio import SoundReader
from lrd_core.models.load import LoadedModel, load_model
from lrd_core.models.specs import find_model
from lrd_core.pruning.latency import measure_latency
from lrd_core.pruning.surgery import prune
from lrd_core.settings import RunSettings
from lrd_core.tasks.sounds import Sound
from tests.passing import check_taking_out
from tests.tiny_audio import ARCHITECTURES, AST, BLOCKS, RATE, WAVES, WIDTH, save_tiny_audio, sounds

FINAL_NORM = {
    "wav2vec2": None,  # every block ends in a norm
    "hubert": "encoder.layer_norm",
    "wavlm": None,
    "whisper": "layer_norm",
    AST: "layernorm",
}


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LoadedModel]:
    """Every architecture, saved as a folder and loaded by its path."""
    folder = tmp_path_factory.mktemp("audio")
    config = Config(data_dir=folder / "data")
    return {
        name: load_model(str(save_tiny_audio(name, folder / name)), device="cpu", config=config)
        for name in ARCHITECTURES
    }


def states(loaded: LoadedModel, items: list[Sound], **options: str) -> list[torch.Tensor]:
    """Every layer's vectors of these recordings in one batch."""
    batch = encode(loaded, items).batch(np.arange(len(items)))
    found: list[torch.Tensor] = []
    LayerReader(loaded, **options).read(
        batch.inputs, batch.mask, lambda _, tokens: found.append(tokens.clone())
    )
    return found


def test_a_folder_says_that_it_hears(every: dict[str, LoadedModel]) -> None:
    for name, loaded in every.items():
        assert loaded.modality == "audio", name
        assert loaded.spec.family == "encoder embedder" and loaded.anatomy.bidirectional
        assert (loaded.pooling, loaded.num_blocks, loaded.hidden_size) == ("mean", BLOCKS, WIDTH)
        assert bool(loaded.pathless) == (name == AST)
        assert loaded.notes, name


def test_a_tokenizer_is_for_what_was_heard(every: dict[str, LoadedModel]) -> None:
    folder = Path(every["whisper"].spec.id)
    (folder / "vocab.json").write_text("{}", encoding="utf-8")
    assert find_model(str(folder)).modality == "audio"
    (folder / "vocab.json").unlink()


def test_frames_are_those_of_the_recording(every: dict[str, LoadedModel]) -> None:
    """The frames of waves as the models themselves count them; of windows those within it."""
    items = sounds(4)
    samples = [item.samples_at(RATE) for item in items]
    for name, loaded in every.items():
        encoded = encode(loaded, items)
        batch = encoded.batch(np.arange(4))
        own = encoded.lengths - loaded.aside
        if name in WAVES:
            counted = loaded.model._get_feat_extract_output_lengths(torch.tensor(samples))
            assert own.tolist() == counted.tolist(), name
        elif name == "whisper":
            assert own.tolist() == [-(-n // 320) for n in samples]
            assert batch.mask.shape == (4, 50) and loaded.max_length == 50
        else:  # 3 rows of patches of 4 steps, each 3 steps after the one before
            assert own.tolist() == [3 * (((n - 240) // 160 - 4) // 3 + 1) for n in samples]
            assert loaded.aside == 2 and loaded.max_length == 2 + 3 * 33
        assert batch.mask.sum(dim=1).tolist() == encoded.lengths.tolist()
        assert batch.special is not None
        assert batch.special.sum(dim=1).tolist() == [loaded.aside] * 4


def test_patches_of_a_spectrogram_are_masked_by_their_moment(every: dict[str, LoadedModel]) -> None:
    """What comes after the end of a recording changes no patch that counts, before any block."""
    ast = every[AST]
    item = sounds(1)[0]
    longer = Sound.of_samples(np.concatenate([item.array(), np.full(9_000, 0.2)]), item.rate)
    mask = encode(ast, [item]).batch(np.array([0])).mask[0].bool()
    first, second = (states(ast, [one])[0][0] for one in (item, longer))
    changed = (first - second).abs().amax(dim=1) > 1e-4
    after = (~mask).nonzero()[:, 0]
    assert changed[after].float().mean() > 0.5 and not changed[mask].any()


def test_layers_are_what_the_model_itself_shows(every: dict[str, LoadedModel]) -> None:
    """Layer 0 is what enters the first block; the last one follows the final norm."""
    items = sounds(2)
    items = [items[0], items[0]]  # of one length, so that nothing is filled up
    for name, loaded in every.items():
        raw = states(loaded, items, final_norm="raw")
        batch = encode(loaded, items).batch(np.arange(2))
        assert {tuple(layer.shape) for layer in raw} == {(*batch.mask.shape, WIDTH)}
        assert len(raw) == BLOCKS + 1
        norm = FINAL_NORM[name]
        assert loaded.anatomy.norm == norm, name
        last = states(loaded, items)[-1]
        expected = loaded.model.get_submodule(norm)(raw[-1]) if norm else raw[-1]
        torch.testing.assert_close(last, expected, rtol=0, atol=1e-6)
        output = loaded.model(**batch.inputs, output_hidden_states=True)
        torch.testing.assert_close(output.last_hidden_state, last)
        torch.testing.assert_close(
            torch.stack(output.hidden_states[:-1]), torch.stack(raw[:-1]), msg=name
        )


def test_pooling_is_over_the_frames_of_the_recording(every: dict[str, LoadedModel]) -> None:
    items = sounds(3)
    for name, loaded in every.items():
        found = extract(loaded, items)
        for place, item in enumerate(items):
            batch = encode(loaded, [item]).batch(np.array([0]))
            own = batch.mask[0].bool()
            own[: loaded.aside] = False
            alone = states(loaded, [item])[-1][0, own]
            np.testing.assert_allclose(
                found.embeddings[-1, place], alone.mean(dim=0), atol=1e-5, err_msg=name
            )
        assert found.n_tokens.tolist() == encode(loaded, items).lengths.tolist()
        if name != AST:
            with pytest.raises(InputError, match="has no class token; pool its frames"):
                extract(loaded, items, pooling="cls")
    windowed = (every["whisper"], every[AST])
    assert all("of the recording among" in one.reading for one in windowed)
    assert every["wav2vec2"].reading == "batches of equal lengths"


def test_company_and_order_change_nothing(every: dict[str, LoadedModel]) -> None:
    """Filling up reaches models that norm over time, which are read one length at a time."""
    items = [*sounds(4), sounds(4)[1]]
    for name, loaded in every.items():
        expected = "equal lengths" if name in ("wav2vec2", "wavlm") else "any"
        assert loaded.anatomy.batching == expected, name
        together = extract(loaded, items).embeddings
        alone = extract(loaded, items, token_budget=1).embeddings
        turned = extract(loaded, items[::-1]).embeddings[:, ::-1]
        np.testing.assert_allclose(together, alone, atol=1e-5, err_msg=name)
        np.testing.assert_allclose(together, turned, atol=1e-5)
        np.testing.assert_allclose(together[:, 1], together[:, 4], atol=1e-6)


def test_blocks_can_be_taken_out(every: dict[str, LoadedModel]) -> None:
    for loaded in every.values():
        check_taking_out(loaded, sounds(2), 1)


def test_a_cut_model_is_timed(every: dict[str, LoadedModel]) -> None:
    whisper, items = every["whisper"], sounds(2)
    timed = measure_latency(whisper, prune(whisper.model, (1,)), items, batch=2, warm_ups=0, runs=2)
    assert timed.speedup > 0
    assert (timed.batch, timed.length) == (2, whisper.max_length)


def test_attention_knows_which_frames_are_the_recordings(every: dict[str, LoadedModel]) -> None:
    items = sounds(1)
    for name in ("whisper", AST):
        mask, blocks = next(read_attention(every[name], items, RunSettings()))
        assert len(blocks) == BLOCKS
        assert int(mask.sum()) == encode(every[name], items).lengths[0] < mask.shape[1]
        assert blocks[0].shape[-2:] == (mask.shape[1],) * 2


def test_conditions_and_lengths_change_what_is_heard(every: dict[str, LoadedModel]) -> None:
    items, hubert = sounds(3), every["hubert"]
    plain = encode(hubert, items)
    half = encode(hubert, items, RunSettings(condition="length:0.08"))
    assert set(half.lengths) == {hubert.reader.moments(int(0.08 * RATE))}
    noisy = encode(hubert, items, RunSettings(condition="noise:0.5"))
    assert noisy.lengths.tolist() == plain.lengths.tolist()
    changed = noisy.batch(np.arange(3)).inputs["input_values"]
    assert not torch.equal(changed, plain.batch(np.arange(3)).inputs["input_values"])
    again = noisy.batch(np.array([1])).inputs["input_values"][0]
    torch.testing.assert_close(again, changed[1, : len(again)])
    for wrong in ("repeat:0.3", "length:0", "noise:-1", "noise:much"):
        with pytest.raises(InputError, match="condition"):
            extract(hubert, items, condition=wrong)
    with pytest.raises(InputError, match="before texts alone"):
        extract(hubert, items, prompt="query: ")


def test_a_length_is_one_in_frames(every: dict[str, LoadedModel], config: Config) -> None:
    for name in ("hubert", "whisper"):
        short = load_model(every[name].spec.id, device="cpu", max_length=4, config=config)
        assert encode(short, sounds(3)).lengths.tolist() == [4, 4, 4], name
        with pytest.raises(InputError, match=r"max_length 0 .* reads 1 to [0-9]+ frames"):
            load_model(every[name].spec.id, device="cpu", max_length=0, config=config)
    with pytest.raises(InputError, match="always 101 positions"):
        load_model(every[AST].spec.id, device="cpu", max_length=4, config=config)
    blip = Sound.of_samples(np.ones(10), 16_000)  # shorter than a frame: silence follows
    for name, loaded in every.items():
        assert extract(loaded, [blip]).n_tokens[0] - loaded.aside in (1, 3), name


def test_what_is_missing_is_said(every: dict[str, LoadedModel], config: Config) -> None:
    folder = Path(every["wavlm"].spec.id)
    settings = (folder / "preprocessor_config.json").rename(folder / "gone.json")
    spec = replace(every["wavlm"].spec, modality="audio")
    with pytest.raises(ModelError, match=r"lacks preprocessor_config\.json"):
        load_model(spec, device="cpu", config=config)
    settings.rename(folder / "preprocessor_config.json")
    with pytest.raises(ModelError, match="reads audio and no texts: it has no perplexity"):
        load_model(spec, device="cpu", config=config, head=True)


def test_the_reader_counts_there_and_back(every: dict[str, LoadedModel]) -> None:
    for name, loaded in every.items():
        reader = loaded.reader
        assert isinstance(reader, SoundReader)
        for moments in (1, 2, 7, 19):
            least = reader.samples(moments)
            assert reader.moments(least) == moments, name
            assert moments == 1 or reader.moments(least - 1) == moments - 1, name
