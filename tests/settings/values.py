"""A run as it is kept, and another value of every setting."""

from dataclasses import replace
from typing import Any

from lrd_core.models.specs import find_model
from lrd_core.settings import Setting
from lrd_core.store.runs import RunRecord
from tests.example_store import run_record

GPT2 = find_model("gpt2")
BASE = replace(run_record("gpt2", n=500), model_id=GPT2.id, revision=str(GPT2.revision))


def another(setting: Setting) -> Any:
    """A value that a run may have come to, other than that of BASE."""
    value = getattr(BASE, setting.name)
    if setting.kind is int:
        return value + 1
    offered = [choice for choice in setting.choices if choice not in (None, value, "auto")]
    return offered[0] if offered else f"{value}x"


def changed(setting: Setting) -> RunRecord:
    """BASE with another value of this setting, as a run of its own."""
    return replace(BASE, run_key=setting.name, **{setting.name: another(setting)})
