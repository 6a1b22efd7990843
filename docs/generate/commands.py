"""Tables of commands: make targets, pipelines and environments, from the files that define them."""

import importlib
import re
from pathlib import Path

from tables import code, table
from yaml_comments import header

from regime_factory import pipelines
from regime_factory.run_checks import pipeline_names


def make_page(project: Path) -> str:
    """Show the targets of the Makefile with the comments behind them."""
    text = (project / "Makefile").read_text("utf-8")
    found = re.findall(r"^([a-z-]+):[^=\n]*?##\s*(.+)$", text, flags=re.MULTILINE)
    return table(["command", "what it does"], [[code(f"make {n}"), t] for n, t in found])


def pipelines_page() -> str:
    """Show the pipelines: what each does, reads and writes."""
    rows = []
    for name in pipeline_names():
        package = importlib.import_module(f"{pipelines.__name__}.{name}")
        made = package.create_pipeline()
        reads = sorted(n for n in made.inputs() if not n.startswith("params:"))
        rows.append(
            [
                code(name),
                (package.create_pipeline.__doc__ or "").strip().splitlines()[0],
                ", ".join(code(n) for n in reads),
                ", ".join(code(n) for n in sorted(made.outputs())),
            ]
        )
    return table(["pipeline", "what it does", "reads", "writes at its end"], rows)


def environments_page(conf: Path) -> str:
    """Show the environments by the first comment of their globals."""
    envs = sorted(p.name for p in conf.iterdir() if (p / "globals.yml").is_file())
    rows = [[code(env), header(conf / env / "globals.yml")] for env in envs if env != "base"]
    base = [code("base"), "The default: the embedded S&P 500 and NASDAQ daily bars 1999-2018."]
    return table(["environment", "what it is"], [base, *rows])
