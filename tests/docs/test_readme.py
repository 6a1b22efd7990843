"""Every block of code of the README does what it says: alone, so that it runs beside the docs."""

from pathlib import Path

import pytest

from .pages import PROJECT
from .project import run_in_copy


@pytest.mark.slow
def test_the_readme_runs_from_top_to_bottom(tmp_path: Path) -> None:
    run_in_copy(PROJECT / "README.md", tmp_path)
