"""The one thing about the selected models' layers that is worth a first look, and where it is."""

from dataclasses import dataclass, fields

import pandas as pd

from lrd_core.config import Config
from lrd_core.views import dominance, findings
from lrd_core.views.depth import DepthRequest, DepthView, depth
from lrd_core.views.findings import Finding
from lrd_core.views.view import Selection


@dataclass(frozen=True)
class StoryRequest:
    """Of whom to tell, and of which profile."""

    selection: Selection
    series: str


@dataclass(frozen=True)
class Event:
    """The place of a line that a sentence is about.

    run_key: of the line's run. position: a layer, or a transition (l + 0.5). without: the value
    there without dominating tokens, where these make it; else None.
    """

    run_key: str
    model: str
    position: float
    num_blocks: int
    value: float
    without: float | None

    @property
    def layers(self) -> tuple[int, ...]:
        """The layers before, at and after it."""
        last = int(self.position)
        first = last - 1 if last == self.position else last
        return tuple(layer for layer in range(first, last + 2) if 0 <= layer <= self.num_blocks)


@dataclass(frozen=True)
class StoryView(DepthView):
    """One profile of the selected models: those that the sentence names in colour, others behind.

    event: where the first of them does what the sentence says; None where no line bends.
    in_front: the models that the sentence names, the first one first.
    """

    event: Event | None = None
    in_front: tuple[str, ...] = ()


def story(config: Config, request: StoryRequest) -> StoryView:
    """The clearest bend of a profile over depth, and the line that is least like it."""
    asked = DepthRequest(request.selection, (request.series,), marks=False, band="none")
    view = depth(config, asked)
    plain = view.table[view.table["variant"] != dominance.WITHOUT]
    told = findings.telling(findings.find_lines(plain, request.series))
    in_front = tuple(dict.fromkeys(one.model for one in told))
    # The lines that are told of are drawn last, over the others.
    behind = ~view.table["model"].isin(in_front)
    table = pd.concat([view.table[behind], view.table[~behind]], ignore_index=True)
    sentence = findings.sentence(plain, request.series, count_rest=False)
    known = {one.name: getattr(view, one.name) for one in fields(DepthView)}
    known |= {"table": table, "sentence": sentence, "alt": sentence or view.alt}
    return StoryView(**known, event=_event(told), in_front=in_front)


def _event(told: list[Finding]) -> Event | None:
    if not told or told[0].shape == "flat" or not told[0].run_key:
        return None
    first = told[0]
    heavy = first.heavy if first.looks_compressed else None
    return Event(
        run_key=first.run_key,
        model=first.model,
        position=first.position,
        num_blocks=first.num_blocks,
        value=first.value,
        without=None if heavy is None else heavy.without,
    )
