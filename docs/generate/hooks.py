"""MkDocs hooks: reference tables are made at build time, names in code spans become links."""

import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from api import api_page
from catalog import catalog_page, entries_of
from commands import environments_page, make_page, pipelines_page
from features import features_page
from links import Links, tests_named
from mkdocs.structure.files import File
from parameters import parameters_page, settings_of

PROJECT = Path(__file__).resolve().parents[2]
CONF = PROJECT / "conf"
_PLACE = re.compile(r"<!-- generated: (\w+) ?(\w*) -->")
_GENERATED = {
    "parameters": lambda _: parameters_page(CONF),
    "catalog": lambda _: catalog_page(CONF),
    "features": lambda _: features_page(CONF),
    "make": lambda _: make_page(PROJECT),
    "pipelines": lambda _: pipelines_page(),
    "environments": lambda _: environments_page(CONF),
    "api": api_page,
}


def on_files(files: Any, config: Any) -> Any:
    """Add a page with the source of every test that a page names."""
    pages = [file.content_string for file in files.documentation_pages()]
    for name in tests_named(pages):
        source = (PROJECT / name).read_text("utf-8")
        page = f"---\nsearch:\n  exclude: true\n---\n# {name}\n\n```python\n{source}```\n"
        files.append(File.generated(config, f"source/{name}.md", content=page))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Put the generated tables in their places and link the names that the page mentions."""
    names = Links(settings_of(CONF), entries_of(CONF))
    linked = names.link(markdown, page.file.src_uri)
    return _PLACE.sub(lambda found: _GENERATED[found[1]](found[2]), linked)
