"""Volatility threshold: states are bands of a trailing volatility, cut at training quantiles."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from regime_factory.regimes.detectors.base import (
    FittedDetector,
    Matrix,
    States,
)
from regime_factory.regimes.detectors.moments import one_hot, weighted_moments
from regime_factory.regimes.detectors.online import Walk
from regime_factory.regimes.detectors.settings import check_counts
from regime_factory.regimes.detectors.trailing import trailing_variance
from regime_factory.regimes.inputs import check_start


class VolatilityThreshold(FittedDetector):
    """States by the trailing volatility of one column, in bands that held equal training shares.

    Parameters
    ----------
    n_components : int
        Number of bands K.
    decay : float or None
        Decay per bar of an exponentially weighted variance, in (0, 1); .94 is the RiskMetrics
        value for days. None with ``window``.
    window : int or None
        Bars of a trailing mean of squares. Give it or ``decay``.
    column : int
        Column whose volatility decides, usually the return.

    Attributes
    ----------
    thresholds_ : ndarray, shape (K - 1,)
        Volatility at which one band ends and the next begins, in the user's units.
    bands_ : ndarray, shape (K,)
        Band of each state, 0 the calmest.
    levels_ : ndarray, shape (K,)
        Mean trailing variance of each state on the training rows.
    offset_ : ndarray, shape (1,)
        Training mean of the column; squares are taken of deviations from it.
    level_ : ndarray, shape (1,)
        Variance of the column over the training rows: what a sequence starts from.
    means_ : ndarray, shape (K, F)
    covars_ : ndarray, shape (K, F, F)
        Moments of each state's training rows, with one pseudo-bar of the covariance of all.
    n_rows_ : int
        Rows the detector was fitted on.

    Notes
    -----
    The variance of a bar includes that bar's own square: it is known at the bar's close. A sequence
    starts from the variance of all training rows, with ``previous`` from the mean variance of those
    states: its first bars differ from those of a longer history, by ``decay`` to the power of their
    number, or for ``window`` bars. The fit maximises the entropy of the training shares, and is the
    same from every start.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, s, 200) for s in (1, 3, 1, 3)])
    >>> detector = VolatilityThreshold(2).fit(X)
    >>> detector.thresholds_.round(1).tolist()
    [2.0]
    >>> detector.filter(X)[[150, 350]].argmax(axis=1).tolist()
    [0, 1]
    """

    _arrays: ClassVar = (
        "means_", "covars_", "thresholds_", "bands_", "levels_", "offset_", "level_",
    )  # fmt: skip
    _by_state: ClassVar = ("means_", "covars_", "bands_", "levels_")
    _values: ClassVar = ("n_rows_", "entropy_")
    thresholds_: Matrix
    bands_: Matrix
    levels_: Matrix
    offset_: Matrix
    level_: Matrix
    entropy_: float
    n_rows_: int

    def __init__(
        self,
        n_components: int = 3,
        *,
        decay: float | None = 0.94,
        window: int | None = None,
        column: int = 0,
    ) -> None:
        self.n_components = n_components
        self.decay = decay
        self.window = window
        self.column = column

    def fit(
        self,
        X: ArrayLike,
        lengths: Sequence[int] | None = None,
        start: "VolatilityThreshold | None" = None,
    ) -> Self:
        """Cut the trailing volatility of the training rows into bands of equal shares.

        Parameters
        ----------
        X : array_like, shape (T, F)
            Observations; a frame's column names appear in messages.
        lengths : sequence of int, optional
            Rows of each independent sequence.
        start : VolatilityThreshold, optional
            Fitted detector whose order of states is kept; without, the calmest comes first.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For unusable settings or observations, or volatilities too alike to be cut.
        """
        values, parts = self._training_rows(X, lengths, lambda F: self.n_components * (F + 1))
        if self.column >= values.shape[1]:
            raise ValueError(
                f"column is {self.column}, but the observations have {values.shape[1]} columns"
            )
        column = values[:, self.column]
        self.offset_, self.level_ = np.array([column.mean()]), np.array([column.var()])
        variance = np.concatenate(
            [
                trailing_variance(
                    self._squares(rows), self._first_memory(None),
                    decay=self.decay, window=self.window,
                )[0]
                for rows in np.split(values, np.cumsum(parts)[:-1])
            ]
        )  # fmt: skip
        shares = np.arange(1, self.n_components) / self.n_components
        self.thresholds_ = np.quantile(np.sqrt(variance), shares)
        bands = self._bands(variance)
        counts = np.bincount(bands, minlength=self.n_components)
        if counts.min() == 0:
            raise ValueError(
                f"the trailing volatility takes too few values for {self.n_components} bands over "
                f"{len(values)} rows; use fewer states, or a longer window"
            )
        self._take_moments(values, variance, bands, start)
        share = counts / len(values)
        self.entropy_, self.n_rows_ = float(-(share * np.log(share)).sum()), len(values)
        return self

    def objective(self) -> float:
        """Return the entropy of the training shares.

        Returns
        -------
        float
            Nats per bar.
        """
        self._check_fitted()
        return self.entropy_

    def _take_moments(
        self, values: Matrix, variance: Matrix, bands: States, start: "VolatilityThreshold | None"
    ) -> None:
        order = np.arange(self.n_components)
        if start is not None:
            check_start(start, VolatilityThreshold)
            start._check_fitted()
            if start.n_components != self.n_components:
                raise ValueError(
                    f"start has {start.n_components} states, this detector {self.n_components}"
                )
            order = start.bands_.astype(np.int64)
        weights = one_hot(bands, self.n_components)
        found = weighted_moments(values, weights)
        self.means_, self.covars_ = found.means[order], found.covars[order]
        self.levels_ = (weights.T @ variance / weights.sum(axis=0))[order]
        self.bands_ = order.astype(np.float64)

    def _walk(self) -> Walk:
        """Look up the band; the memory is that of the trailing variance."""

        def walk(rows: Matrix, memory: Matrix) -> tuple[Matrix, Matrix]:
            variance, after = trailing_variance(
                self._squares(rows), memory, decay=self.decay, window=self.window
            )
            return (self._bands(variance)[:, None] == self.bands_).astype(np.float64), after

        return walk

    def _first_memory(self, previous: Matrix | None) -> Matrix:
        level = self.level_[0] if previous is None else previous @ self.levels_
        return np.full(1 if self.window is None else self.window - 1, level)

    def _squares(self, rows: Matrix) -> Matrix:
        return (rows[:, self.column] - self.offset_[0]) ** 2

    def _bands(self, variance: Matrix) -> States:
        return np.searchsorted(self.thresholds_, np.sqrt(variance)).astype(np.int64)

    def _check_settings(self) -> None:
        settings = self.get_params()
        check_counts(settings, {"n_components": 1, "column": 0})
        if (self.decay is None) == (self.window is None):
            raise ValueError(
                f"decay is {self.decay} and window {self.window}; give one of them and set the "
                "other to None"
            )
        if self.window is not None:
            check_counts(settings, {"window": 1})
        elif not isinstance(self.decay, float | np.floating) or not 0 < self.decay < 1:
            raise ValueError(f"decay must lie between 0 and 1, found {self.decay!r}")

    def _shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        K, F = self.n_components, n_features
        return {
            "means_": (K, F), "covars_": (K, F, F), "thresholds_": (K - 1,), "bands_": (K,),
            "levels_": (K,), "offset_": (1,), "level_": (1,),
        }  # fmt: skip

    def _check_arrays(self, arrays: Mapping[str, Any]) -> None:
        super()._check_arrays(arrays)
        if sorted(arrays["bands_"].tolist()) != list(range(self.n_components)):
            raise ValueError(f"bands_ {arrays['bands_'].tolist()} are not 0 to K - 1")
