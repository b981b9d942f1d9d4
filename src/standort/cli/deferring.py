"""Load of the scientific libraries what a command uses.

A package of scipy loads all its modules with the first: for the k-d tree and the parts of a graph
that makes 200 modules and, with what they load in turn, an eighth of the time of a short command.
Here such a package serves the few names that are asked for from the modules that define them, and
loads itself whole as soon as any other is. What is imported from it is the same either way.

This belongs to the command line alone, which has its process to itself: whoever imports standort
imports scipy as it is.
"""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from threading import RLock
from types import ModuleType
from typing import Any

__all__ = ["defer"]

#: packages that are not loaded with others, and the modules that define what is asked of them;
#: scipy asks numpy for all it has, and does nothing with these
_DEFERRED: Mapping[str, Mapping[str, str]] = {
    "numpy.f2py": {},
    "numpy.polynomial": {},
    "numpy.testing": {},
    "scipy.sparse.csgraph": {"connected_components": "_traversal", "dijkstra": "_shortest_path"},
    "scipy.spatial": {"cKDTree": "_ckdtree"},
}

#: one thread runs packages at a time; their modules may ask them for names meanwhile
_RUNNING = RLock()


def defer() -> None:
    """Have packages load themselves when they are used. More than once is as good as once."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Finds deferred packages where they are, and puts their loading off."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _DEFERRED or target is not None:  # what is loaded again was asked for
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Deferring(spec.loader)
        return spec


class _Deferring(Loader):
    """Makes a package without running it."""

    def __init__(self, whole: Loader) -> None:
        self.whole = whole

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - sources, resources ...
        return getattr(self.whole, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.whole.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Leave it to the first name that is asked for."""
        module.__class__ = _Package


class _Package(ModuleType):
    """A package that has not been run yet."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the package defines
        home = _DEFERRED[self.__name__].get(name)
        if home is None and _is_loading(self):
            home = name
        module = None if home is None else _imported(f"{self.__name__}.{home}")
        if module is not None and home == name:
            return module
        if hasattr(module, name):
            setattr(self, name, getattr(module, name))
            return getattr(self, name)
        # none of its modules asks, or not for another, or this version has the name elsewhere
        _run(self)
        if type(self) is _Package:  # one of its own modules asks before it is there
            message = f"module {self.__name__!r} has no attribute {name!r} yet"
            raise AttributeError(message)
        return getattr(self, name)

    def __dir__(self) -> list[str]:
        _run(self)
        return sorted(vars(self))


def _is_loading(package: ModuleType) -> bool:
    """Tell whether a module of a package is being loaded, which may ask it for another.

    To give that, the package must not run: it would ask for what is not whole yet.
    """
    loaded = list(sys.modules.items())  # other threads may import meanwhile
    modules = [m for name, m in loaded if name.startswith(f"{package.__name__}.")]
    return any(getattr(getattr(m, "__spec__", None), "_initializing", False) for m in modules)


def _run(package: ModuleType) -> None:
    """Run a package in place: from then on it is a module like any other."""
    with _RUNNING:
        spec = package.__spec__
        if spec is None or not isinstance(spec.loader, _Deferring):
            return
        deferring, before = spec.loader, dict(vars(package))
        package.__loader__ = spec.loader = deferring.whole
        try:
            spec.loader.exec_module(package)
        except BaseException:  # what is half there is not there; the next to ask tries again
            spec.loader = deferring
            vars(package).clear()
            vars(package).update(before)
            raise
        package.__class__ = ModuleType


def _imported(name: str) -> ModuleType | None:
    """Import the module of this name, if there is one."""
    try:
        return import_module(name)
    except ModuleNotFoundError:
        return None
