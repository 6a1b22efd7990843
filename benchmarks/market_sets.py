"""Real bars of the regime study: return, log half-range, hour; the last tenth is never read."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
# Shares of all rows: choices are made on the first part, judged on the next; the rest is not read.
SELECTION_END, EVALUATION_END = 0.7, 0.9
FILES = {
    "SPY_1h": "equity/SPY_1h_1998_2021",
    "SPY_1d": "equity/SPY_1d_1998_2021",
    "MSFT_1d": "equity/MSFT_1d_1990_2022",
    "BTC_1h": "crypto/BTCUSDT_1h_2018_2022_no_volume",
    "ES_1d": "futures/ES_1d_2010_2020",
    "NQ_1d": "futures/NQ_1d_2010_2020",
}
_ZONES = {"SPY": "America/New_York", "BTC": "UTC"}
_FLOOR = 1e-5


@dataclass(frozen=True)
class MarketSet:
    """Rows of one market up to the end of the evaluation zone.

    `day` numbers the calendar days (`dates` on the exchange's clock) and `slot` the hour of a bar,
    0 for daily bars; `prices` holds open, high, low and close.
    """

    name: str
    X: np.ndarray
    prices: np.ndarray
    day: np.ndarray
    slot: np.ndarray
    dates: pl.Series
    n_selection: int
    per_year: float

    @property
    def returns(self) -> np.ndarray:
        """Log return of each row."""
        return self.X[:, 0]

    def __len__(self) -> int:
        """Rows up to the end of the evaluation zone."""
        return len(self.X)


def available() -> bool:
    """Whether the shared files lie beside the project."""
    return DATA.is_dir()


def load(name: str) -> MarketSet:
    """Read one set; futures take their moves from the adjusted prices over the traded level."""
    raw = pl.read_parquet(DATA / f"{FILES[name]}.parquet")
    prices = raw.select("open", "high", "low", "close").to_numpy()
    if "spliced" in raw.columns:
        # The adjustment is by differences: moving each bar onto its traded level undoes it.
        level = raw["spliced"].to_numpy() - prices[:, 3]
        moved = np.append(prices[0, 3], prices[:-1, 3]) + level
        returns = np.log((prices[:, 3] + level) / moved)
        prices = prices + level[:, None]
    else:
        returns = np.log(prices[:, 3] / np.append(prices[0, 3], prices[:-1, 3]))
    dates, slot = _clock(name, raw)
    half_range = np.log(np.maximum(np.log(prices[:, 1] / prices[:, 2]) / 2, _FLOOR))
    return _cut(name, np.column_stack([returns, half_range]), prices, dates, slot)


def _clock(name: str, raw: pl.DataFrame) -> tuple[pl.Series, np.ndarray]:
    """Exchange date and hour of each row."""
    if "timestamp" not in raw.columns:
        return raw["date"].cast(pl.Date), np.zeros(len(raw), dtype=np.int64)
    local = raw["timestamp"].dt.convert_time_zone(_ZONES[name.split("_", maxsplit=1)[0]])
    return local.dt.date(), local.dt.hour().to_numpy().astype(np.int64)


def _cut(
    name: str, X: np.ndarray, prices: np.ndarray, dates: pl.Series, slot: np.ndarray
) -> MarketSet:
    n_rows = len(X)
    years = (dates[-1] - dates[0]).days / 365.25
    # The first row has no return.
    used = slice(1, round(EVALUATION_END * n_rows))
    return MarketSet(
        name=name,
        X=X[used],
        prices=prices[used],
        day=dates.rank("dense").to_numpy().astype(np.int64)[used],
        slot=slot[used],
        dates=dates[used],
        n_selection=round(SELECTION_END * n_rows) - 1,
        per_year=n_rows / years,
    )


def daily(market: MarketSet) -> tuple[MarketSet, np.ndarray]:
    """Days of an intraday set, and for each day the row of its last bar."""
    last = np.flatnonzero(np.append(np.diff(market.day) != 0, True))
    first = np.append(0, last[:-1] + 1)
    highs = np.maximum.reduceat(market.prices[:, 1], first)
    lows = np.minimum.reduceat(market.prices[:, 2], first)
    returns = np.add.reduceat(market.returns, first)
    half_range = np.log(np.maximum(np.log(highs / lows) / 2, _FLOOR))
    prices = np.column_stack([market.prices[first, 0], highs, lows, market.prices[last, 3]])
    days = replace(
        market,
        name=market.name.replace("_1h", "_1d_of_1h"),
        X=np.column_stack([returns, half_range]),
        prices=prices,
        day=market.day[last],
        slot=np.zeros(len(last), dtype=np.int64),
        dates=market.dates.gather(last),
        n_selection=int((last < market.n_selection).sum()),
        per_year=market.per_year * len(last) / len(market),
    )
    return days, last


def by_slot(market: MarketSet, n_train: int) -> MarketSet:
    """Give every slot of the day the mean and the spread of all; both of the first rows only."""
    X = market.X.copy()
    train = np.arange(len(X)) < n_train
    centre, spread = X[train].mean(axis=0), X[train].std(axis=0)
    for slot in np.unique(market.slot):
        here = market.slot == slot
        known = X[here & train]
        # A slot that hardly occurs in the training rows keeps the scale of all of them.
        own = (known.mean(axis=0), known.std(axis=0)) if len(known) >= 100 else (centre, spread)
        X[here] = (X[here] - own[0]) / own[1] * spread + centre
    return replace(market, name=f"{market.name}_by_slot", X=X)
