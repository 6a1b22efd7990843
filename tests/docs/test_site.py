"""The documentation builds without a warning, offline, and its search works from a file."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from regime_factory.features import FEATURES, FeatureWindows
from regime_factory.params import PARAMETERS

from .pages import PROJECT
from .test_names import known_datasets

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages, built as `make docs` builds them."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    done = subprocess.run(
        [*command, "--site-dir", str(folder)],
        cwd=PROJECT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = (done.stdout + done.stderr).splitlines()
    assert [line for line in lines if not line.startswith("INFO ")] == []
    return folder


def text_of(site: Path, page: str) -> str:
    return (site / page).read_text("utf-8")


def test_make_builds_the_same_way() -> None:
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    assert "-m mkdocs build --strict" in makefile
    assert "--quiet" not in makefile.split("mkdocs build")[1].splitlines()[0], "it hides warnings"
    assert "NO_MKDOCS_2_WARNING" in makefile


def test_every_setting_has_a_row(site: Path) -> None:
    page = text_of(site, "reference/parameters.html")
    for block, model in PARAMETERS.items():
        for name in model.model_fields:
            assert f'id="{block}.{name}"' in page, name


def test_every_dataset_has_a_row(site: Path) -> None:
    page = text_of(site, "reference/catalog.html")
    for name in known_datasets():
        assert f'id="{name}"' in page, name


def test_every_feature_has_a_row(site: Path) -> None:
    page = text_of(site, "reference/features.html")
    for entry in FEATURES.values():
        assert f'id="{entry.name(FeatureWindows())}"' in page, entry.template


def test_no_place_of_a_generated_table_is_left(site: Path) -> None:
    for page in site.rglob("*.html"):
        assert "<!-- generated" not in page.read_text("utf-8"), page


def test_pages_ask_for_nothing_from_outside(site: Path) -> None:
    asked = re.compile(r'(?:src|href)="(https?:)?//([^/"]+)')
    for page in site.rglob("*.html"):
        hosts = {host for _, host in asked.findall(page.read_text("utf-8"))}
        assert hosts <= {"127.0.0.1:4141"}, page


@pytest.mark.browser
def test_search_works_from_the_file_system(site: Path, chromium) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    heard: list[str] = []
    page.on("request", lambda request: heard.append(request.url))
    page.on("pageerror", lambda error: heard.append(f"error: {error}"))
    page.goto((site / "index.html").as_uri())
    page.click("input.md-search__input")
    page.keyboard.type("holdout", delay=40)
    page.wait_for_selector(".md-search-result__article", timeout=20_000)
    assert page.locator(".md-search-result__article", has_text="Zones").count() >= 1
    assert [item for item in heard if not item.startswith(("file:", "data:"))] == []
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(
    "name", ["index", "how-to/own-data", "reference/parameters", "reference/api/bars"]
)
def test_pages_fit_the_window(site: Path, chromium, name: str, width: int) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 900})
    page.goto((site / f"{name}.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
