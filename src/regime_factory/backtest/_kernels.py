"""Compiled loops of the account and of the no-trade band; import inside functions only."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@njit(cache=True, nogil=True)
def run_accounts(
    close: Floats,
    fill_price: Floats,
    targets: Floats,
    fills_at_open: bool,
    buy_cost: float,
    sell_cost: float,
    rate: float,
    initial: float,
    held: Floats,
    ret: Floats,
    cost: Floats,
    turnover: Floats,
    equity: Floats,
    shares: Floats,
) -> None:
    """Walk every account (row of ``targets``) over the bars and fill the result arrays."""
    n_accounts, n_bars = targets.shape
    for s in range(n_accounts):
        cash = initial
        quantity = 0.0
        goal = 0.0
        previous = initial
        for i in range(n_bars):
            weight = 0.0
            if quantity != 0.0:
                weight = quantity * close[i - 1] / previous
            if i > 0:
                cash += cash * rate
            paid = 0.0
            traded = 0.0
            if targets[s, i] != goal and previous > 0.0:
                price = fill_price[i]
                holdings = quantity * price
                value = cash + holdings
                if value > 0.0:
                    goal = targets[s, i]
                    if goal * value > holdings:
                        wanted = goal * (value + holdings * buy_cost) / (1.0 + goal * buy_cost)
                        paid = (wanted - holdings) * buy_cost
                    else:
                        wanted = goal * (value - holdings * sell_cost) / (1.0 - goal * sell_cost)
                        paid = (holdings - wanted) * sell_cost
                    traded = abs(wanted - holdings) / value
                    quantity = wanted / price
                    cash = value - paid - wanted
                    if goal == 1.0:
                        cash = 0.0
                    if fills_at_open:
                        weight = goal
            value = cash + quantity * close[i]
            if value <= 0.0:
                value = 0.0
                cash = 0.0
                quantity = 0.0
            held[s, i] = weight
            turnover[s, i] = traded
            equity[s, i] = value
            shares[s, i] = quantity
            if previous > 0.0:
                ret[s, i] = value / previous - 1.0
                cost[s, i] = paid / previous
            else:
                ret[s, i] = 0.0
                cost[s, i] = 0.0
            previous = value


@njit(cache=True, nogil=True)
def hold_inside_band(desired: Floats, band: float) -> Floats:
    """Keep the last weight until the desired one is more than ``band`` away from it."""
    weights = np.empty_like(desired)
    current = 0.0
    for i in range(desired.size):
        if abs(desired[i] - current) > band:
            current = desired[i]
        weights[i] = current
    return weights
