"""Macro regimes one row at a time: the same filter as in batch, with a state that can be saved."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.hmm.online import OnlineFilter, check_last_bar
from regime_factory.regimes.macro.missing import marginal_parameters
from regime_factory.regimes.validation import check_probabilities

if TYPE_CHECKING:
    from regime_factory.regimes.macro.answers import MacroAnswers

Matrix = NDArray[np.float64]
_KIND = "MacroOnline"


class MacroOnline:
    """Filtered probabilities of the macro regimes, updated row by row.

    Parameters
    ----------
    detector : MacroRegimeDetector
        Fitted detector.
    previous : array_like, shape (K,), optional
        Probabilities of the last row seen; default: none seen yet.

    Attributes
    ----------
    probabilities : ndarray, shape (K,) or None
        Filtered probabilities of the last row seen.
    loglik : float or None
        Log density of the values of the last row given the rows before it, in nats.
    change : float or None
        Probability that the regime of the last row differs from that of the row before.

    Examples
    --------
    A series may fail for a day; what is there is used as it is:

    >>> from regime_factory.regimes import MacroRegimeDetector
    >>> rng = np.random.default_rng(0)
    >>> level = np.repeat([14.0, 20.0, 35.0, 14.0], 100) + rng.normal(0, 1, 400)
    >>> rows = np.column_stack([level, -level + rng.normal(0, 1, 400)])
    >>> names = ["macro_vix_level", "macro_trend_200"]
    >>> detector = MacroRegimeDetector(columns=names, min_columns=1).fit(rows)
    >>> online = detector.online()
    >>> _ = online.update({"macro_vix_level": 36.0, "macro_trend_200": None})
    >>> online.regime
    'RISK_OFF'
    """

    def __init__(self, detector: "MacroAnswers", previous: ArrayLike | None = None) -> None:
        self._detector = detector
        self._parameters = detector.hmm_.parameters()
        self.probabilities: Matrix | None = None
        self.loglik: float | None = None
        self.change: float | None = None
        if previous is not None:
            self.probabilities = self._checked(previous, "previous")

    @property
    def regime(self) -> str | None:
        """Name of the most likely regime of the last row seen.

        Returns
        -------
        str or None
        """
        if self.probabilities is None:
            return None
        return self._detector.state_names[int(self.probabilities.argmax())]

    def update(self, x: Mapping[str, Any] | ArrayLike) -> Matrix:
        """Take the next row and return its filtered probabilities.

        Parameters
        ----------
        x : mapping of str to float, frame of one row, or array_like of shape (F,)
            As in :meth:`MacroRegimeDetector.used_row`.

        Returns
        -------
        ndarray, shape (K,)

        Raises
        ------
        ValueError
            For columns that do not fit, infinite values, or values in too few columns.
        """
        row = self._detector.used_row(x)
        there = ~np.isnan(row)
        online = OnlineFilter(marginal_parameters(self._parameters, there), self.probabilities)
        p = online.update(row[there])
        self.probabilities, self.loglik, self.change = p, online.loglik, online.change
        return p.copy()

    def update_many(self, X: Sequence[ArrayLike] | Matrix) -> Matrix:
        """Take several rows in their order.

        Parameters
        ----------
        X : sequence of rows, or array_like of shape (T, F)
            As in :meth:`update`.

        Returns
        -------
        ndarray, shape (T, K)
        """
        return np.array([self.update(x) for x in X])

    def to_state(self) -> dict[str, Any]:
        """Return what is needed to go on later.

        Returns
        -------
        dict
            ``model_version`` of the detector and ``probabilities, loglik, change``: plain values,
            None before the first row.
        """
        p = self.probabilities
        return {
            "model_version": self._detector.model_version(),
            "probabilities": None if p is None else p.tolist(),
            "loglik": self.loglik,
            "change": self.change,
        }

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
            For a state of another fit, or probabilities that do not fit the detector.
        """
        version = self._detector.model_version()
        if not isinstance(state, Mapping) or "model_version" not in state:
            raise ValueError(f"this is not a saved {_KIND}, or the saved state is damaged")
        if state.get("model_version") != version:
            raise ValueError(
                f"the state is of the fit {state.get('model_version')!r}, this is {version!r}; "
                "load the detector that it was saved with"
            )
        missing = [name for name in ("probabilities", "loglik", "change") if name not in state]
        if missing:
            raise ValueError(f"the saved {_KIND} is damaged: it lacks {', '.join(missing)}")
        p, last_bar = state["probabilities"], (state["loglik"], state["change"])
        if last_bar != (None, None):
            check_last_bar(*last_bar, kind=_KIND)
        self.probabilities = None if p is None else self._checked(p, "probabilities")
        self.loglik, self.change = last_bar
        return self

    def _checked(self, p: ArrayLike, name: str) -> Matrix:
        return check_probabilities(p, self._parameters.startprob.shape, name)
