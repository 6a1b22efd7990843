"""Models on the disk: identical in a fresh process, and refused where a file was damaged."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kedro.io import DatasetError

from regime_factory.datasets import StateDataset
from regime_factory.regimes import GaussianHMM, fit_refits

MODEL = "regime_factory.regimes.hmm.model.GaussianHMM"
X = (
    np.random.default_rng(0).standard_t(4, size=(400, 2))
    * np.r_[np.ones(200), np.full(200, 3)][:, None]
)


@pytest.fixture(scope="module", params=["gaussian", "student_t"])
def model(request: pytest.FixtureRequest) -> GaussianHMM:
    return GaussianHMM(2, emission=request.param, n_init=3, n_iter=60).fit(X)


@pytest.fixture(name="folder")
def saved(model: GaussianHMM, tmp_path: Path) -> Path:
    dataset(tmp_path / "model").save({"A": model})
    return tmp_path / "model"


def dataset(folder: Path, kind: str = MODEL) -> Any:
    return StateDataset(filepath=str(folder), object_type=kind)


FRESH = """
import sys
import numpy as np
from regime_factory.datasets import StateDataset
folder, kind, data, out = sys.argv[1:]
X = np.load(data)
found = StateDataset(filepath=folder, object_type=kind).load()["A"]
models = [found] if kind.endswith("GaussianHMM") else [refit.model for refit in found]
np.savez(
    out,
    filtered=[m.filter(X) for m in models],
    smoothed=[m.smooth(X) for m in models],
    decoded=[m.decode(X)[1] for m in models],
    score=[m.score(X) for m in models],
    online=[m.online().update_many(X) for m in models],
)
"""


def in_a_fresh_process(folder: Path, kind: str) -> Any:
    data, out = folder.with_name("data.npy"), folder.with_name("out.npz")
    np.save(data, X)
    subprocess.run(
        [sys.executable, "-c", FRESH, str(folder), kind, str(data), str(out)], check=True
    )
    return np.load(out)


def assert_predicts_as(found: Any, models: list[GaussianHMM]) -> None:
    np.testing.assert_array_equal(found["filtered"], [m.filter(X) for m in models])
    np.testing.assert_array_equal(found["smoothed"], [m.smooth(X) for m in models])
    np.testing.assert_array_equal(found["decoded"], [m.decode(X)[1] for m in models])
    np.testing.assert_array_equal(found["score"], [m.score(X) for m in models])
    np.testing.assert_array_equal(found["online"], [m.online().update_many(X) for m in models])


@pytest.mark.slow
def test_a_saved_model_predicts_identically_in_a_fresh_process(
    model: GaussianHMM, folder: Path
) -> None:
    assert_predicts_as(in_a_fresh_process(folder, MODEL), [model])


@pytest.mark.slow
def test_saved_refits_predict_identically_in_a_fresh_process(
    model: GaussianHMM, tmp_path: Path
) -> None:
    template = model.clone().set_params(n_init=1, n_iter=10)
    refits = fit_refits(X, model=template, starts_at=200, refit_every=100)
    kind = "regime_factory.regimes.walk.refits.Refits"
    dataset(tmp_path / "refits", kind).save({"A": refits})
    found = in_a_fresh_process(tmp_path / "refits", kind)
    assert_predicts_as(found, [refit.model for refit in refits])


def arrays_of(folder: Path) -> dict[str, np.ndarray]:
    with np.load(folder / "arrays.npz") as stored:
        return dict(stored)


def reference(folder: Path, name: str) -> str:
    """Name in the npz of an array of the model."""
    state = json.loads((folder / "state.json").read_text())
    return state["A"]["arrays"][name]["__array__"]


def assert_refused(folder: Path, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        dataset(folder).load()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_file_of_arrays_is_refused(folder: Path, share: float) -> None:
    file = folder / "arrays.npz"
    whole = file.read_bytes()
    file.write_bytes(whole[: int(share * len(whole))])
    assert_refused(folder, "arrays.npz in .*model is damaged: .*; take another version, or make it")


def test_flipped_bits_in_the_arrays_are_refused(folder: Path) -> None:
    """Every number of the parameters, one bit of it."""
    file = folder / "arrays.npz"
    whole = file.read_bytes()
    for name in ("means_", "transmat_", "covars_", "startprob_", "scale_"):
        with zipfile.ZipFile(file) as opened:
            info = opened.getinfo(f"{reference(folder, name)}.npy")
        at = info.header_offset + 30 + len(info.filename) + info.file_size - 3
        extra = whole[info.header_offset + 28 : info.header_offset + 30]
        changed = bytearray(whole)
        changed[at + int.from_bytes(extra, "little")] ^= 1
        file.write_bytes(changed)
        assert_refused(folder, "CRC-32")
        file.write_bytes(whole)
    dataset(folder).load()


def test_arrays_of_another_model_are_refused(model: GaussianHMM, folder: Path) -> None:
    """Files that are whole but do not belong together."""
    other = model.clone().set_params(n_iter=3).fit(X)
    dataset(folder.with_name("other")).save({"A": other})
    (folder / "arrays.npz").write_bytes((folder.with_name("other") / "arrays.npz").read_bytes())
    assert_refused(folder, "its values are not the ones it was saved with: the checksum differs")


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("means_", lambda a: a * np.nan, "means_ holds numbers that are not finite"),
        ("covars_", lambda a: np.where(a > 0, np.inf, a), "covars_ holds numbers that are not fin"),
        ("means_", lambda a: a + 1e-12, "the checksum differs"),
        ("transmat_", lambda a: a[::-1], "the checksum differs"),
        ("transmat_", lambda a: a[:1], "transmat has shape"),
        ("covars_", lambda a: a[0], "covars_ has shape"),
        ("startprob_", lambda a: a * 2, "startprob must be non-negative and sum to 1"),
        ("means_", lambda a: a.astype("U8"), "checksum|could not convert"),
    ],
)
def test_changed_arrays_are_refused(folder: Path, name: str, change: Any, message: str) -> None:
    arrays = arrays_of(folder)
    key = reference(folder, name)
    np.savez(folder / "arrays.npz", **{**arrays, key: change(arrays[key])})
    assert_refused(folder, message)


def test_missing_arrays_and_files_are_refused(folder: Path) -> None:
    arrays = arrays_of(folder)
    key = reference(folder, "means_")
    np.savez(folder / "arrays.npz", **{k: v for k, v in arrays.items() if k != key})
    assert_refused(folder, f"{key} is not a file in the archive")
    (folder / "arrays.npz").unlink()
    assert_refused(folder, re.escape("arrays.npz"))


def rewrite(folder: Path, change: Any) -> None:
    file = folder / "state.json"
    document = json.loads(file.read_text())
    change(document["A"])
    file.write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.update(format_version=4), "has format 4, this version reads up to 3; update"),
        (lambda s: s.update(kind="JumpModel"), "not a saved GaussianHMM"),
        (lambda s: s.pop("settings"), "the saved GaussianHMM is damaged: 'settings'"),
        (lambda s: s.pop("arrays"), "the saved GaussianHMM is damaged: 'arrays'"),
        (lambda s: s["arrays"].pop("transmat_"), "the saved GaussianHMM is damaged: 'transmat_'"),
        (lambda s: s["settings"].update(n_components=3), "damaged: "),
        (lambda s: s["settings"].update(speed=3), "damaged: .*unexpected keyword"),
        (lambda s: s.clear(), "not a saved GaussianHMM"),
    ],
)
def test_a_changed_document_is_refused(folder: Path, change: Any, message: str) -> None:
    rewrite(folder, change)
    assert_refused(folder, message)


def test_a_truncated_document_is_refused(folder: Path) -> None:
    text = (folder / "state.json").read_text()
    (folder / "state.json").write_text(text[: len(text) // 2])
    assert_refused(folder, "state.json or arrays.npz in .*model is damaged: .*; take another")
