"""An invented honesty card in the shape that the honesty pipeline writes."""

LABELS = {
    "long_flat": "Long or flat by regime",
    "buy_and_hold": "Buy & hold",
    "volatility_threshold": "Volatility threshold",
    "ewma_target": "EWMA volatility target",
}


def honesty_card(names: tuple[str, ...]) -> dict:
    """Figures of one symbol; the top state falls more often and returns do not differ."""
    n = len(names)
    return {
        "start": "2009-01-05T21:00:00+00:00",
        "end": "2020-07-03T20:00:00+00:00",
        "timeframe": "1D",
        "bars": 3000,
        "n_draws": 1000,
        "n_shifts": 500,
        "volatility": _volatility(),
        "drawdowns": {
            "horizon": 20,
            "depth": 0.05,
            "bars": 2980,
            "share": 0.284,
            "states": [
                {"regime": name, "bars": 900 + k, "share": 0.16 + 0.2 * k,
                 "lower": 0.09 + 0.2 * k, "upper": 0.27 + 0.2 * k}
                for k, name in enumerate(names)
            ],
            "difference": 0.2 * (n - 1),
            "difference_lower": 0.1,
            "difference_upper": 0.61,
            "distinguishable": True,
            "brier": {
                "unconditional": {"skill": 0.156, "lower": 0.063, "upper": 0.245,
                                  "distinguishable": True},
                "volatility": {"skill": 0.028, "lower": -0.035, "upper": 0.091,
                               "distinguishable": False},
            },
        },
        "returns": {
            "horizon": 20,
            "bars": 2980,
            "mean": 0.0048,
            "mean_block": 60.0,
            "states": [
                {"regime": name, "bars": 900 + k, "mean": 0.003 - 0.004 * k,
                 "lower": -0.003 - 0.02 * k, "upper": 0.009 + 0.01 * k}
                for k, name in enumerate(names)
            ],
            "difference": -0.0073,
            "difference_lower": -0.0368,
            "difference_upper": 0.0213,
            "distinguishable": False,
        },
        "reaction": _reaction(names[-1]),
        "stability": _stability(names),
        "trading": _trading(),
        "tried": {
            "models": 8,
            "strategies": 4,
            "p_value": 0.829,
            "p_lower": 0.541,
            "p_upper": 0.937,
            "n_compared": 3,
            "best": "volatility_threshold",
            "n_rows": 3000,
            "bars_per_row": 1,
            "n_draws": 1000,
            "benchmark": "buy_and_hold",
            "compared": ["long_flat", "volatility_threshold", "ewma_target"],
        },
        "churn": {
            "rule": "long_flat",
            "raw": {"switches_per_year": 26.9, "turnover_per_year": 26.7,
                    "cost_per_year": 0.0187, "sharpe": 0.03},
            "confirmed": {"switches_per_year": 11.2, "turnover_per_year": 9.7,
                          "cost_per_year": 0.0068, "sharpe": 0.11},
        },
        "truth": _truth(n),
        "detectors": [
            {"detector": name, "n_states": n, "bars": 3000, "min_occupancy": 0.12,
             "switches_per_year": 3.4 + 4 * k, "median_dwell": 40.0, "agreement_mean": 0.9,
             "agreement_worst": 0.4, "loglik_per_bar": None if k else 2.93,
             "qlike": -8.1 - 0.01 * k}
            for k, name in enumerate(("hmm", "jump", "threshold"))
        ],
    }  # fmt: skip


def _volatility() -> dict:
    rows = [("ewma", 0.004, 0.036, 0.11), ("har", 0.083, 0.031, 2.71),
            ("garch", 0.033, 0.031, 1.03), ("threshold", -0.142, 0.034, -4.15)]  # fmt: skip
    return {
        "bars": 2999,
        "qlike": -8.15,
        "yardsticks": [
            {
                "name": name,
                "qlike": -8.15 - gap,
                "difference": gap,
                "lower": gap - 1.96 * error,
                "upper": gap + 1.96 * error,
                "t": t,
                "distinguishable": abs(t) > 1.96,
            }
            for name, gap, error, t in rows
        ],
    }


def _reaction(top: str) -> dict:
    return {
        "regime": top,
        "size": 0.1,
        "bars": 3000,
        "top_share": 0.17,
        "episodes": [
            {"start": "2011-05-02T20:00", "crossed": "2011-08-04T20:00", "end": "2012-02-07T21:00",
             "depth": -0.194, "bars": 37, "in_time": True},
            {"start": "2018-09-21T20:00", "crossed": "2018-11-23T18:00", "end": None,
             "depth": -0.183, "bars": None, "in_time": False},
        ],
        "n_shifts": 500,
        "median_bars": 64.5,
        "in_time_share": 0.5,
        "shifted_median_bars": 177.6,
        "shifted_in_time_share": 0.35,
        "p_value": 0.108,
    }  # fmt: skip


def _stability(names: tuple[str, ...]) -> dict:
    return {
        "revision_rate": 0.071,
        "refit_agreement_mean": 0.95,
        "refit_agreement_worst": 0.62,
        "n_refits": 40,
        "n_ambiguous_refits": 1,
        "overlap_mean": 0.623,
        "overlap_worst": 0.443,
        "overlap_pairs": 3,
        "overlap_window": 1810,
        "switches_raw": 26.9,
        "switches_confirmed": 11.2,
        "occupancy": [{"regime": name, "share": 1 / len(names)} for name in names],
        "min_occupancy": 1 / len(names),
    }


def _trading() -> dict:
    figures = {
        "sharpe": 0.3,
        "cagr": 0.025,
        "volatility": 0.1,
        "max_drawdown": -0.277,
        "exposure": 0.77,
        "average_weight": 0.643,
        "turnover_per_year": 7.2,
        "cost_per_year": 0.005,
    }
    gaps = {"buy_and_hold": (-0.021, -0.234, 0.182), "ewma_target": (-0.293, -0.469, -0.077)}
    return {
        "name": "long_flat",
        **figures,
        "others": [
            {"name": name, **figures, "sharpe_difference": gap, "lower": low, "upper": high,
             "distinguishable": high < 0}
            for name, (gap, low, high) in gaps.items()
        ],
        "random_timing": {"p_value": 0.353, "draws": 500},
        "labels": LABELS,
    }  # fmt: skip


def _truth(n_states: int) -> dict:
    scores = {
        "filtered": (0.9697, 1.0, 0.029, 1.985, 0.301),
        "confirmed": (0.9618, 2.0, 0.073, 0.956, 0.038),
        "smoothed": (0.991, 0.0, 0.066, 0.949, 0.131),
    }
    keys = ("accuracy", "median_delay", "missed_share", "switches_per_true", "false_share")
    return {
        "n_states": n_states,
        "runs": 3,
        "bars": 5997,
        "true_switches": 137,
        "stay": 0.98,
        **{kind: dict(zip(keys, values, strict=True)) for kind, values in scores.items()},
    }
