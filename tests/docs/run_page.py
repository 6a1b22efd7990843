"""Run the blocks of one page from top to bottom in the working directory: a script of its own."""

import contextlib
import io
import re
import subprocess
import sys
import traceback
from pathlib import Path

from pages import Block, blocks_of, commands_of
from servers import SERVERS, probe

_LIMIT = 300


def main(page: Path) -> None:
    """Run every block; the first that does not do what the page says ends the process."""
    names: dict = {"__name__": "__main__"}
    printed = ""
    for block in blocks_of(page):
        where = f"{page.name}, line {block.line}"
        try:
            printed = _run(block, names, printed, str(page))
        except BaseException as error:
            traceback.print_exc()
            raise SystemExit(f"{where}: {error}") from error


def _run(block: Block, names: dict, printed: str, page: str) -> str:
    """Run one block and give what it prints."""
    if block.marker.startswith("not run"):
        return ""
    if block.is_output:
        _compare(block.text, printed)
        return ""
    if block.file:
        file = Path(block.file)
        file.parent.mkdir(parents=True, exist_ok=True)
        mode = "a" if block.title.endswith("(append)") else "w"
        with file.open(mode, encoding="utf-8") as opened:
            opened.write(block.text)
        return ""
    if block.language == "python":
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile("\n" * (block.line - 1) + block.text, page, "exec"), names)
        return out.getvalue()
    if block.language == "bash":
        return "".join(_command(line, "fails" in block.marker) for line in commands_of(block.text))
    return ""


def _compare(shown: str, printed: str) -> None:
    """Hold the output that a page shows against what was printed."""
    pattern = re.escape(" ".join(shown.split())).replace(r"\.\.\.", ".*")
    if not re.fullmatch(pattern, " ".join(printed.split())):
        raise AssertionError(f"the page shows\n{shown}\nbut this was printed\n{printed}")


def _command(line: str, fails: bool) -> str:
    line = re.sub(r"(?<=REGIME_FACTORY_DATA=)\S+", str(Path.cwd() / "elsewhere"), line)
    command = line.split("  #", maxsplit=1)[0].strip()
    sys.stdout.write(f"$ {command}\n")
    sys.stdout.flush()
    if command.startswith("make "):
        return "".join(_command(part, fails=False) for part in _recipe(command))
    if command.startswith(tuple(SERVERS)):
        probe(command)
        return ""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line],
        capture_output=True, text=True, check=False, timeout=_LIMIT, input="exit\n",
    )  # fmt: skip
    if (done.returncode != 0) != fails:
        raise AssertionError(f"'{command}' ended with {done.returncode}:\n{done.stderr[-4000:]}")
    return done.stdout + (done.stderr if fails else "")


def _recipe(command: str) -> list[str]:
    """What a make target would do, of which runs of the job are run here; others have tests."""
    done = subprocess.run(
        ["bash", "-c", command.replace("make ", "make -n ", 1)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise AssertionError(f"'{command}': {done.stderr}")
    parts = [line.removeprefix(".venv/bin/") for line in done.stdout.splitlines()]
    return [part for part in parts if part.startswith("kedro ")]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
