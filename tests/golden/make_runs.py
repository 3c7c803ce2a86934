"""Golden numbers of real weights on real text, so that a later change of numbers is noticed.

Remake, only when a change is meant: python -m tests.golden.make_runs
"""

import json
import tempfile
from pathlib import Path

from lrd_core.config import Config
from lrd_core.models.loading import Loading
from lrd_core.runs import RunRequest
from lrd_core.runs.execute import execute_run
from lrd_core.settings import RunSettings
from lrd_core.views.stored import profiles

GOLDEN = Path(__file__).with_name("runs.json")
REQUEST = RunRequest(
    "all-MiniLM-L6-v2",
    "lee-news",
    ("lrd", "lbl", "companion", "prompt_entropy:published", "token_curvature:published"),
    RunSettings(n=60, seed=0, max_length=48, dtype="float32"),
)


def compute(config: Config) -> dict[str, float | None]:
    """'series[:variant]@position' -> value, for every number of the request but matrices."""
    execute_run(REQUEST, config=config, loading=Loading("cpu"))
    table = profiles(config, variants=True)
    names = table["series"] + table["variant"].map(lambda text: f":{text}" if text else "")
    places = table["position"].map(lambda place: "model" if place != place else f"{place:g}")
    values = table["value"].map(lambda value: None if value != value else float(value))
    return dict(zip(names + "@" + places, values, strict=True))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        found = compute(Config(data_dir=Path(folder)))
    GOLDEN.write_text(json.dumps(found, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{len(found)} values written to {GOLDEN.name}")
