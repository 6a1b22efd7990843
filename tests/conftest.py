"""Fixtures that every test folder shares."""

import shutil
import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real market files that lie beside the project where present."""
    folder = PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared market data are not on this machine")
    return folder


@pytest.fixture(scope="session")
def chromium():
    """A browser, where there is one."""
    found = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if found is None:
        pytest.skip("no Chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def kedro(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The command line without a process of its own, which costs a second."""

    def run(*arguments: str, data: Path) -> subprocess.CompletedProcess[str]:
        from kedro.framework.cli.cli import KedroCLI
        from kedro.framework.project import pipelines

        monkeypatch.chdir(PROJECT)
        monkeypatch.setenv("REGIME_FACTORY_DATA", str(data))
        capsys.readouterr()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of plugins, about click
            command = KedroCLI(PROJECT)
        try:
            with pytest.raises(SystemExit) as ended:
                command.main(list(arguments))
        finally:
            pipelines.set_requested(None)  # other tests of this process ask for the whole job
        said = capsys.readouterr()
        code = int(ended.value.code or 0)
        return subprocess.CompletedProcess(arguments, code, said.out, said.err)

    return run
