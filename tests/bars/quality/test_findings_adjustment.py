"""Report line on back-adjusted prices; the signs themselves are tested with their room."""

import polars as pl
import pytest

from regime_factory.bars import check_bars
from regime_factory.bars.prices.contracts import Contract
from regime_factory.simulate import simulate_market

PRICES = ("open", "high", "low", "close")


def traded(tick=0.25):
    bars = simulate_market(3000, seed=3).bars
    return bars.with_columns((pl.col(name) / tick).round() * tick for name in PRICES)


def line(bars, **settings):
    (report,) = check_bars(bars, **settings).report["symbols"].values()
    return next(check for check in report["checks"] if check["check"] == "back-adjustment")


def test_prices_as_traded_raise_no_suspicion():
    assert (line(traded())["severity"], line(traded())["rows"]) == ("ok", 0)


def test_an_early_history_that_was_lifted_is_a_warning_that_explains():
    early = pl.int_range(pl.len()) < 2000
    lifted = traded().with_columns(
        pl.when(early).then(pl.col(name) + 60.11).otherwise(pl.col(name)) for name in PRICES
    )
    found = line(lifted)
    assert found["severity"] == "warn"
    assert 0 < found["rows"] <= 1500
    assert "ingest.prices: back_adjusted" in found["note"]
    assert line(lifted, prices="split_adjusted")["severity"] == "ok"


def test_prices_said_to_be_back_adjusted_are_a_warning_on_every_row():
    found = line(traded(), prices="back_adjusted")
    assert (found["severity"], found["rows"]) == ("warn", 3000)
    assert "said to be back-adjusted" in found["result"]


@pytest.mark.parametrize(("tick", "severity"), [(0.25, "ok"), (0.4, "warn")])
def test_the_tick_is_that_of_the_symbols_contract(tick, severity):
    bars = traded(0.25)
    contract = Contract(tick_size=tick, multiplier=50, roll="none")
    assert line(bars, contracts={bars["symbol"][0]: contract})["severity"] == severity
    assert line(bars, contracts={"other": contract})["severity"] == "ok"
