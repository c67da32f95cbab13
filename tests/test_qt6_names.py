"""make lint's check of Qt and QGIS names: silent on what Qt 6 knows, loud on what it doesn't."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def check(folder: Path, *words: str) -> subprocess.CompletedProcess:
    command = [sys.executable, str(ROOT / "tools" / "qt6_names.py"), *words, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_plugin_is_clean() -> None:
    done = check(ROOT / "ipeo_water_plugin")
    assert (done.returncode, done.stderr) == (0, "")


GOOD = """
from qgis.core import NULL, Qgis, QgsProcessingParameterNumber, QgsWkbTypes
from qgis.PyQt import uic
from qgis.PyQt.QtCore import QCoreApplication, QMetaType, QObject, QProcess, Qt, pyqtSignal, qVersion
from qgis.PyQt.QtGui import QColor, QIcon
from qgis.PyQt.QtWidgets import QAction, QDialog, QMessageBox, QPushButton

print(NULL, Qgis.QGIS_VERSION, Qgis.MessageLevel.Warning, QgsProcessingParameterNumber.Type.Integer, QgsWkbTypes.displayString)
print(QProcess.ProcessState.NotRunning, Qt.ItemDataRole.UserRole, QMetaType.Type.Int, QCoreApplication.translate, QColor.fromRgb)
print(QDialog.DialogCode.Accepted, QMessageBox.StandardButton.Yes, QPushButton.setText, QPushButton.objectName, QIcon.fromTheme)
print(QgsWkbTypes.GeometryType.PolygonGeometry, QgsProcessingParameterNumber.flags, QObject.deleteLater, qVersion, QAction, uic, pyqtSignal)
QDialog().exec()
"""


def test_names_that_qt_6_has(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    done = check(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("from PyQt5.QtCore import Qt", "PyQt5.QtCore is imported by its own name"),
        ("import PyQt6", "PyQt6 is imported by its own name"),
        ("from qgis.PyQt.QtCore import QRegExp", "no QRegExp in Qt 6"),
        ("from qgis.PyQt.QtCore import QTextCodec", "no QTextCodec in Qt 6"),
        ("from qgis.PyQt.QtWidgets import QDesktopWidget", "no QDesktopWidget in Qt 6"),
        ("from qgis.PyQt.QtScript import QScriptEngine", "no QScriptEngine in Qt 6"),
        ("from qgis.PyQt.QtCore import Qt\nprint(Qt.UserRole)", "Qt has no UserRole in Qt 6"),
        ("from qgis.PyQt.QtCore import Qt\nprint(Qt.ItemDataRole.NoRole)", "Qt.ItemDataRole has no NoRole in Qt 6"),
        ("from qgis.PyQt.QtCore import QProcess as P\nprint(P.NotRunning)", "P has no NotRunning in Qt 6"),
        ("from qgis.PyQt import QtCore\nprint(QtCore.Qt.Checked)", "QtCore.Qt has no Checked in Qt 6"),
        ("from qgis.PyQt.QtCore import QVariant\nprint(QVariant.Int)", "QVariant has no Int in Qt 6"),
        ("from qgis.PyQt.QtWidgets import QDialog\nQDialog().exec_()", "exec_() is gone"),
        ("from qgis.core import QgsNoSuchThing", "qgis.core has no QgsNoSuchThing"),
        ("from qgis.core import Qgis\nprint(Qgis.MessageLevel.Shout)", "Qgis.MessageLevel has no Shout in this QGIS"),
        ("from qgis.core import Qgis\nprint(Qgis.Warning)", "MessageLevel.Warning"),
        ("from qgis.core import QgsProcessing as P\nprint(P.TypeRaster)", "write QgsProcessing.SourceType.TypeRaster"),
        ("from qgis.core import QgsProcessingParameterNumber as N\nprint(N.Integer)", "without the enumeration's name"),
    ],
)
def test_a_name_that_will_not_do(code: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(f"{code}\n")
    done = check(tmp_path)
    assert done.returncode == 1
    assert said in done.stderr
    assert f"bad.py:{len(code.splitlines())}:" in done.stderr
