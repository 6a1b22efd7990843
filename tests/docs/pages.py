"""The pages of the documentation as lists of code blocks.

A block is run unless a comment right before it says otherwise:

- ``<!-- not run: why -->`` the block is illustrative; a test counts these.
- ``<!-- fails -->`` the command is meant to fail, as the page says.

A block with a title (```` ```yaml title="conf/x/parameters.yml" ````) is written to that file, or
appended where the title ends in ``(append)``. A block titled ``output`` shows what the block before
it prints; ``...`` stands for any text.
"""

import re
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
_BLOCK = re.compile(
    r"(?:^<!-- (?P<marker>[^\n]*?) -->\n+)?^(?P<indent> *)```(?P<language>\w*)"
    r"(?: title=\"(?P<title>[^\"]+)\")?[^\n]*\n(?P<text>.*?)^ *```$",
    flags=re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    line: int
    language: str
    title: str
    marker: str
    text: str

    @property
    def is_output(self) -> bool:
        return self.title == "output"

    @property
    def file(self) -> str:
        """File that the block is written to, or an empty string."""
        return "" if self.is_output else self.title.removesuffix(" (append)")


def blocks_of(page: Path) -> list[Block]:
    """Fenced blocks of a page from top to bottom."""
    text = page.read_text("utf-8")
    found = []
    for match in _BLOCK.finditer(text):
        indent = len(match["indent"])
        lines = [line[indent:] for line in match["text"].splitlines(keepends=True)]
        found.append(
            Block(
                line=text.count("\n", 0, match.start("text")) + 1,
                language=match["language"],
                title=match["title"] or "",
                marker=match["marker"] or "",
                text="".join(lines),
            )
        )
    return found


def commands_of(text: str) -> list[str]:
    """Commands of a shell block: continued lines and here-documents stay together."""
    commands: list[str] = []
    end = None
    for line in text.splitlines():
        if end is not None or (commands and commands[-1].endswith("\\")):
            commands[-1] += f"\n{line}"
            end = None if line == end else end
        elif line.strip() and not line.lstrip().startswith("#"):
            commands.append(line)
            started = re.search(r"<<-?\s*'?(\w+)'?", line)
            end = started[1] if started else None
    return commands


def relative(page: Path) -> str:
    """Name of a page for test ids and messages."""
    return page.relative_to(PROJECT).as_posix()
