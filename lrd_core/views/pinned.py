"""A model at one revision under a name of its own: "pythia-410m@step1000", as the CLI takes it."""

from collections.abc import Iterable

import pandas as pd

AT = "@"


def pinned_names(*tables: pd.DataFrame) -> list[str]:
    """A name for each revision of the models that the store holds at more than one."""
    found: dict[tuple[str, str], None] = {}
    for table in tables:
        pairs = table[["model", "revision"]].dropna().drop_duplicates()
        found |= dict.fromkeys((str(m), str(r)) for m, r in pairs.itertuples(index=False) if r)
    models = [model for model, _ in found]
    return [f"{model}{AT}{revision}" for model, revision in found if models.count(model) > 1]


def split(name: str, models: Iterable[str]) -> tuple[str, str | None]:
    """The model and the revision of a name; no revision where the name is a model's own."""
    known = set(models)
    model, at, revision = name.rpartition(AT)
    return (model, revision) if at and name not in known and model in known else (name, None)


def pinned_rows(table: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """The rows of the table, and under each pinned name those of its model at its revision.

    table: with model and revision. Names of models alone add nothing.
    """
    parts = [table]
    for name in names:
        model, revision = split(name, table["model"].unique())
        if revision is not None:
            own = table[(table["model"] == model) & (table["revision"] == revision)]
            parts.append(own.assign(model=name))
    return pd.concat(parts, ignore_index=True) if len(parts) > 1 else table
