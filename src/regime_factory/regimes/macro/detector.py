"""The macro regime detector: settings, fit, saving and loading."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.hmm.model import GaussianHMM
from regime_factory.regimes.macro import storage
from regime_factory.regimes.macro.answers import MacroAnswers
from regime_factory.regimes.macro.description import stamp_text
from regime_factory.regimes.macro.missing import (
    complete_rows,
    independent_columns,
    usable_columns,
)
from regime_factory.regimes.macro.risk import REGIME_NAMES, risk_score, risk_starts, risk_weights
from regime_factory.regimes.macro.rows import feature_names, stamps_of
from regime_factory.regimes.validation import check_lengths

Matrix = NDArray[np.float64]
_EMPTY = 0.01  # share of the rows below which a state counts as empty
_HMM_SETTINGS = ("covariance_type", "emission", "n_iter", "tol", "sticky", "shrinkage")


class MacroRegimeDetector(MacroAnswers):
    """Risk on, neutral or risk off, filtered from the nine macro features.

    A hidden Markov model whose states are ordered by a stated score of risk: the weighted sum of
    their standardised means, high VIX, volatility and spread counting as risk, high momentum and
    trend against it, the slope of the yield curve as neither (`RISK_WEIGHTS`). So a name means
    the same in every refit. The fit starts from the rows in groups by that score and draws
    nothing: it depends on its rows alone.

    Parameters
    ----------
    n_components : {3, 2}
        ``RISK_ON, NEUTRAL, RISK_OFF``, or two states without ``NEUTRAL``.
    covariance_type : {"diag", "full", "tied"}
        Covariance structure.
    emission : {"gaussian", "student_t"}
        Emission family.
    n_iter : int
        Most EM steps.
    tol : float
        Gain of the objective, in nats per row, below which the fit has converged.
    sticky : float
        Pseudo-counts on each diagonal transition, as a fraction of T/K.
    shrinkage : float
        Pseudo-rows of the training covariance added to each state.
    min_share : float
        Columns with values in a smaller share of the training rows are left out. (0, 1].
    min_columns : int
        Fewest columns to fit on, and fewest values in a row that is scored.
    columns : sequence of str, optional
        Columns to observe; default: all of the frame that is fitted, except `symbol`, `ts`, `ret`.
        Needed where arrays are fitted. With it, frames may have further columns.
    weights : mapping of str to float, optional
        Weights of risk by column name, in place of the stated ones or for further columns.

    Attributes
    ----------
    hmm_ : GaussianHMM
        The model over `columns_`.
    feature_names_in_ : list of str
        Columns given to the fit.
    columns_ : list of str
        Columns used.
    dropped_ : dict of str to str
        Columns that were not used, and why.
    collinear_ : dict of str to list of str
        Those of them that follow from other columns, and from which.
    centre_, scale_, weights_ : ndarray, shape (F,)
        Training mean, standard deviation and weight of risk of each used column.
    risk_scores_ : ndarray, shape (K,)
        Score of each state, increasing.
    shares_ : ndarray, shape (K,)
        Share of the training rows in each state, by filtered probability.
    n_rows_ : int
        Rows given to the fit that have enough values to be scored.
    n_training_samples_ : int
        Rows fitted on: those with a value in every used column.
    trained_from_, trained_to_ : str or None
        Stamps of the first and last of them.

    Notes
    -----
    Missing values: a column that nobody gave, or with too little history, is left out of the fit
    and its weight goes to the others. So is a column that follows from earlier ones, such as the
    difference of two: it says nothing of its own. The fit takes complete rows, and rows on both
    sides of a gap are no neighbours. In a row that is scored, a missing value is integrated out of
    the emission, which is exact; nothing is filled in. Before the first row of a sequence, each
    state has its share of the training rows.

    Examples
    --------
    >>> import polars as pl
    >>> rng = np.random.default_rng(0)
    >>> calm, usual, crisis = (rng.normal(m, 1.0, (200, 2)) for m in ([12, 3], [18, 0], [35, -9]))
    >>> names = ["macro_vix_level", "macro_momentum_60"]
    >>> rows = pl.DataFrame(np.vstack([usual, crisis, calm, usual]), schema=names)
    >>> detector = MacroRegimeDetector(min_columns=2).fit(rows)
    >>> detector.predict(rows)[[0, 250, 450]].tolist()
    ['NEUTRAL', 'RISK_OFF', 'RISK_ON']
    >>> {k: round(v, 2) for k, v in detector.feature_importance().items()}
    {'macro_vix_level': 0.51, 'macro_momentum_60': 0.49}
    """

    def __init__(
        self,
        n_components: int = 3,
        covariance_type: str = "diag",
        *,
        emission: str = "gaussian",
        n_iter: int = 500,
        tol: float = 1e-7,
        sticky: float = 0.5,
        shrinkage: float = 100.0,
        min_share: float = 0.8,
        min_columns: int = 3,
        columns: Sequence[str] | None = None,
        weights: Mapping[str, float] | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.emission = emission
        self.n_iter = n_iter
        self.tol = tol
        self.sticky = sticky
        self.shrinkage = shrinkage
        self.min_share = min_share
        self.min_columns = min_columns
        self.columns = columns
        self.weights = weights

    def fit(
        self,
        X: ArrayLike,
        lengths: Sequence[int] | None = None,
        start: "MacroRegimeDetector | None" = None,
        *,
        ts: Sequence[Any] | None = None,
    ) -> Self:
        """Fit to features, one row per day.

        Parameters
        ----------
        X : frame, shape (T, F), or array_like
            Features in time order, null or NaN where missing; `symbol`, `ts` and `ret` of a frame
            are not observed.
        lengths : sequence of int, optional
            Rows of each independent sequence.
        start : MacroRegimeDetector, optional
            Fitted detector whose columns are used again. Its parameters are not gone on from: each
            fit begins with groups of its own rows.
        ts : sequence, optional
            Stamps of the rows; default: the frame's `ts`.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For settings or columns that cannot be used, or too few complete rows.
        """
        self._check_settings()
        names = self._names_to_fit(X, start)
        given = self._matrix(X, names, names)
        parts, stamps = check_lengths(lengths, len(given)), stamps_of(X, ts)
        used, dropped, collinear = self._columns_to_use(given, names, start)
        values = given[:, [names.index(name) for name in used]]
        there = (~np.isnan(values)).sum(axis=1)
        whole = np.flatnonzero(there == len(used))
        if not len(whole):
            raise ValueError(
                f"none of {len(given)} rows has a value in each of {', '.join(used)}; give rows "
                "that have, or leave a column out"
            )
        rows, sequences = complete_rows(values, parts)
        self._fit_rows(rows, sequences, used)
        self.feature_names_in_, self.columns_ = names, used
        self.dropped_, self.collinear_ = dropped, collinear
        self.n_rows_ = int((there >= self.min_columns).sum())
        self.n_training_samples_ = len(rows)
        ends = [None, None] if stamps is None else [stamps[whole[0]], stamps[whole[-1]]]
        self.trained_from_, self.trained_to_ = (stamp_text(stamp) for stamp in ends)
        return self

    def _fit_rows(self, rows: Matrix, lengths: Sequence[int], used: list[str]) -> None:
        """Fit the model to complete rows, from groups of risk, and order its states by risk."""
        weights = risk_weights(used, self.weights)
        settings = {name: getattr(self, name) for name in _HMM_SETTINGS}
        table = _named(rows, used)
        for start in risk_starts(rows, weights, self.n_components):
            model = GaussianHMM(self.n_components, n_init=1, **settings)
            model.fit(table, lengths, start)
            shares = model.filter(table, lengths).mean(axis=0)
            if shares.min() > _EMPTY:
                break
        self.centre_, self.scale_, self.weights_ = rows.mean(axis=0), rows.std(axis=0), weights
        scores = risk_score(model.moments().means, self.centre_, self.scale_, weights)
        order = np.argsort(scores, kind="stable")
        self.hmm_, self.risk_scores_ = model.reorder(order), scores[order]
        self.shares_ = shares[order]
        # What EM learns is the state of the first training row: it says nothing of other starts.
        self.hmm_.startprob_ = self.shares_ / self.shares_.sum()

    def to_state(self) -> dict[str, Any]:
        """Return settings and fitted attributes as plain values and arrays.

        Returns
        -------
        dict
            See :func:`regime_factory.regimes.macro.storage.detector_state`.
        """
        self._check_fitted()
        return storage.detector_state(self)

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Rebuild a detector saved with :meth:`to_state`; it predicts identically.

        Parameters
        ----------
        state : mapping
            Saved state.

        Returns
        -------
        MacroRegimeDetector

        Raises
        ------
        ValueError
            For a damaged state or one written by a newer version.
        """
        return storage.restore_detector(cls, state)

    def save(self, path: str | Path) -> Path:
        """Write the fitted detector to a folder: `state.json` and `arrays.npz`, no pickle.

        Parameters
        ----------
        path : str or Path
            Folder; one that exists is replaced as a whole.

        Returns
        -------
        Path
        """
        return storage.write_state(self.to_state(), path)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a detector that :meth:`save` wrote.

        Parameters
        ----------
        path : str or Path
            Folder.

        Returns
        -------
        MacroRegimeDetector

        Raises
        ------
        FileNotFoundError
            Where there is no such folder.
        ValueError
            For a damaged file, or one written by a newer version.
        """
        return cls.from_state(storage.read_state(path))

    def _check_settings(self) -> None:
        if self.n_components not in REGIME_NAMES:
            raise ValueError(
                f"n_components is {self.n_components!r}; there are names for "
                f"{' or '.join(map(str, sorted(REGIME_NAMES)))} regimes"
            )
        if self.covariance_type == "spherical":
            raise ValueError(
                "covariance_type 'spherical' takes one variance for columns of different units; "
                "use 'diag', 'full' or 'tied'"
            )
        if not 0 < self.min_share <= 1:
            raise ValueError(f"min_share is {self.min_share!r}; use a share in (0, 1]")
        if not isinstance(self.min_columns, int | np.integer) or self.min_columns < 1:
            raise ValueError(f"min_columns is {self.min_columns!r}; use an integer >= 1")

    def _names_to_fit(self, X: ArrayLike, start: "MacroRegimeDetector | None") -> list[str]:
        if start is not None and not isinstance(start, MacroRegimeDetector):
            raise ValueError(
                f"start is a {type(start).__name__}; give a fitted MacroRegimeDetector, or none"
            )
        if start is not None:
            start._check_fitted()
            return list(start.feature_names_in_)
        names = feature_names(X) if self.columns is None else list(self.columns)
        if names is None:
            raise ValueError(
                "an array has no names of columns, by which risk is told; pass a frame, or set "
                "columns=['macro_vix_level', ...] in the order of the array"
            )
        return names

    def _columns_to_use(
        self, given: Matrix, names: list[str], start: "MacroRegimeDetector | None"
    ) -> tuple[list[str], dict[str, str], dict[str, list[str]]]:
        if start is not None:
            return list(start.columns_), dict(start.dropped_), dict(start.collinear_)
        used, dropped = usable_columns(given, names, self.min_share)
        used, collinear = independent_columns(given[:, [names.index(name) for name in used]], used)
        for name, others in collinear.items():
            dropped[name] = f"it follows from {' and '.join(others)} (collinear)"
        if len(used) < self.min_columns:
            reasons = "; ".join(f"{name}: {why}" for name, why in dropped.items())
            raise ValueError(
                f"{len(used)} columns can be used, at least {self.min_columns} are needed "
                f"(min_columns); left out are {reasons or 'none'}; name the files of the series, "
                "give more history, or lower min_share"
            )
        return used, dropped, collinear


def _named(rows: Matrix, names: Sequence[str]) -> Any:
    """Rows as a frame, so that messages about a column name it."""
    import polars as pl

    return pl.DataFrame(rows, schema=list(names), orient="row")
