"""What measuring gives: values at positions of the layer axis, to read, draw and keep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from lrd_core.errors import InputError
from lrd_core.extras import need

if TYPE_CHECKING:
    import datasets
    import pandas as pd
    import plotly.graph_objects as go

    from lrd_core.notebook.stores import StoreLike
    from lrd_core.runs.in_memory import Results
    from lrd_core.runs.request import MetricRequest
    from lrd_core.store.metric_values import Value
    from lrd_core.store.runs import RunRecord
    from lrd_core.tasks import TaskItems

COLUMNS = ("series", "position", "value", "low", "high", "n", "reason")


@dataclass(frozen=True, eq=False)
class Profiles:
    """What metrics gave of one model on one set of items; `measure` and `measure_arrays` make it.

    model, task: what the two are called. n: items. num_blocks: there is one layer more. pooling:
    how items became vectors; "as given" for arrays. notes: what must be said beside the numbers.

    A value sits at a layer (0 is what enters the first block), between two layers (l + 0.5), or
    belongs to the model as a whole.

    Example:
        >>> import numpy as np, lrd_core
        >>> rng = np.random.default_rng(0)
        >>> layers = [rng.normal(size=(50, 8)) for _ in range(4)]
        >>> found = lrd_core.measure_arrays(layers, ["effective_rank", "frenet"])
        >>> found
        Profiles(arrays on arrays, n=50, 3 blocks: effective_rank, frenet)
        >>> found.matrices["distances"].shape
        (4, 4)
    """

    model: str
    task: str
    n: int
    num_blocks: int
    pooling: str
    notes: tuple[str, ...] = ()
    _results: Results = field(kw_only=True)
    _record: RunRecord = field(kw_only=True)
    _sample: TaskItems | None = field(kw_only=True, default=None)
    _unsaved: str = field(kw_only=True, default="")

    def __repr__(self) -> str:
        named = ", ".join(request.label for request, _ in self._results.measured)
        where = f"{self.model} on {self.task}, n={self.n}, {self.num_blocks} blocks"
        return f"Profiles({where}: {named})"

    def table(self) -> pd.DataFrame:
        """One row a value, in the order in which the metrics were asked for.

        Columns: series (with the mode and parameters that are not the usual ones, such as
        `prompt_entropy:published`), position (NaN for a value of the whole model), value (NaN
        where it is undefined), low and high (95% interval over items, NaN where there is none),
        n (items behind it), reason (why a value is undefined, else None).

        Example:
            >>> import numpy as np, lrd_core
            >>> rng = np.random.default_rng(0)
            >>> layers = [rng.normal(size=(50, 8)) for _ in range(4)]
            >>> table = lrd_core.measure_arrays(layers, "effective_rank").table()
            >>> list(table.columns)
            ['series', 'position', 'value', 'low', 'high', 'n', 'reason']
            >>> table.loc[table.series == "effective_rank", "position"].tolist()
            [0.0, 1.0, 2.0, 3.0]
        """
        import pandas as pd

        rows = [
            {name: getattr(value, name) for name in COLUMNS} | {"series": series}
            for series, value in self._values()
        ]
        table = pd.DataFrame(rows, columns=list(COLUMNS))
        numbers = ["position", "value", "low", "high"]
        return table.astype(dict.fromkeys(numbers, "float64") | {"reason": "object"})

    def dataset(self) -> datasets.Dataset:
        """The rows of `table` with what they are of, as a data set of Hugging Face datasets.

        Beside the columns of `table`: model, task, num_blocks, pooling.
        Raises: InputError where datasets is not installed.

        Example:
            >>> import numpy as np, lrd_core
            >>> rng = np.random.default_rng(0)
            >>> layers = [rng.normal(size=(50, 8)) for _ in range(4)]
            >>> rows = lrd_core.measure_arrays(layers, "frenet").dataset()
            >>> rows[0]["model"], rows[0]["n"]
            ('arrays', 50)
        """
        need("datasets", "a data set")
        from datasets import Dataset

        known = {name: getattr(self, name) for name in ("model", "task", "num_blocks", "pooling")}
        return Dataset.from_pandas(self.table().assign(**known), preserve_index=False)

    def at_step(self, step: int, training: str) -> Profiles:
        """The same as a checkpoint of a training: its revision is step0, step100, ... in a store.

        training: tells two trainings of one name apart, and is the same at every step of one.
        Raises: InputError for a step below 0, and for a model that nothing names (see `measure`).
        """
        from lrd_core.settings import RunIdentity
        from lrd_core.store.keys import run_key

        if step < 0:
            raise InputError(f"step {step} is before the training; give 0 or more")
        if self._unsaved:
            raise InputError(self._unsaved)
        now = self._record
        at = replace(now, revision=f"step{step}", model_id=f"{now.model_id}#{training}")
        identity = RunIdentity(**{one.name: getattr(at, one.name) for one in fields(RunIdentity)})
        return replace(self, _record=replace(at, run_key=run_key(identity)))

    @property
    def content(self) -> str:
        """Names what was measured: a hash of weights, configuration and tokenizer, or of arrays."""
        return str(self._record.revision)

    @property
    def matrices(self) -> Mapping[str, np.ndarray]:
        """Layer pairs, (layers, layers), and layer curves, (layers, points), by series."""
        found = {}
        for request, measured in self._results.measured:
            for matrix in measured.matrices:
                found[_series(request, matrix.series)] = _sealed(matrix.cells)
        return found

    @property
    def per_item(self) -> Mapping[str, np.ndarray]:
        """Values of single items, (positions, items), by series; NaN where one has none.

        Of metrics that look at some items only, those items in their order.
        """
        rows: dict[str, list[np.ndarray]] = {}
        for request, measured in self._results.measured:
            for row in measured.per_item:
                rows.setdefault(_series(request, row.series), []).append(
                    np.asarray(row.text_values)
                )
        return {series: _sealed(np.stack(values)) for series, values in rows.items()}

    def figure(
        self, axis: Literal["percent", "layer"] = "layer", mode: Literal["light", "dark"] = "light"
    ) -> go.Figure:
        """The profiles over depth, one panel a series, as the Depth page draws them (Plotly).

        axis: layers, or their share of the depth in percent.
        Raises: InputError where no series is a profile, but a matrix or one number.

        Example:
            >>> import numpy as np, lrd_core
            >>> rng = np.random.default_rng(0)
            >>> layers = [rng.normal(size=(50, 8)) for _ in range(4)]
            >>> figure = lrd_core.measure_arrays(layers, "frenet").figure()
            >>> [trace.name for trace in figure.data if trace.name != "missing"][:1]
            ['arrays']
        """
        from lrd_core.notebook.drawing import draw

        return draw(asdict(self._record), list(self._values()), axis, mode)

    def save(self, store: StoreLike) -> str:
        """Put everything into a store, where the app and `show` find it; returns the run's key.

        store: from `open_store`, or the folder of one. What a run of the same model on the same
        task under the same settings has stored is the same, so saving it twice changes nothing.
        Texts that were given as a list are kept beside the store, so that pages can show them.

        Raises: InputError for a model that nothing names (see `measure`); JobError for a store
            that is opened for reading alone; StoreError when it cannot be written.

        Example:
            >>> import numpy as np, lrd_core, tempfile
            >>> rng = np.random.default_rng(0)
            >>> layers = [rng.normal(size=(50, 8)) for _ in range(4)]
            >>> found = lrd_core.measure_arrays(layers, "frenet", name="my layers")
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     store = lrd_core.open_store(folder)
            ...     key = found.save(store)
            ...     store.runs().model.tolist()
            ['my layers']
        """
        from lrd_core.notebook.stores import as_store
        from lrd_core.runs.keeping import save_results

        if self._unsaved:
            raise InputError(self._unsaved)
        return save_results(as_store(store).config, self._record, self._results, self._sample)

    def _values(self) -> Iterator[tuple[str, Value]]:
        for request, measured in self._results.measured:
            for value in measured.values:
                yield _series(request, value.series), value


def _series(request: MetricRequest, series: str) -> str:
    """The series' name, and what was asked of its metric that is not usual."""
    return series + request.label.removeprefix(request.metric.name)


def _sealed(array: np.ndarray) -> np.ndarray:
    """A copy that cannot be written to: profiles are what was measured."""
    copy = np.array(array)
    copy.flags.writeable = False
    return copy
