"""The whole default job by node: wall and CPU seconds from the run's own provenance."""

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path


def children_cpu() -> float:
    """CPU seconds of all finished child processes."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run_kedro(folder: str, *arguments: str) -> float:
    """CPU seconds of one `kedro run` whose artifacts go to a folder."""
    before = children_cpu()
    subprocess.run(
        [sys.executable, "-m", "kedro", "run", "--env", "prod", *arguments],
        env={**os.environ, "REGIME_FACTORY_DATA": folder},
        check=True,
        capture_output=True,
    )
    return children_cpu() - before


def run() -> list[dict]:
    """CPU seconds of `ingest` alone and of the whole job, and the job by node."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            {
                "name": "kedro run --pipelines ingest",
                "value": run_kedro(folder, "--pipelines", "ingest"),
                "unit": "CPU s",
                "peer": "budget 3",
                "ratio": None,
            }
        ]
        whole = run_kedro(folder)
        record = max(Path(folder).glob("08_reporting/provenance.json/*/*.json"))
        nodes = json.loads(record.read_text())["nodes"]
    rows.append({"name": "whole job", "value": whole, "unit": "CPU s", "peer": None, "ratio": None})
    rows += [
        {
            "name": f"node {node['node']}",
            "value": node["cpu_seconds"],
            "unit": "CPU s",
            "peer": f"{node['seconds']:.2f} s wall",
            "ratio": None,
        }
        for node in sorted(nodes, key=lambda item: -item["cpu_seconds"])
    ]
    return rows


if __name__ == "__main__":
    for row in run():
        print(f"{row['name']:48} {row['value']:8.2f} {row['unit']} {row['peer'] or ''}")
