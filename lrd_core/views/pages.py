"""The pages of the app, in their order: the one list that app, scenes, links and tests read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """name: its script in pages/ and its path in an address. title: in the navigation.

    selects: whether the models and tasks of the side bar change what it shows.
    """

    name: str
    title: str
    selects: bool = True

    @property
    def script(self) -> str:
        """The script's path from the root of the project."""
        return f"pages/{self.name}.py"


PAGES = (
    Page("overview", "Overview"),
    Page("depth", "Depth"),
    Page("trajectories", "Trajectories"),
    Page("neighbourhoods", "Neighbourhoods"),
    Page("selection", "Selection"),
    Page("pruning", "Pruning"),
    Page("claims", "Claims", selects=False),
    Page("runs", "Runs", selects=False),
    Page("data", "Data"),
    Page("metrics", "Metrics"),
)
"""The first one stands at the root of the app."""
