"""Filtering, smoothing and decoding from log emission densities, whatever produced them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


class Expectation(NamedTuple):
    """Outcome of one E-step over all sequences.

    Attributes
    ----------
    loglik : float
        Log-likelihood of the observations, in nats.
    gamma : ndarray, shape (K, T)
        Smoothed state probabilities.
    xi : ndarray, shape (K, K)
        Expected number of transitions.
    first : ndarray, shape (K,)
        Smoothed probabilities of the first bars, summed over sequences.
    """

    loglik: float
    gamma: Matrix
    xi: Matrix
    first: Matrix


def filter_log_emission(
    prior: Matrix, transmat: Matrix, log_emission: Matrix
) -> tuple[Matrix, Matrix]:
    """Run the forward filter of one sequence.

    Parameters
    ----------
    prior : ndarray, shape (K,)
        Distribution of the first bar's state before that bar is seen.
    transmat : ndarray, shape (K, K)
        Transition matrix, rows sum to one.
    log_emission : ndarray, shape (K, T)
        Log density of each bar in each state.

    Returns
    -------
    p : ndarray, shape (K, T)
        P(state at t | bars up to t).
    loglik : ndarray, shape (T,)
        Log density of each bar given the bars before it.

    Notes
    -----
    Hamilton (1989), equation 4; each bar is normalised, and shifted by its best state.

    Examples
    --------
    The umbrella world of Russell and Norvig: rain persists with .7, umbrellas follow with .9.

    >>> umbrella = np.log([[0.9, 0.9, 0.1], [0.2, 0.2, 0.8]])
    >>> rain = np.array([[0.7, 0.3], [0.3, 0.7]])
    >>> p, _ = filter_log_emission(np.array([0.5, 0.5]), rain, umbrella)
    >>> p[0].round(4).tolist()
    [0.8182, 0.8834, 0.1907]
    """
    p, norm, shift = _filter(prior, transmat, log_emission)
    return p.T, np.log(norm) + shift


def filtered_probabilities(prior: Matrix, transmat: Matrix, log_emission: Matrix) -> Matrix:
    """Run the forward filter of one sequence for its probabilities alone.

    Parameters
    ----------
    prior, transmat, log_emission
        As in :func:`filter_log_emission`.

    Returns
    -------
    ndarray, shape (T, K)
        P(state at t | bars up to t).
    """
    return _filter(prior, transmat, log_emission)[0]


def _filter(prior: Matrix, transmat: Matrix, log_emission: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """Return probabilities ``(T, K)``, and normaliser and shift of each bar."""
    from regime_factory.regimes.hmm.generated import MOST_STATES, recursion_module

    n_states, n_rows = log_emission.shape
    log_b, b, shift = _shifted(log_emission)
    p, norm = np.empty((n_rows, n_states)), np.empty(n_rows)
    if n_states <= MOST_STATES:
        forward = recursion_module(n_states).forward
        if forward(prior, transmat, b, p, norm) == n_rows:
            return p, norm, shift
    p[:] = _forward(prior, transmat, log_b, b, shift, norm).T
    return p, norm, shift


def _shifted(log_emission: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """Return the log densities, the densities over each bar's largest, and the logs of those."""
    from regime_factory.regimes.hmm import _kernels

    log_b = np.ascontiguousarray(log_emission, dtype=np.float64)
    b, shift = np.empty_like(log_b), np.empty(log_b.shape[1])
    _kernels.shifted_exp(log_b, shift, b)
    return log_b, b, shift


def _forward(  # noqa: PLR0917 - as the kernel takes them
    prior: Matrix, transmat: Matrix, log_b: Matrix, b: Matrix, shift: Matrix, norm: Matrix
) -> Matrix:
    """Filter any number of states, also bars that underflow; they change ``b`` and ``shift``."""
    from regime_factory.regimes.hmm import _kernels

    p = np.empty_like(b)
    _kernels.forward(prior, transmat, log_b, shift, b, p, norm)
    return p


def expectation(
    startprob: Matrix, transmat: Matrix, log_emission: Matrix, lengths: Sequence[int]
) -> Expectation:
    """Run forward and backward passes over all sequences and gather the expected counts.

    Parameters
    ----------
    startprob : ndarray, shape (K,)
        Distribution of each sequence's first state.
    transmat : ndarray, shape (K, K)
        Transition matrix, rows sum to one.
    log_emission : ndarray, shape (K, T)
        Log density of each bar in each state.
    lengths : sequence of int
        Rows of each sequence.

    Returns
    -------
    Expectation

    Notes
    -----
    Baum et al. (1970); scaling of Rabiner (1989), section V.A.
    """
    from regime_factory.regimes.hmm import _kernels

    n_states, n_rows = log_emission.shape
    gamma, xi = np.empty((n_states, n_rows)), np.zeros((n_states, n_states))
    first, loglik, start = np.zeros(n_states), 0.0, 0
    for length in lengths:
        part = slice(start, start + length)
        log_b, b, shift = _shifted(log_emission[:, part])
        norm = np.empty(length)
        p = _forward(startprob, transmat, log_b, b, shift, norm)
        piece = gamma if length == n_rows else np.empty((n_states, length))
        _kernels.backward(transmat, b, norm, p, piece, xi)
        gamma[:, part] = piece
        first += piece[:, 0]
        loglik += float((np.log(norm) + shift).sum())
        start += length
    return Expectation(loglik, gamma, xi, first)


def decode_log_emission(
    startprob: Matrix, transmat: Matrix, log_emission: Matrix
) -> tuple[float, NDArray[np.int64]]:
    """Find the most likely state path of one sequence (Viterbi); it looks ahead.

    Parameters
    ----------
    startprob : ndarray, shape (K,)
        Distribution of the first state.
    transmat : ndarray, shape (K, K)
        Transition matrix.
    log_emission : ndarray, shape (K, T)
        Log density of each bar in each state.

    Returns
    -------
    logprob : float
        Joint log probability of the path and the bars.
    states : ndarray of int64, shape (T,)

    Examples
    --------
    >>> umbrella = np.log([[0.9, 0.9, 0.1, 0.9, 0.9], [0.2, 0.2, 0.8, 0.2, 0.2]])
    >>> rain = np.array([[0.7, 0.3], [0.3, 0.7]])
    >>> logprob, states = decode_log_emission(np.array([0.5, 0.5]), rain, umbrella)
    >>> round(logprob, 4), states.tolist()
    (-4.459, [0, 0, 1, 0, 0])
    """
    from regime_factory.regimes.hmm import _kernels

    log_b = np.ascontiguousarray(log_emission, dtype=np.float64)
    back = np.zeros(log_b.shape, dtype=np.int64)
    path = np.empty(log_b.shape[1], dtype=np.int64)
    with np.errstate(divide="ignore"):
        log_prior, log_transmat = np.log(startprob), np.log(transmat)
    logprob = _kernels.viterbi(log_prior, log_transmat, log_b, back, path)
    return float(logprob), path
