"""One model for several symbols: each symbol standardised on its own rows, then put together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.hmm.by_slot import SlotHMM
from regime_factory.regimes.hmm.model import GaussianHMM
from regime_factory.regimes.hmm.parameters import Scaler
from regime_factory.regimes.hmm.slot_moments import SlotMoments
from regime_factory.regimes.validation import check_observations, column_names

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class SymbolUnits:
    """What brings one symbol's observations to mean 0 and deviation 1.

    Attributes
    ----------
    scaler : Scaler
        Of the symbol's training rows.
    slots : SlotMoments or None
        Moments by slot of the day, where the first column is the slot.
    """

    scaler: Scaler
    slots: SlotMoments | None

    @classmethod
    def of(cls, X: Matrix, covariance_type: str, by_slot: bool) -> Self:
        """Measure the training rows of one symbol.

        Parameters
        ----------
        X : ndarray, shape (T, F)
            Training rows, the slot first where `by_slot`.
        covariance_type : str
            Spherical models share one scale, so that they stay spherical in the symbol's units.
        by_slot : bool
            Whether the first column is the slot of the day.

        Returns
        -------
        SymbolUnits
        """
        if not by_slot:
            return cls(Scaler.of(X, covariance_type), None)
        slots = SlotMoments.of(X[:, 0], X[:, 1:])
        return cls(Scaler.of(slots.level(X)[0], covariance_type), slots)

    def apply(self, X: Matrix) -> tuple[Matrix, Matrix]:
        """Standardise rows.

        Parameters
        ----------
        X : ndarray, shape (T, F)
            Rows in the symbol's units.

        Returns
        -------
        Z : ndarray, shape (T, F)
            Standardised observations, without the slot.
        log_scale : ndarray, shape (T,)
            To be added to log densities of ``Z`` for those of ``X``.
        """
        level, log_scale = (X, np.zeros(len(X))) if self.slots is None else self.slots.level(X)
        return self.scaler.apply(level).T, log_scale - np.log(self.scaler.scale).sum()

    def own_model(self, pooled: GaussianHMM, X: Matrix) -> GaussianHMM:
        """Give the pooled model in the symbol's units.

        Parameters
        ----------
        pooled : GaussianHMM
            Model of the standardised observations of all symbols.
        X : ndarray, shape (T, F)
            The symbol's training rows.

        Returns
        -------
        GaussianHMM
            A :class:`SlotHMM` where there are slots.
        """
        kind = GaussianHMM if self.slots is None else SlotHMM
        model = kind(**pooled.get_params())
        model.set_parameters(pooled.parameters().in_user_units(self.scaler))
        if isinstance(model, SlotHMM) and self.slots is not None:
            model.slots_ = self.slots
        model.offset_, model.scale_ = self.scaler.offset, self.scaler.scale
        model.history_, model.n_iter_ = pooled.history_, pooled.n_iter_
        model.converged_, model.hit_rate_ = pooled.converged_, pooled.hit_rate_
        if hasattr(pooled, "feature_names_in_"):
            model.feature_names_in_ = pooled.feature_names_in_
        model.n_rows_, model.loglik_ = len(X), model.score(X)
        return model


def pooled_model(own: GaussianHMM) -> GaussianHMM:
    """Give the pooled model back from that of one symbol.

    Parameters
    ----------
    own : GaussianHMM
        Model from :meth:`SymbolUnits.own_model`.

    Returns
    -------
    GaussianHMM
        Model of standardised observations.
    """
    scaler = Scaler(own.offset_, own.scale_)
    model = GaussianHMM(**own.get_params())
    return model.set_parameters(own.parameters().standardised(scaler))


@dataclass(frozen=True)
class Pool:
    """Rows of several symbols, standardised on some of them and put one after the other.

    Attributes
    ----------
    rows : dict of str to ndarray
        Each symbol's rows in its own units.
    units : dict of str to SymbolUnits
        Each symbol's units.
    values : ndarray, shape (T, F)
        Standardised rows of all symbols.
    lengths : list of int
        Rows of each symbol.
    log_scale : ndarray, shape (T,)
        As in :meth:`SymbolUnits.apply`.
    names : list of str or None
        Names of the standardised columns, for messages.
    """

    rows: dict[str, Matrix]
    units: dict[str, SymbolUnits]
    values: Matrix
    lengths: list[int]
    log_scale: Matrix
    names: list[str] | None

    @classmethod
    def of(
        cls,
        frames: Mapping[str, ArrayLike],
        n_train: Mapping[str, int],
        *,
        covariance_type: str,
        by_slot: bool,
    ) -> Self:
        """Put symbols together, each standardised on its first rows.

        Parameters
        ----------
        frames : mapping of str to array_like, shape (T, F)
            Observations by symbol, the same columns each, the slot first where `by_slot`.
        n_train : mapping of str to int
            Rows of each symbol to standardise on.
        covariance_type : str
            Covariance structure of the model.
        by_slot : bool
            Whether the first column is the slot of the day.

        Returns
        -------
        Pool

        Raises
        ------
        ValueError
            For a symbol with fewer than two rows to standardise on, or a constant column in them.
        """
        rows, units, parts = {}, {}, []
        for symbol, frame in frames.items():
            own = check_observations(frame, names=column_names(frame))
            _check_spread(symbol, own[: n_train[symbol], int(by_slot) :])
            rows[symbol] = own
            units[symbol] = SymbolUnits.of(own[: n_train[symbol]], covariance_type, by_slot)
            parts.append(units[symbol].apply(own))
        names = column_names(next(iter(frames.values())))
        return cls(
            rows,
            units,
            np.concatenate([z for z, _ in parts]),
            [len(z) for z, _ in parts],
            np.concatenate([scale for _, scale in parts]),
            names[1:] if names is not None and by_slot else names,
        )

    def fit(self, model: GaussianHMM, start: GaussianHMM | None = None) -> GaussianHMM:
        """Fit a model to the standardised rows of all symbols.

        Parameters
        ----------
        model : GaussianHMM
            Settings.
        start : GaussianHMM, optional
            Pooled model to go on from.

        Returns
        -------
        GaussianHMM
        """
        named = self.values if self.names is None else pl.DataFrame(self.values, schema=self.names)
        return model.clone().fit(named, self.lengths, start)

    def scaled_returns(self, returns: Mapping[str, ArrayLike]) -> Matrix:
        """Put the symbols' returns together, each divided by its standard deviation.

        Parameters
        ----------
        returns : mapping of str to array_like
            Return of each row, by symbol.

        Returns
        -------
        ndarray, shape (T,)
        """
        values = [np.asarray(returns[symbol], dtype=np.float64).ravel() for symbol in self.rows]
        return np.concatenate([own / (own.std() or 1.0) for own in values])

    def own_models(self, model: GaussianHMM) -> dict[str, GaussianHMM]:
        """Give a pooled model in the units of each symbol.

        Parameters
        ----------
        model : GaussianHMM
            Pooled model.

        Returns
        -------
        dict of str to GaussianHMM
        """
        return {s: units.own_model(model, self.rows[s]) for s, units in self.units.items()}


def common_cut(stamps: Mapping[str, pl.Series], share: float) -> datetime:
    """Give the moment that cuts the symbols' common time at a share of its stamps.

    Parameters
    ----------
    stamps : mapping of str to polars.Series
        Stamps of each symbol's rows, increasing.
    share : float
        Share of the distinct stamps that lie before the moment.

    Returns
    -------
    datetime

    Examples
    --------
    >>> common_cut({"A": pl.Series([1, 2, 3]), "B": pl.Series([3, 4])}, 0.5)
    3
    """
    moments = pl.concat(list(stamps.values())).unique().sort()
    return moments[min(round(share * len(moments)), len(moments) - 1)]


def rows_before(stamps: Mapping[str, pl.Series], moment: datetime) -> dict[str, int]:
    """Count each symbol's rows before a moment.

    Parameters
    ----------
    stamps : mapping of str to polars.Series
        Stamps of each symbol's rows, increasing.
    moment : datetime
        The moment; a row at it does not count.

    Returns
    -------
    dict of str to int

    Examples
    --------
    >>> rows_before({"A": pl.Series([1, 2, 3]), "B": pl.Series([3, 4])}, 3)
    {'A': 2, 'B': 0}
    """
    return {symbol: int((ts < moment).sum()) for symbol, ts in stamps.items()}


def _check_spread(symbol: str, training: Matrix) -> None:
    if len(training) < 2 or not (training.std(axis=0) > 0).all():
        raise ValueError(
            f"{symbol} has {len(training)} rows to standardise on, or a column that is constant in "
            "them; give more bars of it, leave the symbol out with ingest.symbols, or set "
            "hmm.pooled to false"
        )
