"""One quantity on an axis of its own."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Panel:
    """One quantity on its own y axis."""

    series: str
    label: str
    unit: str

    @property
    def title(self) -> str:
        """Label and unit, as an axis carries them."""
        return f"{self.label} ({self.unit})" if self.unit else self.label
