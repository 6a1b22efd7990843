"""Target weights from causal regimes: label rules and probability rules."""

from typing import Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from regime_factory.backtest.checks import require_columns, stamp

RegimeRule = Literal["long_flat_short", "long_flat", "probability_weighted", "volatility_target"]
Mapping = Literal["long_flat_short", "long_flat"]
Floats = NDArray[np.float64]


def regime_positions(
    regimes: pl.DataFrame,
    state_stats: pl.DataFrame,
    rule: RegimeRule,
    *,
    mapping: Mapping = "long_flat",
    target_volatility: float = 0.15,
    periods_per_year: float = 252.0,
    max_leverage: float = 1.0,
    no_trade_band: float = 0.1,
    strategy: str | None = None,
) -> pl.DataFrame:
    """Decide a target weight at every close from regimes that were known then.

    Parameters
    ----------
    regimes : polars.DataFrame
        Walk-forward regimes of one symbol in time order: ``symbol, ts, p_state_0 ..,
        confirmed_state, refit_id``.
    state_stats : polars.DataFrame
        ``refit_id, state, mean, vol``: next-bar mean return and volatility per bar, from the
        training rows of that refit only. A null (state never seen) counts as flat in a mapping
        and as the highest known volatility in ``volatility_target``.
    rule : {"long_flat_short", "long_flat", "probability_weighted", "volatility_target"}
        ``long_flat_short``: the confirmed state with the best mean / vol is held long, the worst
        short, others flat. ``long_flat``: the worst is flat, others long.
        ``probability_weighted``: sum of ``p_state_k`` times the weight of state k in ``mapping``.
        ``volatility_target``: target volatility over the volatility that the state probabilities
        predict, capped at ``max_leverage``.
    mapping : {"long_flat", "long_flat_short"}, default="long_flat"
        Weights of the states in ``probability_weighted``.
    target_volatility : float, default=0.15
        Annual.
    periods_per_year : float, default=252.0
        Bars in a year.
    max_leverage : float, default=1.0
        Cap of ``volatility_target``.
    no_trade_band : float, default=0.1
        The two probability rules keep their weight until the wanted one is further away.
    strategy : str, optional
        Name in the table; the rule's name where not given.

    Returns
    -------
    polars.DataFrame
        ``symbol, ts, strategy, position``.

    Raises
    ------
    ValueError
        If the rule is unknown, a column is missing, regimes hold several symbols or go back in
        time, or a refit or state has no statistics.

    Examples
    --------
    >>> regimes = pl.DataFrame({"symbol": "X", "ts": [1, 2], "refit_id": 0,
    ...     "confirmed_state": [0, 1], "p_state_0": [0.9, 0.2], "p_state_1": [0.1, 0.8]})
    >>> stats = pl.DataFrame({"refit_id": [0, 0], "state": [0, 1],
    ...     "mean": [0.001, -0.002], "vol": [0.01, 0.03]})
    >>> regime_positions(regimes, stats, "long_flat_short")["position"].to_list()
    [1.0, -1.0]
    >>> regime_positions(regimes, stats, "probability_weighted")["position"].to_list()
    [0.9, 0.2]
    """
    if rule not in get_args(RegimeRule):
        raise ValueError(f"rule is {rule!r}; choose one of {', '.join(get_args(RegimeRule))}")
    if mapping not in get_args(Mapping):
        raise ValueError(f"mapping is {mapping!r}; choose one of {', '.join(get_args(Mapping))}")
    _check_regimes(regimes)
    mean, vol, refit = _statistics_by_refit(regimes, state_stats)
    if rule in {"long_flat", "long_flat_short"}:
        weights = _confirmed_weights(regimes, _mapping_weights(mean, vol, rule)[refit])
    else:
        from regime_factory.backtest._kernels import hold_inside_band

        p = _probabilities(regimes, mean.shape[1])
        if rule == "probability_weighted":
            desired = np.sum(p * _mapping_weights(mean, vol, mapping)[refit], axis=1)
        else:
            bar_target = target_volatility / np.sqrt(periods_per_year)
            predicted = predicted_volatility(p, mean[refit], vol[refit])
            desired = np.minimum(bar_target / predicted, max_leverage)
        weights = hold_inside_band(desired, no_trade_band)
    return regimes.select(
        "symbol", "ts", strategy=pl.lit(strategy or rule), position=pl.Series(weights)
    )


def state_weights(mean: Floats, vol: Floats, mapping: Mapping) -> Floats:
    """Weight of each state from its rank of risk-adjusted return.

    Parameters
    ----------
    mean, vol : numpy.ndarray, shape (n_states,)
        Next-bar mean return and volatility per bar; NaN where a state was never seen.
    mapping : {"long_flat", "long_flat_short"}
        Which ranks are held.

    Returns
    -------
    numpy.ndarray, shape (n_states,)
        In {-1, 0, 1}. A state never seen is flat; a single known state is long. Equal ratios rank
        in state order, the calmer one better.

    Examples
    --------
    >>> state_weights(np.array([0.1, 0.3, -0.1]), np.ones(3), "long_flat_short").tolist()
    [0.0, 1.0, -1.0]
    >>> state_weights(np.array([0.1, 0.3, -0.1]), np.ones(3), "long_flat").tolist()
    [1.0, 1.0, 0.0]
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(vol > 0.0, mean / vol, np.nan)
    known = np.flatnonzero(np.isfinite(ratio))
    weights = np.zeros(ratio.size)
    if not known.size:
        return weights
    best_first = known[np.argsort(-ratio[known], kind="stable")]
    if mapping == "long_flat":
        weights[known] = 1.0
        worst = 0.0
    else:
        worst = -1.0
    weights[best_first[-1]] = worst
    if mapping == "long_flat_short" or known.size == 1:
        weights[best_first[0]] = 1.0
    return weights


def predicted_volatility(p: Floats, mean: Floats, vol: Floats) -> Floats:
    """Volatility of the next bar under the mixture of states.

    Parameters
    ----------
    p : numpy.ndarray, shape (n_bars, n_states)
        Filtered state probabilities.
    mean, vol : numpy.ndarray, shape (n_bars, n_states)
        Next-bar mean and volatility of each state.

    Returns
    -------
    numpy.ndarray, shape (n_bars,)

    Notes
    -----
    Variance of a mixture: ``sum p (vol^2 + mean^2) - (sum p mean)^2``. Unknown volatilities
    count as the highest known one of the row, unknown means as 0.

    Examples
    --------
    >>> predicted_volatility(np.array([[0.5, 0.5]]), np.zeros((1, 2)), np.array([[1.0, 7.0]]))
    array([5.])
    """
    highest = np.nanmax(vol, axis=1, keepdims=True)
    vols = np.where(np.isnan(vol), highest, vol)
    means = np.nan_to_num(mean)
    second = np.sum(p * (vols**2 + means**2), axis=1)
    return np.sqrt(second - np.sum(p * means, axis=1) ** 2)


def _check_regimes(regimes: pl.DataFrame) -> None:
    require_columns(
        regimes, ("symbol", "ts", "confirmed_state", "refit_id", "p_state_0"), "regimes"
    )
    if regimes["symbol"].n_unique() != 1:
        names = ", ".join(regimes["symbol"].unique().sort().to_list()) or "none"
        raise ValueError(f"regimes hold other than one symbol ({names}); give one symbol at a time")
    repeated = np.flatnonzero((regimes["ts"].shift(1) >= regimes["ts"]).fill_null(False))
    if repeated.size:
        row = int(repeated[0])
        where = regimes["ts"][row]
        raise ValueError(
            f"regimes go back in time or repeat at "
            f"{where if isinstance(where, int) else stamp(where)} (row {row}); sort by ts"
        )


def _statistics_by_refit(
    regimes: pl.DataFrame, state_stats: pl.DataFrame
) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Mean and vol of every state, shape (n_refits, n_states) each, and the refit of every row."""
    require_columns(state_stats, ("refit_id", "state", "mean", "vol"), "state_stats")
    n_states = sum(name.startswith("p_state_") for name in regimes.columns)
    refits, row_of = np.unique(regimes["refit_id"].to_numpy(), return_inverse=True)
    given = state_stats.filter(pl.col("refit_id").is_in(refits.tolist())).sort("refit_id", "state")
    wanted = [(int(refit), state) for refit in refits for state in range(n_states)]
    found = given.select("refit_id", "state").rows()
    if found != wanted:
        missing = sorted(set(wanted) - set(found))
        fault = (
            f"lack refit {missing[0][0]}, state {missing[0][1]}" if missing else "repeat a state"
        )
        raise ValueError(
            f"state_stats {fault}; give one row for each of the {n_states} states of every refit"
        )
    mean, vol = (
        given[name].cast(pl.Float64).fill_null(np.nan).to_numpy().reshape(refits.size, n_states)
        for name in ("mean", "vol")
    )
    blind = np.flatnonzero(~np.any(vol > 0.0, axis=1))
    if blind.size:
        raise ValueError(
            f"refit {refits[blind[0]]} has no state with a positive volatility in state_stats; "
            "check its training rows for constant prices"
        )
    return mean, vol, row_of


def _mapping_weights(mean: Floats, vol: Floats, mapping: Mapping) -> Floats:
    return np.stack([state_weights(m, v, mapping) for m, v in zip(mean, vol, strict=True)])


def _confirmed_weights(regimes: pl.DataFrame, weights: Floats) -> Floats:
    state = regimes["confirmed_state"].cast(pl.Int64).fill_null(-1).to_numpy()
    chosen = np.take_along_axis(weights, np.maximum(state, 0)[:, None], axis=1)[:, 0]
    return np.where(state >= 0, chosen, 0.0)


def _probabilities(regimes: pl.DataFrame, n_states: int) -> Floats:
    p = regimes.select(f"p_state_{k}" for k in range(n_states)).to_numpy().astype(np.float64)
    wrong = np.flatnonzero(~(np.abs(p.sum(axis=1) - 1.0) < 1e-6))
    if wrong.size:
        raise ValueError(
            f"the state probabilities of row {wrong[0]} add up to {p[wrong[0]].sum()}, not to 1; "
            "give filtered probabilities without nulls"
        )
    return p
