"""The project's pipelines by name, and the default job."""

import re
from importlib import import_module

import click
from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline

from regime_factory import pipelines as project_pipelines
from regime_factory.run_checks import pipeline_names

# Run by name only: on a file that the user names, or beside the main job.
SEPARATE = ("apply_hmm", "macro_regimes")
# Run by name, it begins with these.
BEFORE = {"macro_regimes": ("ingest", "features_macro")}


def register_pipelines() -> dict[str, Pipeline]:
    """Find every pipeline in `regime_factory.pipelines` and add up the default job.

    Returns
    -------
    dict of str to Pipeline
        Pipelines by name; ``__default__`` is what ``kedro run`` does.
    """
    try:
        pipelines = find_pipelines(raise_errors=True)
    except ImportError as error:
        wanted = re.search(r"regime_factory\.pipelines\.(\w+)", str(error))
        if wanted is None or wanted[1] in pipeline_names():
            raise
        known = ", ".join(pipeline_names())
        raise click.ClickException(f"{error} There are the pipelines {known}.") from error
    for name in BEFORE.keys() & pipelines.keys():
        pipelines[name] = sum(map(_create, BEFORE[name]), pipelines[name])
    main_job = [pipeline for name, pipeline in pipelines.items() if name not in SEPARATE]
    pipelines["__default__"] = sum(main_job, Pipeline([]))
    return pipelines


def _create(name: str) -> Pipeline:
    """Make a pipeline that was perhaps not asked for by name."""
    return import_module(f"{project_pipelines.__name__}.{name}").create_pipeline()
