"""Causal regimes: each row scored by a model that was fitted on earlier rows only."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.choice.selection import Progress
from regime_factory.regimes.detector import Detector, read_rows
from regime_factory.regimes.hmm.lookback import TOLERANCE, bounded_filter
from regime_factory.regimes.hmm.model import GaussianHMM
from regime_factory.regimes.labels import NamingScheme, confirm_labels
from regime_factory.regimes.validation import check_observations
from regime_factory.regimes.walk.refits import Refit, Refits
from regime_factory.regimes.walk.refitting import fit_refits, stamp_text

Matrix = NDArray[np.float64]
_KEYS = ("symbol", "ts")


def filter_refits(
    refits: Refits,
    X: ArrayLike,
    ts: Sequence[Any] | pl.Series | None = None,
    label_threshold: float = 0.95,
) -> pl.DataFrame:
    """Score every row with the refit in force, filtered from the first row on.

    Parameters
    ----------
    refits : Refits
        Fitted models.
    X : array_like, shape (T, F)
        The observations the refits were fitted on, and any later ones.
    ts : sequence, optional
        Stamp of each row; default: row numbers.
    label_threshold : float
        Filtered probability a state must pass to become the confirmed one.

    Returns
    -------
    polars.DataFrame
        ``ts, state i16, regime, p_state_0 .., confirmed_state i16, confirmed_regime, refit_id
        i32``, one row per scored row.

    Raises
    ------
    ValueError
        If the observations end before the first scored row, are other ones than the refits
        were fitted on, or do not fit the models.

    Notes
    -----
    The confirmed state is carried over a refit, whose states are aligned to the one before: it
    switches only where a filtered probability passes the threshold.
    """
    values = read_rows(refits[0].model, X)
    stamps = pl.Series("ts", range(len(values)) if ts is None else ts)
    if len(stamps) != len(values):
        raise ValueError(f"{len(values)} observations but {len(stamps)} stamps")
    blocks = refits.blocks(len(values))
    if not blocks:
        raise ValueError(
            f"{len(values)} rows end before the first scored row {refits[0].first_row}; "
            "give the training rows and the rows to score"
        )
    parts, label = [], None
    for refit, start, end in blocks:
        if ts is not None:
            _check_stamp(refit, stamps[start])
        p = refit.model.filter(values[:end])
        first = 0 if label is None else start
        confirmed = confirm_labels(p[first:], label_threshold, label)[start - first :]
        parts.append(regime_rows(refit, stamps[start:end], p[start:], confirmed))
        label = int(confirmed[-1])
    return pl.concat(parts)


def _check_stamp(refit: Refit, stamp: Any) -> None:
    """Refuse rows that are not the ones the refits were made for."""
    if refit.first_ts is not None and refit.first_ts != stamp_text(stamp):
        raise ValueError(
            f"refit {refit.refit_id} scores from {refit.first_ts} on, but row {refit.first_row} "
            f"is of {stamp_text(stamp)}: give the observations the refits were fitted on, or fit "
            "them again"
        )


def regime_rows(
    refit: Refit, stamps: pl.Series, p: Matrix, confirmed: NDArray[np.int64]
) -> pl.DataFrame:
    """Lay filtered probabilities out as a table, with the names that their refit gives.

    Parameters
    ----------
    refit : Refit
        The refit that scored the rows.
    stamps : polars.Series
        Stamp of each row.
    p : ndarray, shape (T, K)
        Filtered probabilities.
    confirmed : ndarray of int, shape (T,)
        Confirmed state of each row.

    Returns
    -------
    polars.DataFrame
        Columns of :func:`filter_refits`.
    """
    names = np.array(refit.names, dtype=object)
    state = p.argmax(axis=1)
    return pl.DataFrame(
        {
            "ts": stamps,
            "state": state.astype(np.int16),
            "regime": pl.Series(names[state].tolist(), dtype=pl.String),
            **{f"p_state_{k}": np.ascontiguousarray(p[:, k]) for k in range(p.shape[1])},
            "confirmed_state": confirmed.astype(np.int16),
            "confirmed_regime": pl.Series(names[confirmed].tolist(), dtype=pl.String),
            "refit_id": pl.Series([refit.refit_id], dtype=pl.Int32).new_from_index(0, len(p)),
        }
    )


def filter_lookback(
    refits: Refits,
    X: ArrayLike,
    ts: pl.Series,
    label_threshold: float = 0.95,
    tol: float = TOLERANCE,
) -> pl.DataFrame:
    """Score rows whose past is unknown with the refit in force, with bounds.

    Parameters
    ----------
    refits : Refits
        Fitted models of one symbol.
    X : array_like, shape (T, F)
        Observations, a stretch of any history.
    ts : polars.Series
        Stamp of each row.
    label_threshold : float
        As in `filter_refits`.
    tol : float
        Largest bound of a certified row.

    Returns
    -------
    polars.DataFrame
        As `filter_refits`, and `bound f64, certified bool`; the confirmed state is null until a
        certified row passes the threshold.

    Raises
    ------
    ValueError
        If no row lies in the reign of a refit.
    """
    values = check_observations(X)
    certain, leads = np.zeros(len(values), dtype=bool), np.zeros(len(values), dtype=bool)
    parts, label = [], None
    for refit, start, end in refits.in_force(ts):
        p, bound = bounded_filter(refit.hmm, values[:end])
        first = 0 if label is None else start
        certain[first:end] = bound[first:] <= tol
        leads[first:end] = p[first:].max(axis=1) > label_threshold
        confirmed = confirm_labels(p[first:], label_threshold, label)[start - first :]
        block = regime_rows(refit, ts[start:end], p[start:], confirmed)
        parts.append(block.with_columns(bound=bound[start:]))
        label = int(confirmed[-1])
    if not parts:
        raise ValueError(
            f"all {len(values)} observed bars, up to {ts[-1]:%Y-%m-%d %H:%M}, lie before "
            f"{refits[0].first_ts}, the first bar that a refit scores: give later bars"
        )
    table = pl.concat(parts)
    known = pl.Series(_label_is_known(leads & certain, certain)[-table.height :])
    return table.with_columns(
        pl.when(known).then(pl.col("confirmed_state", "confirmed_regime")),
        certified=pl.col("bound") <= tol,
    )


def _label_is_known(leads: NDArray[np.bool_], certain: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether a certified row chose the label, with certified rows only from there on."""
    rows = np.arange(len(leads))
    last_choice = np.maximum.accumulate(np.where(leads, rows, -1))
    last_doubt = np.maximum.accumulate(np.where(certain, -1, rows))
    return last_choice > last_doubt


def walk_forward_regimes(
    observations: ArrayLike | pl.DataFrame,
    ts: Sequence[Any] | pl.Series | None = None,
    *,
    model: Detector | None = None,
    starts_at: int | None = None,
    refit_every: int = 60,
    returns: ArrayLike | None = None,
    n_fresh: int = 2,
    fresh_gain: float = 0.01,
    min_train: int = 250,
    label_threshold: float = 0.95,
    seed: int = 0,
    naming: NamingScheme = "volatility",
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Fit refits and filter them in one call: causal regimes of one symbol.

    Parameters
    ----------
    observations : array_like, shape (T, F), or polars.DataFrame
        Observations in time order; columns ``symbol`` and ``ts`` of a frame are not observed.
    ts : sequence, optional
        Stamps; default: the frame's ``ts``, else row numbers.
    model : Detector, optional
        Settings (and start, if fitted) of any detector; default: a GaussianHMM of three states,
        diagonal, sticky 0.5.
    starts_at : int, optional
        First scored row; default: ``min_train``.
    refit_every, returns, n_fresh, fresh_gain, min_train, seed, naming, progress
        As in :func:`fit_refits`.
    label_threshold : float
        As in :func:`filter_refits`.

    Returns
    -------
    polars.DataFrame
        As :func:`filter_refits`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, s, (150, 1)) for s in (1, 4, 1, 4)])
    >>> settings = GaussianHMM(2, "diag", n_init=3, sticky=0.5)
    >>> regimes = walk_forward_regimes(X, model=settings, starts_at=400, refit_every=100)
    >>> regimes.select("ts", "confirmed_regime", "refit_id").row(-1)
    (599, 'Stress', 1)
    """
    if isinstance(observations, pl.DataFrame):
        if "symbol" in observations.columns and observations["symbol"].n_unique() > 1:
            raise ValueError("observations hold several symbols; pass one symbol at a time")
        if ts is None and "ts" in observations.columns:
            ts = observations["ts"]
        observations = observations.drop(_KEYS, strict=False)
    default = GaussianHMM(3, "diag", sticky=0.5, random_state=seed)
    settings: Detector = default if model is None else model
    refits = fit_refits(
        observations,
        ts,
        starts_at=min_train if starts_at is None else starts_at,
        refit_every=refit_every,
        model=settings,
        returns=returns,
        n_fresh=n_fresh,
        fresh_gain=fresh_gain,
        min_train=min(min_train, starts_at) if starts_at is not None else min_train,
        seed=seed,
        naming=naming,
        progress=progress,
    )
    return filter_refits(refits, observations, ts, label_threshold)


def apply_model(
    model: Detector, X: ArrayLike, previous: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Score new bars with a saved model, without refitting.

    Parameters
    ----------
    model : Detector
        Fitted detector.
    X : array_like, shape (T, F)
        A stretch of history ending at the bars of interest, or any number of new bars if
        ``previous`` is given.
    previous : array_like, shape (K,), optional
        Filtered probabilities of the bar before the first row.

    Returns
    -------
    ndarray, shape (T, K)
        Filtered probabilities.

    Raises
    ------
    ValueError
        For a single row without ``previous``: one bar alone says little about the state.
    """
    values = read_rows(model, X)
    if len(values) == 1 and previous is None:
        raise ValueError(
            "one row without history cannot be scored; pass earlier bars too, or the filtered "
            "probabilities of the bar before it as previous"
        )
    return model.filter(values, previous=previous)
