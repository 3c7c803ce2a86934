"""Embeddings that exist already, from files or arrays, into a store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from lrd_core.bringing.bring import BroughtRun as BroughtRun
from lrd_core.bringing.bring import bring as bring_into
from lrd_core.bringing.files import read_brought
from lrd_core.bringing.vectors import Brought, as_layers, checked
from lrd_core.metrics.arrays import Array
from lrd_core.notebook.stores import StoreLike, as_store, open_store


def bring(
    what: str | Path | Iterable[Array],
    name: str,
    *,
    texts: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    task: str = "",
    store: StoreLike | None = None,
    maps: bool = True,
) -> BroughtRun:
    """Measure embeddings of every layer that exist already, and store them as a run of your own.

    what: a file or folder (.npy, .npz, a table with vector columns, a saved data set), or arrays
        (n, d) of each layer, or one of (layers, n, d). texts, labels: of the n rows, where the file
        does not hold them. task: the known task whose items the rows are, in order; or a name for
        the texts. store: of `open_store`, or its folder; the app's unless told otherwise. maps:
        whether maps are drawn, which lifelines and neighbours are shown on.

    Pages and `show` find the run under `name`: every metric that pooled vectors are enough for, and
    scores: the task's own, or with labels the accuracy of a linear probe.

    Raises: InputError for arrays of another shape, NaN, other numbers of rows, or a name that a
        model has; JobError for a store that is opened for reading alone.

    Example:
        >>> import lrd_core, numpy as np, tempfile
        >>> rng = np.random.default_rng(0)
        >>> found = lrd_core.bring(
        ...     rng.normal(size=(3, 40, 8)), "mine", labels=["a", "b"] * 20,
        ...     store=tempfile.mkdtemp(), maps=False)
        >>> found.layers, found.n, found.scored
        (3, 40, True)
    """
    if isinstance(what, str | Path):
        given = read_brought([Path(what)])
    else:
        arrays = what if hasattr(what, "shape") else list(what)
        many = arrays if isinstance(arrays, list) else [arrays]
        layers = [
            layer for place, one in enumerate(many) for layer in as_layers(one, f"array {place}")
        ]
        given = Brought(tuple(layers))
    words = (given.texts if texts is None else tuple(texts), given.labels)
    of_rows = words[1] if labels is None else tuple(map(str, labels))
    whole = checked(Brought(given.layers, words[0], of_rows))
    place = as_store(store) if store is not None else open_store()
    return bring_into(whole, name, place.config, task=task, maps=maps)
