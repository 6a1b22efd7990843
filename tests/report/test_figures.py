"""Figures are plain data: sensible ticks, whiskers only where an interval is known."""

import pytest

from regime_factory.report.answers import money_footer
from regime_factory.report.figures_regimes import bic_figure, return_figure
from regime_factory.report.figures_strategies import cost_figure
from regime_factory.report.figures_time import money_figure
from regime_factory.report.tables_details import parameter_table


@pytest.mark.parametrize("top", [1.05, 1.3, 4.0, 20.0, 200.0, 50_000.0])
def test_growth_axis_has_a_few_round_ticks(payload, top):
    growth = payload["symbols"][0]["growth"]
    growth.update(net=[1.0, top], benchmark=[1.0, 1.01], lower=[None] * 2, upper=[None] * 2)
    axis = money_figure(growth, [], (-0.1, -0.2))["layout"]["yaxis"]
    assert 2 <= len(axis["tickvals"]) <= 12
    assert len(axis["tickvals"]) == len(axis["ticktext"])
    assert "1\N{MULTIPLICATION SIGN}" in axis["ticktext"]


def test_no_band_no_band_traces(payload):
    growth = payload["symbols"][0]["growth"]
    full = money_figure(growth, [], (-0.1, -0.2))["data"]
    growth.update(lower=[None], upper=[None])
    assert len(money_figure(growth, [], (-0.1, -0.2))["data"]) == len(full) - 2


def test_a_regime_without_an_interval_has_no_whisker():
    figure = return_figure([{"regime": "Calm", "mean_annual": 0.1}])
    assert figure["data"][0]["error_x"]["array"] == [0.0]


def test_cost_figure_without_a_benchmark():
    curve = {
        "bps": [0, 5],
        "sharpe": [0.4, 0.3],
        "lower": [0, 0],
        "upper": [1, 1],
        "assumed_bps": 5,
    }
    assert len(cost_figure(curve, None)["layout"]["shapes"]) == 1
    assert len(cost_figure(curve, 0.35)["layout"]["shapes"]) == 2


def test_bic_is_relative_to_the_chosen_cell():
    grid = [
        {"n_states": n, "covariance_type": "full", "bic": bic, "selected": n == 3}
        for n, bic in ((2, 120.0), (3, 100.0))
    ]
    profile = [{"n_states": 4, "covariance_type": "full", "bic": 90.0}]
    line = bic_figure(grid, profile)["data"][0]
    assert line["y"] == [20.0, 0.0, -10.0]
    assert line["marker"]["symbol"] == ["circle", "circle", "circle-open"]


def test_settings_are_written_plainly():
    table = parameter_table({"a": None, "b": True, "c": [1, 2], "d": {}, "e": {"f": 0.5}})
    assert {row[0].text: row[1].text for row in table.rows} == {
        "a": "none",
        "b": "yes",
        "c": "1, 2",
        "d": "none",
        "e.f": "0.5",
    }


def test_a_ruined_random_timing_neither_breaks_nor_flattens_the_log_axis(payload):
    page = payload["symbols"][0]
    growth = page["growth"]
    growth["lower"][-200:] = [0.0] * 200
    growth["lower"][-201] = 1e-9
    figure = money_figure(growth, [], (-0.1, -0.2))
    drawn = [*growth["net"], *growth["benchmark"]]
    low, high = figure["layout"]["yaxis"]["range"]
    assert min(figure["columns"]["lower"]) > 0
    assert 10**low < min(drawn) < max(drawn) < 10**high
    assert 10**low > min(drawn) ** 2 / max(drawn) / 1.2
    assert f"lost everything by {growth['ts'][-200]}" in money_footer(payload["meta"], page)
