"""How many base bars a regime row needs; that they suffice is tested in test_live."""

import numpy as np
import polars as pl
import pytest

from regime_factory.bars import resample_many
from regime_factory.features import build_features
from regime_factory.regimes import GaussianHMM, filter_memory, regime_warmup
from regime_factory.regimes.observations import observe
from regime_factory.regimes.walk.warmup import feature_warmup
from regime_factory.simulate import simulate_market

COLUMNS = ["close_logret_current_4H", "log_halfrange_current_4H"]


@pytest.fixture(scope="module", name="seen")
def observations():
    bars = simulate_market(2000, n_states=2, timeframe="1H", gaps=0.05, seed=2).bars
    rows = observe(
        build_features(bars, columns=COLUMNS),
        resample_many(bars, ["4H"]),
        timeframe="4H",
        columns=COLUMNS,
    )
    return bars["ts"], rows, GaussianHMM(2, "diag", n_init=2).fit(rows.select(COLUMNS))


def test_bars_are_counted_up_to_the_next_observation(seen) -> None:
    """Against a count by hand, moment by moment."""
    stamps, rows, model = seen
    result = regime_warmup(model, rows, stamps, base="1H")
    n = filter_memory(model, rows.select(COLUMNS))
    features = feature_warmup(COLUMNS, "1H")
    ts = rows["ts"].to_list()
    counts = []
    for i in range(n - 1, len(ts)):
        until = stamps.filter(stamps < ts[i + 1]) if i + 1 < len(ts) else stamps
        counts.append(int((until > ts[i - n + 1]).sum()))
    assert result == {
        "filter_memory": n,
        "feature_warmup_bars": features,
        "warmup_bars": features + max(counts),
    }
    assert max(counts) > 3.5 * n


def test_what_has_no_number_gets_none(seen) -> None:
    stamps, rows, model = seen
    forgetful = regime_warmup(model, rows.rename({COLUMNS[1]: "mood_4H"}), stamps, base="1H")
    assert forgetful["filter_memory"] == filter_memory(model, rows.select(COLUMNS))
    assert forgetful["feature_warmup_bars"] is forgetful["warmup_bars"] is None
    two_worlds = GaussianHMM.from_state(model.to_state())
    two_worlds.transmat_ = np.eye(2)
    endless = regime_warmup(two_worlds, rows, stamps, base="1H")
    assert endless["filter_memory"] is endless["warmup_bars"] is None
    assert endless["feature_warmup_bars"] == feature_warmup(COLUMNS, "1H")


def test_an_observation_has_a_return_even_where_its_columns_need_one_bar() -> None:
    assert feature_warmup(["log_halfrange_current_1D"], "1D") == 2
    assert pl.Series([feature_warmup(["log_halfrange_current_1D"], "1H")]).item() > 48
