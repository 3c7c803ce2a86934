"""A layer of a model as a folder of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lrd_core.models.load import LoadedModel, load_model
from lrd_core.models.specs import find_model
from lrd_core.settings import RunSettings
from lrd_core.taking.settings import AUTO, TakeSettings, check_told
from lrd_core.taking.take import TakenFolder as TakenFolder
from lrd_core.taking.take import take_layer

if TYPE_CHECKING:
    from lrd_core.tasks import TaskItems


def take(
    model: str | Path | LoadedModel,
    layer: int | Sequence[int],
    folder: str | Path,
    *,
    sample: TaskItems | None = None,
    pca: int = 0,
    normalise: str = AUTO,
    timed: bool = True,
    **read_by: object,
) -> TakenFolder:
    """Write a layer as a folder that transformers and sentence-transformers load.

    The model is cut after the layer; pooling and what follows are added as modules, and a model
    card with evidence and cost. The folder is read back and compared before it is kept. Of a model
    of pictures or sound transformers alone loads it, and its card has the lines that pool.

    model: a name, a folder, or what load_model gave. layer: 0 is the embedding layer; several
        give their mean, one that is named twice weighs twice. sample: of load_task; components are
        learnt from its texts, and on them the folder is compared and timed. pca: directions to
        keep, 0 for all values. normalise: auto, yes or no. read_by: pooling, max_length, prompt,
        final_norm or tail, as the layer was measured.

    Raises: InputError for settings that cannot be met or a folder in use; ModelError where the
        layer cannot be had; PruningError for a part of a model that would not load alone.

    Example:
        >>> import lrd_core, tempfile
        >>> place = tempfile.mkdtemp()
        >>> lrd_core.take("all-MiniLM-L6-v2", 4, place, timed=False).blocks
        4
    """
    layers = (layer,) if isinstance(layer, int) else tuple(layer)
    run = RunSettings(**read_by)  # type: ignore[arg-type]
    settings = TakeSettings(layers, normalise, pca)
    loaded = model
    if not isinstance(loaded, LoadedModel):
        check_told(settings, find_model(str(model)))
        loaded = load_model(str(model), max_length=run.max_length)
    return take_layer(loaded, settings, Path(folder), run=run, sample=sample, timed=timed)
