"""Notebooks are stored without outputs and run from top to bottom in a copy of the project."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from .pages import PROJECT
from .project import copy_project, offline_env

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))


def test_there_are_notebooks() -> None:
    assert {item.stem for item in NOTEBOOKS} >= {"explore_regimes", "own_csv_to_report"}


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda item: item.stem)
def test_stored_without_outputs(notebook: Path) -> None:
    document = nbformat.read(notebook, as_version=4)
    nbformat.validate(document)
    assert document.cells[0].cell_type == "markdown"
    for cell in document.cells:
        if cell.cell_type == "code":
            assert not cell.outputs, f"{cell.id}: clear the outputs"
            assert cell.execution_count is None, cell.id


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda item: item.stem)
def test_runs_from_top_to_bottom(
    notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = copy_project(tmp_path / "project")
    for name, value in offline_env(project).items():
        monkeypatch.setenv(name, value)
    document = nbformat.read(project / "notebooks" / notebook.name, as_version=4)
    client = NotebookClient(
        document,
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(project / "notebooks")}},
    )
    client.execute()
    shown = [cell for cell in document.cells if cell.cell_type == "code" and cell.outputs]
    assert len(shown) >= 4
    assert not list((project / "notebooks").glob("data"))


@pytest.mark.slow
def test_the_extension_gives_the_catalog_to_any_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = copy_project(tmp_path / "project")
    for name, value in offline_env(project).items():
        monkeypatch.setenv(name, value)
    document = nbformat.v4.new_notebook()
    document.cells = [
        nbformat.v4.new_code_cell(text)
        for text in (
            "%load_ext kedro.ipython",
            "%reload_kedro --env=test",
            "print('test' in str(catalog['bars']), session is not None, len(pipelines) > 5)",
        )
    ]
    resources = {"metadata": {"path": str(project / "notebooks")}}
    NotebookClient(document, timeout=120, kernel_name="python3", resources=resources).execute()
    assert document.cells[-1].outputs[-1]["text"].split() == ["True", "True", "True"]
