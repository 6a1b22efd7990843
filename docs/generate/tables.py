"""Markdown tables and code spans."""

import re
from collections.abc import Iterable, Sequence

_OUTSIDE_CODE = re.compile(r"(`[^`]*`|<span .*?</span>|\[`.*?\))")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay rows out as a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in lines)


def code(text: object) -> str:
    """Show text as code."""
    return f"`{text}`"


def anchor(name: str) -> str:
    """Make a code span that a link can lead to."""
    return f'<span id="{name}">`{name}`</span>'


def plain(text: str) -> str:
    """Keep signs that mean something in Markdown as they are, outside code spans and links."""
    pieces = _OUTSIDE_CODE.split(text)
    pieces[::2] = [re.sub(r"([*_<>\[\]])", r"\\\1", piece) for piece in pieces[::2]]
    return "".join(pieces)


def _cell(text: str) -> str:
    return " ".join(plain(str(text)).replace("|", "\\|").split())
