"""Files are read as they were written, and nothing in them is ever run."""

import bz2
import collections
import datetime
import os
import pickle
import re
import subprocess
import sys
import zlib
from pathlib import Path

import hmmlearn.hmm
import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from regime_factory.regimes.hmm import pickle_records
from regime_factory.regimes.hmm.pickle_records import Record, read_pickle

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
PACKED = [0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 3)]
ARRAYS = {
    "plain": np.arange(6.0).reshape(2, 3),
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "single": np.arange(4, dtype=np.float32),
    "big endian": np.arange(4, dtype=">f8"),
    "whole": np.arange(4, dtype=np.int64),
    "yes": np.array([True, False]),
    "empty": np.empty((0, 2)),
    "scalar": np.float64(0.1),
    "flat": np.array(3.5),
    "names": np.array(["close", "volume"], dtype=object),
    "text": np.array(["ab", "c"]),
}


@pytest.fixture(scope="module")
def peer():
    X = np.random.default_rng(0).normal(size=(200, 2))
    return hmmlearn.hmm.GaussianHMM(2, "full", random_state=np.random.RandomState(1)).fit(X)


@pytest.fixture(name="file")
def a_file(tmp_path):
    return tmp_path / "model.joblib"


def assert_same(found, expected):
    assert set(found) == set(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("packed", [None, *PACKED], ids=str)
def test_arrays_and_numbers_come_back_whatever_wrote_them(file, protocol, packed):
    content = {**ARRAYS, "pi": 3.14, "list": [1, (2, None)], "text of it": "hmm"}
    if packed is None:
        file.write_bytes(pickle.dumps(content, protocol))
    else:
        joblib.dump(content, file, compress=packed, protocol=protocol)
    found = read_pickle(file)
    assert found.pop("list") == content.pop("list")
    assert_same(found, content)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("packed", [None, *PACKED], ids=str)
def test_a_model_comes_back_as_its_attributes(file, peer, protocol, packed):
    if packed is None:
        file.write_bytes(pickle.dumps(peer, protocol))
    else:
        joblib.dump(peer, file, compress=packed, protocol=protocol)
    found = read_pickle(file)
    assert found.kind == "GaussianHMM"
    values = found.attributes()
    assert values["covariance_type"] == "full"
    for name in ("startprob_", "transmat_", "means_", "_covars_"):
        np.testing.assert_array_equal(values[name], getattr(peer, name))
    assert values["monitor_"].kind == "ConvergenceMonitor"
    history = values["monitor_"].attributes()["history"]
    assert [*(history.args[0] if history.args else ()), *history.items] == [*peer.monitor_.history]


def test_things_beside_a_model_stay_records(file):
    content = {
        "when": datetime.datetime(2024, 5, 1, tzinfo=datetime.UTC),
        "order": collections.OrderedDict(a=1),
        "kept": {"close"},
        "random": np.random.default_rng(1),
        "scaler": StandardScaler().fit(np.eye(3)),
    }
    joblib.dump(content, file)
    found = read_pickle(file)
    assert found["order"].items == [("a", 1)]
    assert found["kept"] == {"close"}
    assert found["scaler"].attributes()["mean_"].tolist() == pytest.approx([1 / 3] * 3)
    assert isinstance(found["when"], Record)
    assert isinstance(found["random"], Record)


class Trap:
    """Runs a command when it is unpickled."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


def traps(mark):
    command = f"touch {mark}"
    return {
        "posix.system": Trap(os.system, command),
        "subprocess.Popen": Trap(subprocess.Popen, ["touch", str(mark)]),
        "builtins.eval": Trap(eval, f"open({str(mark)!r}, 'w')"),
        "builtins.exec": Trap(exec, f"open({str(mark)!r}, 'w')"),
        "builtins.getattr": Trap(getattr, "text", "upper"),
        "joblib.numpy_pickle.load": Trap(joblib.load, str(mark)),
        "numpy.load": Trap(np.load, str(mark)),
    }


@pytest.mark.parametrize("name", list(traps(Path("x"))))
@pytest.mark.parametrize("packed", [None, *PACKED], ids=str)
def test_code_in_a_file_is_refused_by_name_and_not_run(tmp_path, file, name, packed, peer):
    mark = tmp_path / "ran"
    content = {"model": peer, "more": traps(mark)[name]}
    if packed is None:
        file.write_bytes(pickle.dumps(content))
    else:
        joblib.dump(content, file, compress=packed)
    with pytest.raises(
        ValueError, match=rf"joblib is refused: loading it would run {re.escape(name)};"
    ):
        read_pickle(file)
    assert not mark.exists()


def test_code_inside_an_object_array_is_not_run(tmp_path, file):
    """Older versions of joblib read such arrays with a reader that allows everything."""
    mark = tmp_path / "ran"
    array = np.empty(1, dtype=object)
    array[0] = Trap(os.system, f"touch {mark}")
    joblib.dump({"feature_names_in_": array}, file)
    with pytest.raises(ValueError, match=r"refused: loading it would run posix\.system"):
        read_pickle(file)
    assert not mark.exists()


@pytest.mark.parametrize(
    "name",
    [
        b"os\nsystem", b"hmmlearn.hmm\nGaussianHMM.fit", b"numpy.random\nseed.x",
        b"numpy.core.multiarray\nset_string_function", b"copyreg\n__newobj__",
        b"regime_factory.regimes.hmm.pickle_records\nread_pickle", b"numpy.randomly\nany",
    ],
    ids=lambda name: name.decode().replace("\n", "."),
)  # fmt: skip
def test_names_that_only_look_allowed_are_refused(file, name):
    file.write_bytes(b"c" + name + b"\n(S'x'\ntR.")
    with pytest.raises(ValueError, match="is refused"):
        read_pickle(file)


def test_names_of_the_program_itself_cannot_be_changed(file):
    """A file may try to set attributes of what it names; nothing of that outlives the reading."""
    global_record = b"chmmlearn.hmm\nGaussianHMM\n"
    slots = b"(N}S'__setstate__'\nchmmlearn.base\nConvergenceMonitor\nstb."
    file.write_bytes(global_record + slots)
    before = dict(vars(Record))
    with pytest.raises(ValueError, match="damaged"):
        read_pickle(file)
    assert dict(vars(Record)) == before


def test_arrays_cannot_smuggle_addresses(file):
    """A type of objects disguised as numbers would turn bytes into addresses."""
    code = pickle.dumps(np.arange(2.0), protocol=2).replace(b"f8", b"O8")
    file.write_bytes(code)
    with pytest.raises(ValueError, match=r"damaged|refused"):
        read_pickle(file).sum()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (hmmlearn.hmm.GMMHMM(2), "holds a hmmlearn.hmm.GMMHMM; only hmmlearn.hmm.GaussianHMM"),
        (hmmlearn.hmm.PoissonHMM(2), "holds a hmmlearn.hmm.PoissonHMM"),
        (MinMaxScaler(), "sklearn.preprocessing._data.MinMaxScaler; only StandardScaler"),
        (Path("x"), "loading it would run pathlib.* load it yourself and dump its GaussianHMM"),
        (np.zeros(2, dtype=[("a", "f8")]), "array of type 'V8', expected numbers or text"),
        (np.zeros(2, dtype="M8[s]"), "array of type 'M8', expected numbers or text"),
        (np.zeros(2, dtype=complex), "array of type 'c16'"),
    ],
    ids=str,
)
def test_other_objects_are_named(file, content, message):
    for write in (joblib.dump, lambda c, f: f.write_bytes(pickle.dumps(c))):
        write({"model": content}, file)
        with pytest.raises(ValueError, match=rf"model.joblib is refused: .*{message}"):
            read_pickle(file)


def test_files_of_old_joblib_are_told(file):
    file.write_bytes(b"ZF0x10".ljust(40) + zlib.compress(b"x"))
    with pytest.raises(ValueError, match=r"written by joblib before 0\.10"):
        read_pickle(file)
    file.write_bytes(b"cjoblib.numpy_pickle\nNDArrayWrapper\n)\x81.")
    with pytest.raises(ValueError, match=r"written by joblib before 0\.10"):
        read_pickle(file)
    file.write_bytes(b"\x04\x22\x4d\x18rest")
    with pytest.raises(ValueError, match="packed with lz4; load it and dump it again"):
        read_pickle(file)


def test_joblib_inside_scikit_learn_is_read(file):
    joblib.dump(np.arange(3.0), file, protocol=2)
    old = file.read_bytes().replace(b"cjoblib.numpy", b"csklearn.externals.joblib.numpy")
    assert old != file.read_bytes()
    # Arrays of those versions are not aligned, so nothing else moves.
    aligned = b"X\x1b\x00\x00\x00numpy_array_alignment_bytes"
    at = old.index(aligned)
    end = old.index(b"K\x10", at) + 2
    head, tail = old[:at], old[end:]
    skip = head[-2:] if head.endswith(b"q") else b""
    assert not skip
    padding = tail.index(b"b") + 1
    data = tail[padding + 1 + tail[padding] :]
    file.write_bytes(head + tail[tail.index(b"u") :][: padding - tail.index(b"u")] + data)
    np.testing.assert_array_equal(read_pickle(file), np.arange(3.0))


@pytest.mark.parametrize("packed", [None, 0, ("zlib", 3), ("xz", 3)], ids=str)
def test_a_truncated_file_is_damaged(file, peer, packed):
    if packed is None:
        file.write_bytes(pickle.dumps(peer))
    else:
        joblib.dump(peer, file, compress=packed)
    whole = file.read_bytes()
    for size in [*range(0, len(whole), 97), len(whole) - 1]:
        file.write_bytes(whole[:size])
        with pytest.raises(ValueError, match=r"model.joblib is (damaged|refused)"):
            read_pickle(file)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    X = np.random.default_rng(0).normal(size=(60, 1))
    file = tmp_path_factory.mktemp("files") / "model.joblib"
    joblib.dump({"m": hmmlearn.hmm.GaussianHMM(2, random_state=0).fit(X)}, file)
    return file, file.read_bytes()


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 255), st.sampled_from(["flip", "cut", "insert"]))
def test_whatever_happens_to_a_file_it_is_read_or_refused(written, place, byte, how):
    file, whole = written
    at = place % len(whole)
    changed = {
        "flip": whole[:at] + bytes([whole[at] ^ byte]) + whole[at + 1 :],
        "cut": whole[:at] + whole[at + byte :],
        "insert": whole[:at] + os.urandom(3) + whole[at:],
    }[how]
    other = file.with_name("changed.joblib")
    other.write_bytes(changed)
    try:
        read_pickle(other)
    except ValueError as error:
        assert "changed.joblib is" in str(error)  # noqa: PT017 - it may also be read


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"PK\x03\x04", b"\x89PNG\r\n", b"\x1f\x8bgz", b"BZh9", b"\x78\x9c\x00"],
)
def test_something_else_is_no_pickle(file, content):
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"model\.joblib is damaged, or no pickle or joblib file"):
        read_pickle(file)


def test_a_missing_file_or_a_folder_says_so(tmp_path):
    with pytest.raises(ValueError, match=r"none.pkl cannot be read: No such file"):
        read_pickle(tmp_path / "none.pkl")
    with pytest.raises(ValueError, match="cannot be read: Is a directory"):
        read_pickle(tmp_path)


def test_a_file_that_unpacks_without_end_is_refused(file, monkeypatch):
    monkeypatch.setattr(pickle_records, "MAX_BYTES", 10_000)
    for pack in (zlib.compress, bz2.compress):
        file.write_bytes(pack(bytes(20_000)))
        with pytest.raises(ValueError, match="unpacks to more than"):
            read_pickle(file)


def test_lists_of_lists_that_double_are_read_once(file):
    nested = []
    for _ in range(60):
        nested = [nested, nested]
    file.write_bytes(pickle.dumps(nested))
    assert len(read_pickle(file)) == 2
    ring = []
    ring.append(ring)
    file.write_bytes(pickle.dumps(ring))
    with pytest.raises(ValueError, match="damaged"):
        read_pickle(file)


@pytest.mark.slow
def test_reading_imports_nothing_that_the_file_names(file, peer):
    joblib.dump({"model": peer, "scaler": StandardScaler().fit(np.eye(2))}, file)
    code = (
        "import sys; from regime_factory.regimes.hmm.pickle_records import read_pickle; "
        f"read_pickle({str(file)!r}); "
        "print(sorted({'hmmlearn', 'sklearn', 'joblib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
