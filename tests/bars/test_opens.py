"""Opens that repeat the previous close are found out above a share of 5 %."""

import polars as pl
import pytest

from regime_factory.bars.prices.opens import MAX_STALE_OPEN_SHARE, require_traded_opens


def bars_with(stale, n=101):
    """Bars of which so many opens, from the second on, equal the previous close."""
    close = [100.0 + i for i in range(n)]
    opens = [close[i - 1] if 0 < i <= stale else close[i] + 0.5 for i in range(n)]
    return pl.DataFrame({"open": opens, "close": close})


@pytest.mark.parametrize("stale", [0, 1, 5])
def test_few_repeats_are_chance(stale):
    require_traded_opens(bars_with(stale), "X")


@pytest.mark.parametrize(("stale", "share"), [(6, "6%"), (50, "50%"), (100, "100%")])
def test_many_repeats_are_no_prices(stale, share):
    with pytest.raises(ValueError, match=f"{share} of the opens of 'X' equal the previous close"):
        require_traded_opens(bars_with(stale), "X")


def test_one_bar_and_none_are_let_through():
    assert MAX_STALE_OPEN_SHARE == 0.05
    require_traded_opens(bars_with(0, n=1), "X")
    require_traded_opens(bars_with(0, n=0), "X")
