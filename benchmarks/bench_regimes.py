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

import numpy as np

from benchmarks import regime_cells, regime_defaults
from benchmarks.market_sets import FILES, MarketSet, available, by_slot, load
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


def tables(found: dict[tuple[str, ...], object]) -> str:
    """The tables of the study in Markdown."""
    return "\n".join(
        [
            *_emission_table(found),
            *_criteria_table(found),
            *_defaults_table(found),
            *_timeframe_table(found),
        ]
    )


def _named(found: dict[tuple[str, ...], object], kind: str) -> list[str]:
    return list(dict.fromkeys(part[1] for part in found if part[0] == kind))


def _emission_table(found: dict) -> list[str]:
    """Gaussian / Student-t, one row per set and K."""
    columns = {
        "held-out per bar": ("heldout", ".3f"),
        "switches a year": ("switches", ".0f"),
        "confirmed": ("confirmed_switches", ".1f"),
        "halves": ("halves", ".2f"),
        "refits": ("refits", ".2f"),
        "worst": ("worst_refit", ".2f"),
        "least share": ("min_occupancy", ".2f"),
        "dwell": ("median_dwell", ".0f"),
        "confirmed dwell": ("confirmed_dwell", ".0f"),
    }
    lines = ["", "| set | K | " + " | ".join(columns) + " |", "|" + "---|" * (len(columns) + 2)]
    for name in _named(found, "cells"):
        pairs = zip(*(found["cells", name, e] for e in regime_cells.EMISSIONS), strict=True)
        for gaussian, student in pairs:
            both = [
                f"{gaussian[key]:{form}} / {student[key]:{form}}" for key, form in columns.values()
            ]
            lines.append(f"| {name} | {gaussian['k']} | " + " | ".join(both) + " |")
    return lines


def _criteria_table(found: dict) -> list[str]:
    """What each criterion takes, and the figures of what it takes."""
    lines = [
        "", "| set | emission | criterion | K | K of 2, 3 | held-out | halves | refits | worst | "
        "least share | dwell | confirmed a year |", "|" + "---|" * 12,
    ]  # fmt: skip
    for name in _named(found, "choices"):
        for emission in regime_cells.EMISSIONS:
            rows = {row["k"]: row for row in found["cells", name, emission]}
            for criterion, (k, capped) in found["choices", name, emission].items():
                row = rows[k]
                lines.append(
                    f"| {name} | {emission} | {criterion} | {k} | {capped} | {row['heldout']:.3f} "
                    f"| {row['halves']:.2f} | {row['refits']:.2f} | {row['worst_refit']:.2f} | "
                    f"{row['min_occupancy']:.2f} | {row['median_dwell']:.0f} | "
                    f"{row['confirmed_switches']:.1f} |"
                )
    return lines


def _defaults_table(found: dict) -> list[str]:
    """Switches a year and QLIKE of each variant, with the difference to the defaults (t)."""
    names = _named(found, "defaults")
    known = [v for v in regime_defaults.VARIANTS if any(v in found["defaults", n] for n in names)]
    lines = []
    for kind in ("label", "probability"):
        lines += ["", f"by {kind}: switches a year, QLIKE less that of the defaults (t)", ""]
        lines += ["| variant | " + " | ".join(names) + " | mean |", "|" + "---|" * (len(names) + 2)]
        for variant in known:
            rows = [found["defaults", name].get(variant) for name in names]
            cells_ = [
                f"{row['switches']:.1f}, {row[f'd_{kind}']:+.4f} ({row[f't_{kind}']:+.1f})"
                if row
                else ""
                for row in rows
            ]
            mean = np.mean([row[f"d_{kind}"] for row in rows if row])
            lines.append(f"| {variant} | " + " | ".join(cells_) + f" | {mean:+.4f} |")
    lines += ["", "| agreement mean, worst | " + " | ".join(names) + " |"]
    lines.append("|" + "---|" * (len(names) + 1))
    for variant in known:
        rows = [found["defaults", name].get(variant) for name in names]
        shown = [f"{r['agreement']:.2f}, {r['worst_agreement']:.2f}" if r else "" for r in rows]
        lines.append(f"| {variant} | " + " | ".join(shown) + " |")
    lines += ["", "| QLIKE | " + " | ".join(names) + " |", "|" + "---|" * (len(names) + 1)]
    bases = [
        {**found["defaults", n]["defaults"], **found["defaults", n]["baselines"]} for n in names
    ]
    for key in [key for key in bases[0] if key.startswith("qlike")] if bases else []:
        values = [f"{base[key]:.3f}" for base in bases]
        lines.append(f"| {key.removeprefix('qlike_')} | " + " | ".join(values) + " |")
    return lines


def _timeframe_table(found: dict) -> list[str]:
    """Daily regimes against hourly ones, forecast of the next hour."""
    lines = [
        "",
        "| set | forecast of the next hour | switches a year | QLIKE | share of the gain |",
    ]
    lines.append("|---|---|---|---|---|")
    for name in _named(found, "timeframes"):
        for variant, row in found["timeframes", name].items():
            switches = "" if row["switches"] is None else f"{row['switches']:.1f}"
            cells_ = f"{switches} | {row['qlike']:.4f} | {row['gain_kept']:.0%}"
            lines.append(f"| {name} | {variant} | {cells_} |")
    return lines


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
