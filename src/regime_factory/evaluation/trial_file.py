"""Files that survive a kill: a file of lines under a lock, and what is needed beside it."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_WAIT = 0.005  # seconds between two looks at the lock


class LineFile:
    """A file of lines that only grows, shared by processes.

    Parameters
    ----------
    path : Path
        The file; it need not exist yet.
    timeout : float
        Seconds to wait for the lock.

    Notes
    -----
    The lock is `flock` on the file itself: the kernel frees it when its holder ends, however it
    ends. A line counts from its line break on. What follows the last one is left by a process that
    was killed while it wrote.
    """

    def __init__(self, path: Path, timeout: float = 60.0) -> None:
        self.path = path
        self.timeout = timeout

    @contextmanager
    def writing(self) -> Iterator[int]:
        """Open the file for one writer alone, and make it if it is not there.

        Yields
        ------
        int
            Descriptor of the file.

        Raises
        ------
        TimeoutError
            If another process keeps the lock.
        """
        make_folder(self.path.parent)
        with self._locked(os.O_RDWR | os.O_CREAT | os.O_APPEND, alone=True) as file:
            if not os.fstat(file).st_size:
                sync(self.path.parent)
            yield file

    def read(self, start: int = 0) -> bytes:
        """Read the file while nobody writes.

        Parameters
        ----------
        start : int
            First byte.

        Returns
        -------
        bytes
            All from there on; nothing where there is no file.

        Raises
        ------
        TimeoutError
            If another process keeps the lock.
        """
        if not self.path.exists():
            return b""
        with self._locked(os.O_RDONLY, alone=False) as file:
            return read_from(file, start)

    @contextmanager
    def _locked(self, flags: int, *, alone: bool) -> Iterator[int]:
        until = time.monotonic() + self.timeout
        file = os.open(self.path, flags, 0o644)
        try:
            while not _lock(file, alone=alone):
                if time.monotonic() > until:
                    raise TimeoutError(
                        f"{self.path} has been locked by another process for {self.timeout:g} s; "
                        "wait until that run is over, or end it if it hangs"
                    )
                time.sleep(_WAIT)
            yield file
        finally:
            os.close(file)


def append(file: int, data: bytes) -> None:
    """Write at the end of a file and wait until the disk has it.

    Parameters
    ----------
    file : int
        Descriptor, opened for appending.
    data : bytes
    """
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]
    os.fsync(file)


def read_from(file: int, start: int) -> bytes:
    """Read a file from a byte on.

    Parameters
    ----------
    file : int
        Descriptor.
    start : int
        First byte.

    Returns
    -------
    bytes
    """
    parts = []
    while part := os.pread(file, 1 << 20, start):
        parts.append(part)
        start += len(part)
    return b"".join(parts)


def sync(path: Path) -> None:
    """Wait until the disk has a file, or the names in a folder.

    Parameters
    ----------
    path : Path
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, so that a power cut leaves them.

    Parameters
    ----------
    folder : Path
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync(folder.parent)


def _lock(file: int, *, alone: bool) -> bool:
    """Take the lock of an open file, or say that somebody has it."""
    import fcntl  # not on Windows, where the rest of the room can still be used

    try:
        fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
