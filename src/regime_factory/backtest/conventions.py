"""Every convention behind the figures of a backtest, by name."""

from typing import Any

from regime_factory.backtest.accounting import FILLS, Execution
from regime_factory.bars import PriceConvention
from regime_factory.evaluation import DEFLATED_SHARPE_VARIANT, default_mean_block

_AS_GIVEN = {"Prices": "as given", "Dividends": "as in the prices; none are added"}


def conventions(
    execution: Execution,
    n_bars: int,
    n_draws: int,
    mean_block: float | None = None,
    prices: PriceConvention | None = None,
) -> list[dict[str, Any]]:
    """Name every convention behind the figures.

    Parameters
    ----------
    execution : Execution
        Settings of the run.
    n_bars : int
        Bars judged.
    n_draws : int
        Bootstrap draws.
    mean_block : float, optional
        Mean block of the bootstrap, in bars.
    prices : PriceConvention, optional
        What the prices are; without it they are said to be taken as given.

    Returns
    -------
    list of dict
        ``name, value``.

    Examples
    --------
    >>> conventions(Execution(252), 1000, 1000)[0]
    {'name': 'Periods per year', 'value': 252}
    """
    block = default_mean_block(n_bars) if mean_block is None else mean_block
    rows = {
        "Periods per year": execution.periods_per_year,
        "Standard deviation": "ddof = 1",
        "Risk-free rate": f"{execution.cash_rate:g} a year, also paid on cash",
        "Fill": FILLS[execution.fill],
        "Fee per side": f"{execution.fee_bps:g} bp of the value traded",
        "Slippage per side": f"{execution.slippage_bps:g} bp of the price",
        "Rebalancing": "only when the target weight changes; the weight drifts in between",
        "Return before costs": "net return plus the cost of the bar over the last equity",
        "Turnover": "value traded over equity just before the trade, both sides counted",
        "Largest weight": execution.max_leverage,
        **(_AS_GIVEN if prices is None else prices.rows()),
        "Sharpe interval": (
            f"95% percentile of {n_draws} stationary bootstrap draws, mean block {block:.3g} bars; "
            "the difference from paired draws"
        ),
        "Random timing": "circular shifts of the target weights, traded again at the same costs",
        "Deflated Sharpe ratio": f"{DEFLATED_SHARPE_VARIANT}; trials = candidates of this symbol",
        "Results by regime": "label known at the decision of the position held; mean return a year",
        "Break-even cost": "fee and slippage together, per side",
    }
    return [{"name": name, "value": value} for name, value in rows.items()]
