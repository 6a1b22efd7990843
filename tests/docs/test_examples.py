"""The example scripts run and say what they promise to say."""

import subprocess
import sys
from pathlib import Path

import pytest

from .pages import PROJECT
from .project import offline_env


@pytest.mark.slow
def test_the_walk_through_the_rooms(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(PROJECT / "examples" / "walk_through.py"), str(tmp_path)],
        cwd=tmp_path,
        env=offline_env(PROJECT),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    headings = [line.partition(":")[0] for line in done.stdout.splitlines() if line[:1].isdigit()]
    assert headings == [
        "1. Bars", "2. Features", "3. Model", "4. Regimes", "5. Accounts", "6. Pictures",
    ]  # fmt: skip
    agreement = float(done.stdout.split("adjusted Rand ")[1].split()[0])
    assert agreement > 0.6, "the regimes find the simulated truth"
    assert {item.name for item in tmp_path.glob("*.png")} == {
        "regimes.png", "transitions.png", "dwell.png",
    }  # fmt: skip
    assert done.stderr == ""
