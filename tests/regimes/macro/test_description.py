"""Texts of stamps, and features standardised by the training rows."""

from datetime import UTC, datetime

import numpy as np
import pytest

from regime_factory.regimes import MacroRegimeDetector
from regime_factory.regimes.macro.description import stamp_text, standardised_means

from .worlds import COLUMNS, macro_world


def test_stamps_are_iso_text() -> None:
    assert stamp_text(datetime(2020, 1, 2, 21, tzinfo=UTC)) == "2020-01-02T21:00:00+00:00"
    assert (stamp_text(7), stamp_text(None)) == ("7", None)


def test_means_are_in_training_deviations() -> None:
    table = macro_world()[0]
    detector = MacroRegimeDetector().fit(table)
    rows = table.select(COLUMNS).to_numpy()
    expected = (detector.hmm_.means_ - rows.mean(axis=0)) / rows.std(axis=0)
    assert standardised_means(detector) == pytest.approx(expected)
    scores = standardised_means(detector) @ detector.weights_
    assert scores == pytest.approx(detector.risk_scores_)
    assert (np.diff(scores) > 0).all()
