"""One quantity on an axis of its own."""

from dataclasses import dataclass


def axis_title(label: str, unit: str) -> str:
    """A name with its unit in brackets, or the name where there is no unit."""
    return f"{label} ({unit})" if unit else label


@dataclass(frozen=True)
class Panel:
    """One quantity on its own y axis. difference: its values are changes of it."""

    series: str
    label: str
    unit: str
    difference: bool = False

    @property
    def title(self) -> str:
        """What the axis is called."""
        return axis_title(self.label, self.unit)
