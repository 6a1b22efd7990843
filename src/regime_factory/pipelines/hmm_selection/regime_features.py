"""Node that makes the features which other models learn from."""

import polars as pl

from regime_factory.bars import per_symbol
from regime_factory.regimes import Refits, regime_features


def make_regime_features(
    regimes: pl.DataFrame, refits: dict[str, Refits], observations: pl.DataFrame
) -> pl.DataFrame:
    """Describe the regime of every base bar of a zone by walk-forward output only."""
    stamps = {symbol: rows["ts"] for symbol, rows in per_symbol(observations)}
    parts = [
        regime_features(rows, refits[symbol], stamps[symbol])
        for symbol, rows in per_symbol(regimes)
    ]
    table = pl.concat(parts, how="diagonal")
    states = [name for name in table.columns if name.startswith(("p_state_", "p_next_state_"))]
    others = [name for name in parts[0].columns if name not in states]
    states = sorted(states, key=lambda name: (name[:6] != "p_stat", int(name.rpartition("_")[2])))
    return table.select(*others[:2], *states, *others[2:])
