"""The project's pipelines by name, and the default job."""

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline

SEPARATE = ("apply_hmm",)  # run by name only, on a file that the user names


def register_pipelines() -> dict[str, Pipeline]:
    """Find every pipeline in `regime_factory.pipelines` and add up the default job.

    Returns
    -------
    dict of str to Pipeline
        Pipelines by name; ``__default__`` is what ``kedro run`` does.
    """
    pipelines = find_pipelines(raise_errors=True)
    main_job = [pipeline for name, pipeline in pipelines.items() if name not in SEPARATE]
    pipelines["__default__"] = sum(main_job, Pipeline([]))
    return pipelines
