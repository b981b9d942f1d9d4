"""Tests of packages that load themselves when they are used."""

import subprocess
import sys

import pytest

#: what somebody may ask of such a package first, and what it is then
USES = [
    "import scipy.spatial as s; print(s.Delaunay.__module__)",
    "import scipy.spatial as s; s.Delaunay; print(s, s.__loader__ is s.__spec__.loader)",
    "import scipy.spatial as s; print(s.distance.cdist([[0.0]], [[2.0]]))",
    "from scipy.spatial.distance import cdist; from scipy.spatial import ConvexHull as h; print(h)",
    "from scipy.spatial.transform import Rotation; print(Rotation.identity().as_quat())",
    "import scipy.spatial._kdtree as k, scipy.spatial as s; print(s.KDTree is k.KDTree)",
    "from scipy.spatial import *; print(Delaunay.__name__, cKDTree.__name__)",
    "import pickle, scipy.spatial as s; print(pickle.loads(pickle.dumps(s.cKDTree([[1.0]]))).data)",
    "from scipy.sparse import csgraph; print(csgraph.laplacian.__module__)",
    "import scipy.sparse.csgraph as s, scipy.sparse.csgraph._flow; print(s.maximum_flow.__name__)",
    "import scipy.sparse.linalg as s; print(s.spsolve.__name__)",
    "import numpy.testing._private.utils as u, numpy as n; print(n.testing.measure is u.measure)",
    "import numpy; print(numpy.f2py.get_include.__name__, numpy.f2py.f2py2e.__name__)",
    "import numpy; print(numpy.polynomial.Polynomial([1.0, 2.0])(3.0), numpy.polynomial.chebyshev)",
    "import scipy.cluster.hierarchy, scipy.interpolate, scipy.stats, sklearn.cluster; print(1)",
    "import inspect, scipy.spatial as s; print(inspect.unwrap(s).__name__)",
    "import inspect, scipy.spatial as s; print([name for name, _ in inspect.getmembers(s)])",
    "import numpy; print(hasattr(numpy.f2py, '__main__'), hasattr(numpy.polynomial, 'tests'))",
    "import numpy; print(numpy.testing._private.utils.measure.__name__)",
    "import importlib.resources as r; print((r.files('scipy.spatial') / '_ckdtree.pyi').is_file())",
    "import pkgutil; print(len(pkgutil.get_data('scipy.spatial', '__init__.py')))",
    "import importlib, scipy.spatial as s; s.KDTree; print(type(importlib.reload(s)), s.KDTree)",
    "import scipy.spatial as s; print(hasattr(s, 'nothing'), [n for n in dir(s) if n[0] > 'Z'])",
]

_DEFER = "from standort.cli.deferring import defer; defer(); defer()\n"


def _told(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("use", USES)
def test_a_deferred_package_gives_what_it_gives_otherwise(use: str) -> None:
    assert _told(_DEFER + use) == _told(use)


def test_the_tree_and_the_parts_of_a_graph_come_without_the_rest() -> None:
    code = (
        "import sys; from numpy import eye; from scipy.spatial import cKDTree; "
        "from scipy.sparse.csgraph import connected_components, dijkstra; "
        "print(cKDTree([[0.0], [3.0]]).query([2.0]), connected_components(eye(2))); "
        "print(sorted({'numpy.f2py.f2py2e', 'numpy.testing._private', 'scipy.linalg', "
        "'scipy.spatial.distance', 'scipy.special'} & set(sys.modules)))"
    )
    whole, part = _told(code).splitlines(), _told(_DEFER + code).splitlines()
    assert part[:-1] == whole[:-1]
    assert (part[-1], whole[-1].count("scipy.")) == ("[]", 3)


def test_a_name_that_no_version_knows_is_told_as_ever() -> None:
    for code in ("import scipy.spatial as s; s.nothing", "from scipy.spatial import nothing"):
        done = subprocess.run(
            [sys.executable, "-c", _DEFER + code], capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert "'nothing'" in done.stderr.splitlines()[-1]


def test_a_name_that_this_version_has_elsewhere_is_found_in_the_package() -> None:
    code = (
        "from standort.cli import deferring; "
        "deferring._DEFERRED['scipy.spatial'] = {'cKDTree': '_gone', 'Delaunay': '_kdtree'}; "
        "deferring.defer(); from scipy.spatial import Delaunay, cKDTree; "
        "print(Delaunay.__name__, cKDTree.__name__)"
    )
    assert _told(code) == "Delaunay cKDTree\n"


def test_a_package_that_could_not_run_tries_again() -> None:
    code = (
        "import sys, scipy.sparse\n"
        "sys.modules['scipy.spatial._qhull'] = None\n"
        "for _ in range(2):\n"
        "    try: from scipy.spatial import KDTree; print('ok')\n"
        "    except ImportError as error: print(error)\n"
        "del sys.modules['scipy.spatial._qhull']\n"
        "from scipy.spatial import Delaunay; print(Delaunay.__name__)\n"
    )
    assert _told(_DEFER + code) == _told(code)


def test_many_threads_may_ask_first() -> None:
    code = _DEFER + (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def ask(i):\n"
        "    import scipy.spatial\n"
        "    return getattr(scipy.spatial, ['Delaunay', 'cKDTree', 'distance'][i % 3]).__name__\n"
        "with ThreadPoolExecutor(12) as pool: print(sorted(set(pool.map(ask, range(48)))))\n"
    )
    assert _told(code) == "['Delaunay', 'cKDTree', 'scipy.spatial.distance']\n"


def test_other_threads_may_import_meanwhile() -> None:
    code = _DEFER + (
        "import sys, threading, types, scipy.spatial\n"
        "from standort.cli import deferring\n"
        "sys.setswitchinterval(1e-6)\n"
        "done = threading.Event()\n"
        "def load():\n"
        "    while not done.is_set():\n"
        "        for i in range(200): sys.modules[f'made_up_{i}'] = types.ModuleType('made_up')\n"
        "        for i in range(200): del sys.modules[f'made_up_{i}']\n"
        "threading.Thread(target=load).start()\n"
        "try: print(any(deferring._is_loading(scipy.spatial) for _ in range(300)))\n"
        "finally: done.set()\n"
    )
    assert _told(code) == "False\n"
