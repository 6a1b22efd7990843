"""performance: every figure of one symbol's backtest as one JSON-able dictionary."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from regime_factory.backtest.accounting import Execution
from regime_factory.backtest.baselines import BaselineRule
from regime_factory.backtest.breakdown import calendar_returns, regime_breakdown, worst_drawdowns
from regime_factory.backtest.checks import require_columns
from regime_factory.backtest.conventions import conventions
from regime_factory.backtest.costs import DEFAULT_BPS, cost_curve
from regime_factory.backtest.timing import RandomTiming, random_timing
from regime_factory.bars import PriceConvention
from regime_factory.evaluation import (
    DEFLATED_SHARPE_VARIANT,
    annual_volatility,
    cagr,
    calmar_ratio,
    deflated_sharpe_ratio,
    hit_rate,
    kurtosis,
    max_drawdown,
    sharpe_ratio,
    skewness,
    sortino_ratio,
    stationary_bootstrap_sharpe,
)

BASELINES: tuple[BaselineRule, ...] = ("buy_and_hold", "volatility_threshold", "ewma_target")
LABELS: dict[str, str] = {
    "long_flat_short": "Long, flat, short by regime",
    "long_flat": "Long or flat by regime",
    "probability_weighted": "Weighted by regime probability",
    "volatility_target": "Regime volatility target",
    "buy_and_hold": "Buy & hold",
    "volatility_threshold": "Volatility threshold",
    "ewma_target": "EWMA volatility target",
}
_EQUITY = ("symbol", "ts", "strategy", "held", "target", "ret", "turnover", "cost")


def performance(
    equity: pl.DataFrame,
    bars: pl.DataFrame,
    *,
    chosen: str,
    execution: Execution,
    benchmark: str = "buy_and_hold",
    baselines: Sequence[str] = BASELINES,
    labels: Mapping[str, str] = LABELS,
    regimes: pl.DataFrame | None = None,
    n_trials: int | None = None,
    trial_sharpe_variance: float | None = None,
    timing: RandomTiming | None = None,
    bps: Sequence[float] = DEFAULT_BPS,
    n_draws: int = 1000,
    n_shifts: int = 500,
    mean_block: float | None = None,
    seed: int = 0,
    prices: PriceConvention | None = None,
) -> dict[str, Any]:
    """Judge every strategy of one symbol over the span of its equity table.

    Parameters
    ----------
    equity : polars.DataFrame
        Equity of one symbol from :func:`run_backtest`, over the span to judge; every strategy on
        the same bars.
    bars : polars.DataFrame
        The bars it was run on.
    chosen : str
        The strategy that was chosen before this span.
    execution : Execution
        The settings it was run with.
    benchmark : str, default="buy_and_hold"
        What the others are compared with.
    baselines : sequence of str
        Strategies of kind "baseline".
    labels : mapping
        Readable name of each strategy.
    regimes : polars.DataFrame, optional
        Regimes of the symbol, for ``by_regime``.
    n_trials, trial_sharpe_variance : optional
        From :func:`choose_strategy`; the deflated Sharpe ratio is null without them.
    timing : RandomTiming, optional
        Of the chosen strategy, where it was computed already.
    bps : sequence of float
        Grid of the cost curve, per side.
    n_draws, n_shifts : int
        Bootstrap draws of each interval; random shifts.
    mean_block : float, optional
        Mean block of the bootstrap, in bars.
    seed : int, default=0
        Seed of draws and shifts.
    prices : PriceConvention, optional
        What the prices of the bars are; without it they are said to be taken as given.

    Returns
    -------
    dict
        ``symbol, span, chosen, benchmark, prices, strategies, random_timing, deflated_sharpe,
        cost_curve, by_regime, years, months, worst_drawdowns, conventions, notes``. A figure that
        does not exist is None and ``notes`` maps its dotted name to the reason.

    Raises
    ------
    ValueError
        If the equity is of several symbols, a strategy is missing, or the strategies stand on
        different bars.
    """
    names = _check_equity(equity, (chosen, benchmark))
    parts = {name: equity.filter(strategy=name) for name in names}
    theirs = parts[benchmark]["ret"].to_numpy()
    notes: dict[str, str] = {}
    settings = {"n_draws": n_draws, "mean_block": mean_block, "seed": seed}
    strategies = {}
    for name, own in parts.items():
        figures = strategy_figures(
            own, theirs, execution, is_benchmark=name == benchmark, **settings
        )
        kind = "baseline" if name in baselines else "strategy"
        strategies[name] = {"label": labels.get(name, name), "kind": kind, **figures}
        notes |= _reasons(f"strategies.{name}", figures, is_benchmark=name == benchmark)
    ours = parts[chosen]["ret"].to_numpy()
    timing = timing or random_timing(bars, equity, chosen, execution, n_shifts=n_shifts, seed=seed)
    deflated = _deflated(ours, execution, n_trials, trial_sharpe_variance)
    notes |= {"deflated_sharpe.value": deflated.pop("note")} if "note" in deflated else {}
    curve = cost_curve(bars, equity, chosen, execution, benchmark=benchmark, bps=bps, **settings)
    notes |= {f"cost_curve.{name}": note for name, note in curve.pop("notes").items()}
    by_regime = []
    if regimes is None:
        notes["by_regime"] = "no regimes were given"
    else:
        by_regime = regime_breakdown(equity, regimes, chosen, execution, benchmark=benchmark)
    years, months = calendar_returns(equity, chosen, benchmark=benchmark)
    ts = parts[chosen]["ts"]
    return {
        "symbol": str(equity["symbol"][0]),
        "span": {"start": ts[0].isoformat(), "end": ts[-1].isoformat(), "bars": ts.len()},
        "chosen": chosen,
        "benchmark": benchmark,
        "prices": None if prices is None else prices.manifest(),
        "strategies": strategies,
        "random_timing": {"p_value": timing.p_value, "draws": timing.n_shifts},
        "deflated_sharpe": deflated,
        "cost_curve": curve,
        "by_regime": by_regime,
        "years": years,
        "months": months,
        "worst_drawdowns": worst_drawdowns(ts, ours),
        "conventions": conventions(execution, ts.len(), n_draws, mean_block, prices),
        "notes": notes,
    }


def strategy_figures(
    own: pl.DataFrame,
    benchmark_ret: np.ndarray,
    execution: Execution,
    *,
    is_benchmark: bool = False,
    n_draws: int = 1000,
    mean_block: float | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Figures of one strategy, each None where it does not exist.

    Parameters
    ----------
    own : polars.DataFrame
        Equity rows of one strategy.
    benchmark_ret : numpy.ndarray, shape (n_bars,)
        Net returns of the benchmark on the same bars.
    execution : Execution
        Bars a year and the cash rate, which is the risk-free rate here.
    is_benchmark : bool, default=False
        Whether this is the benchmark itself, which has no difference to it.
    n_draws, mean_block, seed
        Of the bootstrap.

    Returns
    -------
    dict
        ``sharpe, sharpe_interval, sharpe_difference, sharpe_difference_interval, cagr,
        volatility, sortino, calmar, max_drawdown, exposure, average_weight, turnover_per_year,
        cost_per_year, switches_per_year, hit_rate``. ``hit_rate`` counts bars with a position; a
        switch is a change of the target weight.
    """
    ret, held = own["ret"].to_numpy(), own["held"].to_numpy()
    years, cash = execution.periods_per_year, execution.cash_rate
    found = stationary_bootstrap_sharpe(
        ret,
        None if is_benchmark else benchmark_ret,
        periods_per_year=years,
        n_draws=n_draws,
        mean_block=mean_block,
        risk_free=cash,
        seed=seed,
    )
    switches = np.count_nonzero(np.diff(own["target"].to_numpy(), prepend=0.0))
    return {
        "sharpe": _number(sharpe_ratio(ret, years, risk_free=cash)),
        "sharpe_interval": [_number(found.lower), _number(found.upper)],
        "sharpe_difference": _number(found.difference),
        "sharpe_difference_interval": [
            _number(found.difference_lower),
            _number(found.difference_upper),
        ],
        "cagr": _number(cagr(ret, years)),
        "volatility": _number(annual_volatility(ret, years)),
        "sortino": _number(sortino_ratio(ret, years, risk_free=cash)),
        "calmar": _number(calmar_ratio(ret, years)),
        "max_drawdown": _number(max_drawdown(ret)),
        "exposure": float(np.mean(held != 0.0)),
        "average_weight": float(np.mean(np.abs(held))),
        "turnover_per_year": float(own["turnover"].to_numpy().mean() * years),
        "cost_per_year": float(own["cost"].to_numpy().mean() * years),
        "switches_per_year": float(switches / ret.size * years),
        "hit_rate": _number(hit_rate(ret, held)),
    }


def _check_equity(equity: pl.DataFrame, needed: tuple[str, ...]) -> list[str]:
    require_columns(equity, _EQUITY, "equity")
    if equity["symbol"].n_unique() != 1:
        raise ValueError(
            f"equity holds {equity['symbol'].n_unique()} symbols; judge one symbol at a time"
        )
    names = equity["strategy"].unique(maintain_order=True).to_list()
    for name in needed:
        if name not in names:
            raise ValueError(f"no equity for strategy {name!r}; the table holds {', '.join(names)}")
    stamps = equity.filter(strategy=needed[0])["ts"]
    for name in names:
        if not equity.filter(strategy=name)["ts"].equals(stamps):
            raise ValueError(
                f"strategies {needed[0]!r} and {name!r} stand on different bars; "
                "run them on the same span"
            )
    return names


def _deflated(
    ret: np.ndarray, execution: Execution, n_trials: int | None, variance: float | None
) -> dict[str, Any]:
    result: dict[str, Any] = {
        "value": None,
        "n_trials": n_trials,
        "trial_sharpe_variance": variance,
        "variant": DEFLATED_SHARPE_VARIANT,
    }
    sharpe = sharpe_ratio(ret - execution.rate_per_bar, 1.0)
    if n_trials is None or variance is None:
        return result | {"note": "the number of trials and their variance were not given"}
    if not math.isfinite(sharpe):
        return result | {"note": "the returns never vary, so there is no Sharpe ratio"}
    result["value"] = deflated_sharpe_ratio(
        sharpe,
        n_obs=ret.size,
        n_trials=n_trials,
        trial_variance=variance,
        skew=skewness(ret),
        kurtosis=kurtosis(ret),
    )
    return result


def _reasons(where: str, figures: Mapping[str, Any], *, is_benchmark: bool) -> dict[str, str]:
    reasons = {
        "sharpe": "the returns never vary",
        "sortino": "no bar lost money",
        "calmar": "there was no drawdown",
        "hit_rate": "no position was ever held",
        "sharpe_difference": "it is the benchmark" if is_benchmark else "a Sharpe ratio is missing",
    }
    return {f"{where}.{key}": why for key, why in reasons.items() if figures[key] is None}


def _number(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None
