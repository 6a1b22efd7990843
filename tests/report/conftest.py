"""Fixtures of the report's tests: an invented payload, its HTML, a browser where there is one."""

import copy
import shutil

import pytest

from regime_factory.report import build_payload, render_report

from .fabricated import make_inputs


@pytest.fixture(scope="session")
def built():
    return build_payload(**make_inputs())


@pytest.fixture
def payload(built):
    return copy.deepcopy(built)


@pytest.fixture(scope="session")
def html(built):
    return render_report(built)


@pytest.fixture(scope="session")
def chromium():
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
