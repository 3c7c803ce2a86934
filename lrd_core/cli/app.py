"""`app`: open the app."""

import argparse
import os
import sys
from typing import Any

from lrd_core.cli.options import add_command
from lrd_core.config import APP_DIR, Config

OWN_NAMES = ("localhost", "127.0.0.1")
"""What the app answers to however it is started; as in .streamlit/config.toml."""


def add_to(commands: Any) -> None:
    """Add `app` to the command line."""
    app = add_command(commands, "app", _app, "open the app in a browser", with_json=False)
    app.add_argument("--port", type=int, help="where it listens (8501, or the next that is free)")
    app.add_argument("--address", help="where it listens (127.0.0.1: this machine alone)")
    app.add_argument(
        "--public-name",
        action="append",
        default=[],
        metavar="NAME",
        help="answer under this name too, which a proxy before the app has; may be given again",
    )
    app.add_argument("--read-only", action="store_true", help="only show results: no runs, imports")


def _app(arguments: argparse.Namespace, config: Config) -> None:
    """Becomes the server, so that a signal reaches it as if it had been started by itself."""
    from lrd_core.extras import need

    need("streamlit", "the app")
    environment = os.environ | {
        "LRD_DATA_DIR": str(config.data_dir),
        "LRD_DEMO_DIR": str(config.demo_dir),
        "LRD_READ_ONLY": str(int(config.read_only or arguments.read_only)),
    }
    os.chdir(APP_DIR)
    os.execve(sys.executable, server_command(arguments), environment)


def server_command(arguments: argparse.Namespace) -> list[str]:
    """The words that start the server; what is not asked for is left to .streamlit/config.toml."""
    words = [sys.executable, "-m", "streamlit", "run", str(APP_DIR / "app.py")]
    if arguments.port is not None:
        words.append(f"--server.port={arguments.port}")
    if arguments.address is not None:
        words.append(f"--server.address={arguments.address}")
    if arguments.public_name:
        names = [*OWN_NAMES, *arguments.public_name]
        words += [f"--server.allowedHosts={name}" for name in names]
    return words
