"""Every colour that carries text or a mark stands out from what it lies on."""

import pytest

from regime_factory.report.palette import (
    MARK_TOKENS,
    TEXT_TOKENS,
    THEMES,
    contrast_ratio,
    regime_slot,
)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["panel", "bg"])
def test_contrast(theme, ground):
    tokens = THEMES[theme]
    for token in TEXT_TOKENS:
        assert contrast_ratio(tokens[token], tokens[ground]) >= 4.5, token
    for token in MARK_TOKENS:
        assert contrast_ratio(tokens[token], tokens[ground]) >= 3.0, token


@pytest.mark.parametrize("theme", THEMES)
def test_numbers_in_the_transition_matrix_can_be_read(theme):
    tokens = THEMES[theme]
    assert contrast_ratio(tokens["ink"], tokens["cell"]) >= 4.5
    assert contrast_ratio(tokens["ink"], tokens["cell2"]) >= 4.5
    assert contrast_ratio(tokens["panel"], tokens["strat"]) >= 4.5
    assert contrast_ratio(tokens["bench"], tokens["panel"]) >= 4.5


def test_both_themes_have_the_same_tokens():
    assert THEMES["light"].keys() == THEMES["dark"].keys()


@pytest.mark.parametrize("n_states", range(1, 6))
def test_every_regime_has_its_own_colour(n_states):
    assert len({regime_slot(k, n_states) for k in range(n_states)}) == n_states
    assert regime_slot(7, 8) in THEMES["light"]
