"""The hidden process behind simulated bars: state chain, parameters, noise, intrabar path."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Tails = Literal["gaussian", "t"]

_YEAR_HOURS = 365 * 24
_ANNUAL_VOLS = (0.10, 0.70)
_ANNUAL_DRIFTS = (0.15, -0.25)
_HALF_RANGE_LEVEL = float(np.log(0.8))  # half the mean range of a Brownian path of unit volatility
_HALF_RANGE_STD = 0.35
_PATH_STEPS = 8


@dataclass(frozen=True)
class ProcessParameters:
    """True parameters of the observation process, states in order of volatility.

    Parameters
    ----------
    startprob
        Distribution of the first state, shape (K,).
    transmat
        Transition matrix, shape (K, K), rows sum to 1.
    means
        Mean log return per bar and mean log half-range, shape (K, 2).
    covars
        Covariances of the two observations, shape (K, 2, 2), diagonal.
    """

    startprob: FloatArray
    transmat: FloatArray
    means: FloatArray
    covars: FloatArray

    @property
    def drift(self) -> FloatArray:
        """Mean log return per bar, shape (K,)."""
        return self.means[:, 0]

    @property
    def vol(self) -> FloatArray:
        """Standard deviation of the log return per bar, shape (K,)."""
        return np.sqrt(self.covars[:, 0, 0])


def process_parameters(
    n_states: int,
    minutes: int,
    *,
    stay: float = 0.98,
    transmat: ArrayLike | None = None,
    means: Sequence[float] | None = None,
    vols: Sequence[float] | None = None,
) -> ProcessParameters:
    """Complete the settings of a market to the parameters of its process.

    Parameters
    ----------
    n_states
        Number of states K.
    minutes
        Length of a bar in minutes, to scale the default drifts and volatilities.
    stay
        Probability of staying in a state, where `transmat` is not given.
    transmat
        Transition matrix, shape (K, K).
    means
        Mean log return per bar of each state.
    vols
        Volatility per bar of each state, from calm to stressed.

    Returns
    -------
    ProcessParameters
        With the stationary distribution as `startprob`.

    Raises
    ------
    ValueError
        Where shapes, probabilities or the order of the volatilities are wrong.

    Examples
    --------
    >>> process_parameters(2, 60, stay=0.9).transmat.tolist()
    [[0.9, 0.1], [0.1, 0.9]]
    """
    if n_states < 1:
        raise ValueError(f"n_states is {n_states}; expected at least 1")
    year = np.sqrt(_YEAR_HOURS * 60 / minutes)
    vol = _per_state(vols, np.geomspace(*_ANNUAL_VOLS, n_states) / year, "vols")
    drift = _per_state(means, np.linspace(*_ANNUAL_DRIFTS, n_states) / year**2, "means")
    if np.any(vol <= 0) or np.any(np.diff(vol) < 0):
        raise ValueError(f"vols are {vol.tolist()}; expected positive values from calm to stressed")
    matrix = _stay_matrix(n_states, stay) if transmat is None else _checked(transmat, n_states)
    covars = np.zeros((n_states, 2, 2))
    covars[:, 0, 0] = vol**2
    covars[:, 1, 1] = _HALF_RANGE_STD**2
    return ProcessParameters(
        startprob=stationary_distribution(matrix),
        transmat=matrix,
        means=np.column_stack([drift, np.log(vol) + _HALF_RANGE_LEVEL]),
        covars=covars,
    )


def stationary_distribution(transmat: FloatArray) -> FloatArray:
    """Long-run share of each state.

    Parameters
    ----------
    transmat
        Transition matrix, shape (K, K).

    Returns
    -------
    ndarray
        Probabilities, shape (K,).

    Examples
    --------
    >>> stationary_distribution(np.array([[0.9, 0.1], [0.3, 0.7]])).round(12).tolist()
    [0.75, 0.25]
    """
    n_states = len(transmat)
    system = np.vstack([transmat.T - np.eye(n_states), np.ones(n_states)])
    target = np.append(np.zeros(n_states), 1.0)
    solution = np.clip(np.linalg.lstsq(system, target, rcond=None)[0], 0.0, None)
    return solution / solution.sum()


def draw_states(parameters: ProcessParameters, n_bars: int, rng: np.random.Generator) -> IntArray:
    """Draw one path of the state chain.

    Parameters
    ----------
    parameters
        `startprob` and `transmat` are used.
    n_bars
        Length of the path.
    rng
        Source of random numbers.

    Returns
    -------
    ndarray
        States, shape (n_bars,).

    Examples
    --------
    >>> parameters = process_parameters(2, 60, stay=1.0)
    >>> len(set(draw_states(parameters, 50, np.random.default_rng(0)).tolist()))
    1
    """
    uniform = rng.random(n_bars)
    last = len(parameters.startprob) - 1
    edges = np.cumsum(parameters.transmat, axis=1)
    next_state = np.stack([np.searchsorted(row, uniform, side="right") for row in edges])
    table = np.minimum(next_state, last).T.tolist()
    states = np.empty(n_bars, dtype=np.int64)
    start = np.searchsorted(np.cumsum(parameters.startprob), uniform[0], side="right")
    state = min(int(start), last)
    for bar, row in enumerate(table):
        state = state if bar == 0 else row[state]
        states[bar] = state
    return states


def tail_scale(n_bars: int, tails: Tails, df: float, rng: np.random.Generator) -> FloatArray:
    """Factor per bar that gives a normal shock the tails asked for, at unit variance.

    Parameters
    ----------
    n_bars
        Number of bars.
    tails
        ``gaussian`` or ``t``.
    df
        Degrees of freedom of ``t``, above 2.
    rng
        Source of random numbers.

    Returns
    -------
    ndarray
        Factors, shape (n_bars,).

    Raises
    ------
    ValueError
        Where `tails` is unknown or `df` is not above 2.

    Examples
    --------
    >>> tail_scale(2, "gaussian", 4, np.random.default_rng(0)).tolist()
    [1.0, 1.0]
    """
    if tails == "gaussian":
        return np.ones(n_bars)
    if tails != "t":
        raise ValueError(f"tails is {tails!r}; expected 'gaussian' or 't'")
    if df <= 2:
        raise ValueError(f"df is {df}; a Student-t needs more than 2 to have a variance")
    return np.sqrt((df - 2) / rng.chisquare(df, n_bars))


def ohlc_path(
    log_return: FloatArray, vol: FloatArray, base_price: float, rng: np.random.Generator
) -> FloatArray:
    """Open, high, low and close from a Brownian path inside each bar.

    Parameters
    ----------
    log_return
        Log return of each bar, close to close, shape (T,).
    vol
        Volatility of each bar, shape (T,).
    base_price
        Close before the first bar.
    rng
        Source of random numbers.

    Returns
    -------
    ndarray
        Prices, shape (T, 4).

    Notes
    -----
    The path runs from the previous close to this close in eight steps and is tied to the bar's
    return (a Brownian bridge). The bar opens at the first step, so that an open is not the previous
    close.

    Examples
    --------
    >>> prices = ohlc_path(np.zeros(3), np.full(3, 0.01), 100.0, np.random.default_rng(0))
    >>> prices[:, 3].round(9).tolist()
    [100.0, 100.0, 100.0]
    """
    n_bars = len(log_return)
    steps = rng.standard_normal((n_bars, _PATH_STEPS)) / np.sqrt(_PATH_STEPS)
    walk = np.cumsum(steps, axis=1)
    share = np.arange(1, _PATH_STEPS + 1) / _PATH_STEPS
    bridge = vol[:, None] * (walk - share * walk[:, -1:])
    log_close = np.cumsum(np.append(np.log(base_price), log_return))
    path = log_close[:-1, None] + bridge + share * log_return[:, None]
    path[:, -1] = log_close[1:]
    prices = np.exp(path)
    return np.column_stack([prices[:, 0], prices.max(axis=1), prices.min(axis=1), prices[:, -1]])


def _per_state(given: Sequence[float] | None, default: FloatArray, name: str) -> FloatArray:
    if given is None:
        return default
    values = np.asarray(given, dtype=np.float64)
    if values.shape != default.shape:
        raise ValueError(
            f"{name} has shape {values.shape}; expected one value per state, {default.shape}"
        )
    return values


def _stay_matrix(n_states: int, stay: float) -> FloatArray:
    if not 0 <= stay <= 1:
        raise ValueError(f"stay is {stay}; expected a probability between 0 and 1")
    if n_states == 1:
        return np.ones((1, 1))
    leave = (1 - stay) / (n_states - 1)
    matrix = np.full((n_states, n_states), leave)
    np.fill_diagonal(matrix, stay)
    return matrix.round(15)


def _checked(transmat: ArrayLike, n_states: int) -> FloatArray:
    matrix = np.asarray(transmat, dtype=np.float64)
    if matrix.shape != (n_states, n_states):
        raise ValueError(f"transmat has shape {matrix.shape}; expected {(n_states, n_states)}")
    if np.any(matrix < 0) or not np.allclose(matrix.sum(axis=1), 1.0):
        raise ValueError("the rows of transmat must be probabilities that sum to 1")
    return matrix
