"""The base of every artifact: a versioned dataset whose versions appear whole or not at all."""

import os
import shutil
from abc import abstractmethod
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from kedro.io import AbstractVersionedDataset, Version

T = TypeVar("T")
_UNFINISHED = ".unfinished"  # no file of a user ends so: what ends so may be removed


class AtomicDataset(AbstractVersionedDataset[T, T]):
    """Write a version aside, sync it to disk, then rename it into place.

    A save that is killed leaves only a hidden folder ``.<version>.<pid>.unfinished``, which no load
    ever looks at and the next save removes; the last good version stays the latest one.

    Parameters
    ----------
    filepath
        Path of the artifact; version ``v`` is stored as ``<filepath>/<v>/<name>``.
    version
        Kedro version to load and save; ``None`` writes ``filepath`` itself.
    metadata
        Free-form declarations (time column, zone, Kedro-Viz layer) read by tests and tools.
    """

    def __init__(
        self,
        *,
        filepath: str,
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self.metadata = metadata
        super().__init__(PurePosixPath(filepath), version)

    @abstractmethod
    def write(self, data: T, path: Path) -> None:
        """Write ``data`` to ``path``, a file or a folder that does not exist yet."""

    @abstractmethod
    def read(self, path: Path) -> T:
        """Read back what ``write`` stored at ``path``."""

    def _load(self) -> T:
        """Load the requested, or else the latest, complete version."""
        return self.read(Path(self._get_load_path()))

    def _save(self, data: T) -> None:  # Kedro wraps `_save` once, but `save` once per subclass
        """Store ``data`` as a new version that is complete from the moment it is visible."""
        target = Path(self._get_save_path())
        place = target.parent if self._version else target
        place.parent.mkdir(parents=True, exist_ok=True)
        remove_abandoned(place.parent)
        aside = unfinished(place)
        written = aside / target.name if self._version else aside
        written.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.write(data, written)
            sync(aside)
            aside.replace(place)
            sync(place.parent, recursive=False)
        except BaseException:
            remove(aside)
            raise
        self.publish(data)

    def publish(self, data: T) -> None:
        """Act on a version that is complete; by default nothing is left to do."""

    def _exists(self) -> bool:
        return Path(self._get_load_path()).exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "version": self._version}


def sync(path: Path, *, recursive: bool = True) -> None:
    """Flush ``path`` (and what lies below it) to the disk."""
    for item in [*path.rglob("*"), path] if recursive and path.is_dir() else [path]:
        handle = os.open(item, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def unfinished(place: Path) -> Path:
    """Give the hidden path beside ``place`` that this process writes to before it is renamed."""
    return place.with_name(f".{place.name}.{os.getpid()}{_UNFINISHED}")


def remove_abandoned(folder: Path) -> None:
    """Remove what saves of processes that no longer run left behind in ``folder``."""
    for leftover in folder.glob(f".*.*{_UNFINISHED}"):
        pid = leftover.name.removesuffix(_UNFINISHED).rpartition(".")[2]
        if pid.isdigit() and not _is_running(int(pid)):
            remove(leftover)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
