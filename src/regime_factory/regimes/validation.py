"""Checks of observations, lengths, settings and probabilities, with messages that help."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.collinear import collinear_columns
from regime_factory.regimes.inputs import float_array

COVARIANCE_TYPES = ("spherical", "diag", "full", "tied")
EMISSIONS = ("gaussian", "student_t")
LARGEST = 1e100  # beyond it squares overflow and densities are lost
_FLAT = 1e-12  # relative spread below which a column counts as constant


class NotFittedError(ValueError):
    """A model was asked for results before it was fitted.

    Where scikit-learn is loaded, the error is also one of its ``NotFittedError``.

    Examples
    --------
    >>> import sklearn.exceptions
    >>> isinstance(NotFittedError("call fit first"), sklearn.exceptions.NotFittedError)
    True
    """

    def __new__(cls, *args: object) -> "NotFittedError":
        """Make an error that programs written for scikit-learn catch too."""
        peer = sys.modules.get("sklearn.exceptions")  # not imported for this: it costs seconds
        if peer is None or issubclass(cls, peer.NotFittedError):
            return super().__new__(cls, *args)
        return super().__new__(type(cls.__name__, (cls, peer.NotFittedError), {}), *args)

    def __reduce__(self) -> tuple[type["NotFittedError"], tuple[object, ...]]:
        """Pickle by the class that can be found again."""
        return NotFittedError, self.args


def column_names(X: object) -> list[str] | None:
    """Return the column names of a data frame, or None for a plain array.

    Parameters
    ----------
    X : object
        Observations as an array or as a frame with a ``columns`` attribute.

    Returns
    -------
    list of str or None
    """
    columns = getattr(X, "columns", None)
    return None if columns is None else [str(name) for name in columns]


def check_columns(X: object, expected: Sequence[str] | None) -> None:
    """Refuse a frame that has a column of the fit in the place of another one.

    Parameters
    ----------
    X : object
        Observations; arrays, and columns that the fit did not know, pass.
    expected : sequence of str or None
        Names of the columns the model was fitted on, None if it was fitted on an array.

    Raises
    ------
    ValueError
        With the names found and expected.

    Examples
    --------
    >>> import polars as pl
    >>> check_columns(pl.DataFrame({"b": [1.0], "a": [2.0]}), ["a", "b"])
    Traceback (most recent call last):
    ...
    ValueError: columns are ['b', 'a'], the model was fitted on ['a', 'b']; select them in that \
order
    """
    names = named_columns(X)
    if names is None or expected is None or len(names) != len(expected):
        return
    known = set(expected)
    if any(name in known and name != at for name, at in zip(names, expected, strict=True)):
        raise ValueError(
            f"columns are {names}, the model was fitted on {list(expected)}; select them in that "
            "order"
        )


def named_columns(X: object) -> list[str] | None:
    """Return the column names of a frame that has names, and not only numbers, for them.

    Parameters
    ----------
    X : object
        Observations.

    Returns
    -------
    list of str or None
    """
    columns = getattr(X, "columns", None)
    if columns is None or not all(isinstance(name, str) for name in columns):
        return None
    return list(columns)


def check_observations(
    X: ArrayLike,
    n_features: int | None = None,
    names: Sequence[str] | None = None,
    *,
    squares: bool = False,
) -> NDArray[np.float64]:
    """Return observations as a float64 matrix, or say which cell is wrong.

    Parameters
    ----------
    X : array_like, shape (T, F)
        Observations, one row per bar. A vector is one column.
    n_features : int, optional
        Width the model was fitted on.
    names : sequence of str, optional
        Column names for the messages.
    squares : bool
        Whether to refuse what :func:`check_magnitude` refuses as well.

    Returns
    -------
    ndarray, shape (T, F)

    Raises
    ------
    ValueError
        For rows of different widths or none, a wrong width, text, NaN or infinity.

    Examples
    --------
    >>> check_observations([1.0, float("nan")])
    Traceback (most recent call last):
    ...
    ValueError: observations hold nan in row 1, column 0; drop warm-up rows and fill gaps first
    """
    values = float_array(X)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or values.shape[0] == 0 or values.shape[1] == 0:
        raise ValueError(
            f"observations have shape {values.shape}; expected (rows, columns), at least one row"
        )
    if n_features is not None and values.shape[1] != n_features:
        raise ValueError(
            f"observations have {values.shape[1]} columns, the model was fitted on {n_features}; "
            "pass the same columns in the same order"
        )
    # Two extremes are cheaper than a look at every cell; NaN shows in both.
    extreme = max(float(values.max()), -float(values.min()))
    if not extreme < np.inf:
        row, column = (int(i) for i in np.argwhere(~np.isfinite(values))[0])
        label = repr(names[column]) if names is not None else column
        raise ValueError(
            f"observations hold {values[row, column]} in row {row}, column {label}; "
            "drop warm-up rows and fill gaps first"
        )
    if squares and extreme >= LARGEST:
        check_magnitude(values)
    return values


def check_magnitude(values: NDArray[np.float64]) -> None:
    """Refuse numbers whose squares overflow, so that they would have no density.

    Parameters
    ----------
    values : ndarray, shape (T, F)
        Finite observations.

    Raises
    ------
    ValueError
        For a number of 1e100 or beyond.
    """
    if max(values.max(), -values.min()) < LARGEST:
        return
    row, column = (int(i) for i in np.argwhere(np.abs(values) >= LARGEST)[0])
    raise ValueError(
        f"observations hold {values[row, column]} in row {row}, column {column}, too large to have "
        "a density; check its units"
    )


def check_lengths(lengths: Sequence[int] | None, n_rows: int) -> list[int]:
    """Return the lengths of the sequences in the rows; one sequence if none are given.

    Parameters
    ----------
    lengths : sequence of int or None
        Rows of each sequence, in order.
    n_rows : int
        Rows of the observations.

    Returns
    -------
    list of int

    Raises
    ------
    ValueError
        If a length is below one or the lengths do not sum to ``n_rows``.
    """
    if lengths is None:
        return [n_rows]
    try:
        values = [int(length) for length in lengths]
    except (TypeError, ValueError):
        raise ValueError(
            f"lengths are {lengths!r}; expected a list of whole numbers, the rows of each sequence"
        ) from None
    if sum(values) != n_rows or min(values, default=0) < 1:
        raise ValueError(
            f"lengths {values[:5]} sum to {sum(values)}, the observations have {n_rows} rows; "
            "give one length of at least 1 per sequence, summing to the rows"
        )
    return values


def check_training_data(
    X: NDArray[np.float64], n_parameters: int, names: Sequence[str] | None = None
) -> None:
    """Refuse observations that no mixture of Gaussians can be estimated from.

    Parameters
    ----------
    X : ndarray, shape (T, F)
        Finite observations.
    n_parameters : int
        Free parameters of the model to be fitted.
    names : sequence of str, optional
        Column names for the messages.

    Raises
    ------
    ValueError
        For fewer rows than parameters, a constant column or collinear columns.
    """
    check_training_moments(X, *centre(X)[1:], n_parameters, names)


def centre(X: NDArray[np.float64]) -> tuple[NDArray, NDArray, NDArray]:
    """Return centred observations with what was subtracted and their covariance.

    Parameters
    ----------
    X : ndarray, shape (T, F)
        Finite observations.

    Returns
    -------
    centred : ndarray, shape (F, T)
        A copy, one row per column: sums along rows of memory are several times faster.
    offset : ndarray, shape (F,)
        Means.
    covariance : ndarray, shape (F, F)

    Examples
    --------
    >>> centre(np.array([[1.0], [3.0]]))[0].tolist()
    [[-1.0, 1.0]]
    """
    from regime_factory.regimes import _centre

    n_rows, n_features = X.shape
    centred, offset = np.empty((n_features, n_rows)), np.empty(n_features)
    covariance = np.empty((n_features, n_features))
    _centre.centre(np.ascontiguousarray(X), centred, offset, covariance)
    return centred, offset, covariance


def check_training_moments(
    X: NDArray[np.float64],
    offset: NDArray[np.float64],
    covariance: NDArray[np.float64],
    n_parameters: int,
    names: Sequence[str] | None = None,
) -> None:
    """Refuse observations as :func:`check_training_data`, from moments that are known already.

    Parameters
    ----------
    X : ndarray, shape (T, F)
        Finite observations.
    offset, covariance : ndarray, shape (F,) and (F, F)
        As :func:`centre` returns them.
    n_parameters : int
        Free parameters of the model to be fitted.
    names : sequence of str, optional
        Column names for the messages.

    Raises
    ------
    ValueError
        For fewer rows than parameters, a constant column or collinear columns.
    """
    n_rows, n_features = X.shape
    labels = list(names) if names is not None else list(range(n_features))
    if n_rows < n_parameters:
        raise ValueError(
            f"{n_rows} rows cannot fit {n_parameters} parameters; "
            "give more bars, fewer states or a simpler covariance type"
        )
    spread = np.sqrt(np.diagonal(covariance))
    for column in np.flatnonzero(spread <= _FLAT * np.abs(offset)):
        raise ValueError(
            f"column {labels[column]!r} is constant ({X[0, column]}) over {n_rows} rows; remove it"
        )
    involved = [labels[i] for i in collinear_columns(covariance)]
    if involved:
        raise ValueError(f"columns {involved} are collinear; remove one of them")


def check_probabilities(values: ArrayLike, shape: tuple[int, ...], name: str) -> NDArray:
    """Return probabilities whose last axis sums to one.

    Parameters
    ----------
    values : array_like
        Start probabilities, a transition matrix or filtered probabilities.
    shape : tuple of int
        Expected shape.
    name : str
        Name for the message.

    Returns
    -------
    ndarray

    Raises
    ------
    ValueError
        For a wrong shape, a negative value or sums other than one.
    """
    array = np.array(values, dtype=np.float64)
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, expected {shape}")
    sums = array.sum(axis=-1)
    if not np.isfinite(array).all() or (array < 0).any() or np.abs(sums - 1).max() > 1e-6:
        raise ValueError(f"{name} must be non-negative and sum to 1, found sums {sums}")
    return array


def check_settings(settings: Mapping[str, Any]) -> None:
    """Refuse settings of a hidden Markov model that cannot be used.

    Parameters
    ----------
    settings : mapping
        Constructor arguments by name.

    Raises
    ------
    ValueError
        Naming the setting, what was found and what is allowed.
    """
    if settings["covariance_type"] not in COVARIANCE_TYPES:
        raise ValueError(
            f"unknown covariance_type {settings['covariance_type']!r}; "
            f"use one of {COVARIANCE_TYPES}"
        )
    if settings["emission"] not in EMISSIONS:
        raise ValueError(f"unknown emission {settings['emission']!r}; use one of {EMISSIONS}")
    n_jobs = settings["n_jobs"]
    if not isinstance(n_jobs, int | np.integer) or (n_jobs < 1 and n_jobs != -1):
        raise ValueError(f"n_jobs must be an integer >= 1, or -1 for all cores, found {n_jobs!r}")
    for name, lowest in (("n_components", 1), ("n_init", 1), ("n_iter", 1), ("random_state", 0)):
        value = settings[name]
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not whole or value < lowest:
            raise ValueError(f"{name} must be an integer >= {lowest}, found {value!r}")
    for name in ("tol", "sticky", "shrinkage"):
        value = settings[name]
        number = isinstance(value, int | float | np.number)
        if not number or not np.isfinite(value) or value < 0:
            raise ValueError(f"{name} must be a number >= 0, found {value!r}")
