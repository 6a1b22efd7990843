"""Small bars, positions and regimes that the tests of this room share."""

from datetime import UTC, datetime

import numpy as np
import polars as pl


def stamps(n_bars):
    """Daily closing stamps in UTC."""
    start = pl.Series("ts", [datetime(2020, 1, 1, 21, tzinfo=UTC)], dtype=pl.Datetime("us", "UTC"))
    days = pl.int_range(n_bars, eager=True) * 86_400_000_000
    return (start.cast(pl.Int64).gather([0] * n_bars) + days).cast(pl.Datetime("us", "UTC"))


def make_bars(close, opens=None, symbol="X"):
    """Bars of one symbol with the given closes."""
    close = np.asarray(close, dtype=float)
    opens = close * 1.001 if opens is None else np.asarray(opens, dtype=float)
    return pl.DataFrame(
        {
            "symbol": [symbol] * close.size,
            "timeframe": ["1D"] * close.size,
            "ts": stamps(close.size),
            "open": opens,
            "high": np.maximum(opens, close),
            "low": np.minimum(opens, close),
            "close": close,
        }
    )


def random_bars(n_bars, seed=0, vol=0.01):
    """Bars of a random walk with opens near the last close."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0.0003, vol, n_bars)))
    opens = np.concatenate(([100.0], close[:-1])) * np.exp(rng.normal(0, vol / 5, n_bars))
    return make_bars(close, opens)


def make_positions(bars, weights, strategy="s"):
    """Target weights on the stamps of the bars."""
    return bars.select(
        "symbol", "ts", strategy=pl.lit(strategy), position=pl.Series(np.asarray(weights, float))
    )


def random_weights(n_bars, seed=0, choices=(-1.0, 0.0, 0.5, 1.0), spell=7):
    """Piecewise constant random weights."""
    drawn = np.random.default_rng(seed).choice(choices, n_bars // spell + 1)
    return np.repeat(drawn, spell)[:n_bars]


def make_regimes(n_bars, n_states=3, seed=0, n_refits=2, symbol="X"):
    """Random probabilities with sticky labels and a refit half-way."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(n_states), n_bars)
    state = np.repeat(rng.integers(0, n_states, n_bars // 5 + 1), 5)[:n_bars]
    names = ["Calm", "Choppy", "Stress", "Crisis"]
    return pl.DataFrame(
        {
            "symbol": [symbol] * n_bars,
            "ts": stamps(n_bars),
            "confirmed_state": state.astype(np.int16),
            "confirmed_regime": [names[k] for k in state],
            "refit_id": (np.arange(n_bars) * n_refits // n_bars).astype(np.int32),
            **{f"p_state_{k}": p[:, k] for k in range(n_states)},
        }
    )


def make_stats(mean, vol):
    """Statistics of states, one row of ``mean`` and ``vol`` per refit."""
    mean, vol = np.atleast_2d(mean), np.atleast_2d(vol)
    refit, state = np.indices(mean.shape)
    return pl.DataFrame(
        {
            "refit_id": refit.ravel().astype(np.int32),
            "state": state.ravel().astype(np.int16),
            "mean": mean.ravel(),
            "vol": vol.ravel(),
        }
    )
