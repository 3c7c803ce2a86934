"""The one door for items: from texts, or whatever else a task holds, to batches of tensors.

Nothing behind this door asks what an item was. To add a modality is one entry of MODALITIES.
Importing this loads no torch: pages show items by it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lrd_core.errors import InputError
from lrd_core.extraction.encoded import Encoded
from lrd_core.extraction.picture_inputs import encode_pictures
from lrd_core.extraction.sound_inputs import encode_sounds
from lrd_core.models.catalogue import ModelSpec
from lrd_core.models.modality import NOT_KNOWN
from lrd_core.settings import RunSettings
from lrd_core.tasks import TaskSpec
from lrd_core.tasks.augment import augment
from lrd_core.tasks.conditions import Condition
from lrd_core.tasks.content import noun_of, spoken
from lrd_core.tasks.picture_views import augment_picture
from lrd_core.tasks.pictures import Picture
from lrd_core.tasks.sound_views import augment_sound
from lrd_core.tasks.sounds import Sound

if TYPE_CHECKING:
    from lrd_core.models.batch import Batch
    from lrd_core.models.example import Company, Example
    from lrd_core.models.load import LoadedModel


@dataclass(frozen=True)
class Modality:
    """All that is known of one kind of item.

    encode: items for a loaded model under the settings of a pass; refuses what it cannot do.
    augment: (item, seed, view) -> a noisy view of the item, the same for the same three.
    key: what two items have in common that are read the same; each is embedded once.
    preview: an item as a few words, for tables and hovers; a text is its own.
    as_read: an item as models are shown it, in place of one that is empty.
    thumbnail: an item as a small picture, a data URL; None where there is nothing to see.
    wav: an item as a file to listen to; None where there is nothing to hear.
    tried: two items of different size on which a cut model is tried where no task is named.
    """

    encode: Callable[[LoadedModel, Sequence[Any], RunSettings], Encoded]
    augment: Callable[[Any, int, int], Any]
    key: Callable[[Any], Hashable]
    preview: Callable[[Any], str]
    as_read: Callable[[Any], Any] = lambda item: item
    thumbnail: Callable[[Any], str] | None = None
    wav: Callable[[Any], bytes] | None = None
    tried: Callable[[], Sequence[Any]] = tuple


def encode(
    loaded: LoadedModel, items: Sequence[Any], settings: RunSettings | None = None
) -> Encoded:
    """Items ready for this model, which says itself what it reads.

    Raises: InputError for no items, for a modality that is not known, or for settings that the
        modality does not have.
    """
    if not len(items):
        raise InputError(f"no {noun_of(loaded.modality)}s to embed; give at least one")
    encoded = modality_of(loaded.modality).encode(loaded, items, settings or RunSettings())
    if loaded.modality != "text":
        from lrd_core.models.anatomies import anatomy_of

        # A model of token ids can be tried on any ids, even before there are texts.
        anatomy_of(loaded.model, lambda: _example(loaded, encoded))
    return encoded


def modality_of(name: str) -> Modality:
    """Raises: InputError for a modality without an encoder."""
    if name not in MODALITIES:
        raise InputError(
            f"no items of the kind {name!r} can be read; known: {', '.join(MODALITIES)}"
        )
    return MODALITIES[name]


def refuse_other_items(model: ModelSpec, task: TaskSpec) -> None:
    """Raises: InputError unless the model reads what the task holds."""
    if model.modality not in (task.modality, NOT_KNOWN):
        raise InputError(
            f"{model.name} reads items of the kind {model.modality!r}, and task {task.name!r} "
            f"holds {task.modality!r}; choose another model or task"
        )


def encode_texts(loaded: LoadedModel, texts: Sequence[str], settings: RunSettings) -> Encoded:
    """Token ids with the model's special tokens, cut at the length, changed by a condition."""
    import torch

    from lrd_core.extraction.batching import pad, tokenise
    from lrd_core.models.batch import Batch

    most = settings.max_length or loaded.max_length
    ids = tokenise(loaded.tokenizer, texts, most, settings.prompt)
    if settings.condition:
        ids = _conditioned(loaded, ids, settings)
    filler = pad_id(loaded)
    special = torch.tensor(special_ids(loaded.tokenizer), dtype=torch.int64)

    def batch(places: np.ndarray) -> Batch:
        made = Batch.of_ids(*pad([ids[place] for place in places], filler))
        return replace(made, special=torch.isin(made.inputs["input_ids"], special))

    lengths = np.array([len(row) for row in ids])
    return Encoded(lengths, batch, _prompt_tokens(loaded, settings.prompt, most))


def special_ids(tokenizer: Any) -> list[int]:
    """Ids that stand for no part of a text. An unknown word is one, so its id is not special."""
    unknown = getattr(tokenizer, "unk_token_id", None)
    known: Sequence[int] = getattr(tokenizer, "all_special_ids", ())
    return [one for one in known if one != unknown]


def pad_id(loaded: LoadedModel) -> int:
    """The id to fill rows with; masked everywhere, so any valid one does."""
    return int(getattr(loaded.tokenizer, "pad_token_id", None) or 0)


TRIED_ON = (
    "Rain fell on the river all night.",
    "By morning the water stood at the garden gate, and nobody could say when it would fall.",
)


def _noise(seed: int, *shape: int) -> np.ndarray:
    """Numbers of 0 to 255, the same every time."""
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


MODALITIES: dict[str, Modality] = {
    "text": Modality(encode_texts, augment, spoken, str, as_read=spoken, tried=lambda: TRIED_ON),
    "image": Modality(
        encode_pictures,
        augment_picture,
        key=lambda picture: picture.digest,
        preview=Picture.words,
        thumbnail=Picture.thumbnail,
        tried=lambda: [Picture.of_pixels(_noise(3, side, 2 * side, 3)) for side in (24, 40)],
    ),
    "audio": Modality(
        encode_sounds,
        augment_sound,
        key=lambda sound: sound.digest,
        preview=Sound.words,
        thumbnail=Sound.thumbnail,
        wav=Sound.wav,
        tried=lambda: [
            Sound.of_samples(_noise(n, n) / 512 - 0.25, 16_000) for n in (8_000, 12_800)
        ],
    ),
}


def _conditioned(
    loaded: LoadedModel, ids: list[np.ndarray], settings: RunSettings
) -> list[np.ndarray]:
    condition = Condition.parse(str(settings.condition))
    special = frozenset(getattr(loaded.tokenizer, "all_special_ids", ()))
    vocabulary = int(getattr(loaded.tokenizer, "vocab_size", 0) or len(loaded.tokenizer))
    changed = (
        condition.apply(row.tolist(), vocabulary, special, settings.seed, index)
        for index, row in enumerate(ids)
    )
    return [np.asarray(row, dtype=np.int32) for row in changed]


def _prompt_tokens(loaded: LoadedModel, prompt: str, max_length: int) -> int:
    """How many tokens at the start of each text belong to a prompt that pooling must not see.

    Counted as sentence-transformers does: the prompt's own tokens, less a special one at its end.
    0 without a prompt, and for models that pool it with the text.
    """
    if not prompt or loaded.pipeline.include_prompt:
        return 0
    encoded = loaded.tokenizer([prompt], truncation=True, max_length=max_length)
    ids = encoded["input_ids"][0]
    ends = bool(ids) and ids[-1] in loaded.tokenizer.all_special_ids
    return len(ids) - int(ends)


def _example(loaded: LoadedModel, encoded: Encoded) -> Example:
    """The shortest and the longest of the items themselves, on the model's device."""
    from lrd_core.models.example import Company, Example

    def company(places: Sequence[int]) -> Company:
        alone = tuple(encoded.batch(np.array([place])).to(loaded.device) for place in places)
        return Company(encoded.batch(np.array(places)).to(loaded.device), alone)

    order = np.argsort(encoded.sizes, kind="stable")
    mixed = company([int(order[0]), int(order[-1])])
    # Neighbours in this order are of equal length if any two are.
    same = np.flatnonzero(np.diff(encoded.sizes[order]) == 0)
    equal = company([int(place) for place in order[same[0] : same[0] + 2]]) if len(same) else None
    return Example(short=mixed.alone[0], other=None, mixed=mixed, equal=equal)
