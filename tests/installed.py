"""The package as its users get it: a wheel, installed into an environment of its own."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def install_wheel(folder: Path) -> Path:
    """Build the wheel, install it into a fresh environment and return that one's folder.

    Its dependencies are those of the environment that runs the tests, which a path file leads to;
    the project is not among them, so what is imported comes from the wheel.
    """
    wheels, environment = folder / "wheels", folder / "environment"
    build = ["wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", str(wheels), str(ROOT)]
    _pip(*build)
    (wheel,) = wheels.glob("lrd_explorer-*.whl")
    _run(sys.executable, "-m", "venv", "--without-pip", str(environment))
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "tests_own.pth").write_text(sysconfig.get_path("purelib") + "\n")
    python = str(environment / "bin" / "python")
    _pip("--python", python, "install", "--no-deps", "--no-index", str(wheel))
    return environment


def users_environment(home: Path, **others: str) -> dict[str, str]:
    """Variables of a user with this home, who has set nothing of ours."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LRD_", "PYTHON", "PYTEST", "XDG_", "STREAMLIT_"))
    }
    return kept | {"HOME": str(home), "HF_HUB_OFFLINE": "1"} | others


def _pip(*words: str) -> None:
    _run(sys.executable, "-m", "pip", "--quiet", *words)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
