"""Convert joblib and pickle files of hmmlearn: ``python -m regime_factory.migrate_hmmlearn``."""

import hashlib
import shutil
import sys
from pathlib import Path

import click
import numpy as np
import polars as pl
from kedro.io import DatasetError

from regime_factory.datasets import StateDataset
from regime_factory.datasets.atomic import remove, remove_abandoned, sync, unfinished
from regime_factory.regimes.hmm.migration import (
    Agreement,
    HmmlearnFile,
    read_hmmlearn_file,
    verify,
)
from regime_factory.regimes.hmm.model import GaussianHMM

ORIGINALS = "originals"
MODEL_CLASS = "regime_factory.regimes.hmm.model.GaussianHMM"


def convert(file: Path, out: Path, data: Path | None = None, columns: str | None = None) -> str:
    """Convert one file of hmmlearn to a folder of JSON and npz.

    Parameters
    ----------
    file
        File written by joblib or pickle; it is never changed.
    out
        Folder that gets ``<name of the file>/`` and a copy of the file in ``originals/``.
    data
        CSV, Parquet or npy file of observations to verify on; default: rows sampled from the model.
    columns
        Columns of ``data`` that the model observes, separated by commas; default: the names that
        the scaler was fitted on, or else all columns of numbers.

    Returns
    -------
    str
        What was converted and how closely it follows hmmlearn.

    Raises
    ------
    ValueError
        For a file that cannot be converted or verified; nothing is left in ``out`` then.
    """
    place, backup = out / file.stem, out / ORIGINALS / file.name
    saved = read_hmmlearn_file(file)
    X = None if data is None else _observations(data, saved, columns)
    verify(saved, saved.model(), X)
    copied = backup.exists() and _digest(backup) == _digest(file)
    for taken in (place, backup):
        if (taken.exists() and not (taken == backup and copied)) or taken == backup.parent:
            raise ValueError(f"{taken} exists already; move it, or choose another --out")
    out.mkdir(parents=True, exist_ok=True)
    remove_abandoned(out)
    aside = unfinished(place)
    try:
        if not copied:
            _copy(file, backup)
        dataset = StateDataset(  # pyrefly: ignore[bad-instantiation] - Kedro adds load and save
            filepath=str(aside), object_type=MODEL_CLASS
        )
        dataset.save({file.stem: saved.model()})
        agreement = verify(saved, dataset.load()[file.stem], X)  # as it came back from the disk
        aside.replace(place)
        sync(out, recursive=False)
    except BaseException:
        remove(aside)
        if not copied:
            remove(backup)
        raise
    return _description(saved, agreement, "sampled rows" if data is None else f"rows of {data}")


def _copy(file: Path, backup: Path) -> None:
    """Copy the original, whole or not at all, and compare the copy."""
    backup.parent.mkdir(exist_ok=True)
    remove_abandoned(backup.parent)
    aside = unfinished(backup)
    try:
        shutil.copy2(file, aside)
        sync(aside)
        aside.replace(backup)
    except BaseException:
        remove(aside)
        raise
    if _digest(backup) != _digest(file):
        raise ValueError(f"the copy {backup} differs from its original; is the disk sound?")


def _digest(file: Path) -> bytes:
    return hashlib.sha256(file.read_bytes()).digest()


def _observations(data: Path, saved: HmmlearnFile, columns: str | None) -> np.ndarray:
    """Read the observations to verify on."""
    if data.suffix == ".npy":
        return np.load(data, allow_pickle=False)
    reader = {".csv": pl.read_csv, ".parquet": pl.read_parquet}.get(data.suffix)
    if reader is None:
        raise ValueError(f"{data.name} is no file of observations; give a .csv, .parquet or .npy")
    table = reader(data)
    names = columns.split(",") if columns else saved.columns
    if names is None:
        names = table.select(pl.selectors.numeric()).columns
    missing = [name for name in names if name not in table.columns]
    F = saved.inner.means_.shape[1]
    if missing or len(names) != F:
        raise ValueError(
            f"{data.name} has the columns {', '.join(table.columns)}; the model observes {F}: name "
            "them in the order it was fitted on, with --columns a,b"
        )
    return table.select(pl.col(list(names)).cast(pl.Float64)).to_numpy()


def _description(saved: HmmlearnFile, agreement: Agreement, rows: str) -> str:
    model: GaussianHMM = saved.model()
    K, F = model.means_.shape
    folded = "" if saved.scaler is None else ", scaler folded in"
    return (
        f"{K} states, {F} columns, {model.covariance_type}{folded}; verified on "
        f"{agreement.n_rows} {rows}: log-likelihood within {agreement.loglik:.0e}, filtered "
        f"probabilities within {agreement.probability:.0e}"
    )


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="Folder for the models."
)
@click.option(
    "--verify", "data", type=click.Path(path_type=Path), help="Observations to verify on."
)
@click.option("--columns", help="Columns of the observations, separated by commas.")
def main(files: tuple[Path, ...], out: Path, data: Path | None, columns: str | None) -> None:
    """Convert FILES, joblib or pickle files of hmmlearn's GaussianHMM, to folders of JSON and npz.

    Nothing in a file is run: one that names anything but hmmlearn, numpy and scikit-learn's
    StandardScaler and Pipeline is refused. Each original is copied to OUT/originals first. A line
    per file says what became of it; the exit status is 1 if one could not be converted.
    """
    failed = 0
    for file in files:
        try:
            click.echo(f"ok      {file} -> {out / file.stem}: {convert(file, out, data, columns)}")
        except (ValueError, OSError, DatasetError, pl.exceptions.PolarsError) as error:
            failed += 1
            click.echo(f"failed  {file}: {' '.join(str(error).split())}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
