"""What every layer of a model reaches on a task."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lrd_core.errors import InputError
from lrd_core.evaluation.execute import score_row, score_settings
from lrd_core.evaluation.layer_scores import layer_scores
from lrd_core.evaluation.mteb_tasks import refuse_without_score
from lrd_core.extraction.hidden_states import extract
from lrd_core.extraction.inputs import refuse_other_items
from lrd_core.metrics.score import MEASURED
from lrd_core.models.load import LoadedModel
from lrd_core.notebook.measuring import asked_settings, loaded, too_large
from lrd_core.progress import Progress, silent
from lrd_core.store.metric_values import Value
from lrd_core.store.scores import ScoreRow
from lrd_core.tasks import TaskSpec, find_task

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go
    from torch import nn

    from lrd_core.notebook.stores import StoreLike


@dataclass(frozen=True, eq=False)
class LayerScores:
    """MTEB's main score of every layer of one model on one task; `score_layers` makes it.

    score_name: such as accuracy, cosine_spearman, ndcg_at_10; higher is better, at most 1.

    Example:
        >>> import lrd_core
        >>> small = {"layers": [1, 2], "max_length": 16}
        >>> found = lrd_core.score_layers("all-MiniLM-L6-v2", "lee-sts", **small)
        >>> list(found.table().columns)
        ['layer', 'subset', 'score', 'n']
        >>> len(found.figure().data) > 0
        True
    """

    model: str
    task: str
    score_name: str
    _rows: tuple[ScoreRow, ...] = field(kw_only=True, repr=False)
    _unsaved: str = field(kw_only=True, default="", repr=False)

    def table(self) -> pd.DataFrame:
        """One row a layer and subset: layer, subset, score (NaN where MTEB has none), n."""
        import pandas as pd

        columns = ["layer", "subset", "score", "n"]
        rows = [{name: getattr(row, name) for name in columns} for row in self._rows]
        return pd.DataFrame(rows, columns=columns).astype({"score": "float64"})

    @property
    def best_layer(self) -> int:
        """The layer with the highest score, subsets averaged; the first of equal ones."""
        return int(self.table().groupby("layer")["score"].mean().idxmax())

    def figure(
        self, axis: Literal["percent", "layer"] = "layer", mode: Literal["light", "dark"] = "light"
    ) -> go.Figure:
        """The score over depth, subsets averaged, as the Depth page draws it (Plotly)."""
        from lrd_core.notebook.drawing import draw

        first = self._rows[0]
        means = self.table().groupby("layer")["score"].mean()
        scores = [Value(MEASURED.name, float(layer), score, 0) for layer, score in means.items()]
        run = {"model": self.model, "task": self.task, "n": first.n}
        run |= {"family": first.family, "num_blocks": first.num_blocks}
        return draw(run, [(MEASURED.name, score) for score in scores], axis, mode)

    def save(self, store: StoreLike) -> None:
        """Put the scores into a store; one that is there already stays.

        Raises: InputError for a model that nothing names; JobError; StoreError.
        """
        from lrd_core.notebook.stores import as_store
        from lrd_core.store.saving import Saver
        from lrd_core.store.scores import score_writes

        if self._unsaved:
            raise InputError(self._unsaved)
        config = as_store(store).config
        config.refuse_read_only("save scores")
        saver = Saver(config)
        saver.keep(score_writes(self._rows))
        saver.settle()


def score_layers(
    model: str | Path | LoadedModel | tuple[nn.Module, Any],
    task: str | TaskSpec,
    *,
    layers: Collection[int] | None = None,
    name: str | None = None,
    progress: Progress = silent,
    **settings: Any,
) -> LayerScores:
    """Score the layers of a model on a task with MTEB's own evaluators, after one pass over it.

    model, name, settings: as in `measure`. task: a name of `tasks list`, an MTEB name, or a folder
    or file; it must be one that gives a score, and is always scored as a whole. layers: those
    wanted, out of 0 to num_blocks; by default all.

    Returns: the very scores that the command `scores` stores.

    Raises: UnknownNameError for a name that does not exist; TaskError for a task without a score;
        InputError for a layer that the model lacks; ModelError; NonFiniteError.

    Example:
        >>> import lrd_core
        >>> small = {"layers": [0, 6], "max_length": 32}
        >>> found = lrd_core.score_layers("all-MiniLM-L6-v2", "lee-sts", **small)
        >>> found.score_name, found.table().layer.tolist(), found.best_layer
        ('cosine_spearman', [0, 6], 6)
    """
    spec = find_task(task) if isinstance(task, str) else task
    refuse_without_score(spec)
    asked = asked_settings(settings)
    with loaded(model, name, asked) as ready:
        refuse_other_items(ready.spec, spec)
        described = score_settings(ready, asked)
        found = layer_scores(
            spec,
            lambda items: list(extract(ready, items, asked, progress=progress).embeddings),
            layers=layers,
            # A tail has scaled the vectors where the model does, perhaps before it cut them.
            normalise=described["normalised"] and "tail" not in described,
            similarity=ready.pipeline.compares_by,
            progress=progress,
        )
        rows = tuple(score_row(ready, spec, described, score) for score in found)
        revision, called = ready.revision, ready.spec.name
    return LayerScores(
        model=called,
        task=spec.name,
        score_name=rows[0].score_name if rows else spec.main_score,
        _rows=rows,
        _unsaved="" if revision else too_large(called),
    )
