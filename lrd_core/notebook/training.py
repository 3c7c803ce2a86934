"""Layer profiles along a training: a callback for the Trainer of transformers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback

from lrd_core.errors import InputError
from lrd_core.notebook.measuring import asked_metrics, asked_settings, measure
from lrd_core.notebook.stores import StoreLike, as_store, open_store
from lrd_core.runs.given_items import as_sample

if TYPE_CHECKING:
    from lrd_core.tasks import TaskItems


class LayerRecorder(TrainerCallback):
    """Measures every layer each few steps of a training and puts the values into a store.

    Each measured step is a checkpoint of the model `name`, revision step0, step100, ...: Depth
    shows them as shades of one colour and plays through them. The training is left as it was:
    modes, gradients and random numbers, so that it comes to the weights it comes to without this.

    texts: a list of n strings, or what `load_task` gave; read anew at every measured step.
    metrics: as in `measure`.
    name: what the model is called in the store, a new name for each training. Where a training
        goes on from a checkpoint, the steps that are stored already stay as they are.
    store: from `open_store`, or the folder of one; by default that of the app.
    every: steps from one measurement to the next; the first and the last step are measured too.
    tokenizer: by default the Trainer's own.
    task: what a list of texts is called.
    settings: how texts are read, as in `measure`.

    Raises: InputError for fewer than 1 step, no texts or a name that the store has already (once
        the training begins; not where one goes on); UnknownNameError for a metric or setting that
        does not exist. Where the store cannot be written, the training stops with StoreError.

    Example:
        >>> import lrd_core, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     recorder = lrd_core.LayerRecorder(
        ...         ["Rates held."], "frenet", name="my-tuning", store=folder, every=50
        ...     )
        >>> recorder.every
        50
    """

    def __init__(
        self,
        texts: Iterable[str] | TaskItems,
        metrics: str | Sequence[str] = "lrd",
        *,
        name: str,
        store: StoreLike | None = None,
        every: int = 100,
        tokenizer: Any = None,
        **settings: Any,
    ) -> None:
        if every < 1:
            raise InputError(f"every={every} measures no step; give 1 step or more")
        asked_metrics(metrics)
        self.sample = as_sample(texts, settings.pop("task", "texts"), "text")
        asked_settings(settings)
        self.metrics, self.name, self.every = metrics, name, every
        self.store = open_store() if store is None else as_store(store)
        self.store.config.refuse_read_only("record a training")
        self._tokenizer, self._settings = tokenizer, settings
        self._last: int | None = None
        self._training = ""

    def on_train_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Measure what the training starts from."""
        if not state.is_world_process_zero:
            return
        runs = self.store.runs()
        known = runs[runs["model"] == self.name]
        if len(known) and state.global_step == 0:
            raise InputError(
                f"the store in {self.store.folder} has a model {self.name!r} already; "
                "give this training a name of its own"
            )
        if len(known):  # it goes on
            self._training = known["model_id"].iloc[0].partition("#")[2]
        self._record(state.global_step, given)

    def on_step_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Measure where a step's turn has come."""
        if state.is_world_process_zero and state.global_step % self.every == 0:
            self._record(state.global_step, given)

    def on_train_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Measure what the training came to."""
        if state.is_world_process_zero:
            self._record(state.global_step, given)

    def _record(self, step: int, given: dict[str, Any]) -> None:
        if step == self._last:
            return
        tokenizer = self._tokenizer or given.get("processing_class")
        if tokenizer is None:
            raise InputError("the Trainer has no tokenizer; give LayerRecorder(..., tokenizer=...)")
        pair = given["model"], tokenizer
        found = measure(pair, self.sample, self.metrics, name=self.name, **self._settings)
        # What it began with names the training.
        self._training = self._training or found.content.partition(":")[2][:12]
        found.at_step(step, self._training).save(self.store)
        self._last = step
