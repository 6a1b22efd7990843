"""Every colour that carries text or a mark stands out from what it lies on."""

import pytest

from regime_factory.report.palette import THEMES, regime_slot

TEXT_TOKENS = ("ink", "ink2", "muted", "strat", "ok", "warn", "bad")
MARK_TOKENS = ("strat", "bench", "slot1", "slot2", "slot3", "slot4", "slot5")


def luminance(colour):
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast_ratio(one, other):
    """From 1 (same) to 21 (black on white), as WCAG 2.2 defines it."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_black_and_white():
    assert contrast_ratio("#000000", "#FFFFFF") == pytest.approx(21.0)


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
