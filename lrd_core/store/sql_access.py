"""What a visitor's query may name: the store's own tables and what describes them.

DuckDB's catalogue also tells where the file lies, how the machine is set up and what else was
asked. So a query is read into its syntax tree before it runs, and any name there that is not known
to be harmless refuses it, wherever it stands: in subqueries, CTEs, arguments of functions.
"""

import json
from collections.abc import Iterator
from typing import Any

TABLE_FUNCTIONS = frozenset(
    (
        "range",
        "generate_series",
        "unnest",
        "repeat",
        "json_each",
        "json_tree",
        "pragma_table_info",
        "duckdb_columns",
        "duckdb_constraints",
        "duckdb_functions",
        "duckdb_keywords",
        "duckdb_tables",
        "duckdb_types",
        "summary",
        "histogram",
        "histogram_values",
    )
)
"""Functions that may stand where a table does; all others could read files, settings or texts
of SQL that this check would not see."""

CATALOGUE_VIEWS = frozenset(
    (
        "character_sets",
        "check_constraints",
        "columns",
        "constraint_column_usage",
        "constraint_table_usage",
        "key_column_usage",
        "referential_constraints",
        "schemata",
        "tables",
        "table_constraints",
        "views",
        "duckdb_columns",
        "duckdb_constraints",
        "duckdb_tables",
        "duckdb_types",
        "sqlite_master",
        "sqlite_schema",
    )
)
"""Views of DuckDB itself that tell of tables and columns alone."""

TELLING_FUNCTIONS = frozenset(("current_setting", "getenv", "getvariable", "which_secret"))


def refused_name(connection: Any, query: str) -> str | None:
    """The first name in the query that may not be used here, or None.

    query: one SELECT statement that DuckDB parsed. A query that cannot be taken apart is refused
    as a whole.
    """
    (text,) = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [query]).fetchone()
    tree = json.loads(text)
    if tree.get("error"):
        return "this kind of statement"
    found = connection.execute("SELECT view_name FROM duckdb_views() WHERE internal").fetchall()
    hidden = {str(name).lower() for (name,) in found} - CATALOGUE_VIEWS
    for node in _nodes(tree):
        name = _name(node)
        if node.get("type") == "TABLE_FUNCTION":
            called = _name(node["function"])
            if called not in TABLE_FUNCTIONS:
                return f"{called}()"
        elif (node.get("type") == "BASE_TABLE" and name in hidden) or (
            node.get("class") == "FUNCTION" and name in TELLING_FUNCTIONS
        ):
            return name
    return None


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of a JSON tree; without recursion, because a query may nest deeply."""
    waiting = [tree]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _name(node: dict[str, Any]) -> str:
    return str(node.get("table_name") or node.get("function_name") or "").lower()
