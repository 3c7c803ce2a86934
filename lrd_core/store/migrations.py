"""The schema, as the list of steps that lead to it. Append; never edit a step that shipped."""

from typing import Any

from lrd_core.errors import StoreError

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE runs (
        run_key VARCHAR PRIMARY KEY,
        model VARCHAR NOT NULL, model_id VARCHAR NOT NULL, revision VARCHAR NOT NULL,
        family VARCHAR NOT NULL, num_blocks INTEGER NOT NULL, hidden_size INTEGER NOT NULL,
        num_parameters BIGINT, model_note VARCHAR NOT NULL,
        task VARCHAR NOT NULL, task_revision VARCHAR NOT NULL, task_type VARCHAR NOT NULL,
        split VARCHAR NOT NULL, n INTEGER NOT NULL, n_total INTEGER NOT NULL,
        seed INTEGER NOT NULL, max_length INTEGER NOT NULL, pooling VARCHAR NOT NULL,
        final_norm VARCHAR NOT NULL, dtype VARCHAR NOT NULL, prompt VARCHAR NOT NULL,
        condition VARCHAR NOT NULL, capture VARCHAR NOT NULL,
        device VARCHAR NOT NULL, source VARCHAR NOT NULL,
        engine_version VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL
    );
    CREATE TABLE requests (
        request_key VARCHAR PRIMARY KEY, run_key VARCHAR NOT NULL
    );
    CREATE TABLE metric_values (
        run_key VARCHAR NOT NULL, metric VARCHAR NOT NULL, series VARCHAR NOT NULL,
        version INTEGER NOT NULL, mode VARCHAR NOT NULL, parameters VARCHAR NOT NULL,
        position DOUBLE, value DOUBLE, low DOUBLE, high DOUBLE, n INTEGER NOT NULL,
        reason VARCHAR
    );
    CREATE TABLE per_text (
        run_key VARCHAR NOT NULL, metric VARCHAR NOT NULL, series VARCHAR NOT NULL,
        version INTEGER NOT NULL, mode VARCHAR NOT NULL, parameters VARCHAR NOT NULL,
        position DOUBLE NOT NULL, text_index INTEGER[] NOT NULL, text_values FLOAT[] NOT NULL
    );
    CREATE TABLE matrices (
        run_key VARCHAR NOT NULL, metric VARCHAR NOT NULL, series VARCHAR NOT NULL,
        version INTEGER NOT NULL, mode VARCHAR NOT NULL, parameters VARCHAR NOT NULL,
        num_rows INTEGER NOT NULL, num_columns INTEGER NOT NULL, cells DOUBLE[] NOT NULL
    );
    CREATE TABLE scores (
        model VARCHAR NOT NULL, model_id VARCHAR NOT NULL, revision VARCHAR NOT NULL,
        family VARCHAR, num_blocks INTEGER, hidden_size INTEGER,
        task VARCHAR NOT NULL, task_revision VARCHAR NOT NULL, task_type VARCHAR NOT NULL,
        subset VARCHAR NOT NULL, split VARCHAR NOT NULL, layer INTEGER,
        score_name VARCHAR NOT NULL, score DOUBLE, n INTEGER, settings VARCHAR NOT NULL,
        source VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL
    );
    CREATE TABLE neighbours (
        run_key VARCHAR NOT NULL, layer INTEGER NOT NULL, k INTEGER NOT NULL,
        ids INTEGER[] NOT NULL, similarity FLOAT[] NOT NULL
    );
    CREATE TABLE projections (
        run_key VARCHAR NOT NULL, projection_key VARCHAR NOT NULL, method VARCHAR NOT NULL,
        parameters VARCHAR NOT NULL, layer INTEGER NOT NULL, text_index INTEGER[] NOT NULL,
        x FLOAT[] NOT NULL, y FLOAT[] NOT NULL,
        trustworthiness DOUBLE, preservation DOUBLE
    );
    """,
)

TABLES = (
    "runs",
    "requests",
    "metric_values",
    "per_text",
    "matrices",
    "scores",
    "neighbours",
    "projections",
)
"""Every table that holds results, for export, import and the Data page."""


def schema_version(connection: Any) -> int:
    """How many steps this file has taken; 0 for a blank one."""
    found = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'schema_version'"
    ).fetchone()[0]
    if not found:
        return 0
    return int(connection.execute("SELECT max(version) FROM schema_version").fetchone()[0])


def migrate(connection: Any) -> None:
    """Take every step that is missing, all of them or none.

    Raises: StoreError for a file written by a newer version of this project.
    """
    version = schema_version(connection)
    if version > len(MIGRATIONS):
        raise StoreError(
            f"the store has schema {version}, this version knows {len(MIGRATIONS)}; "
            "update LRD Explorer or point LRD_DATA_DIR at another folder"
        )
    if version == len(MIGRATIONS):
        return
    connection.begin()
    try:
        connection.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER)")
        for number, step in enumerate(MIGRATIONS[version:], start=version + 1):
            connection.execute(step)
            connection.execute("INSERT INTO schema_version VALUES (?)", [number])
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
