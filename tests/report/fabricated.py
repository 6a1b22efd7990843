"""Invented artifacts of a run with two symbols, in the shapes the other rooms write."""

import datetime as dt

import numpy as np
import polars as pl

from .fabricated_card import honesty_card
from .fabricated_labels import label_figures

NAMES = {2: ("Calm", "Stress"), 3: ("Calm", "Choppy", "Stress")}
VOLS = {2: (0.008, 0.022), 3: (0.006, 0.011, 0.024)}
STRATEGIES = (
    ("long_flat", "Long or flat by regime", "strategy"),
    ("long_flat_short", "Long, flat, short by regime", "strategy"),
    ("probability_weighted", "Weighted by regime probability", "strategy"),
    ("volatility_target", "Regime volatility target", "strategy"),
    ("buy_and_hold", "Buy & hold", "baseline"),
    ("volatility_threshold", "Volatility threshold", "baseline"),
    ("ewma_target", "EWMA volatility target", "baseline"),
)


def weekdays(n: int, start: dt.datetime = dt.datetime(2009, 1, 5, 21, tzinfo=dt.UTC)) -> list:
    days = (start + dt.timedelta(days=k) for k in range(2 * n))
    return [day for day in days if day.weekday() < 5][:n]


def hidden_states(rng: np.random.Generator, n: int, k: int) -> np.ndarray:
    states = np.zeros(n, dtype=int)
    for t in range(1, n):
        move = rng.random() < (0.03 if states[t - 1] == 0 else 0.05)
        step = rng.choice([-1, 1]) if move else 0
        states[t] = np.clip(states[t - 1] + step, 0, k - 1)
    return states


def fabricate(symbol: str, n_states: int, seed: int, n_bars: int = 3000) -> dict:
    """All artifacts of one symbol, as tables and dictionaries."""
    rng = np.random.default_rng(seed)
    ts, names = weekdays(n_bars), NAMES[n_states]
    true = hidden_states(rng, n_bars, n_states)
    ret = 0.0004 + np.array(VOLS[n_states])[true] * rng.standard_normal(n_bars)
    score = rng.normal(0, 0.6, (n_bars, n_states)) + 4.0 * np.eye(n_states)[true]
    p = np.exp(score) / np.exp(score).sum(axis=1, keepdims=True)
    state = p.argmax(axis=1)
    confirmed = state.copy()
    for t in range(1, n_bars):
        if p[t].max() < 0.95:
            confirmed[t] = confirmed[t - 1]
    key = {"symbol": [symbol] * n_bars, "ts": ts}
    close = 100 * np.cumprod(1 + ret)
    return {
        "bars": pl.DataFrame({**key, "close": close}, schema_overrides=_UTC),
        "regimes": _regimes(key, p, state, confirmed, names),
        "equity": _equity(key, ret, confirmed, n_states),
        "bands": _bands(key, close, rng),
        "performance": _performance(ts, n_states, rng),
        "states": _characteristics(names, confirmed, p),
        "grid": _grid(symbol, n_states),
        "profile": _profile(symbol),
    }


_UTC = {"ts": pl.Datetime("us", "UTC")}


def _regimes(key, p, state, confirmed, names):
    columns = {f"p_state_{k}": p[:, k] for k in range(p.shape[1])}
    return pl.DataFrame(
        {
            **key,
            "state": state,
            "regime": [names[k] for k in state],
            **columns,
            "confirmed_state": confirmed,
            "confirmed_regime": [names[k] for k in confirmed],
            "zone": ["evaluation"] * len(state),
            "refit_id": np.arange(len(state)) // 125,
        },
        schema_overrides={**_UTC, "state": pl.Int16, "confirmed_state": pl.Int16},
    )


def _equity(key, ret, confirmed, n_states):
    frames = []
    for name, _, _ in STRATEGIES:
        held = np.ones(len(ret))
        if name != "buy_and_hold":
            held = np.append([0.0, 0.0], (confirmed < n_states - 1)[:-2].astype(float))
        turnover = np.abs(np.diff(held, prepend=0.0))
        net = (1 + held * ret) * (1 - turnover * 7e-4) - 1
        equity = np.cumprod(1 + net)
        frames.append(
            pl.DataFrame(
                {
                    **key,
                    "strategy": [name] * len(ret),
                    "held": held,
                    "ret": net,
                    "ret_gross": held * ret,
                    "turnover": turnover,
                    "cost": turnover * 7e-4,
                    "equity": equity,
                    "drawdown": equity / np.maximum.accumulate(equity) - 1,
                },
                schema_overrides=_UTC,
            )
        )
    return pl.concat(frames)


def _bands(key, close, rng):
    spread = np.sqrt(np.arange(len(close)) / 252) * 0.14
    middle = (close / close[0]) ** 0.75
    return pl.DataFrame(
        {**key, "lower": middle * np.exp(-spread), "upper": middle * np.exp(spread)},
        schema_overrides=_UTC,
    )


def _performance(ts, n_states, rng):
    strategies = {}
    for k, (name, label, kind) in enumerate(STRATEGIES):
        sharpe = round(0.62 - 0.05 * k + 0.02 * n_states, 3)
        difference = round(sharpe - (0.42 + 0.02 * n_states), 3)
        strategies[name] = {
            "label": label,
            "kind": kind,
            "sharpe": sharpe,
            "sharpe_interval": [sharpe - 0.48, sharpe + 0.52],
            "sharpe_difference": difference,
            "sharpe_difference_interval": [difference - 0.41, difference + 0.43],
            "cagr": 0.051 + 0.004 * k,
            "volatility": 0.11 + 0.01 * k,
            "sortino": sharpe * 1.4,
            "calmar": 0.2 + 0.01 * k,
            "max_drawdown": -0.55 if name == "buy_and_hold" else -0.29 - 0.01 * k,
            "exposure": 1.0 if name == "buy_and_hold" else 0.77,
            "turnover_per_year": 0.1 if name == "buy_and_hold" else 5.8,
            "cost_per_year": 0.0001 if name == "buy_and_hold" else 0.004,
            "switches_per_year": 0.0 if name == "buy_and_hold" else 12.6,
            "hit_rate": 0.53,
        }
    strategies["buy_and_hold"].update(sharpe_difference=None, sharpe_difference_interval=None)
    bps = list(range(0, 51, 5))
    top = strategies["long_flat"]["sharpe"] + 0.03
    years = sorted({t.year for t in ts})
    return {
        "span": {"start": str(ts[0]), "end": str(ts[-1]), "bars": len(ts)},
        "chosen": "long_flat",
        "strategies": strategies,
        "random_timing": {"p_value": 0.204, "draws": 600},
        "deflated_sharpe": {
            "value": 0.853,
            "n_trials": 24,
            "trial_sharpe_variance": 0.0027024,
            "variant": "2014",
        },
        "cost_curve": {
            "bps": bps,
            "sharpe": [top - 0.0048 * b for b in bps],
            "lower": [top - 0.5 - 0.0048 * b for b in bps],
            "upper": [top + 0.5 - 0.0048 * b for b in bps],
            "assumed_bps": 7.0,
            "break_even_bps": None,
            "break_even_vs_benchmark_bps": 41.7,
        },
        "by_regime": [
            {
                "regime": name,
                "share": 1 / n_states,
                "strategy_return": 0.09 - 0.04 * k,
                "benchmark_return": 0.08 - 0.01 * k,
                "strategy_sharpe": 0.9 - 0.5 * k,
                "benchmark_sharpe": 0.8 - 0.3 * k,
            }
            for k, name in enumerate(NAMES[n_states])
        ],
        "years": [
            {"year": y, "strategy": rng.normal(0.05, 0.1), "benchmark": rng.normal(0.07, 0.15)}
            for y in years
        ],
        "months": [
            {"year": y, "month": m, "strategy": rng.normal(0.004, 0.03)}
            for y in years
            for m in range(1, 13)
        ],
        "worst_drawdowns": [
            {"start": "2011-05-02", "trough": "2011-10-03", "end": "2012-02-07", "depth": -0.29},
            {"start": "2018-09-21", "trough": "2018-12-24", "end": None, "depth": -0.18},
        ],
        "conventions": [
            {"name": "Periods a year", "value": 252},
            {"name": "Standard deviation", "value": "ddof = 1"},
            {"name": "Deflated Sharpe", "value": "2014 variant"},
        ],
        "notes": {
            "break_even_bps": "the net Sharpe stays above zero up to 50 bp",
            "strategies.buy_and_hold.sharpe_difference": "it is the benchmark",
        },
    }


def _characteristics(names, confirmed, p):
    return [
        {
            "state": k,
            "regime": name,
            "share": float((confirmed == k).mean()),
            "mean_annual": 0.087 + 0.03 * k,
            "mean_lower": 0.01 - 0.12 * k,
            "mean_upper": 0.17 + 0.17 * k,
            "vol_annual": (0.095, 0.174, 0.38)[k],
            "median_bars": 25 - 7 * k,
            "expected_bars": 41.0 - 10 * k,
            "spells": 56 + 20 * k,
            "now": float(p[-1, k]),
        }
        for k, name in enumerate(names)
    ]


def _grid(symbol, n_states):
    return [
        {
            "symbol": symbol,
            "n_states": k,
            "covariance_type": kind,
            "n_parameters": 8 * k + (3 if kind == "full" else 0),
            "loglik_train": 9000.0 + 300 * k,
            "loglik_validation": 4000.0 + 90 * k,
            "aic": -18000.0 - 600 * k,
            "bic": -17900.0 - 550 * k - (40 if kind == "full" else 0),
            "n_iter": 61,
            "converged": True,
            "hit_rate": 0.4,
            "min_occupancy": 0.21,
            "selected": (k, kind) == (n_states, "full"),
        }
        for k in (2, 3)
        for kind in ("diag", "full")
        if k <= n_states
    ]


def _profile(symbol):
    return [
        {**_grid(symbol, 3)[1], "n_states": k, "bic": -17940.0 - 550 * k + 20 * k * k}
        | {"selected": False}
        for k in (4, 5, 6, 7, 8)
    ]


def make_inputs(symbols: dict[str, int] | None = None, n_bars: int = 3000) -> dict:
    """Keyword arguments of `build_payload`."""
    symbols = symbols or {"SP500": 3, "NASDAQ": 2}
    parts = {s: fabricate(s, k, 11 + i, n_bars) for i, (s, k) in enumerate(symbols.items())}
    stay = {2: [[0.97, 0.03], [0.05, 0.95]]}
    stay[3] = [[0.976, 0.024, 0.0004], [0.03, 0.937, 0.033], [0.0002, 0.047, 0.9528]]
    return {
        "meta": {
            "run_at": "2026-11-20T15:40:12Z",
            "code": "4f2a91c0d",
            "data": "9be07d3aa",
            "version": "0.1.0",
            "timeframe": "1D",
            "label_threshold": 0.95,
            "refit_every": 63,
            "costs": {"fee_bps": 5.0, "slippage_bps": 2.0, "fill": "next_close", "cash_rate": 0.0},
            "interval": "Stationary bootstrap, mean block 20, 1,000 draws.",
            "observations": ["close_logret_current_1D", "log_halfrange_current_1D"],
            "parameters": {"hmm": {"n_init": 10, "sticky": 0.5}, "backtest": {"fee_bps": 5.0}},
            "caveats": ["Invented figures."],
        },
        "zones": pl.DataFrame(
            {
                "zone": ["selection", "evaluation", "holdout"],
                "start": [
                    dt.datetime(1999, 1, 4),
                    dt.datetime(2009, 1, 5),
                    dt.datetime(2020, 7, 6),
                ],
                "end": [
                    dt.datetime(2008, 12, 31),
                    dt.datetime(2020, 7, 3),
                    dt.datetime(2022, 7, 1),
                ],
            }
        ),
        "quality": {"symbols": {s: quality() for s in symbols}},
        "performance": {s: part["performance"] for s, part in parts.items()},
        "regimes": pl.concat([part["regimes"] for part in parts.values()], how="diagonal"),
        "bars": pl.concat([part["bars"] for part in parts.values()]),
        "equity": pl.concat([part["equity"] for part in parts.values()]),
        "bands": pl.concat([part["bands"] for part in parts.values()]),
        "diagnostics": {s: {"transmat": stay[k]} for s, k in symbols.items()},
        "selection": pl.DataFrame([row for part in parts.values() for row in part["grid"]]),
        "profile": pl.DataFrame([row for part in parts.values() for row in part["profile"]]),
        "strategy_selection": pl.DataFrame(
            [
                {
                    "symbol": s,
                    "strategy": name,
                    "start": "2003-01-02",
                    "end": "2008-12-31",
                    "sharpe": 0.7 - 0.1 * k,
                    "cagr": 0.05,
                    "max_drawdown": -0.204,
                    "turnover_per_year": 6.1,
                    "selected": k == 0,
                }
                for s in symbols
                for k, (name, _, kind) in enumerate(STRATEGIES)
                if kind == "strategy"
            ]
        ),
        "characteristics": {s: part["states"] for s, part in parts.items()},
        "honesty": {
            s: {
                "revision_rate": 0.071,
                "refit_agreement_mean": 0.95,
                "refit_agreement_worst": 0.62,
                "switches_per_year": 11.2,
            }
            for s in symbols
        },
        "cards": {s: honesty_card(NAMES[k]) for s, k in symbols.items()},
        "targets": {s: label_figures() for s in symbols},
    }


def quality() -> dict:
    """Findings in the form and words of the quality gate."""
    years = ("1999-01-05T21:00:00+00:00", "2006-12-29T21:00:00+00:00")
    day = ("2001-02-14T21:00:00+00:00", "2001-02-14T21:00:00+00:00")
    checks = [
        ("order", "ok", "rows are in time order", "", 0, (None, None)),
        ("repeated rows", "warn", "1 row quarantined", "The source gives it twice.", 1, day),
        ("gaps", "ok", "52 of 5,849 scheduled bars are missing (0.9%)", "", 52, years),
        ("stale opens", "warn", "43% of opens equal the previous close",
         "Opens repeat the previous close too often in 1999-2006; fill at the close.", 1994, years),
        ("volume", "ok", "present", "", 0, (None, None)),
    ]  # fmt: skip
    return {
        "rows": 5849,
        "kept": 5848,
        "quarantined": 1,
        "first": "1999-01-04T21:00:00Z",
        "last": "2020-07-03T20:00:00Z",
        "reasons": {"repeated rows": 1},
        "checks": [
            {
                "check": check,
                "severity": severity,
                "result": result,
                "note": note,
                "rows": rows,
                "first": first,
                "last": last,
            }
            for check, severity, result, note, rows, (first, last) in checks
        ],
    }
