"""The README says what is true: its Python runs, its commands and names exist."""

import re
from pathlib import Path

from kedro.framework.startup import bootstrap_project

PROJECT = Path(__file__).resolve().parents[1]
TEXT = (PROJECT / "README.md").read_text("utf-8")


def test_the_python_runs() -> None:
    (block,) = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    names: dict = {}
    exec(block, names)
    assert names["regimes"].height == names["X"].height - 1000


def test_make_targets_exist() -> None:
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"`?make ([a-z-]+)", TEXT)):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


def test_catalog_names_exist() -> None:
    bootstrap_project(PROJECT)
    catalog = "".join(file.read_text() for file in (PROJECT / "conf/base").glob("catalog*.yml"))
    table = TEXT.split("## What comes out")[1].split("```")[0]
    for name in re.findall(r"`([a-z][a-z0-9_.*]+)`", table):
        pattern = re.escape(name).replace(r"\*", r"\w+")
        assert re.search(rf'^"?{pattern}"?:', catalog, flags=re.MULTILINE), name


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)|srcset=\"([^\"]+)\"|src=\"([^\"]+)\"", TEXT):
        path = next(part for part in target if part)
        assert (PROJECT / path).exists(), path
