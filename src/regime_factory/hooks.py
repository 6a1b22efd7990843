"""Kedro hooks: settings and inputs are checked before a run, provenance is kept after it."""

import logging
import logging.config
import time
from pathlib import Path
from typing import Any

import click
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog, DatasetError
from kedro.io.core import is_parameter
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from yaml import YAMLError

from regime_factory.datasets.macro import MacroFiles
from regime_factory.datasets.sources import BarsSource, code_version
from regime_factory.lineage import stale_inputs
from regime_factory.logs import WithoutResumeAdvice
from regime_factory.params import RUN_ARGUMENTS
from regime_factory.run_checks import (
    global_problems,
    ledger_problems,
    message_of,
    missing_inputs,
    mixed_versions,
    parameter_problems,
    top_level,
)

LOG = logging.getLogger(__name__)
NO_RESUME_ADVICE = WithoutResumeAdvice()


class InputHooks:
    """Stop a run before any work when a setting is misspelt or an input is missing."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Check environment and all settings, also of stages that this run leaves out."""
        conf = Path(context.project_path, context.config_loader.conf_source)
        env = context.env or "local"
        if not (conf / env).is_dir():
            known = sorted(item.name for item in conf.iterdir() if item.is_dir())
            raise click.ClickException(f"no environment {env!r}; there are {', '.join(known)}")
        configure_logging(conf / env / "logging.yml")
        logging.getLogger("kedro.runner.sequential_runner").addFilter(NO_RESUME_ADVICE)
        try:
            given = dict(context.config_loader["parameters"])
            problems = global_problems(context.config_loader["globals"])
        except YAMLError as error:
            raise click.ClickException(f"the configuration is not valid YAML: {error}") from error
        blocks = {name: value for name, value in given.items() if name not in RUN_ARGUMENTS}
        problems += parameter_problems(blocks)
        if problems:
            raise click.ClickException("\n".join(["the settings are not valid:", *problems]))

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Say what to run first when inputs do not exist yet, or do not belong together."""
        problems = ledger_problems(pipeline, catalog)
        if problems:
            raise click.ClickException("\n".join(["the ledger of trials is damaged:", *problems]))
        missing = missing_inputs(pipeline, catalog)
        if missing:
            raise click.ClickException("\n".join(["inputs are missing:", *missing]))
        for maker, versions in mixed_versions(pipeline, catalog).items():
            LOG.warning(
                "inputs made by %s come from different runs (%s); if that was not intended, "
                "run 'kedro run --pipelines %s' again",
                maker,
                ", ".join(f"{name} of {version}" for name, version in versions.items()),
                maker,
            )
        for maker, stale in stale_inputs(pipeline, catalog).items():
            LOG.warning(
                "inputs made by %s are older than what is read beside them (%s); if that was not "
                "intended, run 'kedro run --pipelines %s' again",
                maker,
                "; ".join(f"{name} is of another {', '.join(of)}" for name, of in stale.items()),
                maker,
            )

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
            "sources": {},
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
        dataset = self._catalog.get(dataset_name)
        if isinstance(dataset, BarsSource | MacroFiles):
            self._record["sources"][dataset_name] = {
                "source": dataset.source,
                "sha256": dataset.sha256(),
            }

    @hook_impl
    def after_dataset_saved(self, dataset_name: str) -> None:
        """Note what was written."""
        self._record["outputs"].append(dataset_name)

    @hook_impl
    def after_pipeline_run(self, run_params: dict[str, Any], catalog: DataCatalog) -> None:
        """Store the record beside the artifacts and print the node times."""
        if "provenance" not in catalog:
            return
        record = {
            **self._record,
            **code_version(),
            "env": run_params.get("env") or "base",
            "pipelines": run_params.get("pipeline_names") or run_params.get("pipeline_name"),
            "fingerprint_before_holdout": _fingerprint(catalog, "quality_report"),
            "fingerprint_of_all_bars": _fingerprint(catalog, "zones_basis"),
        }
        catalog.save("provenance", record)
        for line in timing_lines(self._record["nodes"]):
            LOG.info(line)


def _fingerprint(catalog: DataCatalog, name: str) -> str | None:
    """Fingerprint of the bars that the latest accepted ingest made."""
    return catalog.load(name)["fingerprint"] if catalog.exists(name) else None


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
