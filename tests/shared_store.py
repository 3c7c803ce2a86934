"""A store that several tests read: whoever writes into it is told so, and not the test after."""

from dataclasses import replace

from lrd_core.config import Config


def shared(config: Config) -> Config:
    """The same store, filled; every attempt to change it is refused."""
    return replace(config, read_only=True)
