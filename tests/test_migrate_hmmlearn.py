"""The command that converts files of hmmlearn: one line a file, all or nothing on the disk."""

import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import hmmlearn.hmm
import joblib
import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from regime_factory import migrate_hmmlearn
from regime_factory.datasets import StateDataset
from regime_factory.regimes import GaussianHMM

NAMES = ["ret", "range"]


@pytest.fixture(scope="module", name="X")
def observations():
    rng = np.random.default_rng(0)
    wide = rng.normal(size=(400, 2)) * np.where(np.arange(400) < 200, 1, 4)[:, None]
    return wide * [0.01, 1.0] + [0.0, 5.0]


@pytest.fixture(name="folder")
def files(tmp_path, X):
    """A folder of files to convert, three of them good."""
    frame = pl.DataFrame(X, schema=NAMES).to_pandas()
    peer = hmmlearn.hmm.GaussianHMM(2, "full", random_state=0).fit(X)
    joblib.dump(peer, tmp_path / "bare.joblib", compress=3)
    (tmp_path / "boxed.pkl").write_bytes(pickle.dumps({"model": peer, "by": "someone"}))
    pipeline = make_pipeline(StandardScaler(), hmmlearn.hmm.GaussianHMM(2)).fit(frame)
    joblib.dump(pipeline, tmp_path / "piped.joblib")
    joblib.dump({"model": peer, "run": Trap(tmp_path / "ran")}, tmp_path / "trap.joblib")
    (tmp_path / "cut.joblib").write_bytes((tmp_path / "bare.joblib").read_bytes()[:300])
    return tmp_path


class Trap:
    """Runs a command when it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


def run(*args):
    return CliRunner().invoke(migrate_hmmlearn.main, [str(arg) for arg in args])


def load(place):
    dataset = StateDataset(
        filepath=str(place), object_type="regime_factory.regimes.hmm.model.GaussianHMM"
    )
    return dataset.load()[Path(place).name]


def test_files_are_converted_copied_and_verified(folder, X):
    out = folder / "out"
    good = [folder / name for name in ("bare.joblib", "boxed.pkl", "piped.joblib")]
    done = run(*good, "--out", out)
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert [line.split()[:2] for line in lines] == [["ok", str(file)] for file in good]
    assert "2 states, 2 columns, full; verified on 1000 sampled rows: log-likelihood" in lines[0]
    assert "diag, scaler folded in; verified" in lines[2]
    assert sorted(p.name for p in out.iterdir()) == ["bare", "boxed", "originals", "piped"]
    for file in good:
        assert (out / "originals" / file.name).read_bytes() == file.read_bytes()
    peer = joblib.load(folder / "bare.joblib")
    for name in ("bare", "boxed"):
        np.testing.assert_array_equal(load(out / name).means_, peer.means_)
    pipeline = joblib.load(folder / "piped.joblib")
    frame = pl.DataFrame(X, schema=NAMES).to_pandas()
    last = pipeline[-1].predict_proba(pipeline[:-1].transform(frame))[-1]
    np.testing.assert_allclose(load(out / "piped").filter(X)[-1], last, atol=1e-9)


def test_bad_files_are_said_and_leave_nothing(folder):
    out = folder / "out"
    bad = [folder / name for name in ("trap.joblib", "cut.joblib", "none.joblib")]
    done = run(*bad, "--out", out)
    assert done.exit_code == 1
    lines = done.output.splitlines()
    assert len(lines) == 3
    assert "trap.joblib is refused: loading it would run posix.system" in lines[0]
    assert "cut.joblib is damaged" in lines[1]
    assert "none.joblib cannot be read: No such file" in lines[2]
    assert not out.exists()
    assert not (folder / "ran").exists()


def test_good_files_among_bad_ones_are_converted(folder):
    done = run(folder / "cut.joblib", folder / "bare.joblib", "--out", folder / "out")
    assert done.exit_code == 1
    assert [line.split()[0] for line in done.output.splitlines()] == ["failed", "ok"]
    assert load(folder / "out" / "bare").n_components == 2


def test_a_model_is_verified_on_given_data(folder, X):
    frame = pl.DataFrame(X, schema=NAMES).with_columns(ts=pl.lit("2024-05-01"), other=pl.lit(1.0))
    frame.write_csv(folder / "data.csv")
    frame.select("other", "range", "ret").write_parquet(folder / "data.parquet")
    np.save(folder / "data.npy", X)
    piped, bare = folder / "piped.joblib", folder / "bare.joblib"
    for n, args in enumerate(
        [
            (piped, "--verify", folder / "data.csv"),
            (piped, "--verify", folder / "data.parquet"),
            (bare, "--verify", folder / "data.csv", "--columns", "ret,range"),
            (bare, "--verify", folder / "data.npy"),
        ]
    ):
        done = run(*args, "--out", folder / f"out{n}")
        assert done.exit_code == 0, done.output
        assert f"verified on 400 rows of {args[2]}" in done.output


def spoil(folder, name):
    table = pl.DataFrame({"ret": [0.1, None], "range": [1.0, 2.0]})
    table.write_csv(folder / "data.csv")
    np.save(folder / "data.npy", np.array([{}], dtype=object))
    (folder / "data.txt").write_text("text")
    (folder / "data.parquet").write_bytes(b"PAR1")
    return folder / name


@pytest.mark.parametrize(
    ("name", "columns", "message"),
    [
        ("data.csv", "ret,rsi", "data.csv has the columns ret, range; the model observes 2"),
        ("data.csv", "ret", "the model observes 2: name them"),
        ("data.csv", None, "hold nan in row 1"),
        ("data.txt", None, "data.txt is no file of observations; give a .csv, .parquet or .npy"),
        ("data.npy", None, "allow_pickle=False"),
        ("data.parquet", None, "parquet"),
        ("absent.csv", None, "No such file"),
    ],
)
def test_data_that_cannot_be_used_is_said(folder, name, columns, message):
    given = ["--columns", columns] if columns else []
    data = spoil(folder, name)
    done = run(folder / "bare.joblib", "--out", folder / "out", "--verify", data, *given)
    assert done.exit_code == 1
    assert message in done.output
    assert len(done.output.splitlines()) == 1
    assert not (folder / "out").exists()


def test_nothing_is_overwritten(folder):
    out, bare = folder / "out", folder / "bare.joblib"
    assert run(bare, "--out", out).exit_code == 0
    before = (out / "bare" / "arrays.npz").read_bytes()
    again = run(bare, "--out", out)
    assert again.exit_code == 1
    assert "bare exists already; move it, or choose another --out" in again.output
    assert (out / "bare" / "arrays.npz").read_bytes() == before
    shutil.rmtree(out / "bare")  # the copy of the same file may stay
    assert run(bare, "--out", out).exit_code == 0
    shutil.rmtree(out / "bare")
    (out / "originals" / "bare.joblib").write_bytes(b"another")
    other = run(bare, "--out", out)
    assert "originals/bare.joblib exists already" in other.output
    assert (out / "originals" / "bare.joblib").read_bytes() == b"another"
    shutil.copy(bare, folder / "originals.joblib")
    assert "exists already" in run(folder / "originals.joblib", "--out", out).output


@pytest.mark.parametrize("step", ["copy2", "save", "load", "sync"])
def test_a_failure_on_the_way_leaves_nothing_behind(folder, monkeypatch, step):
    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    target = {
        "copy2": (shutil, "copy2"),
        "save": (StateDataset, "write"),
        "load": (GaussianHMM, "from_state"),
        "sync": (migrate_hmmlearn, "sync"),
    }[step]
    monkeypatch.setattr(*target, fail)
    done = run(folder / "bare.joblib", "--out", folder / "out")
    assert done.exit_code == 1
    assert "No space left on device" in done.output
    left = [p for p in (folder / "out").rglob("*") if p.name != "originals"]
    assert left == []


def test_what_a_killed_run_left_is_swept(folder):
    out = folder / "out"
    stale = out / ".bare.999999.unfinished"
    stale.mkdir(parents=True)
    assert run(folder / "bare.joblib", "--out", out).exit_code == 0
    assert not stale.exists()


def test_a_converted_model_that_differs_is_not_stored(folder, monkeypatch):
    monkeypatch.setattr(GaussianHMM, "score", lambda self, X: 1.0)
    done = run(folder / "bare.joblib", "--out", folder / "out")
    assert done.exit_code == 1
    assert "differs from hmmlearn" in done.output
    assert not (folder / "out").exists()


@pytest.mark.slow
def test_the_command_runs_as_a_module(folder):
    command = [sys.executable, "-m", "regime_factory.migrate_hmmlearn"]
    done = subprocess.run(
        [*command, "bare.joblib", "--out", "out"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("ok      bare.joblib -> out/bare: 2 states")
    assert subprocess.run(
        [*command, "cut.joblib", "--out", "out"], cwd=folder, capture_output=True, check=False
    ).returncode == 1  # fmt: skip
