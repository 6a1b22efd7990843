"""Names in code spans as links: settings, datasets and tests lead to where they are explained."""

import posixpath
import re
from collections.abc import Container, Iterable

_FENCE = re.compile(r"(^ *```.*?^ *```$)", flags=re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<![\[`])`([a-z][\w./]*)`(?![\]`])")
_TEST = re.compile(r"`(tests/[\w/]+\.py)`")


def tests_named(pages: Iterable[str]) -> list[str]:
    """List the test files that pages name, each once."""
    return sorted({name for page in pages for name in _TEST.findall(page)})


class Links:
    """Turns code spans into links, outside code blocks and headings."""

    def __init__(self, settings: Container[str], datasets: Container[str]) -> None:
        self._settings, self._datasets = settings, datasets

    def target(self, name: str) -> str | None:
        """Page and anchor that explain a name, or None."""
        if _TEST.fullmatch(f"`{name}`"):
            return f"source/{name}.md"
        if "." in name and name in self._settings:
            return f"reference/parameters.md#{name}"
        if ("." in name or "_" in name) and name in self._datasets:
            return f"reference/catalog.md#{name}"
        return None

    def link(self, markdown: str, page: str) -> str:
        """Link the names of one page, given by its path below docs."""
        folder = posixpath.dirname(page)

        def linked(found: re.Match[str]) -> str:
            target = self.target(found[1])
            if target is None or target.partition("#")[0] == page:
                return found[0]
            return f"[{found[0]}]({posixpath.relpath(target, folder or '.')})"

        pieces = _FENCE.split(markdown)
        for place in range(0, len(pieces), 2):
            lines = pieces[place].split("\n")
            pieces[place] = "\n".join(
                line if line.startswith("#") else _SPAN.sub(linked, line) for line in lines
            )
        return "".join(pieces)
