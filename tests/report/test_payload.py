"""The payload is plain data with the numbers of the artifacts."""

import json

import polars as pl
import pytest

from regime_factory.report import build_payload

from .fabricated import make_inputs


def test_payload_survives_json(built):
    assert json.loads(json.dumps(built, allow_nan=False)) == built


def test_every_symbol_has_its_own_page(built):
    first, second = built["symbols"]
    assert (first["symbol"], second["symbol"]) == ("SP500", "NASDAQ")
    assert [len(page["states"]) for page in built["symbols"]] == [3, 2]
    assert [len(page["probabilities"]["values"]) for page in built["symbols"]] == [3, 2]
    assert first["training"] == {"start": "1999-01-04 00:00", "end": "2008-12-31 00:00"}
    assert first["holdout"] == {"start": "2020-07-06 00:00", "end": "2022-07-01 00:00"}


def test_lines_stay_within_their_budget():
    inputs = make_inputs({f"S{k}": 2 for k in range(20)}, n_bars=820)
    payload = build_payload(**inputs)
    assert all(len(page["growth"]["ts"]) <= 800 for page in payload["symbols"])
    short = build_payload(**make_inputs({"S": 2}, n_bars=1200), max_points=300)
    assert len(short["symbols"][0]["growth"]["ts"]) <= 300


def test_inputs_are_left_as_they_were():
    inputs = make_inputs({"SP500": 3}, n_bars=300)
    before = json.dumps([inputs["performance"], inputs["meta"]])
    build_payload(**inputs)
    assert json.dumps([inputs["performance"], inputs["meta"]]) == before


def test_profile_and_bands_may_be_missing():
    inputs = make_inputs({"SP500": 3}, n_bars=300)
    inputs["profile"] = None
    inputs["bands"] = inputs["bands"].clear()
    page = build_payload(**inputs)["symbols"][0]
    assert page["profile"] == []
    assert set(page["growth"]["lower"]) == {None}


def test_the_holdout_may_be_missing_from_the_zones():
    inputs = make_inputs({"SP500": 3}, n_bars=300)
    inputs["zones"] = inputs["zones"].filter(pl.col("zone") != "holdout")
    page = build_payload(**inputs)["symbols"][0]
    assert page["holdout"] == {"start": None, "end": None}


def test_no_symbol_is_an_error():
    with pytest.raises(ValueError, match="at least one symbol"):
        build_payload(**{**make_inputs({"SP500": 3}, n_bars=300), "performance": {}})


def test_dates_in_tables_become_text():
    inputs = make_inputs({"SP500": 3}, n_bars=300)
    inputs["strategy_selection"] = inputs["strategy_selection"].with_columns(
        until=pl.date(2008, 12, 31)
    )
    page = build_payload(**inputs)["symbols"][0]
    assert page["strategy_selection"][0]["until"] == "2008-12-31"
