"""What every test run says of itself, and the provider. No QGIS is imported up here: tests/core has to run without it."""

from __future__ import annotations

import gc
import importlib.metadata
import os
import platform
import random
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import hypothesis
import numpy as np
import pytest
from patience import SOAK

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling

    from ipeo_water_plugin.plugin import WaterPlugin


# Two test processes share two processors. Threads of PyTorch that wait by spinning, as they do unless told otherwise, take them from one
# another: training needs up to twenty times the processor time. Child processes inherit this.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Child processes compile the plugin once, not at each start, which takes 0.7 s.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# So do the test processes: to rewrite all tests' asserts takes 6 s.
sys.dont_write_bytecode = False

# A change is judged by the same examples everywhere; `make soak` looks for new ones.
hypothesis.settings.register_profile("same", derandomize=not SOAK, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("same")

# Of the folder that comes last, no module takes longer than seconds; in each folder the longest files come first.
LONGEST_FIRST = ("end_to_end", "faults", "cluster", "panel", "algorithms", "tests", "core")
# These share a profile in which the zip is installed, and a map made there; those of tests/cluster share a cluster.
FROM_ZIP = tuple(
    f"tests/end_to_end/test_{name}.py"
    for name in ("accuracy_from_zip", "desktop", "examples", "installed_plugin", "panel_desktop", "report_in_chromium")
)
ON_CLUSTER = tuple(f"tests/cluster/test_cluster_{name}.py" for name in ("results", "trouble"))


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let whoever looks for tests that lean on one another run them in another order."""
    parser.addoption("--shuffle", metavar="SEED", help="run the test files, and the tests in each, in the random order that SEED decides")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put what takes long first, so that the two processes end together; or shuffle the files, and the tests in each.

    Of those in a random order pytest brings together again which share a fixture's parameter.
    """
    seed = config.getoption("shuffle")
    if seed is None:
        items.sort(key=lambda item: (LONGEST_FIRST.index(item.path.parent.name), -item.path.stat().st_size))
        return
    draw, files = random.Random(seed), {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    items[:] = [item for path in draw.sample(sorted(files), len(files)) for item in draw.sample(files[path], len(files[path]))]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """Let go of what is held in circles before QGIS, which ends with the last test, closes GDAL: what is let go later ends in a crash."""
    if nextitem is None:
        gc.collect()


def pytest_report_header() -> str:
    """Name the versions that a failure may depend on."""
    qgis, qt = sys.modules.get("qgis.core"), sys.modules.get("qgis.PyQt.QtCore")
    versions = {
        "QGIS": qgis.Qgis.QGIS_VERSION if qgis else "not loaded",
        "Qt": qt.QT_VERSION_STR if qt else "not loaded",
        "GDAL": _version("GDAL"),
        "NumPy": np.__version__,
        "torch": _version("torch"),
        "Python": platform.python_version(),
    }
    return ", ".join(f"{name} {version}" for name, version in versions.items())


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Give each process whole modules, and those that share what takes long to make to one, which makes it once."""
    from xdist.scheduler import LoadScopeScheduling

    # The order is this file's own: see pytest_collection_modifyitems.
    config.option.loadscopereorder = False

    class Modules(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            module = nodeid.partition("::")[0]
            if module in FROM_ZIP:
                return "from the zip"
            return "on the cluster" if module in ON_CLUSTER else module

    return Modules(config, log)


@pytest.fixture(scope="session", autouse=True)
def own_temporary_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Have QGIS and child processes leave what they don't tidy up, since they are killed or end at once, where pytest tidies up.

    Python itself has looked for its folder by now, and keeps it.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("tmp")))
        yield


@pytest.fixture(autouse=True)
def project_is_emptied() -> Iterator[None]:
    """Leave no layer to the next test: layers are found by their names, too."""
    yield
    qgis = sys.modules.get("qgis.core")
    if qgis is not None and qgis.QgsApplication.instance() is not None:
        qgis.QgsProject.instance().clear()


@pytest.fixture(scope="session")
def provider(qgis_processing: None) -> Iterator[WaterPlugin]:
    """Register the plugin's provider, once for all tests that run algorithms inside QGIS."""
    from processing.gui import Postprocessing

    from ipeo_water_plugin.plugin import WaterPlugin

    # Loading results asks the main window for its layer tree, and the stand-in for it has none that QGIS 3.40 would take.
    Postprocessing.iface = None
    plugin = WaterPlugin(None)
    plugin.initProcessing()
    yield plugin
    plugin.unload()
    # What tests left in cycles, such as the contexts of runs that failed, has to go before QGIS does.
    gc.collect()
