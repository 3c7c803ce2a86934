"""A store as large as the paper's panel: its 31 models and 30 tasks by name, made-up values.

Decoders have a valley in every series (a hill where a series declares that its peak is marked),
encoders nearly none, so that a test can say what a figure of families should show.
The values are no results.
"""

from dataclasses import asdict, replace
from datetime import datetime, timedelta

from lrd_core.config import Config
from lrd_core.metrics import all_metrics
from lrd_core.models.specs import all_models
from lrd_core.settings import BASE_LM, DECODER, ENCODER
from lrd_core.store import connect
from lrd_core.store.runs import RUNS
from lrd_core.store.writes import insert_rows
from lrd_core.tasks.mteb_panels import MTEB_TASKS
from tests.example_store import run_record

MODELS = tuple(model for model in all_models() if "lrd" in model.panels)
TASKS = tuple(task for task in MTEB_TASKS if "lrd" in task.panels)
PROFILES, NUMBERS = 20, 8
"""Series with a value a layer, and numbers of a whole model."""

DEPTHS = {ENCODER: 0.04, DECODER: 0.35, BASE_LM: 0.45}
"""How deep the valley of a family is."""

_SHAPE = "exp(-pow((l / b - (0.35 + 0.03 * (m % 6))) / 0.18, 2))"
_NORMS = {
    "norm_ratio": f"1.5 + 1000 * deep * deep * {_SHAPE}",
    "top_share": f"0.01 + 4 * deep * deep * {_SHAPE}",
    "dominated_texts": f"CASE WHEN deep > 0.1 THEN {_SHAPE} ELSE 0 END",
}
"""Of tokens of huge norm: valleys of decoders are their doing, encoders have none of them."""

_NOISE = "0.02 * sin(l / 3.0 + m) + 0.01 * (hash(run_key) % 7)"


def fill_panel(config: Config) -> int:
    """Write the made-up panel; returns how many metric values it holds."""
    runs = [_run(rank, task) for rank in range(len(MODELS)) for task in range(len(TASKS))]
    with connect(config) as connection:
        insert_rows(connection, RUNS, runs)
        facts = _facts(connection)
        for metric, series, version, shift, sign in _profiles():
            usual = f"0.8 {sign} deep * (0.7 + 0.1 * (m % 7)) * {_SHAPE} + {_NOISE}"
            value = _NORMS.get(series, usual)
            layers = f"{facts}, range(r.num_blocks + 1) c(l) WHERE l + {shift} <= b"
            _add(connection, (metric, series, version), f"l + {shift}", value, layers)
        for place, (metric, series, version) in enumerate(_numbers()):
            value = f"deep * {place % 3} + 0.05 * m + 0.3 * sin(m * {place + 2}.0) + {_NOISE}"
            _add(connection, (metric, series, version), "NULL", value, f"{facts}, range(1) c(l)")
        connection.execute(
            f"""
            INSERT INTO scores BY NAME SELECT
                model, model_id, revision, family, num_blocks, hidden_size, task, task_revision,
                task_type, 'default' AS subset, 'test' AS split, l AS layer,
                'accuracy' AS score_name, n, '{{}}' AS settings, 'own' AS source, created_at,
                0.5 + 0.006 * m - 0.3 * pow(l / b - 0.75, 2) + {_NOISE} AS score
            FROM {facts}, range(r.num_blocks + 1) c(l)
            """
        )
        return int(connection.execute("SELECT count(*) FROM metric_values").fetchone()[0])


def _facts(connection: object) -> str:
    """The runs with what values are made from: blocks b, rank m of the model, depth of valleys."""
    cases = " ".join(f"WHEN '{family}' THEN {depth}" for family, depth in DEPTHS.items())
    ranks = " ".join(f"WHEN '{model.name}' THEN {m}" for m, model in enumerate(MODELS))
    return (
        f"(SELECT *, num_blocks::DOUBLE AS b, CASE family {cases} END AS deep, "
        f"CASE model {ranks} END AS m FROM runs) r"
    )


def _add(connection, series, position: str, value: str, source: str) -> None:  # type: ignore[no-untyped-def]
    connection.execute(
        f"""
        INSERT INTO metric_values BY NAME SELECT
            run_key, ? AS metric, ? AS series, ? AS version, 'exact' AS mode, '{{}}' AS parameters,
            {position} AS position, {value} AS value, n, 'own' AS source
        FROM {source} ORDER BY run_key, position
        """,
        list(series),
    )


def _profiles() -> list[tuple[str, str, int, float, str]]:
    return [
        (
            *(entry.name, one.name, entry.version, 0.5 if one.at == "transition" else 0.0),
            "+" if one.mark is not None and one.mark.kind == "peak" else "-",
        )
        for entry in all_metrics()
        for one in entry.series
        if one.is_profile
    ][:PROFILES]


def _numbers() -> list[tuple[str, str, int]]:
    return [
        (entry.name, one.name, entry.version)
        for entry in all_metrics()
        for one in entry.series
        if one.at == "model"
    ][:NUMBERS]


def _run(rank: int, place: int) -> dict[str, object]:
    model, task = MODELS[rank], TASKS[place]
    run = replace(
        run_record(model.name, task.name, model.num_blocks or 12, model.family, revision="main"),
        model_id=model.id,
        hidden_size=model.hidden_size or 768,
        num_parameters=model.parameters or 0,
        task_type=task.type,
    )
    created = datetime(2026, 1, 1) + timedelta(hours=rank)
    return asdict(run) | {"engine_version": "0", "created_at": created}
