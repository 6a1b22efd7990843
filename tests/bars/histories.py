"""Made-up price histories with splits and dividends, and what a holder makes of them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from regime_factory.bars import BAR_COLUMNS

START = datetime(2001, 1, 1, 21, tzinfo=UTC)


@dataclass(frozen=True)
class History:
    """As-traded closes with the events on their rows."""

    close: list[float]
    split: list[float]
    dividend: list[float]

    @property
    def ts(self) -> list[datetime]:
        return [START + timedelta(days=day) for day in range(len(self.close))]

    def bars(self, symbol: str = "X") -> pl.DataFrame:
        close = pl.Series(self.close)
        shares = np.cumprod(self.split)
        return pl.DataFrame(
            {
                "symbol": symbol,
                "timeframe": "1D",
                "ts": pl.Series(self.ts, dtype=pl.Datetime("us", "UTC")),
                "open": close * 0.999,
                "high": close * 1.01,
                "low": close * 0.99,
                "close": close,
                "volume": 1000.0 * shares,
                "n_base": pl.Series([1] * len(close), dtype=pl.UInt32),
            }
        ).select(BAR_COLUMNS)

    def given(self, symbol: str = "X") -> pl.DataFrame:
        """Only the rows with an event, as a file would state them."""
        frame = pl.DataFrame(
            {"symbol": symbol, "ts": self.ts, "split": self.split, "dividend": self.dividend},
            schema_overrides={"ts": pl.Datetime("us", "UTC")},
        )
        return frame.filter((pl.col("split") != 1) | (pl.col("dividend") > 0))

    def vendor(self, symbol: str = "X", decimals: int | None = 6) -> pl.DataFrame:
        """The adjusted close as a vendor publishes it on the last day of the history."""
        own = self.close
        steps = [1.0] + [
            self.split[k] * own[k - 1] / (own[k - 1] - self.split[k] * self.dividend[k])
            for k in range(1, len(own))
        ]
        later = np.cumprod(np.array(steps)[::-1])[::-1]
        adjusted = np.array(own) * np.array(steps) / later
        if decimals is not None:
            adjusted = np.round(adjusted, decimals)
        return pl.DataFrame(
            {"symbol": symbol, "ts": self.ts, "adj_close": adjusted},
            schema_overrides={"ts": pl.Datetime("us", "UTC")},
        )

    def first(self, rows: int) -> "History":
        return History(self.close[:rows], self.split[:rows], self.dividend[:rows])

    def without_dividends(self) -> "History":
        return replace(self, dividend=[0.0] * len(self.close))


def wealth_of_one_share(history: History) -> list[float]:
    """Buy one share at the first close, put every dividend back, count shares."""
    shares = 1.0
    worth = [history.close[0]]
    for today in range(1, len(history.close)):
        shares = shares * history.split[today]
        theoretical = history.close[today - 1] / history.split[today] - history.dividend[today]
        cash = shares * history.dividend[today]
        shares = shares + cash / theoretical
        worth.append(shares * history.close[today])
    return worth


def random_history(seed: int, n_bars: int = 300, tick: float = 0.01) -> History:
    """Quarterly dividends and a few splits, on a walk in whole ticks."""
    rng = np.random.default_rng(seed)
    close, split, dividend = [round(float(rng.uniform(20, 200)), 2)], [1.0], [0.0]
    for day in range(1, n_bars):
        ratio = 1.0
        if rng.random() < 0.01:
            ratio = float(rng.choice([2.0, 3.0, 1.5])) if close[-1] > 30 else 0.1
        cash = 0.0
        ex_split = close[-1] / ratio
        if day % 21 == 0:
            cash = round(ex_split * float(rng.uniform(0.002, 0.03)), 2)
        price = (ex_split - cash) * float(np.exp(rng.normal(0, 0.015)))
        close.append(round(price / tick) * tick)
        split.append(ratio)
        dividend.append(cash)
    return History(close, split, dividend)
