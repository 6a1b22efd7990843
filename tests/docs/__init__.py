"""Documentation, notebooks and examples: everything they show is run."""
