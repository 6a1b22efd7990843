"""Full-cash share accounting of many accounts at once, and the settings of an execution."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Fill = Literal["next_close", "next_open", "signal_close"]
FILLS: dict[str, str] = {
    "next_close": "close of the bar after the decision",
    "next_open": "open of the bar after the decision",
    "signal_close": "close of the decision's own bar (optimistic: for comparison only)",
}


@dataclass(frozen=True)
class Execution:
    """How a decision becomes a position, and what that costs.

    Parameters
    ----------
    periods_per_year : float
        Bars in a year.
    fee_bps : float, default=0.0
        Fee per side, in basis points of the value traded.
    slippage_bps : float, default=0.0
        Distance of the fill from the price, per side, in basis points.
    fill : {"next_close", "next_open", "signal_close"}, default="next_close"
        Where a decision at the close of bar t is filled.
    cash_rate : float, default=0.0
        Annual interest on cash; a negative cash balance pays it.
    initial : float, default=1.0
        Starting capital.
    max_leverage : float, default=1.0
        Largest absolute weight allowed.

    Raises
    ------
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> round(Execution(periods_per_year=252, fee_bps=2, slippage_bps=3).buy_cost * 1e4, 4)
    5.0006
    """

    periods_per_year: float
    fee_bps: float = 0.0
    slippage_bps: float = 0.0
    fill: Fill = "next_close"
    cash_rate: float = 0.0
    initial: float = 1.0
    max_leverage: float = 1.0

    def __post_init__(self) -> None:
        if self.fill not in FILLS:
            raise ValueError(f"fill is {self.fill!r}; choose one of {', '.join(FILLS)}")
        for name in ("periods_per_year", "initial", "max_leverage"):
            if not 0.0 < getattr(self, name) < np.inf:
                raise ValueError(f"{name} is {getattr(self, name)}; give a positive number")
        for name in ("fee_bps", "slippage_bps"):
            if not 0.0 <= getattr(self, name) <= 1000.0:
                raise ValueError(
                    f"{name} is {getattr(self, name)}; give basis points from 0 to 1000"
                )
        if not -1.0 < self.cash_rate < np.inf:
            raise ValueError(f"cash_rate is {self.cash_rate}; give an annual rate above -1")
        if self.max_leverage * max(self.buy_cost, self.sell_cost) >= 1.0:
            raise ValueError(
                f"max_leverage {self.max_leverage} times the cost of one trade uses up the "
                "account; lower max_leverage or the costs"
            )

    @property
    def buy_cost(self) -> float:
        """Cost of buying, as a fraction of the value bought: (1+s)(1+f) - 1."""
        slippage, fee = self.slippage_bps * 1e-4, self.fee_bps * 1e-4
        return slippage + fee + slippage * fee

    @property
    def sell_cost(self) -> float:
        """Cost of selling, as a fraction of the value sold: 1 - (1-s)(1-f)."""
        slippage, fee = self.slippage_bps * 1e-4, self.fee_bps * 1e-4
        return slippage + fee - slippage * fee

    @property
    def bps(self) -> float:
        """Fee and slippage together, per side, in basis points."""
        return self.fee_bps + self.slippage_bps

    @property
    def rate_per_bar(self) -> float:
        """Interest of one bar."""
        return (1.0 + self.cash_rate) ** (1.0 / self.periods_per_year) - 1.0

    @property
    def fill_lag(self) -> int:
        """Bars between the decision and the bar it is filled in."""
        return 0 if self.fill == "signal_close" else 1

    @property
    def held_lag(self) -> int:
        """Bars between the decision and the first bar over which the position is held."""
        return 2 if self.fill == "next_close" else 1

    def with_bps(self, bps: float) -> "Execution":
        """The same execution at another cost, fee and slippage in the same proportion.

        Parameters
        ----------
        bps : float
            Fee and slippage together, per side, in basis points.

        Returns
        -------
        Execution

        Examples
        --------
        >>> Execution(periods_per_year=252, fee_bps=1, slippage_bps=3).with_bps(8).slippage_bps
        6.0
        """
        share = self.fee_bps / self.bps if self.bps else 1.0
        return replace(self, fee_bps=bps * share, slippage_bps=bps * (1.0 - share))


@dataclass(frozen=True)
class AccountPaths:
    """What happened to each account, bar by bar; every array has shape (n_accounts, n_bars).

    Parameters
    ----------
    held : numpy.ndarray
        Weight held over the bar, fixed before it.
    ret : numpy.ndarray
        Net simple return of the bar; ``ret + cost`` is the return before costs.
    cost : numpy.ndarray
        Cost paid in the bar, as a fraction of the equity at the previous close.
    turnover : numpy.ndarray
        Value traded in the bar, as a fraction of the equity just before the trade.
    equity : numpy.ndarray
        Cash plus holdings at the close.
    shares : numpy.ndarray
        Shares held after the bar (negative when short).
    """

    held: NDArray[np.float64]
    ret: NDArray[np.float64]
    cost: NDArray[np.float64]
    turnover: NDArray[np.float64]
    equity: NDArray[np.float64]
    shares: NDArray[np.float64]


def simulate_accounts(
    close: ArrayLike, fills: ArrayLike, execution: Execution, *, opens: ArrayLike | None = None
) -> AccountPaths:
    """Run one account per row of target weights over one price series.

    Parameters
    ----------
    close : array_like, shape (n_bars,)
        Closing prices.
    fills : array_like, shape (n_accounts, n_bars)
        Weight that the fill of each bar moves to: the decision, already delayed by
        ``execution.fill_lag`` bars. A trade happens only where it differs from the bar before.
    execution : Execution
        Costs, fill price, cash rate and starting capital.
    opens : array_like, shape (n_bars,), optional
        Opening prices, needed for ``fill="next_open"``.

    Returns
    -------
    AccountPaths

    Raises
    ------
    ValueError
        If opens are needed and missing.

    Notes
    -----
    Buying with all cash gives ``q = cash / (p (1+s) (1+f))`` shares, selling them
    ``cash = q p (1-s) (1-f)``. A weight ``w`` is reached *after* costs: holdings over equity is
    ``w`` when the trade is done, and drifts with the price until the target changes. An account
    at or below zero stops: equity 0, no more trades.

    Examples
    --------
    >>> paths = simulate_accounts([100.0, 110.0, 121.0], [[1.0, 1.0, 0.0]],
    ...                           Execution(periods_per_year=252))
    >>> paths.equity.round(6).tolist()
    [[1.0, 1.1, 1.21]]
    """
    from regime_factory.backtest._kernels import run_accounts

    prices = np.ascontiguousarray(close, dtype=np.float64)
    targets = np.ascontiguousarray(fills, dtype=np.float64)
    at_open = execution.fill == "next_open"
    if at_open and opens is None:
        raise ValueError('fill="next_open" needs opening prices; give opens')
    fill_price = np.ascontiguousarray(opens if at_open else prices, dtype=np.float64)
    terms = np.array(
        [execution.buy_cost, execution.sell_cost, execution.rate_per_bar, execution.initial]
    )
    return AccountPaths(*run_accounts(prices, fill_price, targets, at_open, terms))
