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
    """
    CREATE TABLE trials (
        trial_key VARCHAR NOT NULL,
        model VARCHAR NOT NULL, model_id VARCHAR NOT NULL, revision VARCHAR NOT NULL,
        variant VARCHAR NOT NULL, family VARCHAR NOT NULL, num_blocks INTEGER NOT NULL,
        task VARCHAR NOT NULL, task_revision VARCHAR NOT NULL, task_type VARCHAR NOT NULL,
        n INTEGER NOT NULL, settings VARCHAR NOT NULL, device VARCHAR NOT NULL,
        rule VARCHAR NOT NULL, selection VARCHAR NOT NULL, indexing VARCHAR NOT NULL,
        protect INTEGER NOT NULL, budget DOUBLE, m INTEGER NOT NULL, seed INTEGER,
        removed INTEGER[] NOT NULL, score_name VARCHAR NOT NULL, score DOUBLE NOT NULL,
        score_full DOUBLE NOT NULL, score_full_again DOUBLE NOT NULL, change DOUBLE NOT NULL,
        perplexity DOUBLE, perplexity_full DOUBLE, agreement DOUBLE, divergence DOUBLE,
        calibration_key VARCHAR, details VARCHAR NOT NULL, source VARCHAR NOT NULL,
        engine_version VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL
    );
    CREATE TABLE latencies (
        model VARCHAR NOT NULL, model_id VARCHAR NOT NULL, revision VARCHAR NOT NULL,
        num_blocks INTEGER NOT NULL, m INTEGER NOT NULL, removed INTEGER[] NOT NULL,
        device VARCHAR NOT NULL, dtype VARCHAR NOT NULL, threads INTEGER NOT NULL,
        batch INTEGER NOT NULL, length INTEGER NOT NULL, speedup DOUBLE NOT NULL,
        full_ms DOUBLE[] NOT NULL, pruned_ms DOUBLE[] NOT NULL,
        full_end_to_end_ms DOUBLE[] NOT NULL, pruned_end_to_end_ms DOUBLE[] NOT NULL,
        parameters_full BIGINT NOT NULL, parameters_pruned BIGINT NOT NULL,
        file_bytes_full BIGINT NOT NULL, file_bytes_pruned BIGINT NOT NULL,
        peak_memory_full BIGINT, peak_memory_pruned BIGINT,
        source VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL
    );
    CREATE TABLE calibrations (
        calibration_key VARCHAR NOT NULL,
        model VARCHAR NOT NULL, model_id VARCHAR NOT NULL, revision VARCHAR NOT NULL,
        num_blocks INTEGER NOT NULL, task VARCHAR NOT NULL, task_revision VARCHAR NOT NULL,
        n INTEGER NOT NULL, seed INTEGER NOT NULL, settings VARCHAR NOT NULL,
        texts_hash VARCHAR NOT NULL, profile VARCHAR NOT NULL, source VARCHAR NOT NULL,
        created_at TIMESTAMP NOT NULL
    );
    """,
    """
    CREATE TABLE subsamples (
        run_key VARCHAR NOT NULL, metric VARCHAR NOT NULL, series VARCHAR NOT NULL,
        version INTEGER NOT NULL, mode VARCHAR NOT NULL, parameters VARCHAR NOT NULL,
        sampling VARCHAR NOT NULL, position DOUBLE, sizes INTEGER[] NOT NULL,
        repeats INTEGER[] NOT NULL, subsample_values DOUBLE[] NOT NULL,
        capped BOOLEAN, moving BOOLEAN, change DOUBLE
    );
    """,
    # Ties among neighbours were broken by rounding; the lists are made again when asked for.
    "DELETE FROM neighbours",
    # How a model was read where neither its files nor a setting say it.
    "ALTER TABLE runs ADD COLUMN reading VARCHAR DEFAULT ''",
    # Runs of before were all read at the pooled state.
    "ALTER TABLE runs ADD COLUMN tail VARCHAR DEFAULT 'none'",
    # The source becomes a fact of every row. What an import added to a run that was there already
    # cannot be told from that run's own rows any more. A request of an import leads nowhere now:
    # it would name a run of others as one's own.
    "".join(
        f"""
        ALTER TABLE {table} ADD COLUMN source VARCHAR DEFAULT 'own';
        ALTER TABLE {table} ALTER COLUMN source SET NOT NULL;
        ALTER TABLE {table} ALTER COLUMN source DROP DEFAULT;
        UPDATE {table} SET source = runs.source FROM runs
            WHERE runs.run_key = {table}.run_key AND runs.source <> 'own';
        """
        for table in (
            "metric_values",
            "per_text",
            "matrices",
            "neighbours",
            "projections",
            "subsamples",
        )
    )
    + """
    DELETE FROM requests WHERE run_key IN (
        SELECT run_key FROM runs WHERE starts_with(source, 'import:')
    );
    """
    # Rows that came twice, with and without what was noted later, are one: the fuller, then the
    # own, then the older one stays.
    + "".join(
        f"""
        DELETE FROM {table} WHERE rowid IN (
            SELECT rowid FROM {table} QUALIFY row_number() OVER (
                PARTITION BY {names} ORDER BY {first}, rowid
            ) > 1
        );
        """
        for table, names, first in (
            ("trials", "trial_key", "length(details) DESC, source <> 'own', created_at"),
            (
                "calibrations",
                "calibration_key",
                "length(profile) DESC, source <> 'own', created_at",
            ),
            (
                "latencies",
                "model_id, revision, m, device, dtype, batch, length",
                "source <> 'own', created_at DESC",
            ),
        )
    ),
    # Until now every attended token was pooled.
    "ALTER TABLE runs ADD COLUMN tokens VARCHAR DEFAULT 'all'",
    """
    CREATE TABLE token_maps (
        run_key VARCHAR NOT NULL, text_key VARCHAR NOT NULL, text_index INTEGER,
        begins VARCHAR NOT NULL, version INTEGER NOT NULL, num_layers INTEGER NOT NULL,
        num_tokens INTEGER NOT NULL, words VARCHAR[] NOT NULL, special INTEGER[] NOT NULL,
        norms FLOAT[] NOT NULL, cosines FLOAT[] NOT NULL, shares FLOAT[] NOT NULL,
        source VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL
    );
    """,
    # All that was computed here read texts; some published profiles are of vision models.
    """
    ALTER TABLE runs ADD COLUMN modality VARCHAR DEFAULT 'text';
    UPDATE runs SET modality = 'image' WHERE starts_with(model_id, 'published:')
        AND regexp_matches(model, '^(vit|mae|beit|dinov2|clip|aim)-');
    """,
    # Until now every search for neighbours was exact.
    "ALTER TABLE neighbours ADD COLUMN recall DOUBLE DEFAULT 1.0",
)


_TABLES = "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database()"


def schema_version(connection: Any) -> int:
    """How many steps this file has taken; 0 for a blank one."""
    if not _ask(connection, f"{_TABLES} AND table_name = 'schema_version'"):
        return 0
    return int(_ask(connection, "SELECT max(version) FROM schema_version")[0][0])


def is_current(connection: Any) -> bool:
    """Whether this file has taken every step."""
    return schema_version(connection) == len(MIGRATIONS)


def _ask(connection: Any, query: str) -> list[tuple[Any, ...]]:
    # Rows left unfetched would block the next registered frame on this connection.
    rows: list[tuple[Any, ...]] = connection.execute(query).fetchall()
    return rows


def migrate(connection: Any) -> None:
    """Take every step that is missing, all of them or none.

    Raises: StoreError for a file of another program, or of a newer version of this project.
    """
    version = schema_version(connection)
    if version == 0 and (foreign := _ask(connection, _TABLES)):
        raise StoreError(
            f"this database holds the table {foreign[0][0]!r} of another program; it was left "
            "as it is: point LRD_DATA_DIR at another folder"
        )
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
