"""LRD Explorer: what every layer of a language model does to its representations.

In a notebook:

- `measure(model, texts, metrics)`: metrics of every layer, of a model by name, folder or in memory
- `measure_arrays(layers, metrics)`: the same of arrays that are there already
- `bring(what, name)`: files or arrays of every layer's embeddings into a store, as a run of it
- `score_layers(model, task)`: what every layer reaches on a task
- `prune(model, blocks)`: a copy without these blocks
- `LayerRecorder(texts, metrics, name=...)`: a callback that measures along a training
- `take(model, layer, folder)`: a layer as a folder that other programs load
- `load_model`, `load_task`: a model, and a sample of a task's items, to be used several times
- `log_to_wandb(found, run)`, `log_to_mlflow(found)`: results beside other experiments
- `open_store(folder)`: what is stored, and where to put results
- `metrics`: the metrics as functions from arrays to small results

Importing this loads nothing of it; what a call needs is loaded when the name is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lrd_core.version import __version__

if TYPE_CHECKING:
    from lrd_core import metrics
    from lrd_core.models.load import LoadedModel, load_model
    from lrd_core.notebook.bringing import BroughtRun, bring
    from lrd_core.notebook.cutting import prune
    from lrd_core.notebook.measuring import measure, measure_arrays
    from lrd_core.notebook.profiles import Profiles
    from lrd_core.notebook.scoring import LayerScores, score_layers
    from lrd_core.notebook.sinks import log_to_mlflow, log_to_wandb
    from lrd_core.notebook.stores import Store, open_store
    from lrd_core.notebook.taking import TakenFolder, take
    from lrd_core.notebook.training import LayerRecorder
    from lrd_core.tasks import TaskItems, load_task

__all__ = [
    "BroughtRun",
    "LayerRecorder",
    "LayerScores",
    "LoadedModel",
    "Profiles",
    "Store",
    "TakenFolder",
    "TaskItems",
    "__version__",
    "bring",
    "load_model",
    "load_task",
    "log_to_mlflow",
    "log_to_wandb",
    "measure",
    "measure_arrays",
    "metrics",
    "open_store",
    "prune",
    "score_layers",
    "take",
]

_HOME = {
    "BroughtRun": "lrd_core.bringing.bring",
    "LayerRecorder": "lrd_core.notebook.training",
    "LayerScores": "lrd_core.notebook.scoring",
    "LoadedModel": "lrd_core.models.load",
    "Profiles": "lrd_core.notebook.profiles",
    "Store": "lrd_core.notebook.stores",
    "TakenFolder": "lrd_core.taking.take",
    "TaskItems": "lrd_core.tasks",
    "bring": "lrd_core.notebook.bringing",
    "load_model": "lrd_core.models.load",
    "load_task": "lrd_core.tasks",
    "log_to_mlflow": "lrd_core.notebook.sinks",
    "log_to_wandb": "lrd_core.notebook.sinks",
    "measure": "lrd_core.notebook.measuring",
    "measure_arrays": "lrd_core.notebook.measuring",
    "open_store": "lrd_core.notebook.stores",
    "prune": "lrd_core.notebook.cutting",
    "score_layers": "lrd_core.notebook.scoring",
    "take": "lrd_core.notebook.taking",
}
"""Where each name is, which is imported when the name is first asked for."""


def __getattr__(name: str) -> Any:
    if name == "metrics":
        return import_module("lrd_core.metrics")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(_HOME[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
