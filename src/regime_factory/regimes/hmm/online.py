"""One bar at a time: the same filter as in batch, with a state that can be saved."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.hmm.gaussian import whitened_log_density, whitening
from regime_factory.regimes.hmm.inference import filter_log_emission
from regime_factory.regimes.hmm.parameters import HMMParameters
from regime_factory.regimes.validation import check_observations, check_probabilities

Matrix = NDArray[np.float64]


class OnlineFilter:
    """Filtered state probabilities, updated bar by bar.

    Parameters
    ----------
    parameters : HMMParameters
        Model in the user's units.
    previous : array_like, shape (K,), optional
        Filtered probabilities of the last bar seen; default: none seen yet.

    Attributes
    ----------
    probabilities : ndarray, shape (K,) or None
        Filtered probabilities of the last bar seen.

    Examples
    --------
    >>> from regime_factory.regimes import GaussianHMM
    >>> X = np.random.default_rng(0).normal(size=(200, 1))
    >>> model = GaussianHMM(2, n_init=3).fit(X)
    >>> online = model.online()
    >>> rows = np.array([online.update(x) for x in X])
    >>> bool((rows == model.filter(X)).all())
    True
    """

    def __init__(self, parameters: HMMParameters, previous: ArrayLike | None = None) -> None:
        self._parameters = parameters
        self._whiten, self._log_norm = whitening(parameters.covars)
        self.probabilities: Matrix | None = None
        if previous is not None:
            shape = parameters.startprob.shape
            self.probabilities = check_probabilities(previous, shape, "previous")

    def update(self, x: ArrayLike) -> Matrix:
        """Take the next bar and return its filtered probabilities.

        Parameters
        ----------
        x : array_like, shape (F,)
            Observation of the bar.

        Returns
        -------
        ndarray, shape (K,)

        Raises
        ------
        ValueError
            For NaN, infinity or a wrong width.
        """
        model = self._parameters
        row = check_observations(
            np.asarray(x, dtype=np.float64).reshape(1, -1), model.means.shape[1]
        )
        log_b = whitened_log_density(
            np.ascontiguousarray(row.T), model.means, self._whiten, self._log_norm
        )
        prior = model.startprob if self.probabilities is None else self._predict(self.probabilities)
        p, _ = filter_log_emission(prior, model.transmat, log_b)
        self.probabilities = p[:, 0]
        return self.probabilities.copy()

    def _predict(self, current: Matrix) -> Matrix:
        """Add the products in the order of the batch kernel, so that results are equal."""
        total = np.zeros(len(current))
        for p, row in zip(current, self._parameters.transmat, strict=True):
            total += p * row
        return total

    def to_state(self) -> dict[str, Any]:
        """Return what is needed to go on later.

        Returns
        -------
        dict
            ``probabilities``: list of float, or None before the first bar.
        """
        p = self.probabilities
        return {"probabilities": None if p is None else p.tolist()}

    def restore(self, state: Mapping[str, Any]) -> Self:
        """Go on from a state of :meth:`to_state`.

        Parameters
        ----------
        state : mapping
            Saved state.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the probabilities do not fit the model.
        """
        p, shape = state.get("probabilities"), self._parameters.startprob.shape
        self.probabilities = None if p is None else check_probabilities(p, shape, "probabilities")
        return self
