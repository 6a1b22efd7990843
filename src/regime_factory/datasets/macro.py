"""Where raw macro series come from: files that the settings name, or the embedded ones."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
from kedro.io import AbstractDataset, DatasetError

from regime_factory.datasets.sources import EMBEDDED


class MacroFiles(AbstractDataset[None, dict[str, pl.DataFrame]]):
    """Raw macro series by name of their file, each as the file has it.

    Parameters
    ----------
    files
        Path of each file by its name, relative to the working directory or absolute; ``embedded``
        for series that ship inside the ``arch`` package, ``None`` for a file that is not there.
    given
        The same, from the command line: goes before `files`.
    metadata
        Free-form declarations.
    """

    def __init__(
        self,
        *,
        files: Mapping[str, str | None] | None,
        given: Mapping[str, str | None] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        if not isinstance(given or {}, Mapping):
            raise DatasetError(
                f"macro_files is {given!r}; name the file that it is, for instance "
                "--params macro_files.vix=FILE"
            )
        self.source = {**(files or {}), **(given or {})}
        self.metadata = metadata

    def sha256(self) -> dict[str, str]:
        """Hash what each file holds.

        Returns
        -------
        dict of str to str
            SHA-256 in hexadecimal by name of the file.
        """
        from regime_factory.bars import find_source
        from regime_factory.bars.macro.files import embedded_macro_file

        return {
            name: find_source(
                embedded_macro_file(name) if path == EMBEDDED else Path(path).expanduser()
            ).sha256()
            for name, path in self._named().items()
        }

    def load(self) -> dict[str, pl.DataFrame]:
        """Read the files; cells are not interpreted yet."""
        from regime_factory.bars import read_source
        from regime_factory.bars.macro.files import embedded_macro

        tables = {}
        for name, path in self._named().items():
            try:
                tables[name] = (
                    embedded_macro(name)
                    if path == EMBEDDED
                    else read_source(Path(path).expanduser())
                )
            except ValueError as error:
                raise DatasetError(f"macro_files.{name}: {error}") from error
        return tables

    def save(self, data: None) -> None:  # noqa: ARG002 - the signature is Kedro's
        """Refuse: raw data are read, never written."""
        raise DatasetError("macro series are raw data and are only read")

    def _named(self) -> dict[str, str]:
        return {name: path for name, path in self.source.items() if path is not None}

    def _exists(self) -> bool:
        return True  # `load` says better than a missing input what is wrong with a file

    def _describe(self) -> dict[str, Any]:
        return {"files": self.source}
