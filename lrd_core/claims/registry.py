"""The list of claims: one decorated function each, a new one is one function."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from lrd_core.claims.held import Held, Origin
from lrd_core.claims.verdicts import Finding

Judge = Callable[[Held], Finding]

Paper = Literal["Layer by Layer", "Layer-wise Representation Dynamics", "Attention sinks"]

LBL: Paper = "Layer by Layer"
LRD: Paper = "Layer-wise Representation Dynamics"
SINKS: Paper = "Attention sinks"

SOURCES: dict[Paper, str] = {
    LBL: "arXiv 2502.02013 and 2412.09563",
    LRD: "arXiv 2605.12714",
    SINKS: "arXiv 2510.06477",
}


@dataclass(frozen=True)
class Claim:
    """A sentence of a source and how it is put to the test.

    statistic and rule: in words. page and series: where the numbers behind it are seen. origins:
    those that can answer it at all. reads: the modality of the models that it is about.
    """

    name: str
    sentence: str
    paper: Paper
    place: str
    statistic: str
    rule: str
    judge: Judge
    page: str = "depth"
    series: tuple[str, ...] = ()
    origins: tuple[Origin, ...] = ("published", "own")
    reads: str = "text"


_CLAIMS: dict[str, Claim] = {}


def claim(
    name: str,
    sentence: str,
    paper: Paper,
    place: str = "",
    *,
    statistic: str,
    rule: str,
    **more: Any,
) -> Callable[[Judge], Judge]:
    """Register the function that judges a claim. more: other fields of `Claim`."""

    def register(judge: Judge) -> Judge:
        _CLAIMS[name] = Claim(name, sentence, paper, place, statistic, rule, judge, **more)
        return judge

    return register


def registered() -> dict[str, Claim]:
    """Claims by name; those whose file was imported (`listed` imports all)."""
    return dict(_CLAIMS)
