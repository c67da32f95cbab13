"""Python imports this when it starts, if this folder is on PYTHONPATH: torch is then missing, even where the system has it."""

import sys

sys.modules["torch"] = None
