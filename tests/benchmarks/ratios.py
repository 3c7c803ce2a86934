"""How a benchmark says what it found: one line a ratio, which people read and `all.py` collects."""

import re
from dataclasses import dataclass

_LINE = re.compile(r"^ratio (?P<ratio>[0-9.]+): (?P<what>.+); against (?P<against>.+)$")


@dataclass(frozen=True)
class Ratio:
    """Time (or bytes) of one thing over that of another."""

    what: str
    ratio: float
    against: str

    def __str__(self) -> str:
        return f"ratio {self.ratio:.2f}: {self.what}; against {self.against}"


def tell(what: str, ratio: float, against: str) -> None:
    """Print that `what` takes `ratio` times what `against` takes."""
    print(Ratio(what, ratio, against), flush=True)


def told(output: str) -> list[Ratio]:
    """The ratios among the lines that a benchmark printed."""
    found = (_LINE.match(line) for line in output.splitlines())
    return [Ratio(one["what"], float(one["ratio"]), one["against"]) for one in found if one]
