"""Layout settings and the embedded bars."""

import subprocess
import sys

import polars as pl
import pytest

from regime_factory.bars import SourceSpec, embedded_bars
from regime_factory.bars.sources import spec as sources


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"timezone": "UTC", "timeframe": "1H"}, "stamp is not given; say which moment"),
        ({"stamp": "open", "timeframe": "1H"}, "timezone is not given; say in which zone"),
        ({"stamp": "open", "timezone": "UTC"}, "timeframe is not given"),
        ({"stamp": "end", "timezone": "UTC", "timeframe": "1H"}, "stamp"),
        ({"stamp": "open", "timezone": "Mars", "timeframe": "1H"}, "time zone 'Mars' is unknown"),
        ({"stamp": "open", "timezone": "UTC", "timeframe": "1h"}, "timeframe '1h' is unknown"),
        (
            {"stamp": "session_close", "timezone": "UTC", "timeframe": "1D"},
            "session_close is not given",
        ),
        (
            {
                "stamp": "session_close",
                "session_close": "16:00",
                "timezone": "UTC",
                "timeframe": "1H",
            },
            "for daily and weekly bars, not 1H",
        ),
        (
            {
                "stamp": "session_close",
                "session_close": "16:00",
                "timezone": "UTC",
                "timeframe": "2W",
            },
            "cannot tell which of 2 weeks a date of 2W bars belongs to; use 1W bars",
        ),
        (
            {"stamp": "open", "timezone": "UTC", "timeframe": "1H", "columns": {"clsoe": "C"}},
            "clsoe",
        ),
        ({"stamp": "open", "timezone": "UTC", "timeframe": "1H", "simbol": "X"}, "simbol"),
    ],
)
def test_wrong_layouts_say_what_is_wrong(settings, message):
    with pytest.raises(ValueError, match=message):
        SourceSpec(**settings)


def test_the_embedded_bars_are_read_without_importing_arch():
    code = (
        "import sys; from regime_factory.bars import embedded_bars; b = embedded_bars();"
        "assert b.height == 10062 and 'arch' not in sys.modules and 'pandera' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_embedded_bars_are_text_like_any_csv():
    bars = embedded_bars()
    columns = ["Date", "Open", "High", "Low", "Close", "Adj Close", "Volume", "symbol"]
    assert bars.columns == [*columns, "source_file", "source_row"]
    assert set(bars.drop("source_row").dtypes) == {pl.String}
    assert bars["Close"].equals(bars["Adj Close"].rename("Close"))  # no adjusted history inside


def test_a_missing_arch_package_is_named(monkeypatch):
    monkeypatch.setattr(sources.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="need the arch package"):
        embedded_bars()
