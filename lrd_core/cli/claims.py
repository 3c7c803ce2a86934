"""`claims`: what the papers say, and what the numbers of the store say of it."""

import argparse
from typing import Any

from lrd_core.cli.options import add_command
from lrd_core.config import Config


def add_to(commands: Any) -> None:
    """Add `claims` to the command line."""
    claims = add_command(commands, "claims", _claims, "published claims and their verdicts")
    claims.add_argument("--table", action="store_true", help="print the verdicts as Markdown")
    claims.add_argument(
        "--claim", action="append", metavar="NAME", help="such as L1 (default: all)"
    )


def _claims(arguments: argparse.Namespace, config: Config) -> Any:
    from lrd_core.errors import InputError, UnknownNameError
    from lrd_core.views import stored
    from lrd_core.views.claims import ClaimsRequest, claims

    if stored.runs(config).empty and stored.scores(config).empty:
        raise InputError(
            "the store is empty, so no claim can be judged; open the app once, which loads the "
            "bundled results, or run a model"
        )
    found = claims(config, ClaimsRequest()).claims
    known = {view.claim.name: view for view in found if view.claim is not None}
    for name in arguments.claim or ():
        if name not in known:
            raise UnknownNameError("claim", name, known)
    shown = [known[name] for name in arguments.claim or known]
    if arguments.table:
        from lrd_core.views.claims import markdown_table

        return markdown_table(shown)
    return _json(shown) if arguments.json else _lines(shown)


def _json(shown: Any) -> Any:
    from dataclasses import asdict

    told = [
        {
            "claim": view.claim.name,
            "sentence": view.claim.sentence,
            "paper": view.claim.paper,
            "statistic": view.claim.statistic,
            "rule": view.claim.rule,
            "findings": {origin: asdict(found) for origin, found in view.findings.items()},
        }
        for view in shown
    ]
    return _without_nan(told)


def _without_nan(value: Any) -> Any:
    """JSON knows no NaN: what has no interval is null."""
    if isinstance(value, dict):
        return {name: _without_nan(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and value != value else value


def _lines(shown: Any) -> list[str]:
    from lrd_core.views.claims import CALLED, number_words

    lines = []
    for view in shown:
        lines.append(f"{view.claim.name}  {view.claim.sentence} [{view.claim.paper}]")
        for origin, found in view.findings.items():
            said = " · ".join(
                part for part in (found.verdict, number_words(found), found.because) if part
            )
            lines.append(f"    {CALLED[origin]}: {said}")
            lines += [f"        To settle: {found.settle}"] if found.settle else []
    return lines
