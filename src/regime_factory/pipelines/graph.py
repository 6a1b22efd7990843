"""Run a pipeline on tables in memory: for audits, which must write nothing and fire no hook."""

from collections.abc import Mapping
from typing import Any

from kedro.pipeline import Pipeline

from regime_factory.params import PARAMETERS

NOT_NAMED: dict[str, Any] = {"raw_features": None, "raw_macro": {}, "zones_before": None}
"""Sources that a run can do without, as they load where the settings name none."""


def run_graph(
    pipeline: Pipeline, data: Mapping[str, Any], parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """Run every node once, in order, and keep all that it makes.

    Parameters
    ----------
    pipeline
        The nodes to run.
    data
        Inputs by catalog name; those of `NOT_NAMED` may be missing. An output that is given here
        too is left as given and its node is not run where all its outputs are given: this holds
        zones or fits fixed.
    parameters
        Top-level parameters by name, as the parameter files have them.

    Returns
    -------
    dict of str to object
        Inputs and outputs by catalog name.
    """
    store = {name: NOT_NAMED[name] for name in pipeline.inputs() if name in NOT_NAMED} | dict(data)
    for name, value in parameters.items():
        store[f"params:{name}"] = PARAMETERS[name].model_validate(value)
    for node in pipeline.nodes:
        if all(name in data for name in node.outputs):
            continue
        made = node.run({name: store[name] for name in node.inputs})
        store.update({name: value for name, value in made.items() if name not in data})
    return store
