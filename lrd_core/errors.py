"""Every error the project raises on purpose.

LrdError
├── InputError (ValueError)     a value that the caller gave cannot be used
│   └── UnknownNameError        no such model, task, metric, rule; names the closest ones
├── MetricError (ValueError)    a metric is undefined for this input
├── TaskError                   texts or labels cannot be read; names file and line
├── ModelError                  a model cannot be loaded or run
│   ├── ModelRefusedError       custom code or pickled weights without permission
│   └── NonFiniteError          NaN or Inf in a hidden state; names model, layer, text, dtype
├── StoreError                  the database or an array file cannot be used
│   ├── StoreBusyError          another process held the database for too long
│   └── UnwritableError         the disk is full, or the data folder may not be written
├── JobError                    the queue cannot do what was asked
│   └── JobCancelled            raised inside running work once its cancel flag is seen
└── PruningError                these blocks cannot be removed from this model
"""

import difflib
from collections.abc import Iterable


class LrdError(Exception):
    """Base of all errors raised on purpose; the message says what, which value, what to do."""


class InputError(LrdError, ValueError):
    """A value that the caller gave cannot be used."""


class UnknownNameError(InputError):
    """A name that is not in the registry it was looked up in."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        known = sorted(known)
        folded = {candidate.lower(): candidate for candidate in known}
        close = [folded[match] for match in difflib.get_close_matches(name.lower(), folded, 3, 0.5)]
        hint = f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(known[:12])}"
        super().__init__(f"no {kind} is called {name!r}; {hint}")


class MetricError(LrdError, ValueError):
    """A metric is undefined for this input."""


class TaskError(LrdError):
    """Texts or labels cannot be read."""


class ModelError(LrdError):
    """A model cannot be loaded or run."""


class ModelRefusedError(ModelError):
    """Custom code or pickled weights without the user's permission by name."""


class NonFiniteError(ModelError):
    """NaN or Inf in a hidden state."""


class StoreError(LrdError):
    """The database or an array file cannot be used."""


class StoreBusyError(StoreError):
    """Another process held the database for longer than the documented wait."""


class UnwritableError(StoreError):
    """The disk is full, or the data folder may not be written; nothing there is at fault."""


class JobError(LrdError):
    """The queue cannot do what was asked."""


class JobCancelled(JobError):
    """Raised inside running work once its cancel flag is seen."""


class PruningError(LrdError):
    """These blocks cannot be removed from this model."""
