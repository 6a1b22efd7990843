"""Kedro hooks: settings and inputs are checked before a run, provenance is kept after it."""

import difflib
import logging
import logging.config
import pkgutil
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.framework.project import settings
from kedro.io import DataCatalog, DatasetError
from kedro.io.core import is_parameter
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from pydantic import BaseModel, ValidationError

from regime_factory import pipelines as project_pipelines
from regime_factory.datasets.sources import code_version
from regime_factory.params import PARAMETERS, RUN_ARGUMENTS

LOG = logging.getLogger(__name__)


class InputHooks:
    """Stop a run before any work when a setting is misspelt or an input is missing."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Use the environment's own log format, where it has one."""
        conf = Path(context.project_path, settings.CONF_SOURCE)
        configure_logging(conf / (context.env or "local") / "logging.yml")

    @hook_impl
    def after_catalog_created(self, parameters: dict[str, Any]) -> None:
        """Check names and values of all settings, also of stages that this run leaves out."""
        problems = parameter_problems(top_level(parameters))
        if problems:
            raise click.ClickException("\n".join(["the settings are not valid:", *problems]))

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Say what to run first when an input does not exist yet."""
        missing = [
            name
            for name in sorted(pipeline.inputs())
            if not is_parameter(name) and not catalog.exists(name)
        ]
        if missing:
            lines = [f"  {name}: {how_to_make(name)}" for name in missing]
            raise click.ClickException("\n".join(["inputs are missing:", *lines]))

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        """Show what is wrong with data or settings as one message, not as a traceback."""
        if isinstance(error, ValueError | DatasetError):
            LOG.debug("the run stopped", exc_info=error)
            raise click.ClickException(message_of(error)) from error


class ProvenanceHooks:
    """Record what a run read, with which code and settings, and how long each node took."""

    def __init__(self) -> None:
        self._record: dict[str, Any] = {}
        self._started = (0.0, 0.0)

    @hook_impl
    def after_catalog_created(
        self, catalog: DataCatalog, parameters: dict[str, Any], save_version: str
    ) -> None:
        """Start the record of a run."""
        self._catalog = catalog
        self._record = {
            "save_version": save_version,
            "parameters": top_level(parameters),
            "inputs": {},
            "outputs": [],
            "nodes": [],
        }

    @hook_impl
    def before_node_run(self) -> None:
        """Start the clocks of a node."""
        self._started = (time.perf_counter(), time.process_time())

    @hook_impl
    def after_node_run(self, node: Node) -> None:
        """Stop the clocks of a node."""
        wall, cpu = (
            time.perf_counter() - self._started[0],
            time.process_time() - self._started[1],
        )
        self._record["nodes"].append(
            {"node": node.name, "seconds": round(wall, 3), "cpu_seconds": round(cpu, 3)}
        )

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str) -> None:
        """Note which version of an input was read."""
        if not is_parameter(dataset_name):
            resolve = getattr(self._catalog[dataset_name], "resolve_load_version", lambda: None)
            self._record["inputs"][dataset_name] = resolve()

    @hook_impl
    def after_dataset_saved(self, dataset_name: str) -> None:
        """Note what was written."""
        self._record["outputs"].append(dataset_name)

    @hook_impl
    def after_pipeline_run(self, run_params: dict[str, Any], catalog: DataCatalog) -> None:
        """Store the record beside the artifacts and print the node times."""
        if "provenance" not in catalog:
            return
        data = catalog.load("quality_report") if catalog.exists("quality_report") else {}
        record = {
            **self._record,
            **code_version(),
            "env": run_params.get("env"),
            "pipelines": run_params.get("pipeline_names") or run_params.get("pipeline_name"),
            "data_fingerprint": data.get("fingerprint"),
        }
        catalog.save("provenance", record)
        for line in timing_lines(self._record["nodes"]):
            LOG.info(line)


def top_level(parameters: dict[str, Any]) -> dict[str, Any]:
    """Give the settings by top-level name, out of Kedro's flattened ``params:`` entries.

    Parameters
    ----------
    parameters
        What Kedro hands to hooks: ``params:a`` and ``params:a.b`` for every level.

    Returns
    -------
    dict of str to object
        Blocks by name; arguments that name files are left out.

    Examples
    --------
    >>> top_level({"params:hmm": {"tol": 1}, "params:hmm.tol": 1, "params:bars_path": "x"})
    {'hmm': {'tol': 1}}
    """
    names = {key.removeprefix("params:"): value for key, value in parameters.items()}
    return {
        name: value.model_dump() if isinstance(value, BaseModel) else value
        for name, value in names.items()
        if "." not in name and name not in (*RUN_ARGUMENTS, "parameters")
    }


def parameter_problems(parameters: dict[str, Any]) -> list[str]:
    """List what is wrong with the settings, one line each.

    Parameters
    ----------
    parameters
        All settings by top-level name.

    Returns
    -------
    list of str
        Lines that name the setting, what was found and what is allowed.

    Examples
    --------
    >>> parameter_problems({"hmmm": {}})[0]
    "  hmmm: unknown setting; did you mean 'hmm'?"
    """
    problems = []
    for name, value in parameters.items():
        if name not in PARAMETERS:
            problems.append(f"  {name}: unknown setting{_suggestion(name, PARAMETERS)}")
            continue
        try:
            PARAMETERS[name].model_validate(value)
        except ValidationError as error:
            problems += [_problem_line(name, item) for item in error.errors()]
    missing = [name for name in PARAMETERS if name not in parameters]
    return problems + [f"  {name}: missing; conf/base has its defaults" for name in missing]


def message_of(error: Exception) -> str:
    r"""Give the message of an error without Kedro's words around it.

    Parameters
    ----------
    error
        What a node or a dataset raised.

    Returns
    -------
    str
        The innermost message.

    Examples
    --------
    >>> message_of(DatasetError("bars: Failed while loading data from dataset X.\nno such file"))
    'bars: no such file'
    """
    lead, failed, detail = str(error).partition(": Failed while ")
    return f"{lead}: {detail.partition(chr(10))[2]}" if failed else str(error)


def how_to_make(dataset: str) -> str:
    """Say which pipeline writes a dataset.

    Parameters
    ----------
    dataset
        Catalog name.

    Returns
    -------
    str
        The command that makes it.
    """
    for module in pkgutil.iter_modules(project_pipelines.__path__):
        if module.ispkg:
            package = import_module(f"{project_pipelines.__name__}.{module.name}")
            if dataset in package.create_pipeline().all_outputs():
                return f"run 'kedro run --pipelines {module.name}' first (or all: 'kedro run')"
    return "no pipeline makes it; see its entry in conf/*/catalog*.yml"


def timing_lines(nodes: list[dict[str, Any]]) -> list[str]:
    """Lay the node times out as a short table, slowest first.

    Parameters
    ----------
    nodes
        Records with ``node``, ``seconds`` and ``cpu_seconds``.

    Returns
    -------
    list of str
        One line per node.
    """
    ordered = sorted(nodes, key=lambda item: -item["seconds"])
    total = sum(item["seconds"] for item in nodes)
    lines = [f"{item['seconds']:8.2f} s  {item['node']}" for item in ordered[:8]]
    return [*lines, f"{total:8.2f} s  all {len(nodes)} nodes"]


def configure_logging(file: Path) -> None:
    """Apply a logging configuration file, if it exists.

    Parameters
    ----------
    file
        Path of a YAML file in `logging.config.dictConfig` form.
    """
    import yaml

    if file.is_file():
        logging.config.dictConfig(yaml.safe_load(file.read_text("utf-8")))


def _problem_line(block: str, item: Any) -> str:
    """One line for one pydantic error."""
    where = ".".join([block, *[str(part) for part in item["loc"]]])
    if item["type"] == "extra_forbidden":
        model = PARAMETERS[block]
        return f"  {where}: unknown setting{_suggestion(str(item['loc'][-1]), model.model_fields)}"
    return f"  {where}: {item['msg'].removeprefix('Value error, ')} (found {item['input']!r})"


def _suggestion(name: str, known: Any) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"
