"""Plots have labelled axes with units and the report's regime colours."""

import warnings

import polars as pl
import pytest

from regime_factory.report import plots
from regime_factory.report.palette import THEMES

from .fabricated import make_inputs

NAMES = ["Calm", "Choppy", "Stress"]


@pytest.fixture(scope="module")
def drawn():
    inputs = make_inputs({"SP500": 3}, n_bars=600)
    bars, regimes = inputs["bars"], inputs["regimes"]
    transmat = inputs["diagnostics"]["SP500"]["transmat"]
    return {
        "price": plots.plot_regimes_over_price(bars, regimes),
        "transition": plots.plot_transition_matrix(transmat, NAMES),
        "probabilities": plots.plot_filtered_probabilities(regimes, NAMES),
        "returns": plots.plot_return_distribution(bars, regimes),
        "dwell": plots.plot_dwell_times(regimes),
        "bic": plots.plot_bic(inputs["selection"], inputs["profile"]),
    }


@pytest.mark.parametrize(
    "name", ["price", "transition", "probabilities", "returns", "dwell", "bic"]
)
def test_axes_are_labelled(drawn, name, tmp_path):
    figure = drawn[name]
    assert figure.axes[-1].get_xlabel()
    assert figure.axes[0].get_title(loc="left")
    assert figure.axes[0].get_ylabel() or figure.axes[0].get_yticklabels()
    figure.savefig(tmp_path / "plot.png", dpi=40)
    assert (tmp_path / "plot.png").stat().st_size > 1000


def test_lanes_use_the_reports_colours(drawn):
    from matplotlib.colors import to_hex

    lanes = drawn["price"].axes[1]
    names = [tick.get_text() for tick in lanes.get_yticklabels()]
    colours = [to_hex(lane.get_facecolor()[0]).upper() for lane in lanes.collections]
    expected = dict(zip(NAMES, ("slot1", "slot3", "slot4"), strict=True))
    assert len(names) > 1
    assert colours == [THEMES["light"][expected[name]] for name in names]


def test_transition_numbers_are_written(drawn):
    texts = {text.get_text() for text in drawn["transition"].axes[0].texts}
    assert {"97.6%", "2.4%", "< 0.1%"} <= texts


@pytest.mark.parametrize("n_states", [3, 5, 8])
def test_many_regimes_of_long_names_find_room(drawn, n_states, tmp_path):
    names = [f"State {k + 1} (high vol, sideways)" for k in range(n_states)]
    rows = make_inputs({"SP500": 3}, n_bars=100)["regimes"]
    rows = rows.with_columns(pl.lit(1 / n_states).alias(f"p_state_{k}") for k in range(n_states))
    share = [[1 / n_states] * n_states] * n_states
    for figure in (
        plots.plot_filtered_probabilities(rows, names),
        plots.plot_transition_matrix(share, names),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of matplotlib, where axes would vanish
            figure.savefig(tmp_path / "plot.png", dpi=40)
        drawing, legend = figure.axes[0].get_window_extent(), figure.axes[0].get_legend()
        assert drawing.height > 0.4 * figure.bbox.height
        if legend:
            box, title = legend.get_window_extent(), figure.axes[0]._left_title
            assert box.x1 <= figure.bbox.x1
            assert drawing.y1 <= box.y0 + 1 <= box.y1 <= title.get_window_extent().y0 + 1


def test_bic_without_profile_and_a_regime_never_seen():
    inputs = make_inputs({"SP500": 3}, n_bars=600)
    assert plots.plot_bic(inputs["selection"]).axes
    one = inputs["regimes"].with_columns(
        confirmed_state=pl.lit(0, dtype=pl.Int16), confirmed_regime=pl.lit("Calm")
    )
    assert plots.plot_dwell_times(one).axes
