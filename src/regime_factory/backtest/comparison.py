"""A strategy beside the rules it has to beat, all mappings at once, and what flickering costs."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import polars as pl

from regime_factory.backtest.accounting import Execution
from regime_factory.backtest.checks import require_columns
from regime_factory.backtest.engine import run_backtest
from regime_factory.backtest.performance import strategy_figures
from regime_factory.backtest.regime_rules import RegimeRule, regime_positions
from regime_factory.evaluation import superior_ability

_SHOWN = (
    "sharpe", "cagr", "volatility", "max_drawdown", "exposure", "average_weight",
    "turnover_per_year", "cost_per_year",
)  # fmt: skip
_LABEL_RULES = ("long_flat", "long_flat_short")


def strategy_differences(
    equity: pl.DataFrame,
    chosen: str,
    others: Sequence[str],
    execution: Execution,
    *,
    n_draws: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """Compare a strategy with each of several others on the same bars.

    Parameters
    ----------
    equity : polars.DataFrame
        Equity of one symbol over the span to judge.
    chosen : str
        The strategy.
    others : sequence of str
        What it is compared with, for example ``buy_and_hold`` and ``ewma_target``.
    execution : Execution
        Bars a year and the cash rate.
    n_draws, seed
        Of the bootstrap.

    Returns
    -------
    dict
        ``name`` and figures of the strategy, and ``others``: for each its name and figures, and
        ``sharpe_difference, lower, upper`` of the strategy minus it (95 %, paired draws) and
        ``distinguishable``; None where a Sharpe ratio does not exist. Figures: ``sharpe, cagr,
        volatility, max_drawdown, exposure, average_weight, turnover_per_year, cost_per_year``.

    Raises
    ------
    ValueError
        If a strategy has no equity.
    """
    require_columns(equity, ("strategy", "ret", "held", "target", "turnover", "cost"), "equity")
    settings = {"n_draws": n_draws, "seed": seed}
    ours = _equity_of(equity, chosen)
    rows = []
    for name in others:
        theirs = _equity_of(equity, name)
        found = strategy_figures(ours, theirs["ret"].to_numpy(), execution, **settings)
        alone = strategy_figures(
            theirs, theirs["ret"].to_numpy(), execution, is_benchmark=True, n_draws=1, seed=seed
        )
        lower, upper = found["sharpe_difference_interval"]
        known = lower is not None
        rows.append(
            {
                "name": name,
                **{key: alone[key] for key in _SHOWN},
                "sharpe_difference": found["sharpe_difference"],
                "lower": lower,
                "upper": upper,
                "distinguishable": bool(lower > 0 or upper < 0) if known else None,
            }
        )
    own = strategy_figures(
        ours, ours["ret"].to_numpy(), execution, is_benchmark=True, n_draws=1, seed=seed
    )
    return {"name": chosen, **{key: own[key] for key in _SHOWN}, "others": rows}


def best_of_all(
    equity: pl.DataFrame, benchmark: str, *, n_draws: int = 1000, seed: int = 0
) -> dict[str, Any]:
    """Test whether the best of all other strategies beats the benchmark.

    Parameters
    ----------
    equity : polars.DataFrame
        Equity of one symbol over the span to judge.
    benchmark : str
        What they are compared with.
    n_draws, seed
        Of the bootstrap.

    Returns
    -------
    dict
        Fields of `Superiority`, with ``compared``: the names of all others, and ``best`` as a name.

    Raises
    ------
    ValueError
        If the benchmark has no equity, or there is no other strategy.

    Notes
    -----
    The mean net return a bar is compared, not the Sharpe ratio: a strategy that only lowers risk
    does not pass.
    """
    require_columns(equity, ("strategy", "ret"), "equity")
    names = [name for name in equity["strategy"].unique(maintain_order=True) if name != benchmark]
    if not names:
        raise ValueError(
            f"the equity holds {benchmark!r} alone; give strategies to compare it with"
        )
    own = _equity_of(equity, benchmark)["ret"].to_numpy()
    columns = [_equity_of(equity, name)["ret"].to_numpy() for name in names]
    found = superior_ability(np.column_stack(columns), own, n_draws=n_draws, seed=seed)
    best = None if found.best is None else names[found.best]
    return {**asdict(found), "best": best, "benchmark": benchmark, "compared": names}


def label_churn(
    regimes: pl.DataFrame,
    bars: pl.DataFrame,
    state_stats: pl.DataFrame,
    chosen: RegimeRule,
    execution: Execution,
) -> dict[str, Any]:
    """Trade a mapping on the most likely state and on the confirmed one, at the same costs.

    Parameters
    ----------
    regimes : polars.DataFrame
        Walk-forward regimes of one symbol.
    bars : polars.DataFrame
        Base bars from the first of them on.
    state_stats : polars.DataFrame
        As in `regime_positions`.
    chosen : str
        Rule of the run; where it trades probabilities instead of labels, ``long_flat`` stands in.
    execution : Execution
        Costs and fills of the run.

    Returns
    -------
    dict
        ``rule`` that was traded, and for ``raw`` and ``confirmed`` labels each
        ``switches_per_year`` of the label, ``turnover_per_year, cost_per_year, sharpe``.

    Raises
    ------
    ValueError
        As `regime_positions` and `run_backtest`.
    """
    rule: RegimeRule = chosen if chosen in _LABEL_RULES else "long_flat"
    figures: dict[str, Any] = {"rule": rule}
    for kind, column in (("raw", "state"), ("confirmed", "confirmed_state")):
        labelled = regimes.with_columns(confirmed_state=pl.col(column))
        positions = regime_positions(labelled, state_stats, rule)
        equity = run_backtest(bars, positions, **asdict(execution)).equity
        found = strategy_figures(
            equity, equity["ret"].to_numpy(), execution, is_benchmark=True, n_draws=1
        )
        labels = labelled["confirmed_state"].to_numpy()
        switches = np.count_nonzero(labels[1:] != labels[:-1]) / labels.size
        figures[kind] = {
            "switches_per_year": float(switches * execution.periods_per_year),
            **{key: found[key] for key in ("turnover_per_year", "cost_per_year", "sharpe")},
        }
    return figures


def _equity_of(equity: pl.DataFrame, name: str) -> pl.DataFrame:
    own = equity.filter(strategy=name)
    if own.is_empty():
        names = ", ".join(equity["strategy"].unique(maintain_order=True))
        raise ValueError(f"no equity for strategy {name!r}; the table holds {names}")
    return own
