"""The runner of pages notices what a page gets wrong: each case is a small page of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .pages import blocks_of, commands_of

RUNNER = Path(__file__).with_name("run_page.py")
FENCE = "```"


def run(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    page = folder / "page.md"
    page.write_text(text.replace("~~~", FENCE), "utf-8")
    return subprocess.run(
        [sys.executable, str(RUNNER), str(page)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(RUNNER.parent / "offline")},
        capture_output=True,
        text=True,
        check=False,
    )


GOOD = {
    "output": '~~~python\nprint(1 + 1)\n~~~\n\n~~~text title="output"\n2\n~~~\n',
    "any text": '~~~python\nprint("a b c")\n~~~\n\n~~~text title="output"\na ... c\n~~~\n',
    "one namespace": "~~~python\nx = 1\n~~~\ntext\n~~~python\nassert x == 1\n~~~\n",
    "file": '~~~csv title="a/b.csv"\n1\n~~~\n~~~bash\ngrep 1 a/b.csv\n~~~\n',
    "append": (
        '~~~csv title="a"\n1\n~~~\n~~~csv title="a (append)"\n2\n~~~\n'
        "~~~bash\ngrep 1 a; grep 2 a\n~~~\n"
    ),
    "meant to fail": "<!-- fails -->\n~~~bash\nfalse\n~~~\n",
    "not run": "<!-- not run: shows what not to do -->\n~~~python\n1 / 0\n~~~\n",
    "continued": "~~~bash\necho a \\\n  b\n~~~\n",
}  # fmt: skip
BAD = {
    "wrong output": '~~~python\nprint(3)\n~~~\n\n~~~text title="output"\n2\n~~~\n',
    "python": "~~~python\n1 / 0\n~~~\n",
    "bash": "~~~bash\nfalse\n~~~\n",
    "later line": "~~~bash\ntrue\nls no_such_file\ntrue\n~~~\n",
    "did not fail": "<!-- fails -->\n~~~bash\ntrue\n~~~\n",
    "network": '~~~python\nimport socket\nsocket.create_connection(("192.0.2.1", 9), 1)\n~~~\n',
    "network of a child": (
        "~~~bash\npython -c 'import socket; socket.create_connection((\"192.0.2.1\", 9), 1)'\n~~~\n"
    ),
    "no such target": "~~~bash\nmake nothing\n~~~\n",
}


@pytest.mark.parametrize("text", GOOD.values(), ids=list(GOOD))
def test_a_page_that_is_right(tmp_path: Path, text: str) -> None:
    done = run(tmp_path, text)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("text", BAD.values(), ids=list(BAD))
def test_a_page_that_is_wrong(tmp_path: Path, text: str) -> None:
    done = run(tmp_path, text)
    assert done.returncode != 0
    assert "page.md, line" in done.stderr
    if "socket" in text:
        assert "without a network" in done.stderr


def test_the_line_of_a_fault_is_named(tmp_path: Path) -> None:
    done = run(tmp_path, "# Title\n\n~~~python\nx = 1\n\nx.nothing\n~~~\n")
    assert "line 6" in done.stderr


def test_blocks_inside_lists_and_with_markers_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    text = "- item\n\n  ~~~yaml\n  a: 1\n  ~~~\n\n<!-- not run: why -->\n~~~text\nb\n~~~\n"
    page.write_text(text.replace("~~~", FENCE), "utf-8")
    first, second = blocks_of(page)
    assert (first.language, first.text) == ("yaml", "a: 1\n")
    assert (second.marker, second.text) == ("not run: why", "b\n")


def test_commands_are_cut_at_their_ends() -> None:
    text = "a \\\n  b\n# comment\ncat <<E\nx\ny\nE\nc\n"
    assert commands_of(text) == ["a \\\n  b", "cat <<E\nx\ny\nE", "c"]
