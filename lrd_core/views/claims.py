"""Claims: what sources say, what the numbers of the store say of it, what would settle it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from lrd_core.claims.held import ORIGINS, Held, Origin
from lrd_core.claims.listed import all_claims
from lrd_core.claims.registry import SOURCES as SOURCES
from lrd_core.claims.registry import Claim
from lrd_core.claims.verdicts import VERDICTS as VERDICTS
from lrd_core.claims.verdicts import Finding, Verdict, count_words, not_testable
from lrd_core.config import Config
from lrd_core.errors import UnknownNameError
from lrd_core.numbers import counted, significant
from lrd_core.views.claims_held import held_by_origin
from lrd_core.views.command_text import command
from lrd_core.views.reading import Read, reading
from lrd_core.views.series_names import series_text
from lrd_core.views.view import View, told
from lrd_core.views.words import joined

CALLED: dict[Origin, str] = {"published": "Published values", "own": "Computed here"}
COLUMNS = ("origin", "label", "value", "low", "high", "n", "of", "kind")
MOST_PARTS = 6
"""Parts of a number that a small figure has room for; the download has all."""


@dataclass(frozen=True)
class ClaimRequest:
    """One claim by its name, such as L1."""

    claim: str = "L1"


@dataclass(frozen=True)
class ClaimsRequest:
    """All claims, or those of a paper, or with a verdict on either kind of values ("" for all)."""

    verdict: str = ""
    paper: str = ""


@dataclass(frozen=True)
class ClaimView(View):
    """A claim with its verdicts: `table` has COLUMNS, one row a number, the deciding one first.

    findings, sources: by origin, what they say and where they come from. page and query: of the
    view behind it.
    """

    claim: Claim | None = None
    findings: dict[Origin, Finding] = field(default_factory=dict)
    sources: dict[Origin, str] = field(default_factory=dict)
    page: str = ""
    query: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def verdict(self, origin: Origin) -> Verdict:
        """What the numbers of this origin say."""
        return self.findings[origin].verdict


@dataclass(frozen=True)
class ClaimsView(View):
    """Every claim: `table` has one row a claim and origin: claim, sentence, origin, verdict, n.

    claims: the views of single claims, in the order of the page.
    """

    claims: tuple[ClaimView, ...] = ()


def claims(config: Config, request: ClaimsRequest, read: Read | None = None) -> ClaimsView:
    """Every claim judged by what the store holds now, published and own values apart.

    read: reads the tables; a page's shares them with other pages.
    Raises: UnknownNameError for a verdict or a paper that there is none of.
    """
    known = held_by_origin(config, read or reading(config))
    every = tuple(_view(one, known) for one in all_claims())
    whole = ClaimsView(
        verdict_table(every),
        sentence=verdict_sentence(every),
        notes=told("Published values and those computed here are judged apart and never mixed."),
        command=command("claims"),
        alt="Verdict of every claim, on published values and on those computed here.",
        claims=every,
    )
    return chosen(whole, request)


def chosen(view: ClaimsView, request: ClaimsRequest) -> ClaimsView:
    """Those of the judged claims that a request is about; nothing is judged again.

    Raises: UnknownNameError for a verdict or a paper that there is none of.
    """
    if request.verdict and request.verdict not in VERDICTS:
        raise UnknownNameError("verdict", request.verdict, VERDICTS)
    if request.paper and request.paper not in SOURCES:
        raise UnknownNameError("paper", request.paper, SOURCES)
    kept = tuple(
        one
        for one in view.claims
        if (not request.verdict or request.verdict in map(one.verdict, ORIGINS))
        and (not request.paper or one.claim is None or one.claim.paper == request.paper)
    )
    return replace(view, table=verdict_table(kept), claims=kept)


def claim(config: Config, request: ClaimRequest) -> ClaimView:
    """One claim. Raises: UnknownNameError for a name that is none."""
    named = {one.name: one for one in all_claims()}
    if request.claim not in named:
        raise UnknownNameError("claim", request.claim, named)
    return _view(named[request.claim], held_by_origin(config, reading(config)))


def _view(one: Claim, known: dict[Origin, Held]) -> ClaimView:
    findings = {origin: judged(one, origin, known[origin]) for origin in ORIGINS}
    table = number_table(findings)
    said = " ".join(f"{CALLED[o]}: {found.verdict}." for o, found in findings.items())
    return ClaimView(
        table,
        sentence=f"{one.sentence} {said}",
        notes=told(
            not_drawn(table), [f"{CALLED[o]}: {name}." for o, name in _sources(known).items()]
        ),
        command=command("claims", claim=[one.name]),
        alt=f"{one.sentence} {said}",
        claim=one,
        findings=findings,
        sources=_sources(known),
        page=f"pages/{one.page}.py",
        query=query_of(one),
    )


def _sources(known: dict[Origin, Held]) -> dict[Origin, str]:
    """Where the numbers of each origin come from; origins without any are left out."""
    return {origin: joined(one.sources) for origin, one in known.items() if one.sources}


def judged(one: Claim, origin: Origin, known: Held) -> Finding:
    """A claim's finding; not testable where values of this origin cannot answer it at all."""
    if origin in one.origins:
        return one.judge(known.reading(one.reads))
    return not_testable(
        "Published tables do not hold what it takes.", "Only values computed here can tell."
    )


def query_of(one: Claim) -> dict[str, tuple[str, ...]]:
    """What the page behind a claim is opened with."""
    if one.page != "depth" or not one.series:
        return {}
    return {"metrics": tuple(series_text(name)[0] for name in one.series)}


def number_table(findings: dict[Origin, Finding]) -> pd.DataFrame:
    """All numbers of a claim, one row each."""
    rows = [
        (origin, one.label, one.value, one.low, one.high, one.n, one.of, one.kind)
        for origin, found in findings.items()
        for one in found.numbers
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def verdict_table(views: Sequence[ClaimView]) -> pd.DataFrame:
    """One row a claim and origin, for the overview figure, the download and the command line."""
    rows = []
    for view in views:
        assert view.claim is not None
        for origin, found in view.findings.items():
            main = found.main
            rows.append(
                {
                    "claim": view.claim.name,
                    "sentence": view.claim.sentence,
                    "source": f"{view.claim.paper} ({SOURCES[view.claim.paper]})",
                    "origin": origin,
                    "verdict": found.verdict,
                    "value": main.value if main else None,
                    "low": main.low if main else None,
                    "high": main.high if main else None,
                    "unit": found.unit,
                    "n": main.n if main else 0,
                    "of": main.of if main else "",
                    "because": found.because,
                    "settle": found.settle,
                    "testing": found.testing,
                }
            )
    return pd.DataFrame(rows)


def verdict_sentence(views: Sequence[ClaimView]) -> str:
    """How many claims hold, by origin, in one sentence."""
    parts = []
    for origin in ORIGINS:
        counts = Counter(view.verdict(origin) for view in views)
        tested = sum(counts.values()) - counts["not testable here"]
        words = "published values" if origin == "published" else "values computed here"
        if not tested:
            parts.append(f"no {words} can test any")
            continue
        listed = [f"{_said(verdict, counts[verdict])}" for verdict in VERDICTS[:3]]
        parts.append(f"{words} can test {tested}: {joined(filter(None, listed))}")
    if not any(view.verdict(origin) != "not testable here" for view in views for origin in ORIGINS):
        return f"{counted(len(views), 'claim')}; nothing here can test one yet."
    return f"Of {counted(len(views), 'claim')}, {'; '.join(parts)}."


def _said(verdict: Verdict, count: int) -> str:
    """How many claims have a verdict: 1 holds, 4 are open; "" for none."""
    if not count:
        return ""
    if verdict == "holds":
        return f"{count} hold{'s' if count == 1 else ''}"
    return f"{count} {'is' if count == 1 else 'are'} {verdict}"


def number_words(found: Finding) -> str:
    """The number that decides, with interval, unit, n and name."""
    return f"{value_words(found)} ({found.main.label})" if found.main is not None else ""


def markdown_table(views: Sequence[ClaimView]) -> str:
    """The verdicts as a table for a text such as docs/findings.md."""
    lines = ["| claim | published values | computed here |", "|---|---|---|"]
    for view in views:
        assert view.claim is not None
        cells = [
            ": ".join(filter(None, (found.verdict, value_words(found))))
            for found in view.findings.values()
        ]
        lines.append(f"| {view.claim.name}. {view.claim.sentence} | {' | '.join(cells)} |")
    return "\n".join(lines)


def not_drawn(table: pd.DataFrame) -> str:
    """Which numbers a small figure has no room for; "" for none."""
    seen: Counter[str] = Counter()
    left = []
    for origin, label, kind in zip(table["origin"], table["label"], table["kind"], strict=True):
        seen[origin] += kind == "part"
        if kind == "part" and seen[origin] > MOST_PARTS:
            left.append(label)
    return f"Not drawn: {joined(left, most=4)}." if left else ""


def value_words(found: Finding) -> str:
    """The number that decides, with interval, unit and n: "2.1 [0.8, 3.4] points, n=8 models"."""
    main = found.main
    if main is None:
        return ""
    interval = ""
    if main.low == main.low:
        interval = f" [{significant(main.low)}, {significant(main.high)}]"
    n = count_words(main.n, main.of)
    unit = found.unit if found.unit.startswith("%") else f" {found.unit}"
    return f"{significant(main.value)}{interval}{unit}, n={n}"
