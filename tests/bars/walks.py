"""Random walks of prices, their damage, and what the checks of single moves say of them."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from regime_factory.bars.quality.findings_moves import move_findings
from regime_factory.bars.quality.limits import GateLimits

START = datetime(2001, 1, 1, tzinfo=UTC)
NO_SPLITS = pl.DataFrame(schema={"ts": pl.Datetime("us", "UTC"), "split": pl.Float64})


def moment(i):
    return START + timedelta(days=i)


def walk(n=300, seed=5):
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(0.01 * rng.standard_normal(n)))
    opens = np.append(100, close[:-1])
    return pl.DataFrame(
        {
            "ts": [moment(i) for i in range(n)],
            "open": opens,
            "high": np.maximum(opens, close) * 1.002,
            "low": np.minimum(opens, close) * 0.998,
            "close": close,
            "timeframe": "1D",
        }
    ).cast({"ts": pl.Datetime("us", "UTC")})


def scaled(bars, start, factor, stop=None, columns=("open", "high", "low", "close")):
    at = pl.int_range(pl.len()).is_between(start, len(bars) if stop is None else stop - 1)
    return bars.with_columns(
        pl.when(at).then(pl.col(name) * factor).otherwise(pl.col(name)) for name in columns
    )


def findings(bars, splits=NO_SPLITS, limits=None, **settings):
    lines = move_findings(bars, splits, limits or GateLimits(), **settings)
    return {line["check"]: line for line in lines}


def found(bars, **settings):
    return {name: line["rows"] for name, line in findings(bars, **settings).items() if line["rows"]}
