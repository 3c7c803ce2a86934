"""What plays over depth where nobody says what."""

from dataclasses import replace

from lrd_core.config import Config
from lrd_core.views import stored
from lrd_core.views.depth import DepthRequest, depth
from lrd_core.views.playing import nothing_to_play, usual_setting
from lrd_core.views.view import Selection
from tests.example_store import fill


def test_conditions_play_by_themselves_and_what_plays_is_named_elsewhere(config: Config) -> None:
    fill(config)
    runs = stored.runs(config)
    assert usual_setting(runs) == "condition"
    asked = DepthRequest(Selection(("all-MiniLM-L6-v2",), ("bbc-news",)), layout="play")
    played = depth(config, asked)
    assert played.can_play and played.table["variation"].nunique() == 4
    still = depth(config, replace(asked, selection=Selection(("SmolLM2-135M",), ("bbc-news",))))
    assert not still.can_play
    said = nothing_to_play(config, Selection(("SmolLM2-135M",), ("bbc-news",)))
    assert said.endswith("all-MiniLM-L6-v2 on bbc-news plays: 4 values of condition.")


def test_a_store_without_anything_to_play_says_how_to_come_to_it(config: Config) -> None:
    assert usual_setting(stored.runs(config)) is None
    assert nothing_to_play(config, Selection()).endswith("or import checkpoints.")
