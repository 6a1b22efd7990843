"""Signs that a price history was back-adjusted after the fact, for the quality report."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from regime_factory.bars.prices.contracts import Contract
from regime_factory.bars.prices.price_grid import GridShares, grid_shares
from regime_factory.bars.tables import require_table

_PRICES = ("open", "high", "low", "close")
_MIN_BARS = 200
_BLOCKS = 40
_LEAST_BLOCK = 20
_COMPRESSED = 1 / 3
_SWOLLEN = 5.0
_SPIKE = 8.0
_MOSTLY = 0.5
_HARDLY = 0.02

MEANING = (
    "Back-adjusted prices were never traded. Returns, and with them volatility, regimes and profit "
    "in percent, are measured against a level that is off by everything adjusted later: a history "
    "lifted by differences looks too calm, a lowered one too wild. Every new adjustment rewrites "
    "all earlier rows. Take prices as traded, with split, dividend or adj_close beside them."
)
DECLARE = " Or say ingest.prices: back_adjusted, which names it beside every figure."


@dataclass(frozen=True)
class BackAdjustment:
    """What speaks for back-adjusted prices.

    Parameters
    ----------
    signs
        One short text per sign; empty where nothing was found.
    where
        Times of the bars that the first sign is about.
    measures
        ``early_to_late``: typical percentage move of the first quarter over that of the last;
        ``largest_block``: largest typical move of a fortieth of the history over the median one;
        ``tick``: step of the price grid, given or seen in the last bars; ``off_grid_early`` and
        ``off_grid_recent``: shares of prices off it; ``shifted_early``: share of early bars whose
        four prices lie off it by the same amount; ``not_positive``: number of bars with a price of
        zero or less. ``None`` where it cannot be measured.
    """

    signs: tuple[str, ...]
    where: pl.Series
    measures: dict[str, float | None]

    @property
    def suspected(self) -> bool:
        """Whether there is any sign."""
        return bool(self.signs)


def suspect_back_adjustment(bars: pl.DataFrame, contract: Contract | None = None) -> BackAdjustment:
    """Look for signs that the prices of one symbol were changed after they were traded.

    Parameters
    ----------
    bars
        Canonical bars of one symbol, increasing in ``ts``; prices may be zero or negative.
    contract
        The market's contract, for its tick; ``None`` infers the tick from the last bars.

    Returns
    -------
    BackAdjustment
        Signs, times and measures. It serves the report only: it looks at the whole history and
        changes no row.

    Raises
    ------
    TypeError
        Where ``bars`` is not a Polars table.

    Notes
    -----
    Four signs. *Volatility*: the typical percentage move of the first quarter of the history is
    less than a third or more than five times that of the last, or that of a fortieth is more than
    eight times the median one, as happens near zero. *Grid*: early prices lie off the price grid
    that the last bars keep. *Shift*: the four prices of early bars lie off the grid by one and the
    same amount. *Zero*: prices are not positive.

    How far this goes, over 300 simulated daily histories of 10 years in ticks of 0.25 (spells of
    volatility, asymmetric GARCH, a trend in volatility), on seeds that the thresholds were not set
    by. Of those as traded none was suspected, which bounds the rate below 1 %. Of those adjusted by
    ratios and left unrounded, and of those adjusted by differences in fifths of a tick, all were.
    Of those adjusted by differences in whole ticks, where only volatility can tell, 1, 5, 28 and
    58 % were at a carry of 2, 6, 15 and 30 % a year (early prices lifted), and 1, 30 and 91 % at
    -2, -5 and -10 % (lowered); with six bars a day over 6 years fewer. So a history whose offsets
    are whole ticks and small against the price, such as the E-mini S&P 500 of 2010 to 2020, cannot
    be told from one as traded, nor can one that was adjusted and rounded again: silence proves
    nothing. An exchange that made its tick coarser, and a market that really was three times
    calmer, look suspicious.

    Examples
    --------
    >>> from regime_factory.simulate import simulate_market
    >>> bars = simulate_market(2000, seed=1).bars.with_columns(pl.col("close").round(2))
    >>> suspect_back_adjustment(bars.with_columns(pl.col("open", "high", "low").round(2))).signs
    ()
    """
    require_table(bars, "bars")
    not_positive = bars.filter(pl.min_horizontal(_PRICES) <= 0)["ts"]
    measures: dict[str, float | None] = {"not_positive": float(not_positive.len())}
    found: list[tuple[str, pl.Series]] = []
    if not_positive.len():
        found.append((f"{not_positive.len()} bars have a price of zero or less", not_positive))
    elif bars.height >= _MIN_BARS:
        found += _volatility_signs(bars, measures)
    if bars.height >= _MIN_BARS:
        shares = grid_shares(bars, contract.tick_size if contract else None)
        found += _grid_signs(bars["ts"], shares, measures, stated=contract is not None)
    where = found[0][1] if found else bars["ts"].clear()
    return BackAdjustment(tuple(text for text, _ in found), where, measures)


def _volatility_signs(
    bars: pl.DataFrame, measures: dict[str, float | None]
) -> list[tuple[str, pl.Series]]:
    """Early moves in percent against late ones, and the wildest stretch against the usual one."""
    blocks = _typical_moves(bars["close"].to_numpy())
    quarter = max(len(blocks) // 4, 1)
    early, late = (float(np.median(part)) for part in (blocks[:quarter], blocks[-quarter:]))
    usual = float(np.median(blocks))
    if not (early > 0 and late > 0 and usual > 0):
        return []
    measures["early_to_late"], measures["largest_block"] = early / late, float(blocks.max()) / usual
    ts, size = bars["ts"], bars.height // len(blocks)
    moves = f"moves of {early:.2%} a bar in the first quarter, {late:.2%} in the last"
    if early < _COMPRESSED * late:
        return [(f"early returns look compressed: {moves}", ts.head(quarter * size))]
    if early > _SWOLLEN * late:
        return [(f"early returns look swollen: {moves}", ts.head(quarter * size))]
    worst = int(blocks.argmax())
    if blocks[worst] > _SPIKE * usual:
        text = f"moves of {blocks[worst]:.2%} a bar in one stretch, {usual:.2%} usually"
        return [
            (f"returns look swollen near a price of zero: {text}", ts.slice(worst * size, size))
        ]
    return []


def _typical_moves(close: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median absolute move, as a share of the price, of each block of bars."""
    moves = np.abs(np.diff(close)) / close[:-1]
    count = min(_BLOCKS, len(moves) // _LEAST_BLOCK)
    return np.median(moves[: len(moves) // count * count].reshape(count, -1), axis=1)


def _grid_signs(
    ts: pl.Series, shares: GridShares | None, measures: dict[str, float | None], *, stated: bool
) -> list[tuple[str, pl.Series]]:
    if shares is None:
        return []
    measures |= {
        "tick": shares.tick,
        "off_grid_early": shares.off_early,
        "off_grid_recent": shares.off_recent,
        "shifted_early": shares.shifted_early,
    }
    grid = f"the price grid of {shares.tick:g}"
    if shares.off_recent > _MOSTLY and stated:
        return [(f"{shares.off_recent:.0%} of the last prices lie off {grid}", ts)]
    if shares.off_early <= _MOSTLY or shares.off_recent > _HARDLY:
        return []
    early = ts.head(ts.len() // 2)
    text = f"{shares.off_early:.0%} of early prices lie off {grid}, which the last ones keep"
    if shares.shifted_early > _MOSTLY:
        text += ", and all prices of a bar by the same amount, as differences added later do"
    return [(text, early)]
