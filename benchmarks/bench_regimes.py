"""Regimes on real bars: Gaussian against Student-t, criteria for K, and every default again.

`python -m benchmarks.bench_regimes --full` runs the whole study on the shared files (about 15 CPU
minutes) and prints its tables; without `--full` it takes the two futures only. Results are appended
to a file, one line a part, and read from there when the command is started again.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import regime_cells, regime_defaults
from benchmarks.market_sets import FILES, MarketSet, available, by_slot, load
from benchmarks.regime_tables import tables
from regime_factory.regimes import select_hmm
from regime_factory.regimes.choice.criteria import CRITERIA, choose_cell

STORE = Path("data/bench_regimes.jsonl")
HOURLY = ("SPY_1h", "BTC_1h")
SETS = (*FILES, "SPY_1h by slot", "BTC_1h by slot")
CAPPED = 3


def market_set(name: str) -> MarketSet:
    """A set by its name; `by slot` standardises the hours of the day by the selection zone."""
    if not name.endswith(" by slot"):
        return load(name)
    market = load(name.removesuffix(" by slot"))
    return by_slot(market, market.n_selection)


def cells(name: str, emission: str) -> list[dict[str, float]]:
    """Every number of states of one emission on one set."""
    market = market_set(name)
    return [{"k": k, **regime_cells.measure(market, emission, k)} for k in regime_cells.STATES]


def choices(name: str, emission: str) -> dict[str, list[int]]:
    """State count that each criterion takes on the selection zone, with 2 to 6 and with 2 to 3."""
    market = market_set(name)
    fixed = regime_cells.settings(emission)
    table = select_hmm(
        market.X[: market.n_selection],
        n_states=tuple(regime_cells.STATES),
        covariance_types=(fixed["covariance_type"],),
        emissions=(emission,),
        sticky=fixed["sticky"],
        shrinkage=fixed["shrinkage"],
        n_init=30,
    ).table
    grids = [table.to_dicts(), [row for row in table.to_dicts() if row["n_states"] <= CAPPED]]
    return {
        criterion: [grid[choose_cell(grid, criterion).index]["n_states"] for grid in grids]
        for criterion in CRITERIA
    }


def study(full: bool, store: Path | None) -> dict[tuple[str, ...], object]:
    """Run part after part; those found in the store are not repeated."""
    done = {}
    if store is not None and store.exists():
        lines = map(json.loads, store.read_text("utf-8").splitlines())
        done = {tuple(line["part"]): line["figures"] for line in lines}
    found = {}
    for part, measure in parts(full):
        if part not in done:
            done[part] = json.loads(json.dumps(measure()))
            if store is not None:
                with store.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"part": part, "figures": done[part]}) + "\n")
        found[part] = done[part]
    return found


def parts(full: bool) -> list[tuple[tuple[str, ...], Callable[[], object]]]:
    """What there is to measure, cheapest first."""
    sets = SETS if full else ("ES_1d", "NQ_1d")
    days = regime_defaults.DAILY if full else ("ES_1d", "NQ_1d")
    listed: list[tuple[tuple[str, ...], Callable[[], object]]] = [
        (("defaults", name), lambda name=name: regime_defaults.compare(name)) for name in days
    ]
    if full:
        listed += [
            (("timeframes", name), lambda name=name: regime_defaults.timeframes(name))
            for name in HOURLY
        ]
    for kind, measure in (("cells", cells), ("choices", choices)):
        listed += [
            ((kind, name, emission), lambda m=measure, n=name, e=emission: m(n, e))
            for name in sorted(sets, key=lambda name: "1h" in name)
            for emission in regime_cells.EMISSIONS
        ]
    return listed


def run() -> list[dict[str, object]]:
    """Student-t against Gaussian and the main defaults on the two futures; nothing without data.

    Returns
    -------
    list of dict
        ``name, value, unit, peer`` and no ``ratio``: nothing here is a time.
    """
    if not available():
        return []
    results: list[dict[str, object]] = []
    for name in ("ES_1d", "NQ_1d"):
        market = load(name)
        pair = [regime_cells.measure(market, e, 3, n_init=10) for e in regime_cells.EMISSIONS]
        for key, unit in (("heldout", "nats/bar"), ("refits", "adjusted Rand")):
            results.append(_row(f"{name} K=3 Student-t {key}", pair[1][key], unit, pair[0][key]))
        variants = ("defaults", "sticky 0", "label threshold .5")
        found = regime_defaults.compare(name, variants)
        base = found["defaults"]["switches"]
        results += [
            _row(f"{name} {v}: switches", found[v]["switches"], "a year", base)
            for v in variants[1:]
        ]
    return results


def _row(name: str, value: float, unit: str, other: float) -> dict[str, object]:
    peer = f"{'Gaussian' if 'Student' in name else 'defaults'} {other:.3f}"
    return {"name": name, "value": float(value), "unit": unit, "peer": peer, "ratio": None}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables of the study."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="all sets, all parts")
    parser.add_argument("--store", type=Path, default=STORE, help="file that results are kept in")
    given = parser.parse_args(arguments)
    if not available():
        print("the shared market files are not on this machine: nothing to measure")
        return
    given.store.parent.mkdir(parents=True, exist_ok=True)
    print(tables(study(given.full, given.store if given.full else None)))


if __name__ == "__main__":
    main()
