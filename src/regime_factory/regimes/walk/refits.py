"""A series of refits: the models, what their own training rows say, saving and restoring."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

import polars as pl

from regime_factory.regimes.detector import Detector, restore_detector
from regime_factory.regimes.hmm.interchange import (
    FORMAT_VERSION,
    check_checksum,
    check_version,
    with_checksum,
)
from regime_factory.regimes.hmm.model import GaussianHMM

_WITHOUT_CHECKSUM = 2  # newest format that had none


@dataclass(frozen=True)
class Refit:
    """One refit and what its own training rows say about its states.

    Attributes
    ----------
    refit_id : int
        Number of the refit, from 0.
    first_row : int
        First row it scores; it was fitted on the rows before.
    first_ts : str or None
        Stamp of that row as text (ISO); None where rows have no stamps.
    model : Detector
        Fitted detector, states aligned to the previous refit.
    names : list of str
        Name of each state, by the figures of its own training rows.
    statistics : dict of list
        ``share, mean, vol, next_mean, next_vol`` per state, per bar, training rows only.
    distance : float
        Mean Bhattacharyya distance to the matched states of the previous refit.
    ambiguous : bool
        Whether the match with the previous refit was close to another one.
    fresh : bool
        Whether a fresh start replaced the warm one.
    """

    refit_id: int
    first_row: int
    first_ts: str | None
    model: Detector
    names: list[str]
    statistics: dict[str, list[float | None]]
    distance: float
    ambiguous: bool
    fresh: bool

    @property
    def trained_on(self) -> int:
        """Number of training rows: rows 0 to ``first_row`` - 1.

        Returns
        -------
        int
        """
        return self.first_row

    @property
    def hmm(self) -> GaussianHMM:
        """The model, for what only a hidden Markov model can do.

        Returns
        -------
        GaussianHMM

        Raises
        ------
        TypeError
            If the refit is of another detector.
        """
        if not isinstance(self.model, GaussianHMM):
            raise TypeError(
                f"refit {self.refit_id} holds a {type(self.model).__name__}, but a GaussianHMM is "
                "needed here: pass refits of a GaussianHMM"
            )
        return self.model


@dataclass(frozen=True)
class Refits:
    """All refits of one symbol, in time order.

    Attributes
    ----------
    items : tuple of Refit
        Refits, earliest first.
    """

    items: tuple[Refit, ...]

    def __len__(self) -> int:
        """Return the number of refits."""
        return len(self.items)

    def __iter__(self) -> Iterator[Refit]:
        """Iterate over the refits, earliest first."""
        return iter(self.items)

    def __getitem__(self, index: int) -> Refit:
        """Return one refit."""
        return self.items[index]

    def blocks(self, n_rows: int) -> list[tuple[Refit, int, int]]:
        """Return each refit with the rows it scores.

        Parameters
        ----------
        n_rows : int
            Rows of the observations.

        Returns
        -------
        list of (Refit, int, int)
            Refit, first row, end row (exclusive); refits without a row are left out.
        """
        ends = [refit.first_row for refit in self.items[1:]] + [n_rows]
        return [
            (refit, refit.first_row, min(end, n_rows))
            for refit, end in zip(self.items, ends, strict=True)
            if refit.first_row < n_rows
        ]

    def in_force(self, ts: pl.Series) -> list[tuple[Refit, int, int]]:
        """Return each refit with the rows it scores, found by their stamps.

        Parameters
        ----------
        ts : polars.Series
            Stamps of any stretch of observations, increasing.

        Returns
        -------
        list of (Refit, int, int)
            As :meth:`blocks`; the last refit stays in force. A single refit without a stamp scores
            all rows.

        Raises
        ------
        ValueError
            For several refits without stamps.
        """
        if len(self.items) == 1 and self.items[0].first_ts is None:
            return [(self.items[0], 0, len(ts))]
        starts = [int((ts < _moment(refit)).sum()) for refit in self.items]
        ends = [*starts[1:], len(ts)]
        reigns = zip(self.items, starts, ends, strict=True)
        return [(refit, start, end) for refit, start, end in reigns if start < end]

    @property
    def state_stats(self) -> pl.DataFrame:
        """Next-bar mean and volatility per refit and state, training rows only.

        Returns
        -------
        polars.DataFrame
            ``refit_id i32, state i16, mean f64, vol f64`` per bar.
        """
        rows = [
            (refit.refit_id, state, mean, vol)
            for refit in self.items
            for state, (mean, vol) in enumerate(
                zip(refit.statistics["next_mean"], refit.statistics["next_vol"], strict=True)
            )
        ]
        schema = {"refit_id": pl.Int32, "state": pl.Int16, "mean": pl.Float64, "vol": pl.Float64}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def to_state(self) -> dict[str, Any]:
        """Return all refits as plain values and arrays.

        Returns
        -------
        dict
            ``format_version, kind, refits``: one dict per refit, and the ``checksum`` of all that.
        """
        refits = [
            {
                **vars(refit),
                "model": refit.model.to_state(),
            }
            for refit in self.items
        ]
        return with_checksum({"format_version": FORMAT_VERSION, "kind": "Refits", "refits": refits})

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Rebuild refits saved with :meth:`to_state`.

        Parameters
        ----------
        state : mapping
            Saved state.

        Returns
        -------
        Refits

        Raises
        ------
        ValueError
            For a damaged state or one written by a newer version.
        """
        check_version(state, "Refits")
        try:
            entries: list[dict[str, Any]] = [dict(entry) for entry in state["refits"]]
            items = [Refit(model=_model_of(entry), **entry) for entry in entries]
            if not items:
                raise ValueError("no refit in them")  # noqa: TRY301
            if state["format_version"] > _WITHOUT_CHECKSUM:
                check_checksum(state)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"the saved Refits are damaged: {error}") from error
        return cls(tuple(items))


def stale_refits(
    refits: Mapping[str, Refits], newest: pl.DataFrame, reign: timedelta
) -> dict[str, str]:
    """Find symbols whose last refit was due again before their newest bar.

    Parameters
    ----------
    refits : mapping of str to Refits
        Refits with stamps, by symbol.
    newest : polars.DataFrame
        `symbol, ts` of the rows to score; symbols without refits are left out.
    reign : timedelta
        Time from one refit to the next.

    Returns
    -------
    dict of str to str
        What is wrong and what to do, by symbol.
    """
    found = {}
    latest = newest.group_by("symbol", maintain_order=True).agg(pl.col("ts").max())
    for symbol, last in latest.iter_rows():
        first = _moment(refits[symbol][-1]) if symbol in refits else last
        if last > first + reign:
            found[symbol] = (
                f"{symbol}: the last refit scores from {first:%Y-%m-%d} on and was due again on "
                f"{first + reign:%Y-%m-%d}, the newest bar is of {last:%Y-%m-%d}; run "
                "hmm_selection on newer bars (a later zones.evaluation_end)"
            )
    return found


def _moment(refit: Refit) -> datetime:
    """Stamp of the first row that a refit scores."""
    if refit.first_ts is None:
        raise ValueError(
            f"refit {refit.refit_id} has no stamp, so it cannot be said which rows it scores; "
            "give ts to fit_refits"
        )
    return datetime.fromisoformat(refit.first_ts)


def _model_of(entry: dict[str, Any]) -> Detector:
    """Take the model out of a saved refit."""
    return restore_detector(entry.pop("model"))
