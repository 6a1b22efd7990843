"""How macro regimes are filtered: rows by name, missing values integrated out."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.base import SettingsMixin
from regime_factory.regimes.hmm.inference import filtered_probabilities
from regime_factory.regimes.hmm.model import GaussianHMM
from regime_factory.regimes.macro.missing import marginal_log_density
from regime_factory.regimes.macro.risk import REGIME_NAMES
from regime_factory.regimes.macro.rows import macro_matrix, macro_row
from regime_factory.regimes.validation import (
    NotFittedError,
    check_lengths,
    check_magnitude,
    check_probabilities,
)

Matrix = NDArray[np.float64]


class MacroFilter(SettingsMixin):
    """Methods that give probabilities; base of `MacroRegimeDetector`."""

    n_components: int
    min_columns: int
    columns: Sequence[str] | None
    hmm_: GaussianHMM
    feature_names_in_: list[str]
    columns_: list[str]

    @property
    def state_names(self) -> list[str]:
        """Names of the states in their order, least risk first.

        Returns
        -------
        list of str
        """
        return list(REGIME_NAMES[self.n_components])

    def is_fitted(self) -> bool:
        """Say whether the detector has been fitted.

        Returns
        -------
        bool
        """
        return hasattr(self, "hmm_")

    def filter(
        self, X: ArrayLike, lengths: Sequence[int] | None = None, previous: ArrayLike | None = None
    ) -> Matrix:
        """Return P(regime at t | rows up to t); causal.

        Parameters
        ----------
        X : frame, shape (T, F), or array_like
            Features in time order. Columns of a frame are found by name, in any order; those of an
            array are in the order of `feature_names_in_`. Null and NaN are missing values.
        lengths : sequence of int, optional
            Rows of each independent sequence.
        previous : array_like, shape (K,), optional
            Probabilities of the row before the first one; default: those of a sequence's start.

        Returns
        -------
        ndarray, shape (T, K)
            In the order of `state_names`.

        Raises
        ------
        NotFittedError
            Before the fit.
        ValueError
            For columns that do not fit, or a row with values in too few columns.
        """
        rows = self._observed(X)
        parts = check_lengths(lengths, len(rows))
        current = self.hmm_.parameters()
        log_b = marginal_log_density(rows, current)
        prior = current.startprob
        if previous is not None:
            prior = check_probabilities(previous, prior.shape, "previous") @ current.transmat
        p, start = np.empty(log_b.T.shape), 0
        for length in parts:
            part = slice(start, start + length)
            p[part] = filtered_probabilities(prior, current.transmat, log_b[:, part])
            prior, start = current.startprob, start + length
        return p

    def observes(self, X: ArrayLike) -> NDArray[np.bool_]:
        """Mark the rows that have a value in at least `min_columns` of the used columns.

        Parameters
        ----------
        X : frame, shape (T, F), or array_like
            As in :meth:`filter`.

        Returns
        -------
        ndarray of bool, shape (T,)
        """
        return (~np.isnan(self._rows(X))).sum(axis=1) >= self.min_columns

    def check_rows(self, X: ArrayLike) -> Matrix:
        """Return rows as a matrix over `feature_names_in_`, NaN where a value is missing.

        Parameters
        ----------
        X : frame, shape (T, F), or array_like
            As in :meth:`filter`; before the fit, a frame needs `columns` to be set.

        Returns
        -------
        ndarray, shape (T, F)
        """
        if self.is_fitted():
            return self._matrix(X, self.feature_names_in_, self.columns_)
        if self.columns is None:
            raise NotFittedError(
                "a MacroRegimeDetector that is neither fitted nor told its columns cannot read "
                "rows; set columns=[...], or fit it to a frame first"
            )
        return self._matrix(X, list(self.columns), list(self.columns))

    def used_row(self, x: Mapping[str, Any] | ArrayLike) -> Matrix:
        """Return one row over `columns_`, NaN where a value is missing.

        Parameters
        ----------
        x : mapping of str to float, frame of one row, or array_like of shape (F,)
            Row over `feature_names_in_`; None and names left out of a mapping are missing.

        Returns
        -------
        ndarray, shape (F_used,)
        """
        self._check_fitted()
        row = macro_row(x, self.feature_names_in_, others=self.columns is not None)
        used = row[[self.feature_names_in_.index(name) for name in self.columns_]]
        self._refuse_too_few(used[None])
        return used

    def _check_fitted(self) -> None:
        if not self.is_fitted():
            raise NotFittedError(
                "this MacroRegimeDetector is not fitted; call fit(features) or load(path) first"
            )

    def _matrix(self, X: ArrayLike, names: Sequence[str], needed: Sequence[str]) -> Matrix:
        return macro_matrix(X, names, needed, others=self.columns is not None)

    def _rows(self, X: ArrayLike) -> Matrix:
        """Rows over the columns used."""
        self._check_fitted()
        rows = self._matrix(X, self.feature_names_in_, self.columns_)
        return rows[:, [self.feature_names_in_.index(name) for name in self.columns_]]

    def _observed(self, X: ArrayLike) -> Matrix:
        """Rows over the columns used, each with enough values."""
        rows = self._rows(X)
        self._refuse_too_few(rows)
        check_magnitude(np.where(np.isnan(rows), 0.0, rows))
        return rows

    def _refuse_too_few(self, rows: Matrix) -> None:
        counts = (~np.isnan(rows)).sum(axis=1)
        if (counts < self.min_columns).any():
            row = int((counts < self.min_columns).argmax())
            raise ValueError(
                f"row {row} has values in {counts[row]} of the columns {', '.join(self.columns_)}; "
                f"at least {self.min_columns} are needed (min_columns): leave such rows out, "
                "observes(X) marks the others"
            )
