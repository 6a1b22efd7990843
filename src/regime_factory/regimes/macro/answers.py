"""What a fitted macro detector answers: regimes, and what describes its states."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.describe.diagnostics import stationary_distribution
from regime_factory.regimes.detector import StateMoments
from regime_factory.regimes.macro import description
from regime_factory.regimes.macro.filtering import MacroFilter
from regime_factory.regimes.macro.online import MacroOnline
from regime_factory.regimes.macro.rows import stamps_of

Matrix = NDArray[np.float64]


class MacroAnswers(MacroFilter):
    """Methods that need a fitted detector and no training rows; base of `MacroRegimeDetector`."""

    dropped_: dict[str, str]
    collinear_: dict[str, list[str]]
    centre_: Matrix
    scale_: Matrix
    weights_: Matrix
    risk_scores_: Matrix
    shares_: Matrix
    n_rows_: int
    n_training_samples_: int
    trained_from_: str | None
    trained_to_: str | None

    def predict_proba(self, X: ArrayLike) -> Matrix:
        """Return the filtered probability of each regime at each row; as :meth:`filter`.

        Parameters
        ----------
        X : frame, shape (T, F), or array_like
            As in :meth:`filter`.

        Returns
        -------
        ndarray, shape (T, K)
            In the order of `state_names`.
        """
        return self.filter(X)

    def predict(self, X: ArrayLike) -> NDArray[np.str_]:
        """Return the name of the most likely regime at each row, from that row and earlier ones.

        Parameters
        ----------
        X : frame, shape (T, F), or array_like
            As in :meth:`filter`.

        Returns
        -------
        ndarray of str, shape (T,)
        """
        return np.array(self.state_names)[self.filter(X).argmax(axis=1)]

    def predict_with_metadata(
        self, X: ArrayLike, ts: Sequence[Any] | None = None, previous: ArrayLike | None = None
    ) -> dict[str, Any]:
        """Return the regime of the last row, with all that it takes to check it later.

        Parameters
        ----------
        X : frame, shape (T, F), or array_like
            As in :meth:`filter`; the rows before the last one are its history.
        ts : sequence, optional
            Stamps; default: the frame's `ts`.
        previous : array_like, shape (K,), optional
            As in :meth:`filter`.

        Returns
        -------
        dict
            ``regime, confidence`` (its probability), ``probabilities`` by regime,
            ``model_version``, ``n_features`` and ``features`` (columns used and their values, None
            where missing), ``missing`` and ``dropped`` (columns without a value in this row, and
            those that the fit left out), ``bar_timestamp`` (ISO text, or None),
            ``n_training_samples, trained_to``.
        """
        p = self.filter(X, previous=previous)[-1]
        stamps = stamps_of(X, ts)
        stamp = None if stamps is None else stamps[-1]
        return description.metadata(self, p, self._rows(X)[-1], stamp)

    def online(self, previous: ArrayLike | None = None) -> MacroOnline:
        """Return an object that takes one row at a time and equals :meth:`filter`.

        Parameters
        ----------
        previous : array_like, shape (K,), optional
            Probabilities of the last row seen; default: none seen yet.

        Returns
        -------
        MacroOnline
        """
        self._check_fitted()
        return MacroOnline(self, previous)

    def objective(self) -> float:
        """Return the penalised log-likelihood per complete training row.

        Returns
        -------
        float
            Nats.
        """
        self._check_fitted()
        return self.hmm_.objective()

    def moments(self) -> StateMoments:
        """Return mean and covariance of each state over `columns_`, in the user's units.

        Returns
        -------
        StateMoments
        """
        self._check_fitted()
        return self.hmm_.moments()

    def reorder(self, order: ArrayLike) -> Self:
        """Keep the states as they are: their order is that of their risk.

        Parameters
        ----------
        order : array_like of int, shape (K,)
            Old number of each new state; only 0, 1, ... is possible.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For any other order.
        """
        self._check_fitted()
        if np.asarray(order).tolist() != list(range(self.n_components)):
            raise ValueError(
                f"order {np.asarray(order).tolist()} cannot be taken: the states of a "
                f"MacroRegimeDetector are ordered by risk ({', '.join(self.state_names)})"
            )
        return self

    def transition_matrix(self) -> Matrix:
        """Return the probability of each regime at the next row, by the regime of this row.

        Returns
        -------
        ndarray, shape (K, K)
            From row to column, in the order of `state_names`; rows sum to one.
        """
        self._check_fitted()
        return self.hmm_.transmat_.copy()

    def stationary_distribution(self) -> Matrix:
        """Return the long-run share of rows in each regime that the transitions imply.

        Returns
        -------
        ndarray, shape (K,)
            In the order of `state_names`.
        """
        return stationary_distribution(self.transition_matrix())

    def state_characteristics(self) -> dict[str, dict[str, Any]]:
        """Return what each regime looks like, in the units of the features.

        Returns
        -------
        dict
            By regime: ``risk_score`` (training standard deviations), ``share`` of the training
            rows, ``expected_bars`` (None for a state that is never left), and by feature
            ``means, stds, standardised_means``.
        """
        self._check_fitted()
        return description.characteristics(self)

    def feature_importance(self) -> dict[str, float]:
        """Return how far each feature tells the regimes apart.

        Returns
        -------
        dict of str to float
            Share of each feature's variance that lies between the regimes, over the sum of all
            features: sums to one. Means count, not variances; see `explained` in
            :meth:`diagnostics`.
        """
        self._check_fitted()
        return description.importance(self)

    def diagnostics(self) -> dict[str, Any]:
        """Return the fitted model, the score of risk and the training rows in plain numbers.

        Returns
        -------
        dict
            As :func:`regime_factory.regimes.diagnostics`, and what
            :func:`regime_factory.regimes.macro.description.diagnostics` adds.
        """
        self._check_fitted()
        return description.diagnostics(self)

    def model_version(self) -> str:
        """Return a name of this very fit: equal for equal parameters, also after saving.

        Returns
        -------
        str
            ``macro-`` and 16 hexadecimal digits.
        """
        self._check_fitted()
        return description.model_version(self)
