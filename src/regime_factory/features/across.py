"""Features that compare a finer timeframe with a coarser one, such as `..._1H_over_1D`."""

import polars as pl

from regime_factory.features.registry import across


@across(
    "close_vol_ratio_{vol_window}",
    fine="close_rolling_vol_{vol_window}",
    coarse="close_rolling_vol_{vol_window}",
    unit="ratio of log return deviations per bar",
)
def vol_ratio(fine: pl.Expr, coarse: pl.Expr) -> pl.Expr:
    """Rolling volatility on the fine bars / rolling volatility on the coarse bars."""
    return fine / coarse


@across(
    "close_log_ratio_ema_{ema_window}",
    fine="close_current",
    coarse="close_ema_{ema_window}",
    unit="log ratio",
)
def log_ratio_ema(fine: pl.Expr, coarse: pl.Expr) -> pl.Expr:
    """ln(close of the fine bar / EMA of the closes of the coarse bars)."""
    return (fine / coarse).log()


@across(
    "close_momentum_agreement_{momentum_window}",
    fine="close_momentum_{momentum_window}",
    coarse="close_momentum_{momentum_window}",
    unit="1 the same way, -1 opposite ways, 0 where one stands still",
)
def momentum_agreement(fine: pl.Expr, coarse: pl.Expr) -> pl.Expr:
    """Sign of the momentum on the fine bars times its sign on the coarse bars."""
    return fine.sign() * coarse.sign()
