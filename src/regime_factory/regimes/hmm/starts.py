"""Start parameters of EM: clustered, scattered and random-transition starts, mixed by thirds."""

import numpy as np
from numpy.typing import NDArray

from regime_factory.regimes.hmm.parameters import HMMParameters

Matrix = NDArray[np.float64]
_SAMPLE = 2000
_LLOYD_STEPS = 8
_STAY = 0.95


def make_start(X: Matrix, n_states: int, target: Matrix, index: int, seed: int) -> HMMParameters:
    """Draw the start with a given index.

    Parameters
    ----------
    X : ndarray, shape (F, T)
        Standardised observations.
    n_states : int
        Number of states K.
    target : ndarray, shape (F, F)
        Training covariance in standardised units.
    index : int
        Number of the start; its kind is ``index % 3``.
    seed : int
        Seed of the whole fit; each index has its own stream.

    Returns
    -------
    HMMParameters
        Standardised start parameters.

    Notes
    -----
    One kind of start misses optima that another finds, on real bars by hundreds of nats.
    """
    rng = np.random.default_rng([seed, index])
    rows = rng.choice(X.shape[1], size=min(_SAMPLE, X.shape[1]), replace=False)
    sample = np.ascontiguousarray(X[:, rows].T)
    kind = (_clustered, _scattered, _random_transitions)[index % 3]
    transmat, means, covars = kind(sample, n_states, target, rng)
    return HMMParameters(np.full(n_states, 1 / n_states), transmat, means, covars)


def sticky_transmat(n_states: int, stay: float) -> Matrix:
    """Return a transition matrix that stays with one probability and leaves evenly.

    Parameters
    ----------
    n_states : int
        Number of states K.
    stay : float
        Probability of staying.

    Returns
    -------
    ndarray, shape (K, K)

    Examples
    --------
    >>> sticky_transmat(2, 0.9).round(1).tolist()
    [[0.9, 0.1], [0.1, 0.9]]
    """
    if n_states == 1:
        return np.ones((1, 1))
    leave = (1 - stay) / (n_states - 1)
    return np.full((n_states, n_states), leave) + (stay - leave) * np.eye(n_states)


def _clustered(
    sample: Matrix, n_states: int, target: Matrix, rng: np.random.Generator
) -> tuple[Matrix, Matrix, Matrix]:
    """k-means++ seeds, a few Lloyd steps, variances within clusters."""
    n_rows = len(sample)
    means = np.empty((n_states, sample.shape[1]))
    means[0] = sample[rng.integers(n_rows)]
    nearest = np.full(n_rows, np.inf)
    for k in range(1, n_states):
        nearest = np.minimum(nearest, ((sample - means[k - 1]) ** 2).sum(axis=1))
        total = nearest.sum()
        chance = nearest / total if total > 0 else np.full(n_rows, 1 / n_rows)
        means[k] = sample[rng.choice(n_rows, p=chance)]
    for _ in range(_LLOYD_STEPS):
        member = _members(sample, means)
        count = member.sum(axis=1)
        filled = count > 0
        means[filled] = (member @ sample)[filled] / count[filled, None]
    member = _members(sample, means)
    count = member.sum(axis=1)[:, None]
    squares = member @ sample**2 - 2 * means * (member @ sample) + count * means**2
    variances = (np.maximum(squares, 0.0) + 10 * np.diag(target)) / (count + 10)
    offdiagonal = 10 * (target - np.diag(np.diag(target))) / (count[:, :, None] + 10)
    covars = variances[:, :, None] * np.eye(len(target)) + offdiagonal
    return sticky_transmat(n_states, _STAY), means, covars


def _members(sample: Matrix, means: Matrix) -> Matrix:
    """Indicator ``(K, n)`` of the nearest mean of each row."""
    nearest = ((means**2).sum(axis=1)[:, None] - 2 * means @ sample.T).argmin(axis=0)
    return (nearest == np.arange(len(means))[:, None]).astype(np.float64)


def _scattered(
    sample: Matrix, n_states: int, target: Matrix, rng: np.random.Generator
) -> tuple[Matrix, Matrix, Matrix]:
    """Means at random bars; each state as wide as a random multiple of all bars."""
    means = sample[rng.choice(len(sample), size=n_states, replace=len(sample) < n_states)]
    width = rng.uniform(0.2, 1.5, n_states)[:, None, None]
    return sticky_transmat(n_states, _STAY), 0.5 * means, width * target


def _random_transitions(
    sample: Matrix, n_states: int, target: Matrix, rng: np.random.Generator
) -> tuple[Matrix, Matrix, Matrix]:
    """Random, nearly one-hot transitions; the covariance of all bars."""
    transmat = rng.dirichlet(np.full(n_states, 0.5), size=n_states)
    transmat = 0.98 * transmat + 0.02 / n_states
    means = sample[rng.choice(len(sample), size=n_states, replace=len(sample) < n_states)]
    return transmat, means, np.repeat(target[None], n_states, axis=0)
