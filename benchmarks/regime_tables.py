"""The tables of the regime study in Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import mean
from typing import Any

from benchmarks.regime_cells import EMISSIONS
from benchmarks.regime_defaults import VARIANTS

Found = Mapping[tuple[str, ...], Any]
_CELL = {
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


def tables(found: Found) -> str:
    """All tables for which there are figures."""
    parts = (
        (emission_table, "cells"),
        (emission_counts, "cells"),
        (criteria_table, "choices"),
        (criteria_means, "choices"),
        (label_table, "defaults"),
        (probability_table, "defaults"),
        (agreement_table, "defaults"),
        (forecast_table, "defaults"),
        (timeframe_table, "timeframes"),
    )
    return "\n\n".join(make(found) for make, kind in parts if names(found, kind))


def names(found: Found, kind: str) -> list[str]:
    """Sets for which a part was measured."""
    return list(dict.fromkeys(part[1] for part in found if part[0] == kind))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """One table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _pairs(found: Found, name: str) -> list[tuple[dict, dict]]:
    """Gaussian and Student-t of each number of states."""
    return list(zip(*(found["cells", name, emission] for emission in EMISSIONS), strict=True))


def emission_table(found: Found) -> str:
    """Gaussian / Student-t, one row per set and K."""
    rows = [
        [name, str(a["k"]), *(f"{a[key]:{form}} / {b[key]:{form}}" for key, form in _CELL.values())]
        for name in names(found, "cells")
        for a, b in _pairs(found, name)
    ]
    return table(["set", "K", *_CELL], rows)


def emission_counts(found: Found) -> str:
    """In how many cells Student-t has the larger figure, and the mean difference."""
    rows = []
    for states in ((2, 3), (4, 5, 6)):
        pairs = [
            (a, b)
            for name in names(found, "cells")
            if " by " not in name
            for a, b in _pairs(found, name)
            if a["k"] in states
        ]
        if not pairs:
            continue
        for title in ("held-out per bar", "switches a year", "confirmed", "halves", "refits"):
            key = _CELL[title][0]
            more = sum(b[key] > a[key] for a, b in pairs)
            gap = mean(b[key] - a[key] for a, b in pairs)
            change = mean(b[key] / a[key] - 1 for a, b in pairs)
            label = " to ".join(map(str, (states[0], states[-1])))
            rows.append([label, title, f"{more} of {len(pairs)}", f"{gap:+.3f}", f"{change:+.0%}"])
    return table(["K", "figure", "larger with Student-t", "mean difference", "mean change"], rows)


def criteria_table(found: Found) -> str:
    """The number of states that each criterion takes, of 2 to 6 and of 2 to 3."""
    criteria = list(next(value for part, value in found.items() if part[0] == "choices"))
    rows = [
        [name, emission, *(" or ".join(map(str, chosen[c])) for c in criteria)]
        for name in names(found, "choices")
        for emission in EMISSIONS
        for chosen in [found["choices", name, emission]]
    ]
    return table(["set", "emission", *criteria], rows)


def criteria_means(found: Found) -> str:
    """Figures of what each criterion takes of 2 to 6, mean over the sets as they come."""
    kept = ("heldout", "halves", "refits", "worst_refit", "min_occupancy", "confirmed_dwell")
    chosen: dict[tuple[str, str], list[dict]] = {}
    for name in names(found, "choices"):
        if " by " in name:
            continue
        for emission in EMISSIONS:
            cells = {row["k"]: row for row in found["cells", name, emission]}
            fixed = {"K = 2": 2, "K = 3": 3}
            taken = {c: k[0] for c, k in found["choices", name, emission].items()}
            for criterion, k in (taken | fixed).items():
                chosen.setdefault((emission, criterion), []).append(cells[k])
    rows = [
        [
            *key,
            f"{mean(c['k'] for c in cells):.1f}",
            *(f"{mean(c[f] for c in cells):.2f}" for f in kept),
        ]
        for key, cells in chosen.items()
    ]
    return table(["emission", "criterion", "mean K", *kept], rows)


def _variants(found: Found) -> list[tuple[str, list[dict | None]]]:
    """Figures of each variant on each set, None where it was not measured."""
    by_set = [found["defaults", name] for name in names(found, "defaults")]
    known = [name for name in VARIANTS if any(name in figures for figures in by_set)]
    return [(name, [figures.get(name) for figures in by_set]) for name in known]


def _losses(found: Found, kind: str, show: str) -> str:
    rows = []
    for variant, figures in _variants(found):
        cells = [
            show.format(s=f["switches"], d=f[f"d_{kind}"], t=f[f"t_{kind}"]) if f else ""
            for f in figures
        ]
        average = mean(f[f"d_{kind}"] for f in figures if f)
        rows.append([variant, *cells, f"{average:+.4f}"])
    return table([f"by {kind}", *names(found, "defaults"), "mean"], rows)


def label_table(found: Found) -> str:
    """Switches a year of the confirmed label; QLIKE by label less that of the defaults, and t."""
    return _losses(found, "label", "{s:.1f}, {d:+.3f} ({t:+.1f})")


def probability_table(found: Found) -> str:
    """QLIKE of the probability-weighted forecast less that of the defaults, and t."""
    return _losses(found, "probability", "{d:+.3f} ({t:+.1f})")


def agreement_table(found: Found) -> str:
    """Adjusted Rand of consecutive refits: mean, worst."""
    rows = [
        [
            variant,
            *(f"{f['agreement']:.2f}, {f['worst_agreement']:.2f}" if f else "" for f in figures),
        ]
        for variant, figures in _variants(found)
    ]
    return table(["agreement", *names(found, "defaults")], rows)


def forecast_table(found: Found) -> str:
    """QLIKE of the defaults beside that of the plain forecasts, same rows."""
    shown = ("label", "probability", "ewma", "har", "garch", "threshold", "flat")
    sets = [found["defaults", name] for name in names(found, "defaults")]
    bases = [{**figures["defaults"], **figures["baselines"]} for figures in sets]
    rows = [[name, *(f"{base[f'qlike_{name}']:.3f}" for base in bases)] for name in shown]
    return table(["QLIKE", *names(found, "defaults")], rows)


def timeframe_table(found: Found) -> str:
    """Daily regimes against hourly ones: forecast of the next hour."""
    rows = [
        [
            name,
            variant,
            "" if row["switches"] is None else f"{row['switches']:.0f}",
            f"{row['qlike']:.3f}",
            f"{row['gain_kept']:.0%}",
        ]
        for name in names(found, "timeframes")
        for variant, row in found["timeframes", name].items()
    ]
    return table(["set", "regime", "switches a year", "QLIKE", "share of the gain"], rows)
