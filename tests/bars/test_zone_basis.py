"""Zones settled once stay where they are."""

import logging
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from regime_factory.bars import settle_zones

SETTINGS = {"selection_end": 0.5, "evaluation_end": 0.8, "min_bars": 5}


def stamps(count: int, skip: tuple[int, ...] = ()) -> pl.Series:
    start = datetime(2021, 1, 1, tzinfo=UTC)
    moments = [start + timedelta(hours=n) for n in range(count) if n not in skip]
    return pl.Series(moments, dtype=pl.Datetime("us", "UTC"))


def ends(zones: pl.DataFrame) -> list[datetime]:
    return zones["end"].to_list()[:2]


@pytest.mark.parametrize(
    ("before", "after"),
    [((), ()), ((37,), ()), ((), (37,)), ((0,), ()), ((), (0, 1))],
    ids=["goes on", "repaired", "rejected later", "first repaired", "first rejected later"],
)
def test_zones_stay_where_bars_go_on_or_are_repaired(before, after) -> None:
    zones, basis = settle_zones(stamps(100, before), SETTINGS)
    kept, again = settle_zones(stamps(140, after), SETTINGS, basis)
    assert ends(kept) == ends(zones) == ends(settle_zones(stamps(150), SETTINGS, again)[0])
    assert kept["start"][0] == stamps(140, after)[0]
    assert kept["end"][2] == stamps(140)[-1]


@pytest.mark.parametrize(
    ("ts", "settings"),
    [
        (stamps(140, tuple(range(10, 20))), SETTINGS),
        (stamps(140), {**SETTINGS, "evaluation_end": 0.9}),
        (stamps(60), SETTINGS),
    ],
    ids=["other bars", "other settings", "a shorter file"],
)
def test_other_bars_or_settings_resolve_them_anew(ts, settings) -> None:
    basis = settle_zones(stamps(100), SETTINGS)[1]
    assert ends(settle_zones(ts, settings, basis)[0]) == ends(settle_zones(ts, settings)[0])


def test_moved_zones_are_said(caplog: pytest.LogCaptureFixture) -> None:
    from regime_factory.pipelines.ingest.nodes import _warn_of_moved_zones

    old = settle_zones(stamps(100), SETTINGS)[1]
    new = settle_zones(stamps(200), SETTINGS)[1]
    with caplog.at_level(logging.WARNING):
        _warn_of_moved_zones(old, None)
        _warn_of_moved_zones(old, old)
        assert not caplog.records
        _warn_of_moved_zones(new, old)
    assert "selection ends 2021-01-05T03:00 (was 2021-01-03T01:00)" in caplog.text
