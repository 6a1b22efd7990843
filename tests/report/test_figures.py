"""Figures are plain data: sensible ticks, whiskers only where an interval is known."""

import math
from itertools import pairwise

import pytest

from regime_factory.report.answers import money_footer
from regime_factory.report.figures_regimes import bic_figure, return_figure
from regime_factory.report.figures_strategies import cost_figure
from regime_factory.report.figures_time import money_figure

SPANS = [
    (low, round(low * ratio, 6))
    for low in (0.001, 0.02, 0.31, 0.75, 0.95, 0.999, 1.0, 1.9, 640.0)
    for ratio in (1.0, 1.0005, 1.01, 1.07, 1.2, 1.59, 2.9, 3.1, 5.0, 12.5, 31.0, 900.0, 2e5, 3e12)
]


@pytest.mark.parametrize(("low", "high"), [*SPANS, (0.75, 1.11), (0.95, 1.02), (0.5, 1.6)])
def test_growth_axis_has_a_few_round_ticks_far_enough_apart(payload, low, high):
    growth = payload["symbols"][0]["growth"]
    growth.update(net=[low, high], benchmark=[low, high], lower=[None] * 2, upper=[None] * 2)
    figure = money_figure(growth, [], (-0.1, -0.2))
    axis = figure["layout"]["yaxis"]
    bottom, top = axis["range"]
    assert 2 <= len(axis["tickvals"]) <= 7
    assert len(set(axis["ticktext"])) == len(axis["tickvals"])
    levels = [math.log10(tick) for tick in axis["tickvals"]]
    assert bottom <= levels[0] < levels[-1] <= top
    panel = (axis["domain"][1] - axis["domain"][0]) * (figure["height"] - 48)
    steps = [panel * (b - a) / (top - bottom) for a, b in pairwise(levels)]
    assert min(steps) >= 20  # pixels; a label is 12 high
    assert all(len(text) <= 9 for text in axis["ticktext"])


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.95, 1.02, [0.94, 0.96, 0.98, 1.0, 1.02]),
        (0.75, 1.11, [0.8, 0.9, 1.0, 1.1]),
        (1.0, 4.0, [1.0, 1.5, 2.0, 3.0]),
        (1.0, 20.0, [1.0, 2.0, 5.0, 10.0, 20.0]),
    ],
)
def test_growth_ticks_of_known_spans(payload, low, high, ticks):
    growth = payload["symbols"][0]["growth"]
    growth.update(net=[low, high], benchmark=[low, high], lower=[None] * 2, upper=[None] * 2)
    assert money_figure(growth, [], (-0.1, -0.2))["layout"]["yaxis"]["tickvals"] == ticks


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
