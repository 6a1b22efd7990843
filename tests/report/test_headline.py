"""The head of a page: title line, run line and headline figures."""

from regime_factory.report.headline import _invested, code_line, headline_tiles, run_line, subtitle


def test_partial_positions_show_their_average_weight():
    full = {"exposure": 0.77, "average_weight": 0.77, "switches_per_year": 13.0}
    assert _invested(full).name == "Time invested"
    partial = _invested({**full, "exposure": 1.0, "average_weight": 0.61})
    assert (partial.name, partial.value) == ("Average weight", "61%")


def test_tiles_count_trades_not_label_switches(payload):
    tiles = {tile.name: tile for tile in headline_tiles(payload["symbols"][0])}
    assert len(tiles) == 6
    assert tiles["Time invested"].yardstick == "13 trades a year"


def test_the_subtitle_says_how_often_the_model_is_refitted(payload):
    page, meta = payload["symbols"][0], payload["meta"]
    assert subtitle(page, meta).endswith(
        "trained on 1999 to 2008 \N{MIDDLE DOT} refitted every 63 bars"
    )
    slower = {**meta, "timeframe": "1H", "regime_timeframe": "4H"}
    assert subtitle(page, slower).endswith("refitted every 63 4-hour bars")
    assert "refitted" not in subtitle(page, {})


def test_run_and_code_lines():
    assert run_line({"run_at": "2026-11-20T15:40:12Z"}) == "run 2026-11-20 15:40 UTC"
    assert run_line({}) == code_line({}) == ""
    meta = {"code": "4f2a91c0d", "changed": True, "data": "9be07d3aa"}
    assert code_line(meta) == "code 4f2a91c + changes \N{MIDDLE DOT} data 9be07d3"
