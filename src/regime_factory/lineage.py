"""Which versions of other artifacts an artifact was made from, as the provenance of runs tells."""

import json
from functools import cache
from hashlib import file_digest
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

from regime_factory.run_checks import maker_of, project_graphs, versions_loaded


def stale_inputs(pipeline: Pipeline, catalog: DataCatalog) -> dict[str, dict[str, list[str]]]:
    """Find inputs that were made from another version of something that is loaded beside them.

    Parameters
    ----------
    pipeline
        What is about to run.
    catalog
        Its catalog; every input exists.

    Returns
    -------
    dict
        By producing pipeline: its stale inputs, and which other inputs each was made from in a
        version of other content.

    Notes
    -----
    What a run read is in its provenance, under the version of all that it wrote. An input whose run
    left none, as an interrupted one does, is not judged.
    """
    if "provenance" not in catalog:
        return {}
    loaded = versions_loaded(pipeline, catalog)
    found: dict[str, dict[str, list[str]]] = {}
    for name, version in loaded.items():
        before = made_from(name, version, catalog)
        others = [
            other
            for other in sorted(loaded.keys() & before.keys())
            if not _alike(catalog, other, loaded[other], before[other])
        ]
        if others:
            found.setdefault(str(maker_of(name)), {})[name] = others
    return found


def made_from(name: str, version: str, catalog: DataCatalog) -> dict[str, str]:
    """Give the versions of the artifacts that one was made from, directly or through others.

    Parameters
    ----------
    name, version
        The artifact.
    catalog
        A catalog with `provenance`.

    Returns
    -------
    dict of str to str
        Version by dataset; the nearest one where an artifact came in twice.
    """
    record = cache(lambda version: _inputs_of_run(catalog, version))
    found: dict[str, str] = {}
    queue = [(name, version)]
    for made, made_in in queue:  # grows on the way: nearest first
        for source in _sources().get(made, []):
            # What a run keeps in memory is of the run itself.
            read = record(made_in).get(source, "") or made_in
            if source in record(made_in) and source in _sources() and source not in found:
                found[source] = read
                queue.append((source, read))
    return found


def _inputs_of_run(catalog: DataCatalog, version: str) -> dict[str, str | None]:
    """Versions that a run read, by dataset; nothing where it left no provenance."""
    file = _place(catalog.get("provenance"), version)
    return json.loads(file.read_text("utf-8"))["inputs"] if file.is_file() else {}


def _alike(catalog: DataCatalog, name: str, one: str, other: str) -> bool:
    """Say whether two versions of an artifact hold the same, as when a stage was run again."""
    dataset = catalog.get(name)
    return one == other or _content(_place(dataset, one)) == _content(_place(dataset, other))


def _place(dataset: Any, version: str) -> Path:
    """Path of a version of a versioned dataset."""
    return Path(dataset._get_versioned_path(version))


def _content(place: Path) -> dict[str, Any]:
    """What the files of a version hold, whenever they were written."""
    files = sorted(place.rglob("*")) if place.is_dir() else [place]
    return {file.name: _bytes_of(file) for file in files if file.is_file()}


def _bytes_of(file: Path) -> Any:
    """Fingerprint of a file; an archive notes times, so its members count."""
    if file.suffix != ".npz":
        with file.open("rb") as opened:
            return file_digest(opened, "sha256").hexdigest()
    with ZipFile(file) as archive:
        return [(member.filename, member.CRC) for member in archive.infolist()]


@cache
def _sources() -> dict[str, list[str]]:
    """What the node that makes a dataset reads, by dataset."""
    nodes = [node for graph in project_graphs().values() for node in graph.nodes]
    return {name: list(node.inputs) for node in nodes for name in node.outputs}
