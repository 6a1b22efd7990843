"""Missing macro values: the columns used, the rows fitted on, and densities of what is there."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from regime_factory.regimes.collinear import collinear_columns
from regime_factory.regimes.hmm.emission import log_density
from regime_factory.regimes.hmm.parameters import HMMParameters
from regime_factory.regimes.validation import centre

Matrix = NDArray[np.float64]


def usable_columns(
    rows: Matrix, names: Sequence[str], min_share: float
) -> tuple[list[str], dict[str, str]]:
    """Tell the columns that have enough training values from those that do not.

    Parameters
    ----------
    rows : ndarray, shape (T, F)
        Training rows, NaN where a value is missing.
    names : sequence of str
        Names of the columns.
    min_share : float
        Share of the rows that must have a value.

    Returns
    -------
    used : list of str
        In the order given.
    dropped : dict of str to str
        Why each other column is not used.

    Examples
    --------
    >>> rows = np.array([[1.0, np.nan, np.nan], [2.0, np.nan, 5.0]])
    >>> usable_columns(rows, ["a", "b", "c"], 0.8)
    (['a'], {'b': 'no value in 2 training rows', 'c': 'a value in 50 % of 2 training rows'})
    """
    shares = 1.0 - np.isnan(rows).mean(axis=0)
    used, dropped = [], {}
    for name, share in zip(names, shares, strict=True):
        if share >= min_share and share > 0:
            used.append(name)
        else:
            what = f"a value in {100 * share:.0f} % of" if share > 0 else "no value in"
            dropped[name] = f"{what} {len(rows)} training rows"
    return used, dropped


def independent_columns(
    rows: Matrix, names: Sequence[str]
) -> tuple[list[str], dict[str, list[str]]]:
    """Tell the columns that say something of their own from those that follow from earlier ones.

    Parameters
    ----------
    rows : ndarray, shape (T, F)
        Training rows, NaN where a value is missing.
    names : sequence of str
        Names of the columns.

    Returns
    -------
    used : list of str
        In the order given.
    follows : dict of str to list of str
        For each other column, the earlier ones of which it is a sum of multiples.

    Notes
    -----
    Judged by the rows that have a value in each of the columns, which are those a fit takes. With
    fewer rows than columns, and for constant ones, nothing can be told: they are left to the fit.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(50, 3))
    >>> rows[:, 2] = rows[:, 0] - 2 * rows[:, 1]
    >>> independent_columns(rows, ["short", "long", "spread"])
    (['short', 'long'], {'spread': ['short', 'long']})
    """
    whole = rows[np.isfinite(rows).all(axis=1)]
    if len(whole) <= len(names):
        return list(names), {}
    covariance = centre(whole)[2]
    varies = np.ptp(whole, axis=0) > 0
    kept: list[int] = []
    follows = {}
    for place, name in enumerate(names):
        known = [column for column in kept if varies[column]]
        group = [*known, place] if varies[place] else []
        found = collinear_columns(covariance[np.ix_(group, group)]) if group else []
        if len(found):
            follows[name] = [names[group[i]] for i in found if group[i] != place]
        else:
            kept.append(place)
    return [names[column] for column in kept], follows


def complete_rows(rows: Matrix, lengths: Sequence[int]) -> tuple[Matrix, list[int]]:
    """Keep the rows without a missing value, and break the sequences where one is left out.

    Parameters
    ----------
    rows : ndarray, shape (T, F)
        Training rows, NaN where a value is missing.
    lengths : sequence of int
        Rows of each sequence.

    Returns
    -------
    complete : ndarray, shape (T', F)
    lengths : list of int
        Rows of each unbroken stretch: rows on both sides of a gap are not neighbours.

    Examples
    --------
    >>> rows = np.array([[np.nan], [1.0], [2.0], [np.nan], [3.0], [4.0]])
    >>> complete, lengths = complete_rows(rows, [5, 1])
    >>> complete.ravel().tolist(), lengths
    ([1.0, 2.0, 3.0, 4.0], [2, 1, 1])
    """
    whole = np.asarray(np.isfinite(rows).all(axis=1))
    begins = np.zeros(len(rows), dtype=bool)
    begins[np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(int)] = True
    begins[1:] |= ~whole[:-1]
    kept = np.flatnonzero(whole)
    firsts = np.flatnonzero(begins[kept])
    return rows[kept], np.diff(np.append(firsts, len(kept))).astype(int).tolist()


def marginal_log_density(rows: Matrix, parameters: HMMParameters) -> Matrix:
    """Log density of what is there of each row, in every state.

    Parameters
    ----------
    rows : ndarray, shape (T, F)
        Rows, NaN where a value is missing.
    parameters : HMMParameters
        Gaussian or Student-t emission.

    Returns
    -------
    ndarray, shape (K, T)
        Nats; 0 for a row without any value.

    Notes
    -----
    The marginal of a Gaussian has the remaining means and covariances; that of a Student-t the
    remaining means and scales, and the same degrees of freedom. Nothing is approximated or filled
    in. Anderson (2003), section 2.4; Kotz and Nadarajah (2004) for the Student-t.

    Examples
    --------
    >>> one = HMMParameters(np.ones(1), np.ones((1, 1)), np.zeros((1, 2)), np.eye(2)[None])
    >>> rows = np.array([[0.0, 0.0], [0.0, np.nan], [np.nan, np.nan]])
    >>> marginal_log_density(rows, one).round(4).tolist()
    [[-1.8379, -0.9189, 0.0]]
    """
    absent = np.isnan(rows)
    patterns, which = np.unique(absent, axis=0, return_inverse=True)
    out = np.zeros((len(parameters.means), len(rows)))
    for number, pattern in enumerate(patterns):
        there = ~pattern
        if there.any():
            members = which.ravel() == number
            part = np.ascontiguousarray(rows[np.ix_(members, there)].T)
            out[:, members] = log_density(part, marginal_parameters(parameters, there))
    return out


def marginal_parameters(parameters: HMMParameters, there: NDArray[np.bool_]) -> HMMParameters:
    """Parameters of the columns that are there.

    Parameters
    ----------
    parameters : HMMParameters
        Parameters of all columns.
    there : ndarray of bool, shape (F,)
        Columns to keep.

    Returns
    -------
    HMMParameters

    Examples
    --------
    >>> two = HMMParameters(np.ones(1), np.ones((1, 1)), np.array([[1.0, 2.0]]), np.eye(2)[None])
    >>> marginal_parameters(two, np.array([False, True])).means.tolist()
    [[2.0]]
    """
    covars = parameters.covars[:, there][:, :, there]
    return replace(parameters, means=parameters.means[:, there], covars=covars)
