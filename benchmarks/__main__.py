"""Run every benchmark module and print one table; a ratio is the peer's time over ours."""

import importlib
import json
import os
import sys
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

MODULES = (
    "bench_hmm",
    "bench_online",
    "bench_truth",
    "bench_regimes",
    "bench_macro",
    "bench_features",
    "bench_labels",
    "bench_scale",
    "bench_job",
)


def main(names: list[str]) -> None:
    """Run the named modules, or all of them."""
    results = []
    for name in names or MODULES:
        module = importlib.import_module(f"benchmarks.{name}")
        for row in module.run():
            results.append({"module": name, **row})
            ratio = f"{row['ratio']:7.1f}x" if row.get("ratio") else " " * 8
            peer = row.get("peer") or ""
            print(
                f"{name:15} {row['name']:48} {row['value']:12.4g} {row['unit']:14} {ratio} {peer}"
            )
    out = Path("data/benchmarks.json")
    out.write_text(json.dumps(results, indent=1), "utf-8")
    print(f"stored in {out}")


if __name__ == "__main__":
    main(sys.argv[1:])
