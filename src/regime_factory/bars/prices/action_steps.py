"""From what is stated about a bar to the steps of its adjustment factors."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from regime_factory.bars.prices.price_convention import Prices
from regime_factory.bars.prices.vendor_steps import nearest_split, split_with_dividend

_NOISE = 1e-4  # a vendor's own rounding may let its ratio fall by this much
_DIVIDEND_SLACK = 0.1  # share of a dividend by which two sources may differ about it
_CLEAR_SPLIT = 1.2  # from here on the price must be seen to jump
_CLEAR_SIDE = 3.0  # refused where the move is this many times nearer to the wrong case
_SHOWN = 3


def action_steps(actions: pl.DataFrame, prices: Prices) -> pl.DataFrame:
    """Steps of the adjustment factors at the bars where something happened.

    Parameters
    ----------
    actions
        From `actions_per_bar`.
    prices
        What the bars hold.

    Returns
    -------
    pl.DataFrame
        ``ts, split, dividend``: the factor that shares and that wealth per share grow by.

    Raises
    ------
    ValueError
        Naming the rows where split, dividend, adjusted close and price contradict each other.

    Examples
    --------
    >>> actions = pl.DataFrame({"ts": [datetime(2021, 3, 1)], "close": [98.0], "previous": [100.0],
    ...     "split": [None], "dividend": [1.0], "step": [None], "tolerance": [None],
    ...     "gap": [None]}, schema_overrides={"split": pl.Float64})
    >>> action_steps(actions, "as_traded").select("split", pl.col("dividend").round(6)).rows()
    [(1.0, 1.010101)]
    """
    happened = actions.filter(
        ((pl.col("split") != 1) | (pl.col("dividend") > 0) | (pl.col("step") != 1))
        & pl.col("previous").is_not_null()
    )
    rows, faults = [], []
    for row in happened.iter_rows(named=True):
        action = _Action(**row)
        try:
            split, dividend = action.resolved(prices)
            seen = split if prices == "as_traded" else action.split or 1.0
            _refuse_wrong_jump(action, seen, prices)
            rows.append((action.ts, split, dividend))
        except ValueError as error:
            faults.append(f"at {action.ts:%Y-%m-%d %H:%M} UTC {error}")
    if faults:
        more = f", and {len(faults) - _SHOWN} more rows" * (len(faults) > _SHOWN)
        raise ValueError(
            f"{'; '.join(faults[:_SHOWN])}{more}; correct the file, or leave the column out, e.g. "
            "ingest.columns: {adj_close: null}"
        )
    schema = {"ts": actions.schema["ts"], "split": pl.Float64, "dividend": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


@dataclass(frozen=True)
class _Action:
    """What is known about one bar: null means that nothing is stated."""

    ts: datetime
    close: float
    previous: float
    split: float | None
    dividend: float | None
    step: float | None
    tolerance: float | None
    gap: bool | None

    def resolved(self, prices: Prices) -> tuple[float, float]:
        """Step of the splits and step of the dividends.

        Raises
        ------
        ValueError
            Where what is stated cannot be true together.
        """
        stated = 1.0 if prices == "split_adjusted" else self.split
        cash = self.dividend or 0.0
        if self.step is None:
            split = stated or 1.0
            return split, self._cash_step(split)
        if self.gap and self.step != 1.0:
            raise ValueError(
                "adj_close is missing on the rows before, so that the time of its step "
                f"{self.step:.6g} is not known"
            )
        tolerance = self.tolerance or 0.0
        implied = self.step * self.previous / (self.previous + self.step * cash)
        slack = max(tolerance, _NOISE) + _DIVIDEND_SLACK * cash * (stated or 1.0) / self.previous
        split = stated if stated is not None else self._seen_split(implied, slack, tolerance)
        if self.dividend is None:
            return split, self._rest(self.step / split, tolerance)
        if abs(implied / split - 1) > slack:
            raise ValueError(
                f"adj_close steps by {self.step:.6g}, but split {split:g} and dividend {cash:g} "
                f"make {split * self._cash_step(split):.6g}"
            )
        return split, self._cash_step(split)

    def _seen_split(self, implied: float, slack: float, tolerance: float) -> float:
        """Split that adj_close shows where none is stated."""
        found = nearest_split(implied, slack if self.dividend else max(tolerance, _NOISE))
        if found is not None:
            return found
        if self.dividend is None:
            return split_with_dividend(implied) or 1.0
        return implied if self.dividend == 0.0 else 1.0

    def _rest(self, rest: float, tolerance: float) -> float:
        """Step that is left for the dividend, which cannot be below 1."""
        if rest < 1 - max(tolerance, _NOISE):
            raise ValueError(
                f"adj_close steps by {self.step:.6g}, which is no split and would be a negative "
                "dividend"
            )
        return 1.0 if rest - 1 <= tolerance else rest

    def _cash_step(self, split: float) -> float:
        paid = split * (self.dividend or 0.0)
        if paid >= self.previous:
            raise ValueError(
                f"the dividend {self.dividend:g} is not below the price {self.previous / split:g} "
                "before it"
            )
        return self.previous / (self.previous - paid)


def _refuse_wrong_jump(action: _Action, split: float, prices: Prices) -> None:
    """A price as traded jumps at a clear split; a price adjusted for splits does not.

    A move in between is a large move of the market, on one side or the other, and says nothing.
    """
    size = abs(np.log(split))
    if size < np.log(_CLEAR_SPLIT):
        return
    moved = abs(np.log(action.close / action.previous))
    left = abs(np.log(action.close / action.previous * split))
    jumped = prices != "as_traded"
    right, wrong = (moved, left) if jumped else (left, moved)
    if right <= _CLEAR_SIDE * wrong:
        return
    found, advice = (
        ("jumps as it does in prices as traded", "ingest.prices: as_traded")
        if jumped
        else ("does not jump: it looks adjusted for splits", "ingest.prices: split_adjusted")
    )
    raise ValueError(
        f"there is a split of {split:g}, and the close, {action.previous:g} then {action.close:g}, "
        f"{found} ({advice})"
    )
