"""What other models learn about the regime: features made of walk-forward output only."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from regime_factory.regimes.walk.refits import Refits

Matrix = NDArray[np.float64]
FEATURES = (
    "regime_entropy", "p_leave_regime", "p_regime_change", "regime_shift", "bars_in_regime",
)  # fmt: skip
"""Features besides `p_state_k` and `p_next_state_k`."""


def regime_features(
    regimes: pl.DataFrame, refits: Refits, observed: pl.Series | None = None
) -> pl.DataFrame:
    """Describe the regime of each base bar by what was known at its close.

    Parameters
    ----------
    regimes : polars.DataFrame
        Rows of one symbol from `regime_table`, in time order.
    refits : Refits
        Its refits.
    observed : polars.Series, optional
        Stamps of the observed bars, where regimes of a coarser timeframe were carried forward to
        base bars; default: every row is an observed bar.

    Returns
    -------
    polars.DataFrame
        ``symbol, ts`` and

        - ``p_state_k``: filtered probability of state k;
        - ``p_next_state_k``: probability of state k at the next observed bar;
        - ``regime_entropy``: entropy of the filtered probabilities over log K: 0 certain,
          1 nothing known;
        - ``p_leave_regime``: probability that the state of the next observed bar is another one;
        - ``p_regime_change``: probability that the last observed bar's state differs from that
          of the one before it;
        - ``regime_shift``: total variation distance of the last observed bar's probabilities from
          those of the one before it: 0 the same, 1 another state for certain;
        - ``bars_in_regime``: base bars since the confirmed state last changed, 0 where it has
          just changed and in the first row;

        and ``zone, refit_id``. Null are ``p_regime_change`` and ``regime_shift`` before the second
        observed bar, and whatever needs a transition matrix where the detector has none.

    Raises
    ------
    ValueError
        For rows of several symbols, out of time order, or of a refit that is not there.

    Notes
    -----
    State numbers are matched across refits, so that every column means the same all along, and
    ``bars_in_regime`` goes on over a refit. In the first row of a refit the probabilities before
    are those that the refit before it gave. With filtered probabilities q before and p now and
    transition matrix A, the state was kept with probability sum_k p_k q_k A_kk / (qA)_k, by Bayes'
    rule.

    Examples
    --------
    >>> from regime_factory.regimes import GaussianHMM, fit_refits, filter_refits
    >>> X = np.repeat([0.0, 5.0, 0.0], 120) + np.random.default_rng(0).normal(size=360)
    >>> settings = GaussianHMM(2, "diag", n_init=2)
    >>> refits = fit_refits(X, starts_at=300, refit_every=30, model=settings)
    >>> regimes = filter_refits(refits, X).with_columns(symbol=pl.lit("X"), zone=pl.lit("test"))
    >>> features = regime_features(regimes, refits)
    >>> features.select("p_leave_regime", "bars_in_regime").tail(1).cast(pl.Int64).rows()
    [(0, 59)]
    """
    _check_rows(regimes)
    columns = _columns_of(regimes, refits)
    p = regimes.select(columns).to_numpy()
    place = _observed_rows(regimes["ts"], observed)
    new = np.append(True, place[1:] != place[:-1])
    transmat = _transmat_by_row(regimes["refit_id"], refits)
    known = {name: p[:, k] for k, name in enumerate(columns)}
    after = _after(p, transmat)
    change, shift = _changes(p[new], None if transmat is None else transmat[new])
    last = np.cumsum(new) - 1
    empty = np.full(len(p), np.nan)
    table = pl.DataFrame(
        {
            **known,
            **{f"p_next_{name[2:]}": column for name, column in zip(columns, after, strict=True)},
            "regime_entropy": _entropy(p),
            "p_leave_regime": empty if transmat is None else _leave(p, transmat),
            "p_regime_change": change[last],
            "regime_shift": shift[last],
        }
    ).fill_nan(None)
    bars = _bars_since_change(regimes["confirmed_state"].to_numpy())
    return pl.concat(
        [
            regimes.select("symbol", "ts"),
            table.with_columns(bars_in_regime=pl.Series(bars, dtype=pl.Int32)),
            regimes.select("zone", "refit_id"),
        ],
        how="horizontal",
    )


def _check_rows(regimes: pl.DataFrame) -> None:
    if regimes["symbol"].n_unique() != 1:
        raise ValueError(
            f"regimes hold {regimes['symbol'].n_unique()} symbols; pass the rows of one symbol"
        )
    if not regimes["ts"].is_sorted():
        raise ValueError("regimes go back in time; sort them by ts")


def _columns_of(regimes: pl.DataFrame, refits: Refits) -> list[str]:
    """Probability columns of the states that this symbol's detector has."""
    known = {refit.refit_id for refit in refits}
    missing = sorted(set(regimes["refit_id"].unique()) - known)
    if missing:
        raise ValueError(
            f"rows were scored by refits {missing[:5]}, which are not among the {len(refits)} "
            "given; pass the refits that made these regimes"
        )
    return [f"p_state_{k}" for k in range(len(refits[0].names))]


def _observed_rows(ts: pl.Series, observed: pl.Series | None) -> NDArray[np.int64]:
    """Number of the observed bar that each row knows last."""
    if observed is None:
        return np.arange(len(ts))
    return observed.sort().search_sorted(ts, side="right").to_numpy().astype(np.int64)


def _transmat_by_row(refit_id: pl.Series, refits: Refits) -> Matrix | None:
    """Transition matrix of the refit in force, shape (T, K, K); None for detectors without."""
    found = [getattr(refit.model, "transmat_", None) for refit in refits]
    known = [matrix for matrix in found if matrix is not None]
    if len(known) < len(found):
        return None
    ids = [refit.refit_id for refit in refits]
    return np.stack(known)[np.searchsorted(ids, refit_id.to_numpy())]


def _after(p: Matrix, transmat: Matrix | None) -> Matrix:
    """Distribution of the next observed bar's state, shape (K, T)."""
    if transmat is None:
        return np.full(p.T.shape, np.nan)
    return (p[:, :, None] * transmat).sum(axis=1).T


def _leave(p: Matrix, transmat: Matrix) -> Matrix:
    stay = np.diagonal(transmat, axis1=1, axis2=2)
    return np.clip((p * (1 - stay)).sum(axis=1), 0.0, 1.0)


def _entropy(p: Matrix) -> Matrix:
    if p.shape[1] == 1:
        return np.zeros(len(p))
    logs = np.log(np.where(p > 0, p, 1.0))
    return np.clip(-(p * logs).sum(axis=1) / np.log(p.shape[1]), 0.0, 1.0)


def _changes(p: Matrix, transmat: Matrix | None) -> tuple[Matrix, Matrix]:
    """Probability of a change and total variation distance, of each observed bar."""
    shift = np.append(np.nan, 0.5 * np.abs(p[1:] - p[:-1]).sum(axis=1))
    if transmat is None:
        return np.full(len(p), np.nan), shift
    before, now, matrix = p[:-1], p[1:], transmat[1:]
    expected = (before[:, :, None] * matrix).sum(axis=1)
    kept = before * np.diagonal(matrix, axis1=1, axis2=2)
    share = np.divide(kept, expected, out=np.zeros_like(kept), where=expected > 0)
    return np.append(np.nan, np.clip(1 - (now * share).sum(axis=1), 0.0, 1.0)), shift


def _bars_since_change(states: NDArray[np.int64]) -> NDArray[np.int64]:
    rows = np.arange(len(states))
    changed = np.append(True, states[1:] != states[:-1])
    return rows - np.maximum.accumulate(np.where(changed, rows, 0))
