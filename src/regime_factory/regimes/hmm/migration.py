"""Models out of files of hmmlearn, converted and compared with hmmlearn itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.hmm.hmmlearn_models import model_of, to_hmmlearn
from regime_factory.regimes.hmm.interchange import checked_parameters
from regime_factory.regimes.hmm.model import GaussianHMM
from regime_factory.regimes.hmm.parameters import Scaler
from regime_factory.regimes.hmm.pickle_records import Record, read_pickle
from regime_factory.regimes.validation import check_observations

if TYPE_CHECKING:
    from hmmlearn.hmm import GaussianHMM as HmmlearnGaussianHMM

Matrix = NDArray[np.float64]
TOLERANCE = 1e-8
_CUTS = 20  # rows whose filtered probabilities are compared
_CUT_ROWS = 2000  # hmmlearn's filter is slow: it smooths everything for one filtered row
_SAMPLED = 1000


@dataclass(frozen=True)
class HmmlearnFile:
    """What a file holds: a Gaussian model of hmmlearn, and the scaler before it.

    Attributes
    ----------
    inner : GaussianHMM
        The model as it is in the file: behind a scaler, in standardised units.
    scaler : Scaler or None
        Offset and scale of a ``StandardScaler`` of scikit-learn.
    columns : tuple of str or None
        Column names that the scaler was fitted on.
    """

    inner: GaussianHMM
    scaler: Scaler | None = None
    columns: tuple[str, ...] | None = None

    def model(self) -> GaussianHMM:
        """Return a model that takes observations as they are before the scaler.

        Returns
        -------
        GaussianHMM
            A spherical model behind a scaler of unequal scales comes out as a diagonal one.
        """
        kind, K = self.inner.covariance_type, self.inner.n_components
        if self.scaler is None:
            model = GaussianHMM(K, kind).set_parameters(self.inner.parameters())
            model.covars_ = self.inner.covars_.copy()
        else:
            if kind == "spherical" and np.ptp(self.scaler.scale) > 0:
                kind = "diag"
            moved = self.inner.parameters().in_user_units(self.scaler)
            parameters = checked_parameters(moved, kind, K, moved.means.shape[1])
            model = GaussianHMM(K, kind).set_parameters(parameters)
        if self.columns is not None:
            model.feature_names_in_ = np.array(self.columns, dtype=object)
        return model

    def hmmlearn(self) -> "HmmlearnGaussianHMM":
        """Return hmmlearn's model, for comparison.

        Returns
        -------
        hmmlearn.hmm.GaussianHMM
        """
        return to_hmmlearn(self.inner).set_params(implementation="log")

    def scaled(self, X: Matrix) -> Matrix:
        """Return observations as hmmlearn's model takes them.

        Parameters
        ----------
        X : ndarray, shape (T, F)
            Observations before the scaler.

        Returns
        -------
        ndarray, shape (T, F)
        """
        return X if self.scaler is None else (X - self.scaler.offset) / self.scaler.scale


class Agreement(NamedTuple):
    """How closely a converted model follows hmmlearn.

    Attributes
    ----------
    n_rows : int
        Rows compared.
    loglik : float
        Difference of the log-likelihoods, relative.
    probability : float
        Largest difference of filtered probabilities.
    """

    n_rows: int
    loglik: float
    probability: float


def read_hmmlearn_file(path: str | Path) -> HmmlearnFile:
    """Read a ``GaussianHMM`` of hmmlearn from a joblib or pickle file, without running the file.

    Parameters
    ----------
    path : str or Path
        File of a bare model, of a scikit-learn ``Pipeline`` of ``StandardScaler`` and model, or of
        a dict, list or tuple that holds one of these under any key, with or without a
        ``StandardScaler`` beside it.

    Returns
    -------
    HmmlearnFile

    Raises
    ------
    ValueError
        For a file that is damaged, would run code, or holds anything else; says what.

    Examples
    --------
    >>> import pickle, tempfile
    >>> from hmmlearn.hmm import GaussianHMM as Peer
    >>> X = np.random.default_rng(0).normal([[0.0], [9.0]] * 50)
    >>> peer = Peer(2, random_state=0).fit(X)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "model.pkl")
    ...     _ = file.write_bytes(pickle.dumps({"hmm": peer, "trained": "2024-05-01"}))
    ...     saved = read_hmmlearn_file(file)
    >>> model = saved.model()
    >>> bool((model.means_ == peer.means_).all()), bool(verify(saved, model).loglik < 1e-12)
    (True, True)
    """
    name, content = Path(path).name, read_pickle(path)
    found = {kind: [] for kind in ("GaussianHMM", "Pipeline", "StandardScaler")}
    for record in _records(content):
        if record.kind in found and record not in found[record.kind]:
            found[record.kind].append(record)
    try:
        return _file_of(found)
    except ValueError as error:
        raise ValueError(f"{name} cannot be converted: {error}") from error


def _records(value: Any) -> Iterator[Record]:
    """Find the objects in plain containers, each of which may be shared or hold itself."""
    waiting, seen = [value], {id(value)}
    while waiting:
        item = waiting.pop()
        if isinstance(item, Record):
            yield item
        elif isinstance(item, dict | list | tuple):
            inner = list(item.values()) if isinstance(item, dict) else list(item)
            waiting += [part for part in reversed(inner) if id(part) not in seen]
            seen |= {id(part) for part in inner}


def _file_of(found: dict[str, list[Record]]) -> HmmlearnFile:
    models, pipelines, scalers = found["GaussianHMM"], found["Pipeline"], found["StandardScaler"]
    if len(models) + len(pipelines) != 1:
        raise ValueError(
            f"it holds {len(models)} models and {len(pipelines)} pipelines, expected one of them; "
            "dump each model alone, or in a dict with its StandardScaler"
        )
    if pipelines:
        *before, model = _steps(pipelines[0])
        scalers = [*before, *(s for s in scalers if s not in before)]
    else:
        model = models[0]
    if len(scalers) > 1:
        raise ValueError(
            f"it holds {len(scalers)} scalers, and which of them the model was fitted behind is "
            "not said; dump the model with its own StandardScaler alone"
        )
    inner = model_of(GaussianHMM, model.attributes())
    if not scalers:
        return HmmlearnFile(inner)
    return _behind(scalers[0].attributes(), inner)


def _steps(pipeline: Record) -> list[Record]:
    """Give the steps of a pipeline that can be folded into one model."""
    steps = [step for _, step in pipeline.attributes().get("steps", [])]
    kinds = [step.kind if isinstance(step, Record) else repr(step) for step in steps]
    if kinds not in (["GaussianHMM"], ["StandardScaler", "GaussianHMM"]):
        raise ValueError(
            f"its pipeline has the steps {kinds}, expected ['StandardScaler', 'GaussianHMM']"
        )
    return steps


def _behind(values: dict[str, Any], inner: GaussianHMM) -> HmmlearnFile:
    """Put a fitted scaler before a model."""
    F = inner.means_.shape[1]
    offset = values.get("mean_") if values.get("with_mean", True) else np.zeros(F)
    scale = values.get("scale_", values.get("std_")) if values.get("with_std", True) else np.ones(F)
    if offset is None or scale is None:
        raise ValueError("its StandardScaler is not fitted")
    scaler = Scaler(np.array(offset, dtype=np.float64), np.array(scale, dtype=np.float64))
    if scaler.offset.shape != (F,) or scaler.scale.shape != (F,):
        raise ValueError(
            f"its StandardScaler has {scaler.scale.size} columns and its model {F}; dump the model "
            "with its own scaler, or alone"
        )
    if not np.isfinite(scaler.offset).all() or not (scaler.scale > 0).all():
        raise ValueError("its StandardScaler holds means or scales that are no numbers")
    columns = values.get("feature_names_in_")
    return HmmlearnFile(inner, scaler, None if columns is None else tuple(map(str, columns)))


def verify(saved: HmmlearnFile, model: GaussianHMM, X: ArrayLike | None = None) -> Agreement:
    """Compare a converted model with hmmlearn: parameters, log-likelihood, filtered probabilities.

    Parameters
    ----------
    saved : HmmlearnFile
        What the file held.
    model : GaussianHMM
        The converted model.
    X : array_like, shape (T, F), optional
        Observations as they are before any scaler; default: rows sampled from hmmlearn's model.

    Returns
    -------
    Agreement

    Raises
    ------
    ValueError
        If parameters, log-likelihood or probabilities differ by more than 1e-8.

    Notes
    -----
    hmmlearn gives smoothed probabilities only. Those of the last row of a series are filtered
    ones, so it is asked for the series up to each of a few rows.
    """
    _compare_parameters(saved, model)
    peer = saved.hmmlearn()
    if X is None:
        Z = peer.sample(_SAMPLED, random_state=0)[0]
        X = Z if saved.scaler is None else Z * saved.scaler.scale + saved.scaler.offset
    values = check_observations(X, model.means_.shape[1])
    Z = saved.scaled(values)
    scale = 0.0 if saved.scaler is None else float(np.log(saved.scaler.scale).sum())
    theirs = float(peer.score(Z)) - len(Z) * scale
    loglik = abs(model.score(values) - theirs) / max(1.0, abs(theirs))
    own, Z = model.filter(values[-_CUT_ROWS:]), Z[-_CUT_ROWS:]
    ends = np.unique(np.linspace(1, len(Z), _CUTS).astype(int))
    last = [peer.predict_proba(Z[:end])[-1] for end in ends]
    probability = float(np.abs(own[ends - 1] - last).max())
    if not (loglik <= TOLERANCE and probability <= TOLERANCE):
        raise ValueError(
            f"the converted model differs from hmmlearn: log-likelihood by {loglik:.1e} relative, "
            f"filtered probabilities by {probability:.1e}; at most {TOLERANCE:g} is allowed"
        )
    return Agreement(len(values), loglik, probability)


def _compare_parameters(saved: HmmlearnFile, model: GaussianHMM) -> None:
    """Demand the parameters of the file, bit for bit where no scaler was folded in."""
    theirs, own = saved.inner.parameters(), model.parameters()
    rtol = 0.0
    if saved.scaler is not None:
        own, rtol = own.standardised(saved.scaler), TOLERANCE
    for name in ("startprob", "transmat", "means", "covars"):
        if not np.allclose(getattr(own, name), getattr(theirs, name), rtol=rtol, atol=rtol):
            raise ValueError(f"the converted {name} differ from those of the file")
