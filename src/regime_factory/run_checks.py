"""What can be wrong before a run begins, each said in one line that tells what to do."""

import difflib
import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import Any, get_args

from kedro.io import DataCatalog
from kedro.io.core import is_parameter
from kedro.pipeline import Pipeline
from pydantic import BaseModel, ValidationError

from regime_factory import pipelines as project_pipelines
from regime_factory.features import macro_columns
from regime_factory.features.macro import is_macro
from regime_factory.params import GLOBALS, PARAMETERS, RUN_ARGUMENTS

# Strategies are compared on 10 returns or more; regimes of a coarser timeframe begin a little late.
LEAST_ZONE = 20


def top_level(parameters: Mapping[str, Any]) -> dict[str, Any]:
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


def parameter_problems(parameters: Mapping[str, Any]) -> list[str]:
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
    problems, valid = [], {}
    for name, value in parameters.items():
        if name not in PARAMETERS:
            hint = _suggestion(name, [*PARAMETERS, *RUN_ARGUMENTS])
            problems.append(f"  {name}: unknown setting{hint}")
            continue
        try:
            valid[name] = PARAMETERS[name].model_validate(value)
        except ValidationError as error:
            problems += [_problem_line(name, item) for item in error.errors()]
    missing = [name for name in PARAMETERS if name not in parameters]
    problems += [f"  {name}: missing; conf/base has its defaults" for name in missing]
    return problems + _problems_between(valid)


def global_problems(values: Mapping[str, Any]) -> list[str]:
    """List globals that nothing reads, which would leave a default in use unnoticed.

    Parameters
    ----------
    values
        Merged content of ``globals.yml``.

    Returns
    -------
    list of str
        One line for each unknown name.

    Examples
    --------
    >>> global_problems({"bars_pth": "x"})
    ["  bars_pth: unknown in globals.yml; did you mean 'bars_path'?"]
    """
    return [
        f"  {name}: unknown in globals.yml{_suggestion(name, GLOBALS)}"
        for name in values
        if name not in GLOBALS
    ]


def ledger_problems(pipeline: Pipeline, catalog: DataCatalog) -> list[str]:
    """Find ledgers of a pipeline that cannot be read, so that its trials could not be logged.

    Parameters
    ----------
    pipeline
        Pipeline about to run.
    catalog
        Catalog it runs with.

    Returns
    -------
    list of str
        One line per fault.
    """
    datasets = [catalog.get(name) for name in pipeline.datasets() if not is_parameter(name)]
    checks = [getattr(dataset, "problem", None) for dataset in datasets]
    found = dict.fromkeys(check() for check in checks if check is not None)
    return [problem for problem in found if problem]


def missing_inputs(pipeline: Pipeline, catalog: DataCatalog) -> list[str]:
    """List inputs that do not exist yet, and what makes them.

    Parameters
    ----------
    pipeline
        What is about to run.
    catalog
        Its catalog.

    Returns
    -------
    list of str
        One line for each missing input.
    """
    return [
        f"  {name}: {how_to_make(name)}"
        for name in sorted(pipeline.inputs())
        if not is_parameter(name) and not catalog.exists(name)
    ]


def versions_loaded(pipeline: Pipeline, catalog: DataCatalog) -> dict[str, str]:
    """Give the version of each input that a pipeline of the project made.

    Parameters
    ----------
    pipeline
        What is about to run.
    catalog
        Its catalog; every input exists.

    Returns
    -------
    dict of str to str
        Version by dataset.
    """
    inputs = [name for name in sorted(pipeline.inputs()) if maker_of(name)]
    resolve = {name: getattr(catalog.get(name), "resolve_load_version", None) for name in inputs}
    versions = {name: find() for name, find in resolve.items() if find}
    return {name: version for name, version in versions.items() if version}


def mixed_versions(pipeline: Pipeline, catalog: DataCatalog) -> dict[str, dict[str, str]]:
    """Find inputs that one pipeline made in different runs, as an interrupted run leaves them.

    Parameters
    ----------
    pipeline
        What is about to run.
    catalog
        Its catalog; every input exists.

    Returns
    -------
    dict
        By producing pipeline: version of each of its datasets, where they differ.
    """
    found: dict[str, dict[str, str]] = {}
    for name, version in versions_loaded(pipeline, catalog).items():
        found.setdefault(str(maker_of(name)), {})[name] = version
    return {maker: made for maker, made in found.items() if len(set(made.values())) > 1}


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
    maker = maker_of(dataset)
    if maker:
        return f"run 'kedro run --pipelines {maker}' first (or all: 'kedro run')"
    return "no pipeline makes it; see its entry in conf/*/catalog*.yml"


def maker_of(dataset: str) -> str | None:
    """Name the pipeline that writes a dataset, or None.

    Parameters
    ----------
    dataset
        Catalog name.

    Returns
    -------
    str or None
        Name as ``kedro run --pipelines`` takes it.
    """
    return next(
        (name for name, graph in project_graphs().items() if dataset in graph.all_outputs()), None
    )


@cache
def project_graphs() -> dict[str, Pipeline]:
    """Give every pipeline of the project as it is written, by name.

    Returns
    -------
    dict of str to Pipeline
    """
    packages = {name: f"{project_pipelines.__name__}.{name}" for name in pipeline_names()}
    return {name: import_module(path).create_pipeline() for name, path in packages.items()}


def pipeline_names() -> list[str]:
    """Names of all pipelines of the project.

    Returns
    -------
    list of str
        In alphabetical order.
    """
    return [item.name for item in pkgutil.iter_modules(project_pipelines.__path__) if item.ispkg]


def message_of(error: Exception) -> str:
    r"""Give the message of an error without the words that Kedro and pydantic put around it.

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
    >>> from kedro.io import DatasetError
    >>> message_of(DatasetError("bars: Failed while loading data from dataset X.\nno such file"))
    'bars: no such file'
    """
    if isinstance(error, ValidationError):
        return "; ".join(_problem_line("", item).strip() for item in error.errors())
    lead, failed, detail = str(error).partition(": Failed while ")
    return f"{lead}: {detail.partition(chr(10))[2]}" if failed else str(error)


def _problems_between(valid: Mapping[str, Any]) -> list[str]:
    """Settings of different blocks that do not fit together."""
    problems = []
    market, hmm = valid.get("market"), valid.get("hmm")
    if market and hmm and hmm.regime_timeframe not in market.timeframes:
        problems.append(
            f"  hmm.regime_timeframe: {hmm.regime_timeframe!r} is not among market.timeframes "
            f"{market.timeframes}; add it there or choose one of them"
        )
    zones = valid.get("zones")
    if zones and zones.min_bars < LEAST_ZONE:
        problems.append(
            f"  zones.min_bars: {zones.min_bars} is below {LEAST_ZONE}: strategies cannot be "
            "compared on an evaluation zone of fewer bars; raise it, and move the ends of the "
            "zones or bring more bars where a zone is shorter"
        )
    features, macro = valid.get("features"), valid.get("macro")
    if features and macro:
        known = macro_columns(macro.features, macro.sources)
        listed = [name for name in features.columns or [] if is_macro(name)]
        problems += [
            f"  features.columns: {name!r} is no macro column{_suggestion(name, known)}"
            for name in listed
            if name not in known
        ]
    return problems


def _problem_line(block: str, item: Any) -> str:
    """One line for one pydantic error."""
    where = ".".join(str(part) for part in [block, *item["loc"]] if part != "")
    if item["type"] == "extra_forbidden" and block in PARAMETERS:
        *path, name = item["loc"]
        hint = _suggestion(str(name), _settings_at(PARAMETERS[block], path).model_fields)
        return f"  {where}: unknown setting{hint}"
    fields = PARAMETERS[block].model_fields if block in PARAMETERS else {}
    field = fields.get(str(item["loc"][0])) if item["loc"] else None
    help_text = f"; {field.description}" if field and field.description else ""
    text = item["msg"].removeprefix("Value error, ")
    found = "" if item["type"] == "value_error" else f" (found {item['input']!r})"
    return f"  {where}: {text}{found}{help_text}" if where else f"  {text}{found}"


def _settings_at(model: type[BaseModel], path: Iterable[Any]) -> type[BaseModel]:
    """Model of the settings that lie inside others; a mapping of settings is passed through."""
    for part in path:
        field = model.model_fields.get(str(part))
        kinds = () if field is None else (field.annotation, *get_args(field.annotation))
        inner = [k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)]
        model = inner[0] if inner else model
    return model


def _suggestion(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(names)}"
