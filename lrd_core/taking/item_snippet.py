"""How a folder of a taken layer is used where it reads pictures or sound: lines that run."""

import json

from lrd_core.models.audio import SoundReader
from lrd_core.models.vision import PictureReader
from lrd_core.taking.readout import CutModel
from lrd_core.taking.request import Taken

_WAYS = {
    "mean": "own.mean(dim=1)",
    "cls": "states[:, 0]",
    "max": "own.amax(dim=1)",
    "lasttoken": "own[:, -1]",
    "mean_sqrt_len": "own.sum(dim=1) / own.shape[1] ** 0.5",
}


def item_snippet(taken: Taken, cut: CutModel, name: str, part: str) -> str:
    """Code that gives the vector of one item, by transformers alone.

    name: of the folder. part: where the model is in what AutoModel gives.
    """
    reader = taken.loaded.reader
    assert isinstance(reader, (PictureReader, SoundReader)), "texts have another snippet"
    lines = (
        _of_picture(reader, name) if isinstance(reader, PictureReader) else _of_sound(reader, name)
    )
    given = [
        f"model = AutoModel.from_pretrained({json.dumps(name)}).eval(){f'.{part}' if part else ''}",
        "with torch.inference_mode():",
        *(f"    {line}" for line in _states(cut.readout.weighed(taken.weights.values()))),
    ]
    return "\n".join(["```python", *lines[:-1], *given, lines[-1], *_pooled(taken), "```"])


def _of_picture(reader: PictureReader, name: str) -> list[str]:
    order = (
        [f'inputs["noise"] = torch.arange({reader.grid[0] * reader.grid[1]}.0)[None]  # in order']
        if reader.shuffles
        else []
    )
    return [
        "import torch",
        "from PIL import Image",
        "from transformers import AutoImageProcessor, AutoModel",
        "",
        f"processor = AutoImageProcessor.from_pretrained({json.dumps(name)})",
        'picture = Image.open("picture.png").convert("RGB")',
        'inputs = processor(images=[picture], return_tensors="pt")',
        *order,
        f"own = states[:, {reader.leading}:]  # patches",
    ]


def _of_sound(reader: SoundReader, name: str) -> list[str]:
    strides = tuple((one.kernel, one.step, one.padding) for one in reader.strides)
    padded = "" if reader.pace.window is not None else ", padding=True"
    return [
        *(["import math", ""] if reader.pace.hop > 1 else []),
        "import torch",
        "from scipy.io import wavfile",
        "from transformers import AutoFeatureExtractor, AutoModel",
        "",
        f"extractor = AutoFeatureExtractor.from_pretrained({json.dumps(name)})",
        f'rate, samples = wavfile.read("sound.wav")  # {reader.rate} a second, one channel',
        "samples = samples / 32768",
        f'inputs = extractor([samples], sampling_rate=rate, return_tensors="pt"{padded})',
        f"moments = {_steps(reader)}",
        f"for kernel, step, padding in {strides}:",
        "    moments = (moments + 2 * padding - kernel) // step + 1",
        _own_moments(reader),
    ]


def _steps(reader: SoundReader) -> str:
    pace = reader.pace
    samples = f"(len(samples) - {pace.lag})" if pace.lag else "len(samples)"
    return f"math.ceil({samples} / {pace.hop})" if pace.hop > 1 else samples


def _own_moments(reader: SoundReader) -> str:
    if reader.rows == 1:
        own = f"{reader.leading} : {reader.leading} + moments" if reader.leading else ":moments"
        filled = reader.pace.window is not None
        return f"own = states[:, {own}]" + ("  # not what fills the window up" if filled else "")
    shape = f"{reader.rows}, -1" if reader.inner else f"-1, {reader.rows}"
    kept = "[:, :, :moments]" if reader.inner else "[:, :moments]"
    return (
        f"own = states[:, {reader.leading}:].unflatten(1, ({shape})){kept}.flatten(1, 2)"
        "  # patches of its own moments"
    )


def _states(places: tuple[int, ...]) -> list[str]:
    if not places:
        return ["states = model(**inputs).last_hidden_state"]
    shown = "model(**inputs, output_hidden_states=True).hidden_states"
    if len(places) == 1:
        return [f"states = {shown}[{places[0]}]"]
    return [f"shown = {shown}", f"states = sum(shown[layer] for layer in {places}) / {len(places)}"]


def _pooled(taken: Taken) -> list[str]:
    ways = str(taken.run.pooling).split("+")
    if any(way not in _WAYS for way in ways):
        return [f"# pooled by {taken.run.pooling}"]
    parts = [_WAYS[way] for way in ways]
    joined = parts[0] if len(parts) == 1 else f"torch.cat([{', '.join(parts)}], dim=1)"
    return [f"vectors = {joined}"]
