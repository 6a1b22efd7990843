"""Compiled loops of the account and of the no-trade band; import inside functions only."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@njit(cache=True, nogil=True)
def rebalance(holdings: float, value: float, goal: float, costs: Floats) -> tuple[float, float]:
    """Holdings and cost after trading to a weight that holds when the cost is paid."""
    if goal * value > holdings:
        wanted = goal * (value + holdings * costs[0]) / (1.0 + goal * costs[0])
        return wanted, (wanted - holdings) * costs[0]
    wanted = goal * (value - holdings * costs[1]) / (1.0 - goal * costs[1])
    return wanted, (holdings - wanted) * costs[1]


@njit(cache=True, nogil=True)
def run_accounts(
    close: Floats, fill_price: Floats, targets: Floats, fills_at_open: bool, terms: Floats
) -> Floats:
    """Walk every account over the bars; ``terms`` holds buy cost, sell cost, rate, capital.

    The result has shape (6, n_accounts, n_bars): held, ret, cost, turnover, equity, shares.
    """
    n_accounts, n_bars = targets.shape
    rate, initial = terms[2], terms[3]
    out = np.zeros((6, n_accounts, n_bars))
    for s in range(n_accounts):
        cash, quantity, goal, previous = initial, 0.0, 0.0, initial
        for i in range(n_bars):
            if previous <= 0.0:
                break
            paid = 0.0
            if quantity != 0.0:
                out[0, s, i] = quantity * close[i - 1] / previous
            if i > 0:
                cash += cash * rate
            value = cash + quantity * fill_price[i]
            if value <= 0.0:
                cash, quantity = 0.0, 0.0
            elif targets[s, i] != goal:
                goal = targets[s, i]
                holdings = quantity * fill_price[i]
                wanted, paid = rebalance(holdings, value, goal, terms)
                out[3, s, i] = abs(wanted - holdings) / value
                quantity = wanted / fill_price[i]
                cash = 0.0 if goal == 1.0 else value - paid - wanted
                if fills_at_open:
                    out[0, s, i] = goal
            value = cash + quantity * close[i]
            if value <= 0.0:
                value, quantity = 0.0, 0.0
            out[1, s, i] = value / previous - 1.0
            out[2, s, i] = paid / previous
            out[4, s, i] = value
            out[5, s, i] = quantity
            previous = value
    return out


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
