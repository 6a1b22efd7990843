"""What a round trip costs a label, in basis points or in ticks."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from regime_factory.labels.columns import is_number

_MAX_BPS = 1000.0


class CostTerms(NamedTuple):
    """Costs as the kernels take them.

    With entry price e and exit price x a long trade returns ``(x long_exit - e - price) / e`` and
    a short one ``(e sell - x buy - price) / e``, both net.
    """

    long_exit: float
    sell: float
    buy: float
    price: float


NO_COSTS = CostTerms(1.0, 1.0, 1.0, 0.0)


@dataclass(frozen=True)
class LabelCosts:
    """Costs of a trade, per side: basis points of the price, or an amount in price units.

    Parameters
    ----------
    fee_bps : float, default=0.0
        Fee per side, in basis points of the value traded, 0 to 1000.
    slippage_bps : float, default=0.0
        Distance of the fill from the price, per side, in basis points, 0 to 1000.
    price_per_side : float, default=0.0
        Cost per side in price units, in place of basis points; see `ticks`.

    Raises
    ------
    TypeError
        If a cost is no number.
    ValueError
        If a cost is out of range, or basis points and price units are mixed.

    Notes
    -----
    With slippage s, fee f, entry price e and exit price x, as in `regime_factory.backtest`, a long
    round trip returns ``x (1-s)(1-f) / (e (1+s)(1+f)) - 1`` and a short one
    ``(1-s)(1-f) - (x/e) (1+s)(1+f)``. With a cost of c price units per side they return
    ``(x - e - 2c) / e`` and ``(e - x - 2c) / e``.

    Examples
    --------
    >>> round(LabelCosts(fee_bps=2, slippage_bps=3).long_return(100.0, 101.0), 6)
    0.008991
    >>> es = LabelCosts.ticks(1, 2.5, tick_size=0.25, multiplier=50)
    >>> es.price_per_side
    0.3
    >>> round(es.short_return(4000.0, 3990.0), 6)
    0.00235
    """

    fee_bps: float = 0.0
    slippage_bps: float = 0.0
    price_per_side: float = 0.0

    def __post_init__(self) -> None:
        _require_numbers(**vars(self))
        for name in ("fee_bps", "slippage_bps"):
            if not 0.0 <= getattr(self, name) <= _MAX_BPS:
                raise ValueError(
                    f"{name} is {getattr(self, name)}; give basis points from 0 to {_MAX_BPS:g}"
                )
        if not 0.0 <= self.price_per_side < math.inf:
            raise ValueError(f"price_per_side is {self.price_per_side}; give 0 or a positive price")
        if self.price_per_side and (self.fee_bps or self.slippage_bps):
            raise ValueError(
                f"costs are given in basis points (fee {self.fee_bps:g}, slippage "
                f"{self.slippage_bps:g}) and in price units ({self.price_per_side:g}) at once; "
                "give one of them"
            )

    @classmethod
    def ticks(
        cls, slippage_ticks: float, commission: float, tick_size: float, multiplier: float
    ) -> "LabelCosts":
        """Costs of a futures contract, per side.

        Parameters
        ----------
        slippage_ticks : float
            Distance of the fill from the price, in ticks.
        commission : float
            Money per contract.
        tick_size : float
            Smallest step of the price, in points.
        multiplier : float
            Worth of one point of one contract, in the currency of the commission.

        Returns
        -------
        LabelCosts
            With ``price_per_side = slippage_ticks * tick_size + commission / multiplier``.

        Raises
        ------
        TypeError
            If a figure is no number.
        ValueError
            If a figure is out of range.

        Examples
        --------
        >>> LabelCosts.ticks(0.5, 5.0, tick_size=0.01, multiplier=1000).price_per_side
        0.01
        """
        _require_numbers(
            slippage_ticks=slippage_ticks,
            commission=commission,
            tick_size=tick_size,
            multiplier=multiplier,
        )
        figures = {"slippage_ticks": slippage_ticks, "commission": commission}
        for name, value in figures.items():
            if not 0.0 <= value < math.inf:
                raise ValueError(f"{name} is {value}; give 0 or a positive number")
        for name, value in {"tick_size": tick_size, "multiplier": multiplier}.items():
            if not 0.0 < value < math.inf:
                raise ValueError(f"{name} is {value}; give a positive number")
        return cls(price_per_side=slippage_ticks * tick_size + commission / multiplier)

    @property
    def terms(self) -> CostTerms:
        """The costs of a round trip, as the kernels take them."""
        slippage, fee = self.slippage_bps * 1e-4, self.fee_bps * 1e-4
        buy, sell = (1.0 + slippage) * (1.0 + fee), (1.0 - slippage) * (1.0 - fee)
        return CostTerms(sell / buy, sell, buy, 2.0 * self.price_per_side)

    def long_return(self, entry: float, price: float) -> float:
        """Net return of a long trade from one price to another."""
        terms = self.terms
        return (price * terms.long_exit - entry - terms.price) / entry

    def short_return(self, entry: float, price: float) -> float:
        """Net return of a short trade from one price to another."""
        terms = self.terms
        return (entry * terms.sell - price * terms.buy - terms.price) / entry


def _require_numbers(**figures: object) -> None:
    for name, value in figures.items():
        if not is_number(value):
            raise TypeError(f"{name} is {value!r}; give a number")


Costs = LabelCosts | Mapping[str, LabelCosts] | None
"""Costs of all symbols alike, by symbol, or none."""


def costs_of(costs: Costs, symbol: str) -> LabelCosts:
    """Find the costs of one symbol.

    Parameters
    ----------
    costs : LabelCosts, mapping of str to LabelCosts, or None
        None stands for trades without costs.
    symbol : str
        Whose costs.

    Returns
    -------
    LabelCosts

    Raises
    ------
    ValueError
        If the mapping has no entry for the symbol.
    TypeError
        If the costs are of another type.

    Examples
    --------
    >>> costs_of({"ES": LabelCosts(fee_bps=1)}, "ES").fee_bps
    1
    """
    if costs is None:
        return LabelCosts()
    if isinstance(costs, Mapping):
        if symbol not in costs:
            raise ValueError(
                f"costs hold no entry for {symbol!r}, only for {', '.join(map(repr, costs))}; "
                "add one, or give one LabelCosts for all symbols"
            )
        costs = costs[symbol]
    if not isinstance(costs, LabelCosts):
        raise TypeError(
            f"costs must be LabelCosts or a mapping of symbols to LabelCosts, found "
            f"{type(costs).__name__}"
        )
    return costs
