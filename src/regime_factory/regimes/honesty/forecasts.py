"""Risk forecasts of the regimes beside those of simpler rules, and how they compare."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from regime_factory.evaluation import (
    bootstrap_group_means,
    default_mean_block,
    percentile_interval,
)
from regime_factory.regimes.honesty.outcomes import outcome_figures
from regime_factory.regimes.risk.drawdown import (
    brier_skill,
    drawdown_outcome,
    drawdown_probabilities,
    state_drawdowns,
)
from regime_factory.regimes.risk.regime_variance import regime_variance
from regime_factory.regimes.risk.scores import newey_west_t, qlike
from regime_factory.regimes.risk.variance import BASELINES, variance_forecasts
from regime_factory.regimes.walk.refits import Refits

Matrix = NDArray[np.float64]
_NORMAL_975 = 1.959963984540054
REFERENCES = {"unconditional": "drawdown_unconditional", "volatility": "drawdown_by_volatility"}
"""Column of the drawdown probability that each Brier skill is measured against."""


def risk_forecasts(
    refits: Refits,
    X: ArrayLike,
    rows: pl.DataFrame,
    *,
    horizon: int = 20,
    depth: float = 0.05,
    decay: float = 0.94,
) -> pl.DataFrame:
    """Forecast risk from every scored bar, by the regimes and by the rules beside them.

    Parameters
    ----------
    refits : Refits
        Fitted models.
    X : array_like, shape (T, F)
        The observations they were fitted on, and any later ones.
    rows : polars.DataFrame
        The observed bars, row by row: ``ts, ret, high, low, close``.
    horizon : int, default=20
        Bars in which a drawdown may come.
    depth : float, default=0.05
        Drawdown that counts, as a fraction.
    decay : float, default=0.94
        Of the EWMA variance.

    Returns
    -------
    polars.DataFrame
        ``ts, squared_return`` of the bar itself, which the row before forecasts; ``regime, ewma,
        har, garch, threshold``: forecasts at its close of the next bar's squared return;
        ``drawdown_by_state, drawdown_by_volatility, drawdown_unconditional``: probabilities at
        its close of a drawdown within the horizon. Everything in a row is known at ``ts``.

    Raises
    ------
    ValueError
        If lengths differ, or there are too few rows before the first refit.

    Notes
    -----
    `variance_forecasts`, `regime_variance` and `drawdown_probabilities` say how the columns are
    made; all of them use parameters from before the refit in force.
    """
    first_rows = [refit.first_row for refit in refits]
    baselines = variance_forecasts(_with_ranges(rows, first_rows[0]), first_rows, decay=decay)
    returns = rows["ret"].to_numpy()
    drawdown = drawdown_probabilities(
        refits, X, rows["close"], rows["ts"], returns=returns, horizon=horizon, depth=depth
    )
    start = first_rows[0]
    return pl.DataFrame(
        {
            "ts": rows["ts"][start:],
            "squared_return": returns[start:] ** 2,
            "regime": regime_variance(refits, X, returns)[start:],
            **{name: baselines[name] for name in BASELINES},
            "drawdown_by_state": drawdown["by_state"],
            "drawdown_by_volatility": drawdown["by_volatility"],
            "drawdown_unconditional": drawdown["unconditional"],
        }
    )


def _with_ranges(rows: pl.DataFrame, first_row: int) -> pl.DataFrame:
    """Leave out high and low where most bars before the first refit have no range."""
    if not {"high", "low"} <= set(rows.columns):
        return rows
    known = rows[:first_row]
    with_range = int((known["high"] > known["low"]).sum())
    return rows if 2 * with_range >= first_row else rows.drop("high", "low")


def volatility_figures(forecasts: pl.DataFrame) -> dict[str, Any]:
    """Compare the variance forecast of the regimes with each rule beside it.

    Parameters
    ----------
    forecasts : polars.DataFrame
        Output of :func:`risk_forecasts` of one symbol.

    Returns
    -------
    dict
        ``bars, qlike`` of the regimes and ``yardsticks``: one dictionary per rule with ``name,
        qlike, difference`` (regimes minus rule, below zero where the regimes are better), ``lower,
        upper`` (95 %), ``t`` and ``distinguishable``.

    Raises
    ------
    ValueError
        For fewer than three rows, or forecasts that are not above zero.

    Notes
    -----
    The interval is the mean plus and minus 1.96 standard errors of Newey and West, as in
    `newey_west_t`.

    Examples
    --------
    >>> table = pl.DataFrame({"squared_return": [1.0, 1.2, 0.8, 1.0], "regime": 1.0,
    ...     "ewma": 2.0, "har": 1.0, "garch": 3.0, "threshold": 1.0})
    >>> rows = volatility_figures(table)["yardsticks"]
    >>> [(row["name"], row["difference"] < 0) for row in rows[:2]]
    [('ewma', True), ('har', False)]
    """
    realised = forecasts["squared_return"].to_numpy()[1:]
    said = forecasts[:-1]
    own = qlike(realised, said["regime"].to_numpy())
    rows = []
    for name in BASELINES:
        other = qlike(realised, said[name].to_numpy())
        mean, t = newey_west_t(own - other)
        finite = bool(np.isfinite(t))
        error = abs(mean / t) if finite and t else 0.0
        rows.append(
            {
                "name": name,
                "qlike": float(other.mean()),
                "difference": mean,
                "lower": mean - _NORMAL_975 * error,
                "upper": mean + _NORMAL_975 * error,
                "t": t if finite else None,
                "distinguishable": abs(t) > _NORMAL_975,
            }
        )
    return {"bars": len(own), "qlike": float(own.mean()), "yardsticks": rows}


def drawdown_figures(
    forecasts: pl.DataFrame,
    close: ArrayLike,
    states: ArrayLike,
    names: Sequence[str],
    *,
    horizon: int = 20,
    depth: float = 0.05,
    n_draws: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """Say how often a drawdown followed each state, and what the states add as a forecast.

    Parameters
    ----------
    forecasts : polars.DataFrame
        Output of :func:`risk_forecasts` of one symbol.
    close : array_like, shape (T,)
        Closing prices of its rows.
    states : array_like of int, shape (T,)
        State known at each row, numbered by name.
    names : sequence of str
        Name of each state, calmest first.
    horizon, depth
        As in :func:`risk_forecasts`.
    n_draws, seed
        Of the bootstrap.

    Returns
    -------
    dict
        ``horizon, depth, bars, share`` (of bars that a drawdown followed), ``states`` (``regime,
        bars, share, lower, upper``: Wilson intervals with one observation per horizon),
        ``difference, difference_lower, difference_upper, distinguishable`` of the top state's
        share minus the calmest's, and ``brier``: per reference (``unconditional``, ``volatility``)
        ``skill, lower, upper, distinguishable``, None where no drawdown came.

    Raises
    ------
    ValueError
        If lengths differ, or no outcome is known.
    """
    outcome = drawdown_outcome(close, horizon, depth)
    values = outcome.cast(pl.Float64).fill_null(np.nan).to_numpy()
    found = outcome_figures(values, states, names, horizon=horizon, n_draws=n_draws, seed=seed)
    counted = state_drawdowns(states, outcome, horizon, names).rename({"frequency": "share"})
    gap = ("difference", "difference_lower", "difference_upper", "distinguishable")
    return {
        "horizon": horizon,
        "depth": depth,
        "bars": found["bars"],
        "share": found["mean"],
        "states": counted.select("regime", "bars", "share", "lower", "upper").to_dicts(),
        **{key: found[key] for key in gap},
        "brier": {
            name: _skill(
                forecasts["drawdown_by_state"].to_numpy(),
                forecasts[column].to_numpy(),
                values,
                horizon=horizon,
                n_draws=n_draws,
                seed=seed,
            )
            for name, column in REFERENCES.items()
        },
    }


def _skill(
    p: Matrix, reference: Matrix, outcome: Matrix, *, horizon: int, n_draws: int, seed: int
) -> dict[str, Any]:
    """Brier skill with the percentile interval of draws of whole stretches of bars."""
    known = np.isfinite(outcome)
    happened, said, other = outcome[known], p[known], reference[known]
    keys = ("skill", "lower", "upper", "distinguishable")
    if not happened.any():
        return dict.fromkeys(keys)
    settings: Mapping[str, Any] = {
        "n_draws": n_draws,
        "mean_block": max(3.0 * horizon, default_mean_block(happened.size)),
        "seed": seed,  # the same blocks for both losses
    }
    group = np.zeros(happened.size, dtype=np.int64)
    losses = [
        bootstrap_group_means((q - happened) ** 2, group, 1, **settings).draws[:, 0]
        for q in (said, other)
    ]
    skill = brier_skill(happened == 1.0, said, other)
    bounds = percentile_interval(1.0 - losses[0] / losses[1])
    if bounds is None:
        return {**dict.fromkeys(keys), "skill": skill}
    return dict(zip(keys, (skill, *bounds, bool(bounds[0] > 0 or bounds[1] < 0)), strict=True))
