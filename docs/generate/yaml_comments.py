"""Comments of the commented YAML files, by the key that they stand before."""

from pathlib import Path
from typing import NamedTuple

import yaml


class Commented(NamedTuple):
    """One key of a YAML file: where it stands, what is said before it, and its value."""

    path: tuple[str, ...]
    comment: str
    value: object


def commented_keys(file: Path) -> list[Commented]:
    """List every key of a YAML file with its comment.

    A key without a comment right before it shares that of the key before it, as the files have it
    for keys that are explained together.
    """
    text = file.read_text("utf-8")
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    return [] if root is None else _walk(root, text.splitlines(), ())


def header(file: Path) -> str:
    """Give the comment at the top of a file."""
    return _joined(file.read_text("utf-8").splitlines(), 0, step=1)


def _walk(node: yaml.Node, lines: list[str], above: tuple[str, ...]) -> list[Commented]:
    found: list[Commented] = []
    shared = ""
    for key, value in node.value if isinstance(node, yaml.MappingNode) else []:
        path = (*above, key.value)
        own = _joined(lines, key.start_mark.line - 1, step=-1)
        comment = shared = own or shared
        found.append(Commented(path, comment, yaml.safe_load(yaml.serialize(value))))
        if isinstance(value, yaml.MappingNode) and not value.flow_style:
            found += _walk(value, lines, path)
    return found


def _joined(lines: list[str], start: int, step: int) -> str:
    """Join the run of comment lines that begins at a line, downward or upward."""
    run = []
    while 0 <= start < len(lines) and lines[start].strip().startswith("#"):
        run.append(lines[start].strip().lstrip("#").strip())
        start += step
    return " ".join(run[::step])
