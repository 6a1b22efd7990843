"""Settings of an estimator by the conventions of scikit-learn, without importing it."""

import inspect
from functools import cache
from typing import Any, Self


class SettingsMixin:
    """Read, change and copy the settings that ``__init__`` stores untouched."""

    @classmethod
    @cache
    def _setting_names(cls) -> list[str]:
        names = list(inspect.signature(cls.__init__).parameters)
        return [name for name in names if name != "self"]

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002 - fixed by scikit-learn
        """Return the settings by name.

        Parameters
        ----------
        deep : bool
            Accepted for scikit-learn; there are no nested estimators.

        Returns
        -------
        dict
        """
        return {name: getattr(self, name) for name in self._setting_names()}

    def set_params(self, **params: Any) -> Self:
        """Change settings by name.

        Parameters
        ----------
        **params
            New values.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For an unknown name.
        """
        known = self._setting_names()
        for name, value in params.items():
            if name not in known:
                raise ValueError(
                    f"unknown setting {name!r} of {type(self).__name__}; known: {known}"
                )
            setattr(self, name, value)
        return self

    def clone(self) -> Self:
        """Return an unfitted copy with the same settings.

        Returns
        -------
        estimator
        """
        return type(self)(**self.get_params())

    def __sklearn_tags__(self) -> Any:
        """Describe the estimator to scikit-learn, whose pipelines ask for it."""
        from sklearn.utils import Tags, TargetTags  # pyrefly: ignore[missing-module-attribute]

        return Tags(estimator_type=None, target_tags=TargetTags(required=False))

    def __sklearn_is_fitted__(self) -> bool:
        """Answer scikit-learn's ``check_is_fitted``."""
        return bool(getattr(self, "is_fitted", lambda: False)())

    def __repr__(self) -> str:
        """Show the settings."""
        settings = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{type(self).__name__}({settings})"
