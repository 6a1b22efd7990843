"""Tables that stay on disk give what tables in memory give, and float32 on disk is one setting."""

import copy
from pathlib import Path
from typing import Any

import polars as pl
import polars.selectors as cs
import pytest
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.io import DataCatalog
from kedro.runner import SequentialRunner

from regime_factory.bars import SourceFiles, SymbolTable
from regime_factory.params import PARAMETERS

ON_DISK = (
    "bars_read", "bars_checked", "bars_quarantine", "bars", "bars_selection", "bars_holdout",
    "features_v1", "features_v2", "features", "features_selection",
)  # fmt: skip


def run_catalog(
    config: dict[str, Any], parameters: dict[str, Any], root: Path, raw: Path, **options: Any
) -> DataCatalog:
    """Run the graph up to the accounts with the datasets of the catalog, below another root."""
    config = copy.deepcopy(config)
    for name, entry in config.items():
        if "filepath" in entry:
            entry["filepath"] = entry["filepath"].replace("data/test", str(root))
        if name in ON_DISK:
            entry.update(options)
    config["raw_bars"] = {
        "type": "regime_factory.datasets.BarsSource",
        "source": str(raw),
        "in_memory_rows": options.get("in_memory_rows"),
        "metadata": {"time": "none"},
    }
    catalog = DataCatalog.from_config(config)
    settings = {**parameters, "backtest": {**parameters["backtest"], "n_draws": 20, "n_shifts": 10}}
    for name, block in settings.items():
        catalog[f"params:{name}"] = PARAMETERS[name].model_validate(block)
    graph = pipelines["__default__"].to_outputs("report_payload", "hmm.plot_regimes")
    SequentialRunner().run(graph, catalog)
    return catalog


@pytest.fixture(scope="module")
def source(raw: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulated bars as hive-partitioned Parquet, with a row that the gate rejects."""
    root = tmp_path_factory.mktemp("raw")
    for (symbol,), rows in raw.group_by("symbol", maintain_order=True):
        folder = root / f"symbol={symbol}"
        folder.mkdir()
        broken = rows.with_columns(
            low=pl.when(pl.int_range(pl.len()) == 7).then(-1.0).otherwise("low")
        )
        broken.drop("symbol").write_parquet(folder / "bars.parquet")
    return root


@pytest.fixture(scope="module")
def in_memory(catalog_config, parameters, source, tmp_path_factory) -> DataCatalog:
    return run_catalog(catalog_config, parameters, tmp_path_factory.mktemp("memory"), source)


def test_tables_on_disk_equal_tables_in_memory(
    catalog_config, parameters, source, in_memory, tmp_path
) -> None:
    on_disk = run_catalog(catalog_config, parameters, tmp_path, source, in_memory_rows=0)
    assert isinstance(on_disk.load("raw_bars"), SourceFiles)
    compared = 0
    for name, entry in catalog_config.items():
        if "filepath" not in entry or not in_memory.exists(name):
            continue
        ours, theirs = on_disk.load(name), in_memory.load(name)
        if name in ON_DISK:
            assert isinstance(ours, SymbolTable) == bool(theirs.height), name
        compared += 1
        if isinstance(theirs, pl.DataFrame):
            whole = ours.collect() if isinstance(ours, SymbolTable) else ours
            own = cs.exclude("time") if entry["metadata"].get("append_only") else cs.all()
            assert whole.select(own).equals(theirs.select(own)), name
        elif entry["type"].endswith("JSONDataset") and name != "report_payload":
            assert ours == theirs, name
    assert compared > 20
    assert in_memory.load("bars_quarantine").select("file", "row").rows() == [
        ("symbol=AAA/bars.parquet", 8),
        ("symbol=BBB/bars.parquet", 8),
    ]


def test_float32_on_disk_is_one_setting(
    catalog_config, parameters, source, in_memory, tmp_path
) -> None:
    """Every table of bars and features is stored in 32 bits; all that is loaded is 64-bit."""
    small = run_catalog(catalog_config, parameters, tmp_path, source, dtype="float32")
    for name in ON_DISK:
        file = next((tmp_path / small[name]._filepath.relative_to(tmp_path)).glob("*/*.parquet"))
        floats = {dtype for dtype in pl.read_parquet_schema(file).values() if dtype.is_float()}
        assert floats == {pl.Float32}, name
        ours, theirs = small.load(name), in_memory.load(name)
        assert ours.schema == theirs.schema, name
        if name in {"bars", "bars_checked"}:
            assert ours.select("symbol", "ts").equals(theirs.select("symbol", "ts"))
            error = (ours["close"] / theirs["close"] - 1).abs().max()
            assert 0 < error < 2**-24, "rounded once to 24 binary digits"
    states = (small.load("regimes")["state"] == in_memory.load("regimes")["state"]).mean()
    assert states > 0.99


@pytest.mark.parametrize("name", ON_DISK)
def test_storage_is_set_from_the_command_line(name: str) -> None:
    project = Path(__file__).resolve().parents[2]
    settings = {"dtype": "float32", "in_memory_rows": 7}
    with KedroSession.create(project, env="test", runtime_params=settings) as session:
        dataset = session.load_context().catalog[name]
    assert (dataset.dtype, dataset.in_memory_rows) == ("float32", 7)
