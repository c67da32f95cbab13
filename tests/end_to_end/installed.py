"""qgis_process as a user's shell runs it, for the tests from the zip."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Qgis:
    """qgis_process with a user profile of its own."""

    profile: Path
    folder: Path
    program: str

    @property
    def environment(self) -> dict[str, str]:
        """What a user's shell has, and nothing of the test's own."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("QGIS", "PYTHON", "QT", "XDG", "PYTEST"))}
        own = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "XDG_RUNTIME_DIR": str(self.folder),
            "QGIS_CUSTOM_CONFIG_PATH": str(self.profile),
            "QT_QPA_PLATFORM": "offscreen",
        }
        return {**clean, **own}

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess:
        """Run qgis_process with these words and hand back its exit status and what it printed."""
        return subprocess.run(
            [self.program, *words],
            cwd=self.folder,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def algorithm(self, name: str, *values: str, **environment: str) -> subprocess.CompletedProcess:
        """Run an algorithm with KEY=VALUE words."""
        return self.run("run", f"ipeowater:{name}", "--json", "--", *values, **environment)

    def results(self, name: str, *values: str) -> dict[str, Any]:
        """Run an algorithm that should succeed and return its results."""
        done = self.algorithm(name, *values)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)["results"]
