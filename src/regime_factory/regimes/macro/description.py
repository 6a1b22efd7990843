"""What a fitted macro detector says about its states, its columns and its training rows."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from regime_factory.regimes.describe import diagnostics as of_models
from regime_factory.regimes.describe.importance import feature_importance
from regime_factory.regimes.hmm.interchange import checksum

if TYPE_CHECKING:
    from regime_factory.regimes.macro.answers import MacroAnswers

Matrix = NDArray[np.float64]


def standardised_means(detector: "MacroAnswers") -> Matrix:
    """Means of the states in training standard deviations, shape (K, F).

    Parameters
    ----------
    detector : MacroRegimeDetector
        Fitted detector.

    Returns
    -------
    ndarray, shape (K, F)
    """
    return (detector.moments().means - detector.centre_) / detector.scale_


def characteristics(detector: "MacroAnswers") -> dict[str, dict[str, Any]]:
    """What each regime looks like; see :meth:`MacroRegimeDetector.state_characteristics`.

    Parameters
    ----------
    detector : MacroRegimeDetector
        Fitted detector.

    Returns
    -------
    dict
    """
    moments, scaled = detector.moments(), standardised_means(detector)
    stds = np.sqrt(np.diagonal(moments.covars, axis1=1, axis2=2))
    stay = np.diagonal(detector.transition_matrix())
    return {
        name: {
            "risk_score": float(detector.risk_scores_[k]),
            "share": float(detector.shares_[k]),
            "expected_bars": float(1 / (1 - stay[k])) if stay[k] < 1 else None,
            "means": _by_name(detector, moments.means[k]),
            "stds": _by_name(detector, stds[k]),
            "standardised_means": _by_name(detector, scaled[k]),
        }
        for k, name in enumerate(detector.state_names)
    }


def importance(detector: "MacroAnswers") -> dict[str, float]:
    """Share of each feature's variance that lies between the regimes, over their sum.

    Parameters
    ----------
    detector : MacroRegimeDetector
        Fitted detector.

    Returns
    -------
    dict of str to float
        Sums to one.

    Notes
    -----
    Regimes count by their share of the training rows.
    """
    return _by_name(detector, feature_importance(detector.moments(), detector.shares_))


def diagnostics(detector: "MacroAnswers") -> dict[str, Any]:
    """Describe the model, the score of risk and the training rows.

    Parameters
    ----------
    detector : MacroRegimeDetector
        Fitted detector.

    Returns
    -------
    dict
        As :func:`regime_factory.regimes.diagnostics`, and ``model_version``; ``risk_weights`` by
        feature, ``risk_scores`` by regime and ``risk_gap``, the smallest step between two of them
        (names are only as firm as it is wide); ``dropped`` columns and why, and those of them that
        are ``collinear`` with the columns they follow from;
        ``n_training_samples`` complete rows of the ``n_rows`` that can be scored; ``trained_from,
        trained_to``.
    """
    scores = detector.risk_scores_
    return {
        **of_models.diagnostics(
            detector.hmm_, detector.columns_, detector.state_names, detector.shares_
        ),
        "model_version": model_version(detector),
        "risk_weights": _by_name(detector, detector.weights_),
        "risk_scores": dict(zip(detector.state_names, scores.tolist(), strict=True)),
        "risk_gap": float(np.diff(scores).min()),
        "dropped": dict(detector.dropped_),
        "collinear": dict(detector.collinear_),
        "n_training_samples": detector.n_training_samples_,
        "n_rows": detector.n_rows_,
        "trained_from": detector.trained_from_,
        "trained_to": detector.trained_to_,
    }


def metadata(detector: "MacroAnswers", p: Matrix, row: Matrix, stamp: Any) -> dict[str, Any]:
    """Write one prediction with what it was made of.

    Parameters
    ----------
    detector : MacroRegimeDetector
        Fitted detector.
    p : ndarray, shape (K,)
        Filtered probabilities of the row.
    row : ndarray, shape (F,)
        Values of the used columns, NaN where missing.
    stamp : object
        Stamp of the row, or None.

    Returns
    -------
    dict
        See :meth:`MacroRegimeDetector.predict_with_metadata`.
    """
    values = {
        name: None if np.isnan(value) else float(value)
        for name, value in zip(detector.columns_, row, strict=True)
    }
    best = int(p.argmax())
    return {
        "regime": detector.state_names[best],
        "confidence": float(p[best]),
        "probabilities": dict(zip(detector.state_names, p.tolist(), strict=True)),
        "model_version": model_version(detector),
        "n_features": len(values),
        "features": values,
        "missing": [name for name, value in values.items() if value is None],
        "dropped": dict(detector.dropped_),
        "bar_timestamp": stamp_text(stamp),
        "n_training_samples": detector.n_training_samples_,
        "trained_to": detector.trained_to_,
    }


def model_version(detector: "MacroAnswers") -> str:
    """Name a fit by its kind and a checksum of its parameters.

    Parameters
    ----------
    detector : MacroRegimeDetector
        Fitted detector.

    Returns
    -------
    str
    """
    arrays = {k: v for k, v in vars(detector.hmm_.parameters()).items() if v is not None}
    return f"macro-{checksum({','.join(detector.columns_): detector.weights_, **arrays})}"


def stamp_text(stamp: Any) -> str | None:
    """Write a stamp as ISO text, or as text where it is no time.

    Parameters
    ----------
    stamp : object
        Stamp, or None.

    Returns
    -------
    str or None

    Examples
    --------
    >>> from datetime import date
    >>> stamp_text(date(2008, 9, 15)), stamp_text(7)
    ('2008-09-15', '7')
    """
    if stamp is None:
        return None
    return stamp.isoformat() if hasattr(stamp, "isoformat") else str(stamp)


def _by_name(detector: "MacroAnswers", values: Matrix) -> dict[str, float]:
    return dict(zip(detector.columns_, np.asarray(values).tolist(), strict=True))
