"""A copy of the project in which pages, notebooks and examples may run without leaving a trace."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .market_files import write_market_files
from .pages import PROJECT

FILES = ("pyproject.toml", "Makefile", "requirements.lock", ".telemetry", "mkdocs.yml", "README.md")
FOLDERS = ("conf", "src", "examples", "notebooks", "tests")
QUICK = {
    "n_init": 2, "n_fresh": 0, "n_draws": 50, "n_shifts": 20, "n_states_profile_max": 3,
    "refit_every": 252, "simulated_runs": 1,
}  # fmt: skip
"""Settings that only make a run longer: starts, draws, refits and an extra figure."""


def copy_project(to: Path) -> Path:
    """Copy what a run needs, with fewer starts and draws; the installed tools are shared."""
    to.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copy(PROJECT / name, to / name)
    for name in FOLDERS:
        left_out = shutil.ignore_patterns("*.egg-info", "__pycache__")
        shutil.copytree(PROJECT / name, to / name, ignore=left_out)
    _share_compiled_code(to)
    (to / ".venv").symlink_to(PROJECT / ".venv")
    (to / "data").mkdir()
    for file in (to / "conf").glob("*/parameters*.yml"):
        text = file.read_text("utf-8")
        for name, value in QUICK.items():
            text = re.sub(rf"^(  {name}:).*$", rf"\1 {value}", text, flags=re.MULTILINE)
        file.write_text(text, "utf-8")
    return to


def _share_compiled_code(to: Path) -> None:
    """Keep what Python and numba compile where the project keeps it: it costs seconds a copy."""
    for package in {file.parent for file in (to / "src").rglob("*.py")}:
        own = PROJECT / package.relative_to(to) / "__pycache__"
        own.mkdir(exist_ok=True)
        (package / "__pycache__").symlink_to(own)


def offline_env(project: Path) -> dict[str, str]:
    """Environment of a process in a project copy: its own source, the tools, no network."""
    offline = Path(__file__).parent / "offline"
    tools = PROJECT / ".venv" / "bin"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("COVERAGE", "COV_", "PYTEST"))}
    return {
        **kept,
        "PATH": f"{tools}:{kept['PATH']}",
        "PYTHONPATH": f"{project / 'src'}:{offline}",
        "HOME": str(project),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "NO_MKDOCS_2_WARNING": "1",
    }


def run_in_copy(page: Path, folder: Path) -> None:
    """Run a page from top to bottom in a copy of the project, with files of bars beside it."""
    project = copy_project(folder / "project")
    write_market_files(project)
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("run_page.py")), str(page)],
        cwd=project,
        env=offline_env(project),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-6000:]}"
