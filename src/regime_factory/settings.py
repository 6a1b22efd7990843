"""Kedro settings: hooks, and how configuration is merged."""

from kedro.config import OmegaConfigLoader
from omegaconf.resolvers import oc

from regime_factory.hooks import InputHooks, ProvenanceHooks

HOOKS = (ProvenanceHooks(), InputHooks())
DISABLE_HOOKS_FOR_PLUGINS = ("kedro-telemetry",)

CONFIG_LOADER_CLASS = OmegaConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    # An env changes single values of a nested block; without this it would replace the block.
    "merge_strategy": {"parameters": "soft", "globals": "soft"},
    "custom_resolvers": {"oc.env": oc.env},
}
