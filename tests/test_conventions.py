"""The house rules that keep configuration, catalog and graph trustworthy."""

import os
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
import yaml
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io.core import is_parameter

from regime_factory.audit import TimeRule
from regime_factory.params import PARAMETERS, RUN_ARGUMENTS

PROJECT = Path(__file__).resolve().parents[1]
CONF = PROJECT / "conf"
ENVS = sorted(item.name for item in CONF.iterdir() if item.is_dir() and item.name != "local")
LAYERS = [
    "raw", "intermediate", "feature", "regimes", "model_input", "models", "model_output",
    "backtest", "reporting",
]  # fmt: skip
LIMIT = re.compile(r"\blimits\.(\w+)")
HOLDOUT_READERS = {"test_verdict"}
WRITTEN_BY_HOOKS = {"provenance"}


@pytest.fixture(scope="module", autouse=True)
def project() -> None:
    bootstrap_project(PROJECT)


def load(env: str) -> tuple[dict[str, Any], dict[str, Any], Any]:
    """Catalog configuration, parameters and the built catalog of an environment."""
    with KedroSession.create(PROJECT, env=env) as session:
        context = session.load_context()
        loader = context.config_loader
        return loader["catalog"], loader["parameters"], context.catalog


@pytest.fixture(scope="module")
def base() -> tuple[dict[str, Any], dict[str, Any], Any]:
    return load("base")


def used_datasets() -> set[str]:
    return {
        name
        for pipeline in pipelines.values()
        for name in pipeline.datasets()
        if not is_parameter(name)
    }


@pytest.mark.parametrize("env", ENVS)
def test_every_environment_resolves(env: str) -> None:
    config, parameters, catalog = load(env)
    for name in used_datasets():
        assert name in config, f"{name} has no catalog entry"
        assert catalog[name] is not None
    for name, model in PARAMETERS.items():
        model.model_validate(parameters[name])


def test_environments_keep_their_artifacts_apart() -> None:
    roots = {env: load(env)[0]["bars"]["filepath"] for env in ENVS}
    assert len(set(roots.values())) == len(ENVS), roots


def test_the_prod_data_root_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGIME_FACTORY_DATA", "/somewhere/else")
    assert load("prod")[0]["bars"]["filepath"].startswith("/somewhere/else/")


def test_every_artifact_is_versioned_validated_and_layered(base) -> None:
    config = base[0]
    for name, entry in config.items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*", name), name
        metadata = entry["metadata"]
        layer = metadata["kedro-viz"]["layer"]
        assert layer in LAYERS, name
        time = metadata["time"]
        assert time == "none" or TimeRule.declared(time).column, name
        if layer == "raw":
            assert metadata["time"] == "none", name
            continue
        assert entry.get("versioned", False) is not metadata.get("append_only", False), name
        assert "validator" in entry, name
        assert entry["filepath"].startswith("data/base/"), name


def test_what_only_grows_is_the_ledger(base) -> None:
    """Whatever is not versioned is appended to, and lies apart from what may be removed."""
    for name, entry in base[0].items():
        if entry["metadata"].get("append_only"):
            assert entry["filepath"] == "data/base/trials/trials.jsonl", name
            assert entry["type"].endswith(("TrialsDataset", "TrialReturnsDataset")), name


def test_no_entry_is_unused(base) -> None:
    assert set(base[0]) - used_datasets() - WRITTEN_BY_HOOKS == set()


def test_parameters_are_used_and_filled(base) -> None:
    parameters = base[1]
    assert set(parameters) == set(PARAMETERS)
    inputs = {name for pipeline in pipelines.values() for name in pipeline.inputs()}
    assert {f"params:{name}" for name in PARAMETERS} <= inputs
    read = settings_read()
    for name, block in parameters.items():
        assert block, f"{name} is empty"
        for key in block:
            assert f"{name}.{key}" in read, f"{name}.{key} is read nowhere"


def settings_read() -> set[str]:
    """Every `block.key` that nodes and the parameter models themselves read."""
    import ast

    from regime_factory.pipelines.hmm_selection.nodes import FIT_SETTINGS

    read = {f"hmm.{name}" for name in FIT_SETTINGS}  # handed over by model_dump(include=...)
    own = {model.__name__: name for name, model in PARAMETERS.items()}
    files = (PROJECT / "src/regime_factory/pipelines").rglob("*.py")
    for tree in [ast.parse(file.read_text()) for file in files]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                read.add(f"{node.value.id}.{node.attr}")
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".model_dump"):
                block = ast.unparse(node.func).split(".")[0]
                kept = [keyword for keyword in node.keywords if keyword.arg == "include"]
                if block in PARAMETERS and not kept:
                    excluded = {
                        name
                        for keyword in node.keywords
                        for name in ast.literal_eval(keyword.value)
                    }
                    read |= {
                        f"{block}.{key}"
                        for key in PARAMETERS[block].model_fields
                        if key not in excluded
                    }
    room = (PROJECT / "src/regime_factory/bars/quality").glob("*.py")  # takes the block as a whole
    read |= {f"quality.{key}" for file in room for key in LIMIT.findall(file.read_text())}
    source = ast.parse((PROJECT / "src/regime_factory/params.py").read_text())
    for model in [node for node in source.body if isinstance(node, ast.ClassDef)]:
        for function in [node for node in model.body if isinstance(node, ast.FunctionDef)]:
            if any("property" in ast.unparse(item) for item in function.decorator_list):
                text = ast.unparse(function)
                read |= {f"{own[model.name]}.{key}" for key in re.findall(r"self\.(\w+)", text)}
    return read


def test_every_parameter_input_arrives_as_its_model() -> None:
    for pipeline in pipelines.values():
        for node in pipeline.nodes:
            hints = {
                key: value for key, value in node.func.__annotations__.items() if key != "return"
            }
            for name, argument in zip(node.inputs, hints, strict=True):
                if is_parameter(name):
                    assert hints[argument] is PARAMETERS[name.removeprefix("params:")], node.name


def test_every_key_of_the_configuration_is_explained() -> None:
    """A comment stands before each key, or before the few keys it speaks of together."""
    for file in sorted(CONF.glob("*/*.yml")):
        if not file.name.startswith(("parameters", "globals")):
            continue
        base = file.parent.name == "base"
        since_comment = 99
        for line in file.read_text().splitlines():
            text = line.strip()
            if text.startswith("#"):
                since_comment = 0
            elif text and not text.endswith(":"):
                since_comment += 1
                assert since_comment <= (2 if base else 8), f"{file.name}: {text}"


def test_each_environment_changes_known_settings_only() -> None:
    for env in ENVS:
        for file in CONF.glob(f"{env}/parameters*.yml"):
            for name, block in yaml.safe_load(file.read_text()).items():
                assert set(block) <= set(PARAMETERS[name].model_fields), file


def test_the_holdout_is_sealed() -> None:
    for name, pipeline in pipelines.items():
        for node in pipeline.nodes:
            if "bars_holdout" in node.inputs:
                assert name in HOLDOUT_READERS | {"__default__"}, node.name
            if {"bars_checked", "bars_read", "raw_bars"} & set(node.inputs):
                assert "seals" in node.tags, node.name


TRIMMING = {"seal_holdout", "trim_to_selection"}
CHOOSING = {"select_hmm", "choose_strategy", "fit_detectors"}
WITHOUT_CANDIDATES = {"fit_detectors"}  # fits one setting; it is tagged for what it may read


def nodes_named(names: set[str]) -> list[Any]:
    every = {node for pipeline in pipelines.values() for node in pipeline.nodes}
    return [node for node in every if node.name.rpartition(".")[2] in names]


def test_choosing_nodes_read_selection_tables_only(base) -> None:
    config = base[0]
    choosing = [n for p in pipelines.values() for n in p.nodes if "chooses" in n.tags]
    assert {n.name.rpartition(".")[2] for n in choosing} == CHOOSING
    for node in choosing:
        for name in node.inputs:
            if not is_parameter(name):
                assert config[name]["metadata"].get("zone") == "selection", (node.name, name)
                assert name.endswith("_selection") or config[name]["metadata"].get("fitted"), name


def test_tables_of_the_selection_say_so(base) -> None:
    for name, entry in base[0].items():
        if name.endswith("_selection"):
            assert entry["metadata"].get("zone") == "selection", name


def test_selection_artifacts_are_made_from_selection_artifacts(base) -> None:
    """What is declared `zone: selection` is computed without sight of later bars."""
    config = base[0]
    for node in {node for pipeline in pipelines.values() for node in pipeline.nodes}:
        if node.name.rpartition(".")[2] in TRIMMING:
            continue
        if any(config[name]["metadata"].get("zone") == "selection" for name in node.outputs):
            for name in node.inputs:
                if not is_parameter(name):
                    assert config[name]["metadata"].get("zone") == "selection", (node.name, name)


def test_what_choosing_nodes_make_is_of_the_selection_zone(base) -> None:
    config = base[0]
    for node in nodes_named(CHOOSING | {"trim_to_selection"}):
        for name in node.outputs:
            assert config[name]["metadata"].get("zone") == "selection", (node.name, name)


def test_choosing_nodes_log_their_trials_before_the_choice_is_stored(base) -> None:
    """Kedro saves in the order of the outputs: returns, then lines, then what was chosen."""
    config = base[0]
    for node in nodes_named(CHOOSING - WITHOUT_CANDIDATES):
        kinds = [config[name]["type"].rpartition(".")[2] for name in node.outputs]
        order = ["TrialReturnsDataset", "TrialsDataset"]
        ranks = [order.index(kind) if kind in order else len(order) for kind in kinds]
        assert "TrialsDataset" in kinds, node.name
        assert ranks == sorted(ranks), node.name


def test_layers_do_not_cycle(base) -> None:
    config = base[0]

    def layer(name: str) -> str:
        return config[name]["metadata"]["kedro-viz"]["layer"]

    graph: dict[str, set[str]] = {}
    for node in pipelines["__default__"].nodes:
        for source in node.inputs:
            for target in node.outputs:
                if not is_parameter(source) and layer(source) != layer(target):
                    graph.setdefault(layer(target), set()).add(layer(source))
    order = list(TopologicalSorter(graph).static_order())
    assert order == sorted(order, key=LAYERS.index)


def test_run_arguments_are_in_the_catalog() -> None:
    text = "".join(path.read_text() for path in CONF.glob("base/catalog*.yml"))
    for name in RUN_ARGUMENTS:
        assert f"runtime_params:{name}" in text


def test_ingest_leaves_heavy_libraries_out(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from kedro.framework.startup import bootstrap_project\n"
        "from kedro.framework.session import KedroSession\n"
        f"project = Path({str(PROJECT)!r})\n"
        "bootstrap_project(project)\n"
        "import regime_factory.pipeline_registry as registry\n"
        "registry.register_pipelines()\n"
        "with KedroSession.create(project, env='prod') as session:\n"
        "    session.run(pipeline_names=['ingest'])\n"
        "heavy = {'tensorflow', 'sklearn', 'matplotlib', 'numba', 'scipy', 'plotly',\n"
        "         'xgboost', 'lightgbm', 'hmmlearn', 'mlflow', 'statsmodels'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
        env={**os.environ, "REGIME_FACTORY_DATA": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == "[]"
    assert list(tmp_path.glob("02_intermediate/bars.parquet/*/bars.parquet"))
