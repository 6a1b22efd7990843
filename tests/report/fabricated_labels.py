"""Invented figures of the labels of one symbol, in the shape that `label_summary` gives."""

from typing import Any


def label_figures() -> dict[str, Any]:
    zones = {
        "selection": _zone("1999-01-04", "2008-12-31", (1200, 20, 780), uniqueness=0.125),
        "evaluation": _zone("2009-01-05", "2020-05-29", (1400, 30, 1570), uniqueness=0.15),
    }
    whole = _zone("1999-01-04", "2020-05-29", (2600, 50, 2350), uniqueness=0.14)
    settings = {
        "horizon": 24, "upper": 2.0, "lower": 1.5, "atr_window": 14, "threshold_horizon": 12,
        "fill": "next_close", "cost_bps": 7.0, "slippage_ticks": None, "commission": None,
        "shifted": False,
    }  # fmt: skip
    return {**whole, "zones": zones, "settings": settings}


def _zone(first: str, last: str, counts: tuple[int, int, int], uniqueness: float) -> dict[str, Any]:
    rows = sum(counts)
    barriers = {"upper": rows // 2, "lower": rows // 2 - 40, "time": 30, "both": 10}
    return {
        "rows": rows + 20,
        "first": f"{first}T21:00:00+00:00",
        "last": f"{last}T20:00:00+00:00",
        "label": {
            "rows": rows,
            "counts": dict(zip(("1", "0", "-1"), counts, strict=True)),
            "shares": {
                key: count / rows for key, count in zip(("1", "0", "-1"), counts, strict=True)
            },
            "barriers": barriers,
            "barrier_shares": {name: count / rows for name, count in barriers.items()},
            "mean_bars": 9.84,
            "average_uniqueness": uniqueness,
            "mean_ret_net": 0.0261,
        },
        "thresholds": {
            f"{side}_{move}": {"rows": rows + 4, "positive_share": share, "mean_bars": 12.0}
            for move, shares in (("0_5pct", (0.93, 0.9)), ("5pct", (0.24, 0.27)))
            for side, share in zip(("up", "down"), shares, strict=True)
        },
        "forward": {
            "fwd_ret_1": {"rows": rows + 20, "mean": -0.0012, "std": 0.0124},
            "fwd_ret_24": {"rows": rows + 4, "mean": 0.003, "std": 0.0499},
        },
    }
