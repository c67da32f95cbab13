"""What a model file records about the samples and the training. NumPy alone."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

import numpy as np

from ..bands import ROLES
from ..model import QUANTILES, ModelInput, effective_scaling
from ..model_json import RECORD_BYTES
from ..progress import Progress
from ..samples import Samples
from ..translation import tr
from .objective import Minimum
from .settings import TrainingSettings
from .whitening import Whitening

# Maximum number of scenes that a model file describes.
_MAX_SCENES = 200
# Quantiles of the inputs are computed from at most this many samples, evenly spaced.
_QUANTILE_SAMPLES = 200_000


def model_inputs(samples: Samples, whitening: Whitening) -> tuple[ModelInput, ...]:
    """Describe the inputs of a model.

    Args:
        samples: all training samples.
        whitening: measured on these samples.
    """
    quantiles = np.quantile(samples.X[:: -(-len(samples) // _QUANTILE_SAMPLES)], QUANTILES, axis=0)
    inputs = []
    for column, name in enumerate(samples.names):
        declared = declared_scalings(samples, column)
        scale, offset = declared.pop() if len(declared) == 1 else (None, None)
        measures = (whitening.mean, whitening.sd, whitening.minimum, whitening.maximum)
        mean, sd, minimum, maximum = (float(of_inputs[column]) for of_inputs in measures)
        role = name if name in ROLES else "extra"
        inputs.append(ModelInput(name, role, mean, sd, minimum, maximum, tuple(quantiles[:, column].tolist()), scale, offset))
    return tuple(inputs)


def declared_scalings(samples: Samples, column: int) -> set[tuple[float | None, float | None]]:
    """Return the distinct (scale, offset) pairs that the scenes declare for an input; (None, None) stands for none declared.

    Args:
        samples: of one or more scenes.
        column: of the input in X.
    """
    scalings = (scene.scaling(samples.names[column], column) for scene in samples.scenes)
    known = {effective_scaling(*scaling) for scaling in scalings if scaling is not None}
    return {(None, None) if scaling == (1.0, 0.0) else scaling for scaling in known}


def training_record(
    samples: Samples, settings: TrainingSettings, minimum: Minimum, device: str, torch_version: str | None, progress: Progress
) -> dict[str, Any]:
    """Return what a model file says about its training, as plain JSON values.

    Args:
        samples: all training samples.
        settings: of the training.
        minimum: the result.
        device: where it was computed.
        torch_version: of PyTorch; None if it wasn't used.
    """
    groups = samples.groups()
    scenes = _scene_records(samples)
    if len(scenes) < len(samples.scenes):
        text = tr("The model file describes {described} of the {count} scenes that the samples come from.")
        progress.info(text.format(described=len(scenes), count=len(samples.scenes)))
    return {
        "scenes": scenes,
        "scene_count": len(samples.scenes),
        "trained_at": samples.areas(),
        "samples": {
            name: {"pixels": int(np.count_nonzero(members)), "polygons": len(np.unique(groups[members]))}
            for name, members in (("water", samples.y), ("other", ~samples.y))
        },
        "settings": asdict(settings),
        "seed": settings.seed,
        "device": device,
        "loss": minimum.loss,
        "epochs": len(minimum.history),
        "converged": minimum.converged,
        "versions": {"python": platform.python_version(), "numpy": np.__version__, **({"torch": torch_version} if torch_version else {})},
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


def _scene_records(samples: Samples) -> list[dict[str, Any]]:
    """Describe as many scenes as a model file has room for, starting with one of each data type."""
    scenes = samples.scenes
    first = {(scene.data_type, scene.data_types): index for index, scene in reversed(list(enumerate(scenes)))}
    records: dict[int, dict[str, Any]] = {}
    size = 0
    for index in dict.fromkeys((*first.values(), *range(len(scenes)))):
        record = scenes[index].to_record()
        # As it will be written: each number on a line of its own.
        size += len(json.dumps(record, indent=4, ensure_ascii=False).encode())
        if len(records) == _MAX_SCENES or size > RECORD_BYTES // 2:
            break
        records[index] = record
    return [records[index] for index in sorted(records)]
