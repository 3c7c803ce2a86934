"""Data: every row of the store with where it comes from, SQL, import, export, room on disk."""

from lrd_core.views import data, stored
from lrd_core.views.command_text import run_command
from pages._data import browse, exchange, room, sql
from pages._shared import cache, state, widgets

PARTS = {"browse": "Browse", "sql": "SQL", "exchange": "Import and export", "room": "Room on disk"}


def nothing_yet() -> None:
    """What to do with an empty store."""
    widgets.empty_state(
        "The store is empty",
        "Run a model on a text collection, or import results: a bundle, MTEB results or a table.",
        button="Start a run",
        page="pages/runs.py",
        key="data",
        command=run_command(),
    )


widgets.page_header("Data", cache.read(data.sentence))
part = state.choose_one(
    "Part", list(PARTS), key="part", show=PARTS.__getitem__, label_visibility="collapsed"
)
selection = state.selection()
run_keys = list(selection.meeting_runs(cache.read(stored.runs))["run_key"])
if part == "browse" and cache.read(data.row_counts)["rows"].sum() == 0:
    nothing_yet()
elif part == "browse":
    browse.draw()
elif part == "sql":
    sql.draw()
elif part == "exchange":
    exchange.draw(run_keys, selection)
else:
    room.draw(run_keys)
