"""A setting is added by one field and one migration, and is then everywhere."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from lrd_core.config import PROJECT_DIR

FIELD = """
    rotation: str = setting(
        "none",
        label="Rotation",
        help="How embeddings are turned before they are measured.",
        plain="none",
        choices=("none", "random"),
        said="rotated {}",
        added_later=True,
    )
"""
AFTER = "    def described(self)"
MIGRATION = """
MIGRATIONS = (*MIGRATIONS, "ALTER TABLE runs ADD COLUMN rotation VARCHAR DEFAULT 'none'")
"""
TAKEN = ("lrd_core", "pages", "tests", "app.py", "pyproject.toml")
FOUND = {
    "key": "test_the_key_changes_with_what_changes_numbers_and_with_nothing_else",
    "column": "test_it_is_a_column_of_runs_that_a_bundle_keeps",
    "option": "test_it_is_an_option_of_every_command_that_embeds",
    "form": "test_it_is_a_widget_of_the_launch_form",
    "filter": "test_it_has_a_filter_where_it_varies_that_narrows_to_those_runs",
    "provenance": "test_the_provenance_of_runs_that_differ_in_it_differs",
    "command": "test_the_copied_command_restores_it",
    "command of scores": "test_the_copied_command_of_scores_restores_it",
    "job": "test_a_job_is_given_it",
    "scores": "test_scores_are_told_apart_by_it",
}
HELD = "tests/store/test_keys.py::test_the_keys_of_the_bundled_runs_hold"


def test_a_field_and_a_migration_add_a_setting_everywhere(tmp_path: Path) -> None:
    """In a copy of the project with these two changes, every test finds the setting."""
    for name in TAKEN:
        source = PROJECT_DIR / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "demo").symlink_to(PROJECT_DIR / "data" / "demo")
    settings = tmp_path / "lrd_core" / "settings.py"
    before, declared, after = settings.read_text("utf-8").partition(AFTER)
    settings.write_text(f"{before.rstrip()}{FIELD}\n{declared}{after}", "utf-8")
    with (tmp_path / "lrd_core" / "store" / "migrations.py").open("a", encoding="utf-8") as file:
        file.write(MIGRATION)

    asked = [f"tests/settings/test_every_setting.py::{name}[rotation]" for name in FOUND.values()]
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", *asked, HELD],
        cwd=tmp_path,
        env={key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout[-4000:]
    assert f"{len(FOUND) + 1} passed" in found.stdout
