"""Pickle and joblib files read as inert records: nothing in the file is imported or called."""

import bz2
import gzip
import io
import lzma
import pickle  # nosec B403
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_BYTES = 1 << 30  # no hidden Markov model is larger; stops files that unpack without end
_NUMPY_FUNCTIONS = {"ndarray", "dtype", "scalar", "_reconstruct", "_frombuffer"}
_BUILTINS = {
    "object", "set", "frozenset", "list", "dict", "tuple", "bytes", "bytearray", "str", "int",
    "float", "bool", "complex", "slice", "range",
}  # fmt: skip
_NAMES = {
    "builtins": _BUILTINS,
    "__builtin__": _BUILTINS,
    "copyreg": {"_reconstructor"},
    "copy_reg": {"_reconstructor"},
    "_codecs": {"encode"},
    "collections": {"deque", "OrderedDict"},
    "datetime": {"datetime", "date", "time", "timedelta", "timezone"},
    "numpy": _NUMPY_FUNCTIONS,
    "numpy.core.multiarray": _NUMPY_FUNCTIONS,
    "numpy._core.multiarray": _NUMPY_FUNCTIONS,
    "numpy.core.numeric": _NUMPY_FUNCTIONS,
    "numpy._core.numeric": _NUMPY_FUNCTIONS,
    "joblib.numpy_pickle": {"NumpyArrayWrapper"},
    "sklearn.externals.joblib.numpy_pickle": {"NumpyArrayWrapper"},
    "hmmlearn.hmm": {"GaussianHMM"},
    "hmmlearn.base": {"ConvergenceMonitor"},
    "sklearn.hmm": {"GaussianHMM"},
    "sklearn.pipeline": {"Pipeline"},
    "sklearn.preprocessing": {"StandardScaler"},
    "sklearn.preprocessing.data": {"StandardScaler"},
    "sklearn.preprocessing._data": {"StandardScaler"},
}
_PACKERS: tuple[tuple[bytes, Callable[[io.BytesIO], Any]], ...] = (
    (b"\x1f\x8b", lambda raw: gzip.GzipFile(fileobj=raw)),
    (b"BZ", bz2.BZ2File),
    (b"\xfd7zXZ", lzma.LZMAFile),
    (b"\x5d\x00", lzma.LZMAFile),
)


class Record:
    """An object of a pickle taken apart: its class by name, and what it was given.

    Attributes
    ----------
    kind : str
        Name of the class without its module, such as ``GaussianHMM``.
    args : tuple
        What the class or function would have been called with.
    state : object
        What the object would have been restored from, usually its attributes by name.
    items : list
        What would have been appended to it.
    """

    kind = ""
    stream: io.BytesIO
    args: tuple[Any, ...]
    state: Any
    items: list[Any]

    def __new__(cls, *args: Any) -> "Record":
        """Keep the arguments; protocols 0 and 1 name the class as the first of them."""
        named = cls
        if cls.kind == "_reconstructor":
            named = args[0]
            if not issubclass(named, Record):
                raise TypeError(f"{named!r} is no class of the file")
            args = ()
        self = object.__new__(named)
        self.args, self.state, self.items = args, None, []
        return self

    def __setstate__(self, state: Any) -> None:
        """Keep the state; the numbers of joblib's arrays follow it in the stream."""
        self.state = state
        if self.kind == "NumpyArrayWrapper":
            self.items = [_following_array(state, self.stream)]

    def __setitem__(self, key: Any, value: Any) -> None:
        """Keep an item of a mapping."""
        self.items.append((key, value))

    def append(self, value: Any) -> None:
        """Keep an item of a sequence."""
        self.items.append(value)

    def extend(self, values: Any) -> None:
        """Keep items of a sequence."""
        self.items.extend(values)

    def attributes(self) -> dict[str, Any]:
        """Return the attributes of a restored object.

        Returns
        -------
        dict
        """
        return self.state if isinstance(self.state, dict) else {}


class _Reader(pickle._Unpickler):
    """A reader for which every name of the allowed list is a class of records.

    The reader in Python, on which joblib builds too: that in C trusts the numbers of a damaged
    file and fills the memory with an empty table.
    """

    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__(stream, encoding="latin1")
        self._stream = stream

    def find_class(self, module: str, name: str) -> type[Record]:
        """Give a class of records for an allowed name, refuse every other one."""
        if name not in _NAMES.get(module, ()) and not _is_random(module, name):
            raise _RefusedError(_refusal(module, name))
        return type(name, (Record,), {"kind": name, "stream": self._stream})


class _RefusedError(ValueError):
    """A file names something that is not on the list."""


def _is_random(module: str, name: str) -> bool:
    """Say whether a name is part of a saved random generator."""
    return (module + ".").startswith("numpy.random.") and "." not in name


def _refusal(module: str, name: str) -> str:
    if name in {"NDArrayWrapper", "ZNDArrayWrapper"}:
        return (
            "it was written by joblib before 0.10, which keeps arrays in files beside it; load it "
            "with that version, and dump it again with a newer one or with pickle"
        )
    if module.startswith("hmmlearn"):
        return f"it holds a {module}.{name}; only hmmlearn.hmm.GaussianHMM can be converted"
    if module.startswith("sklearn"):
        return (
            f"it holds a {module}.{name}; only StandardScaler and a Pipeline of StandardScaler and "
            "GaussianHMM can be converted"
        )
    return (
        f"loading it would run {module}.{name}; where you trust the file, load it yourself and "
        "dump its GaussianHMM alone, or in a dict with its StandardScaler"
    )


def read_pickle(path: str | Path) -> Any:
    """Read a pickle or joblib file without running anything in it.

    Parameters
    ----------
    path : str or Path
        File written by ``pickle.dump`` or ``joblib.dump``, compressed or not.

    Returns
    -------
    object
        Plain values, arrays and :class:`Record` in place of every other object.

    Raises
    ------
    ValueError
        For a file that is damaged, too large when unpacked, or that names a class or function
        which is not needed for a GaussianHMM of hmmlearn; says which.

    Notes
    -----
    Names in the file are never looked up: each becomes a class that keeps its arguments. A list of
    allowed names refuses everything else first. Arrays are decoded from their bytes here, for
    number and text types only.

    Examples
    --------
    >>> import os, tempfile
    >>> class Trap:
    ...     def __reduce__(self):
    ...         return os.system, ("echo trapped",)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "model.pkl")
    ...     _ = file.write_bytes(pickle.dumps({"startprob": np.array([0.5, 0.5])}))
    ...     print(read_pickle(file))
    ...     _ = file.write_bytes(pickle.dumps(Trap()))
    ...     read_pickle(file)
    Traceback (most recent call last):
    ...
    ValueError: model.pkl is refused: loading it would run posix.system; where you trust the file...
    """
    file = Path(path)
    try:
        return _plain(_Reader(io.BytesIO(_unpacked(file.read_bytes()))).load(), {})
    except _RefusedError as error:
        raise ValueError(f"{file.name} is refused: {error}") from None
    except OSError as error:
        if error.errno is not None:  # no file, no permission
            raise ValueError(f"{file} cannot be read: {error.strerror}") from None
        raise ValueError(_damaged(file, error)) from error
    except Exception as error:  # a damaged file can fail in any way
        raise ValueError(_damaged(file, error)) from error


def _damaged(file: Path, error: BaseException) -> str:
    what = str(error) or type(error).__name__
    return f"{file.name} is damaged, or no pickle or joblib file: {what}"


def _unpacked(raw: bytes) -> bytes:
    """Undo the compression of joblib, told by the first bytes."""
    content = raw
    if raw.startswith(b"\x04\x22\x4d\x18"):
        raise _RefusedError("it is packed with lz4; load it and dump it again with compress='zlib'")
    if raw.startswith(b"ZF"):
        raise _RefusedError(_refusal("joblib.numpy_pickle", "ZNDArrayWrapper"))
    if raw.startswith(b"\x78"):
        packed = zlib.decompressobj()
        content = packed.decompress(raw, MAX_BYTES + 1)
        if not packed.eof and len(content) <= MAX_BYTES:
            raise EOFError("its packed content ends early")
    for prefix, opener in _PACKERS:
        if raw.startswith(prefix):
            with opener(io.BytesIO(raw)) as opened:
                content = opened.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise _RefusedError(f"it unpacks to more than {MAX_BYTES >> 20} MB")
    return content


def _following_array(state: Any, stream: io.BytesIO) -> Any:
    """Read the numbers that joblib writes behind the description of an array."""
    dtype = state["dtype"]
    if _is_objects(dtype):
        return _plain(_Reader(stream).load(), {})
    if state.get("numpy_array_alignment_bytes") is not None:
        stream.read(stream.read(1)[0])  # padding, and before it its length
    n_bytes = _dtype(dtype).itemsize * int(np.prod([int(n) for n in state["shape"]], dtype=object))
    return _decoded(stream.read(n_bytes), dtype, state["shape"], state["order"])


def _is_objects(dtype: Any) -> bool:
    return isinstance(dtype, Record) and dtype.args[:1] in {("O8",), ("O",)}


def _dtype(record: Any) -> np.dtype:
    """Make a number or text type; its flags and fields are never taken from the file."""
    code, endian = str(record.args[0]), record.state[1] if record.state else "="
    if code[:1] not in "biufUS" or endian not in {"<", ">", "=", "|"}:
        raise _RefusedError(f"it holds an array of type {code!r}, expected numbers or text")
    return np.dtype(endian + code)


def _decoded(raw: Any, dtype: Any, shape: Any, order: Any) -> NDArray:
    """Make an array from its bytes."""
    values = np.frombuffer(_bytes(raw), dtype=_dtype(dtype)).reshape(shape, order=order)
    return values.astype(values.dtype.newbyteorder("="))


def _bytes(value: Any) -> bytes:
    """Give bytes, which older protocols spell as latin-1 text."""
    if isinstance(value, Record) and value.kind in {"encode", "bytes", "bytearray"}:
        value = value.args[0] if value.args else b""
    if not isinstance(value, str | bytes | bytearray):
        raise TypeError(f"expected bytes, found {type(value).__name__}")
    return value.encode("latin1") if isinstance(value, str) else bytes(value)


def _plain(value: Any, seen: dict[int, Any]) -> Any:
    """Replace the records of arrays, numbers and containers by what they stand for."""
    if id(value) not in seen and isinstance(value, Record | Mapping | list | tuple):
        if isinstance(value, Record):
            seen[id(value)] = _known(value, seen)
        elif isinstance(value, Mapping):
            items = value.items()
            seen[id(value)] = {_plain(k, seen): _plain(item, seen) for k, item in items}
        else:
            seen[id(value)] = type(value)(_plain(item, seen) for item in value)
    return seen.get(id(value), value)


def _known(record: Record, seen: dict[int, Any]) -> Any:
    """Decode a record of numpy; take the records out of any other object."""
    if record.kind in _DECODERS:
        return _DECODERS[record.kind](record)
    record.args, record.items = _plain(record.args, seen), _plain(record.items, seen)
    record.state = _plain(record.state, seen)
    return record


def _pickled_array(record: Record) -> NDArray:
    _, shape, dtype, fortran, raw = record.state
    if _is_objects(dtype):
        return np.array([str(item) for item in raw], dtype=object).reshape(shape)
    return _decoded(raw, dtype, shape, "F" if fortran else "C")


_DECODERS: dict[str, Callable[[Record], Any]] = {
    "NumpyArrayWrapper": lambda record: record.items[0],
    "_reconstruct": _pickled_array,
    "_frombuffer": lambda record: _decoded(*record.args),
    "scalar": lambda record: _decoded(record.args[1], record.args[0], (), "C")[()],
    "encode": _bytes,
}
