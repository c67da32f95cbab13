"""Training: its optimum against scikit-learn's, units, validation on whole polygons, warnings and errors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import Recorder
from patience import examples
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from ipeo_water_plugin.core.errors import CancelledError, DeviceError, InputError, ModelError, TorchMissingError, TrainingError
from ipeo_water_plugin.core.model import Layer, ModelInput, WaterModel
from ipeo_water_plugin.core.model_json import check_size, model_text, parse_model, read_model, write_model
from ipeo_water_plugin.core.progress import SilentProgress
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.samples import Samples, Scene
from ipeo_water_plugin.core.sampling.polygons import read_shapes
from ipeo_water_plugin.core.sampling.sample import sample_pixels
from ipeo_water_plugin.core.training import train as module
from ipeo_water_plugin.core.training.newton import minimise
from ipeo_water_plugin.core.training.objective import Objective
from ipeo_water_plugin.core.training.settings import OPTIMIZERS, TrainingSettings
from ipeo_water_plugin.core.training.torch_setup import available_devices
from ipeo_water_plugin.core.training.train import train
from ipeo_water_plugin.core.training.whitening import Whitening

ROOT = Path(__file__).resolve().parents[2]
WITHOUT_TORCH = ROOT / "tests" / "without_torch"
NAMES = ("green", "red", "nir")
TORCH_OPTIMIZERS = tuple(name for name in OPTIMIZERS if name != "newton")


@pytest.fixture(scope="module")
def real(sample_scene: Path) -> Samples:
    """The sample scene's training pixels: nearly separable, and their bands are strongly correlated."""
    return sampled(sample_scene)


def sampled(folder: Path) -> Samples:
    image = str(folder / "image.tif")
    return sample_pixels(image, roles_of(image), read_shapes(str(folder / "labels.gpkg"), image, "class")).samples


def made(
    count: int = 2000, *, share: float = 0.3, seed: int = 0, polygons: int = 20, scenes: tuple[str, ...] = ("a",), overlap: float = 250.0
) -> Samples:
    """Pixels whose classes overlap, in polygons of one class each, spread over the scenes."""
    random = np.random.default_rng(seed)
    y = random.random(count) < share
    X = np.where(y[:, None], (1000.0, 800.0, 600.0), (1300.0, 1300.0, 1500.0)) + random.normal(0, overlap, (count, 3))
    polygon = random.integers(0, polygons // 2, count) * 2 + y
    scene = polygon % len(scenes) if len(scenes) == 1 else (polygon // 2) % len(scenes)
    return Samples(X, y, polygon, scene.astype(np.int32), NAMES, tuple(Scene(s, "uint16") for s in scenes))


def cross_entropy(samples: Samples, weights: np.ndarray, intercept: float) -> float:
    z = samples.X @ weights + intercept
    return float(np.logaddexp(0, np.where(samples.y, -z, z)).mean())


def loss(samples: Samples, model) -> float:
    return cross_entropy(samples, np.array([model.coefficients[n] for n in samples.names]), model.intercept)


def scikit(samples: Samples, l2: float = 0.0, class_weight: str | None = None) -> tuple[np.ndarray, float]:
    """A and b in raw units by scikit-learn, for the same objective."""
    scaler = StandardScaler()
    c = np.inf if l2 == 0 else 1 / (l2 * len(samples))
    model = LogisticRegression(C=c, tol=1e-12, max_iter=20_000, class_weight=class_weight)
    model.fit(scaler.fit_transform(samples.X), samples.y)
    weights = model.coef_[0] / scaler.scale_
    return weights, float(model.intercept_[0] - weights @ scaler.mean_)


def quick(**chosen: object) -> TrainingSettings:
    return TrainingSettings(**{"folds": 0, "validation_fraction": 0.0, **chosen})


@pytest.mark.parametrize(("optimizer", "within"), [("gradient_descent", 0.01), ("adam", 0.01), ("lbfgs", 0.0001), ("newton", 1e-9)])
def test_the_unregularised_optimum_of_the_real_scene(real, optimizer: str, within: float) -> None:
    training = train(real, quick(optimizer=optimizer, l2=0.0))
    best = cross_entropy(real, *scikit(real))
    assert loss(real, training.model) <= best * (1 + within)
    assert training.converged
    assert training.scores.loss == pytest.approx(loss(real, training.model), rel=1e-3)


@pytest.fixture(params=["sample scene", "Olinda", "simulated"])
def scene(request: pytest.FixtureRequest, real: Samples) -> Samples:
    """Training pixels of each scene at hand."""
    if request.param == "Olinda":
        return sampled(ROOT / "tests" / "data" / "olinda_l7")
    return real if request.param == "sample scene" else made()


@pytest.mark.parametrize("chosen", [{}, {"balance": True}, {"l2": 0.01}], ids=str)
def test_newton_finds_the_coefficients_that_torch_finds(scene: Samples, chosen: dict) -> None:
    found = train(scene, quick(optimizer="newton", **chosen))
    assert found.converged
    assert found.epochs_run == len(found.history) < 20
    for optimizer in TORCH_OPTIMIZERS:
        other = train(scene, quick(optimizer=optimizer, device="cpu", **chosen))
        np.testing.assert_allclose(found.model.layers[0].weights, other.model.layers[0].weights, rtol=1e-6)
        assert found.model.intercept == pytest.approx(other.model.intercept, rel=1e-6)
        assert found.scores.loss == pytest.approx(other.scores.loss, rel=1e-6)


def test_newton_starts_where_it_is_told() -> None:
    """From the minimum one pass is enough; from where the loss is larger than at 0, it starts at 0."""
    samples = made()
    objective = Objective.from_samples(samples, Whitening.from_pixels(samples.X), quick())
    cold = minimise(objective, quick(), SilentProgress())
    assert len(minimise(objective, quick(), SilentProgress(), cold.theta).history) == 1
    far = minimise(objective, quick(), SilentProgress(), -1e6 * cold.theta)
    assert far.history[1:] == cold.history
    np.testing.assert_array_equal(far.theta, cold.theta)


def test_newton_converges_from_where_full_steps_diverge() -> None:
    samples = made()
    objective = Objective.from_samples(samples, Whitening.from_pixels(samples.X), quick())
    cold = minimise(objective, quick(), SilentProgress())
    far = minimise(objective, quick(), SilentProgress(), 5 * cold.theta)
    assert max(far.history) > far.history[0]
    assert far.converged
    np.testing.assert_allclose(far.theta, cold.theta, rtol=1e-6)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_l2_means_what_the_interface_says(optimizer: str) -> None:
    samples = made()
    model = train(samples, quick(optimizer=optimizer, l2=0.01)).model
    weights, intercept = scikit(samples, l2=0.01)
    np.testing.assert_allclose([*model.coefficients.values()], weights, rtol=2e-2)
    assert model.intercept == pytest.approx(intercept, rel=2e-2)
    unregularised = train(samples, quick(optimizer=optimizer, l2=0.0)).model
    assert np.linalg.norm([*model.coefficients.values()]) < 0.9 * np.linalg.norm([*unregularised.coefficients.values()])


def test_balance_weighs_both_classes_alike() -> None:
    samples = made(share=0.05)
    model = train(samples, quick(optimizer="lbfgs", l2=0.0, balance=True)).model
    weights, intercept = scikit(samples, class_weight="balanced")
    np.testing.assert_allclose([*model.coefficients.values()], weights, rtol=1e-2)
    assert model.intercept == pytest.approx(intercept, rel=1e-2)


def test_coefficients_are_in_raw_units() -> None:
    samples = made()
    stretched = Samples(samples.X * (10, 0.1, 1) + (5000, -3, 0), samples.y, samples.polygon, samples.scene, NAMES, samples.scenes)
    one, other = (train(s, quick(optimizer="lbfgs")).model for s in (samples, stretched))
    np.testing.assert_allclose([*other.coefficients.values()], np.array([*one.coefficients.values()]) / (10, 0.1, 1), rtol=1e-3)
    p, q = (m.probability(list(s.X.T)) for m, s in ((one, samples), (other, stretched)))
    np.testing.assert_allclose(p, q, atol=1e-4)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_constant_band_counts_for_nothing(optimizer: str) -> None:
    samples = made()
    samples.X[:, 1] = 1234.0
    model = train(samples, quick(optimizer=optimizer)).model
    assert model.coefficients["red"] == 0
    assert abs(model.coefficients["nir"]) > 0


def test_gradients_that_another_plugin_turned_off_are_on_in_training() -> None:
    import torch

    expected = train(made(), quick()).model
    torch.set_grad_enabled(False)
    try:
        found = train(made(), quick()).model
        assert not torch.is_grad_enabled()
    finally:
        torch.set_grad_enabled(True)
    assert found.coefficients == expected.coefficients


def test_one_seed_gives_one_model() -> None:
    samples = made()
    for optimizer in TORCH_OPTIMIZERS:
        first, again, other = (train(samples, quick(optimizer=optimizer, seed=s)).model for s in (3, 3, 4))
        assert first.coefficients == again.coefficients
        assert first.intercept == again.intercept
        # A and b start elsewhere, and end at the same optimum.
        assert first.coefficients != other.coefficients
        assert loss(samples, other) == pytest.approx(loss(samples, first), rel=1e-3)


@pytest.mark.parametrize("optimizer", ["gradient_descent", "adam"])
def test_mini_batches(optimizer: str) -> None:
    samples = made()
    training = train(samples, quick(optimizer=optimizer, batch_size=256, l2=0.0))
    assert loss(samples, training.model) <= 1.02 * cross_entropy(samples, *scikit(samples))


def test_separable_classes_give_a_warning() -> None:
    samples = made(overlap=20.0)
    progress = Recorder()
    training = train(samples, quick(l2=0.0), progress)
    assert not training.converged
    assert any("Not converged" in w and "L2" in w for w in progress.warnings)
    assert np.isfinite([*training.model.coefficients.values(), training.model.intercept]).all()
    assert train(samples, quick()).converged


@pytest.mark.parametrize(("share", "called"), [(0.1, "“not water”"), (0.9, "“water”")])
def test_a_model_that_predicts_one_class_gives_a_warning(share: float, called: str) -> None:
    """Noise in which one class is rare: the model is right for nine of ten pixels, and for none of the rare class."""
    samples = made(share=share)
    noise = replace(samples, X=np.random.default_rng(1).normal(1000, 200, samples.X.shape))
    for each, expected in ((noise, [called]), (samples, [])):
        progress = Recorder()
        train(each, TrainingSettings(folds=0, validation_fraction=0), progress)
        assert [called for warning in progress.warnings if f"classifies all training pixels as {called}" in warning] == expected


def test_too_few_epochs_give_a_warning(real) -> None:
    progress = Recorder()
    training = train(real, quick(epochs=3), progress)
    assert (training.epochs_run, training.converged) == (3, False)
    assert len(training.history) == 3
    assert any("Not converged" in w and "epochs" in w for w in progress.warnings)


def test_too_large_a_learning_rate_gives_a_warning() -> None:
    progress = Recorder()
    samples = made()
    try:
        training = train(samples, quick(learning_rate=50.0, epochs=60), progress)
    except TrainingError as error:
        assert "learning rate" in str(error)
    else:
        assert not training.converged
        assert any("learning rate" in w for w in progress.warnings)
        assert np.isfinite([*training.model.coefficients.values()]).all()


def test_a_small_learning_rate_descends_slowly() -> None:
    samples = made()
    slow, fast = (train(samples, quick(learning_rate=rate, momentum=0.0, epochs=30)) for rate in (0.01, 0.5))
    assert list(slow.history) == sorted(slow.history, reverse=True)
    assert slow.history[-1] > 1.05 * fast.history[-1]


@pytest.mark.parametrize("balance", [False, True])
@pytest.mark.parametrize("wanted", [0.02, 0.6])
def test_the_expected_share_of_water_changes_only_b(balance: bool, wanted: float) -> None:
    samples = made()
    plain, shifted = (train(samples, quick(balance=balance, water_fraction=w)).model for w in (None, wanted))
    share = 0.5 if balance else samples.y.mean()
    assert shifted.coefficients == plain.coefficients
    assert shifted.intercept - plain.intercept == pytest.approx(np.log(wanted / (1 - wanted)) - np.log(share / (1 - share)))


def test_whole_polygons_are_held_out_and_the_rest_never_saw_them() -> None:
    samples = made()
    training = train(samples, TrainingSettings(optimizer="lbfgs", folds=4))
    held = training.held_out
    assert sorted(held.rows.tolist()) == list(range(len(samples)))
    fold = np.empty(len(samples), int)
    fold[held.rows] = held.fold
    groups = samples.groups()
    assert all(len(np.unique(fold[groups == g])) == 1 for g in np.unique(groups))
    # What was predicted for a fold is what a model trained on the others says.
    outside = fold == 2
    alone = train(samples.take(~outside), quick(optimizer="lbfgs")).model
    np.testing.assert_allclose(held.probability[held.fold == 2], alone.probability(list(samples.X[held.rows[held.fold == 2]].T)), atol=1e-3)
    said = held.probability >= 0.5
    assert training.validation.accuracy == pytest.approx((said == samples.y[held.rows]).mean())


def test_every_scene_gives_whole_polygons_to_validation() -> None:
    samples = made(scenes=("a", "b"), polygons=40)
    progress = Recorder()
    held = train(samples, TrainingSettings(optimizer="lbfgs", folds=0), progress).held_out
    rows = np.zeros(len(samples), bool)
    rows[held.rows] = True
    groups = samples.groups()
    for scene in (0, 1):
        for water in (False, True):
            inside = (samples.scene == scene) & (samples.y == water)
            chosen = np.unique(groups[inside & rows])
            assert 1 <= len(chosen) < len(np.unique(groups[inside]))
            assert rows[np.isin(groups, chosen)].all()
    assert any("Held out for validation" in line for line in progress.infos)


def test_too_few_polygons_give_no_scores_rather_than_flattering_ones() -> None:
    samples = made(polygons=2)
    progress = Recorder()
    training = train(samples, TrainingSettings(), progress)
    assert training.validation is None
    assert training.held_out is None
    assert any("at least two polygons of each class" in w for w in progress.warnings)
    fewer = Recorder()
    assert train(made(polygons=6), TrainingSettings(folds=10), fewer).held_out.fold.max() == 2
    assert any("Cross-validation in 3 folds: each of the 3 water polygons and 3 other polygons" in line for line in fewer.infos)


def test_a_perceptron_sees_what_no_plane_can() -> None:
    random = np.random.default_rng(0)
    X = random.uniform(0, 4000, (3000, 3))
    y = (X[:, 0] > 2000) != (X[:, 2] > 2000)
    samples = Samples(X, y, np.arange(3000), np.zeros(3000, np.int32), NAMES, (Scene("s"),))
    plane, perceptron = (train(samples, quick(hidden_units=h)) for h in (0, 6))
    assert plane.scores.accuracy < 0.65
    assert perceptron.scores.accuracy > 0.95
    assert not perceptron.model.is_logistic
    p = perceptron.model.probability(list(X.T))
    assert np.mean((p >= 0.5) == y) == pytest.approx(perceptron.scores.accuracy, abs=1e-3)


def test_a_perceptron_is_no_worse_on_the_real_scene(real) -> None:
    plane, perceptron = (train(real, quick(hidden_units=h)) for h in (0, 4))
    assert perceptron.scores.loss <= 1.01 * plane.scores.loss
    assert perceptron.scores.f1 >= plane.scores.f1 - 0.002


def test_a_device_that_is_absent_is_an_error_by_name() -> None:
    with pytest.raises(DeviceError, match=r"can't use the device mps on this machine\. Available: .*cpu"):
        train(made(), quick(device="mps"))


def test_after_a_gpu_that_fails_training_continues_on_the_next_device(monkeypatch) -> None:
    from ipeo_water_plugin.core.training import descent

    minimise = descent.minimise

    def failing(objective, settings, device, progress):
        if device == "cuda":
            msg = "CUDA out of memory. Tried to allocate 3 GiB"
            raise RuntimeError(msg)
        return minimise(objective, settings, device, progress)

    monkeypatch.setattr(module, "available_devices", lambda: ("cuda", "cpu"))
    monkeypatch.setattr(descent, "minimise", failing)
    progress = Recorder()
    training = train(made(), TrainingSettings(), progress)
    assert training.device == "cpu"
    assert [w for w in progress.warnings if "cuda failed (CUDA out of memory" in w and "continuing on cpu" in w]
    with pytest.raises(DeviceError, match="Training on cuda failed"):
        train(made(), quick(device="cuda"))


def test_a_gpu_trains_and_newton_validates_on_the_cpu(monkeypatch) -> None:
    import ipeo_water_plugin.core.training.train as module
    from ipeo_water_plugin.core.training import descent

    minimise = descent.minimise
    monkeypatch.setattr(module, "available_devices", lambda: ("cuda", "cpu"))
    monkeypatch.setattr(descent, "minimise", lambda objective, settings, _, progress: minimise(objective, settings, "cpu", progress))
    training = train(made(), TrainingSettings(device="cuda", folds=2))
    assert training.device == "cuda"
    assert training.validation is not None


@pytest.fixture
def gpu() -> str:
    """The graphics card, where there is one."""
    devices = available_devices()
    if devices == ("cpu",):
        pytest.skip("this machine has no graphics card that PyTorch can use")
    return devices[0]


@pytest.mark.parametrize("hidden_units", [0, 4])
# lbfgs takes all samples at once.
@pytest.mark.parametrize(
    ("optimizer", "batch_size"), [(name, size) for name in TORCH_OPTIMIZERS for size in (0, 500) if not (name == "lbfgs" and size)]
)
def test_a_graphics_card_finds_what_the_processor_finds(gpu: str, optimizer: str, batch_size: int, hidden_units: int) -> None:
    samples = made(overlap=400.0)
    chosen = {"optimizer": optimizer, "batch_size": batch_size, "hidden_units": hidden_units}
    first, again, here = (train(samples, quick(device=device, **chosen)) for device in (gpu, gpu, "cpu"))
    assert first.device == gpu
    assert first.scores.loss == pytest.approx(here.scores.loss, rel=1e-2 if batch_size or hidden_units else 1e-4)
    # One seed on one device.
    for one, other in zip(first.model.layers, again.model.layers):
        np.testing.assert_allclose(one.weights, other.weights, rtol=1e-6)
        np.testing.assert_allclose(one.bias, other.bias, rtol=1e-6)


def test_torch_is_imported_only_by_training_and_the_default_optimizer_needs_little_of_it() -> None:
    code = (
        "import sys\n"
        "import numpy as np\n"
        "from ipeo_water_plugin.core.samples import Samples, Scene\n"
        "from ipeo_water_plugin.core.training.settings import TrainingSettings\n"
        "from ipeo_water_plugin.core.training.train import train\n"
        "before = 'torch' in sys.modules\n"
        "X = np.random.default_rng(0).normal(size=(50, 1))\n"
        "samples = Samples(X, X[:, 0] > 0, np.arange(50), np.zeros(50, np.int32), ('nir',), (Scene('s'),))\n"
        "for optimizer in ('gradient_descent', 'adam'):\n"
        "    train(samples, TrainingSettings(optimizer=optimizer, epochs=5, device='cpu'))\n"
        "print(before, 'torch' in sys.modules, 'torch._dynamo' in sys.modules, 'sympy' in sys.modules)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert run.stdout.split() == ["False", "True", "False", "False"]


def test_without_torch_the_command_for_this_interpreter_is_given() -> None:
    code = (
        "from ipeo_water_plugin.core.training import torch_setup, train\n"
        "import sys\n"
        "print(torch_setup.torch_problem())\n"
        "try:\n    torch_setup.import_torch()\n"
        "except Exception as error:\n    print(type(error).__name__, error)\n"
        "print(sys.modules.get('torch') is not None)\n"
    )
    base = Path(sys.base_prefix) / "bin" / "python3"
    environment = {**os.environ, "PYTHONPATH": f"{WITHOUT_TORCH}:{ROOT}"}
    run = subprocess.run(
        [base, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=environment,
    )
    assert run.stdout.count("PyTorch isn't installed for this Python") == 2
    assert "TorchMissingError" in run.stdout
    assert "-m venv --system-site-packages" in run.stdout
    assert "numpy" not in run.stdout.lower().split("pip install")[-1]
    assert run.stdout.strip().endswith("False")


@pytest.fixture
def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make importing torch fail."""
    monkeypatch.setitem(sys.modules, "torch", None)


@pytest.mark.parametrize("chosen", [{}, {"optimizer": "adam", "batch_size": 100, "learning_rate": 0.1}, {"device": "cpu"}], ids=str)
def test_without_torch_newton_trains_and_says_so(without_torch: None, chosen: dict) -> None:
    samples, progress = made(), Recorder()
    training = train(samples, TrainingSettings(**chosen), progress)
    (line,) = [line for line in progress.infos if "PyTorch" in line]
    assert "trained with the optimizer newton" in line
    assert progress.warnings == []
    record = training.model.training
    assert record["note"] == line
    assert record["settings"]["optimizer"] == "newton"
    assert "torch" not in record["versions"]
    assert training.model.coefficients == train(samples, TrainingSettings(optimizer="newton")).model.coefficients


def test_without_torch_a_perceptron_and_a_gpu_are_errors(without_torch: None) -> None:
    with pytest.raises(TorchMissingError, match=r"A perceptron needs PyTorch\.(.|\n)*isn't installed(.|\n)*install torch"):
        train(made(), quick(hidden_units=2))
    with pytest.raises(DeviceError, match=r"The device cuda needs PyTorch\.(.|\n)*isn't installed"):
        train(made(), quick(device="cuda"))


def test_newton_uses_no_torch_where_there_is_one() -> None:
    progress = Recorder()
    record = train(made(), quick(optimizer="newton", momentum=0.5, learning_rate=0.1), progress).model.training
    assert record["note"] is None
    assert "torch" not in record["versions"]
    assert [warning.split(";")[0] for warning in progress.warnings] == [
        "The optimizer newton has no momentum",
        "The optimizer newton has no learning rate",
    ]


@pytest.mark.parametrize("water", [False, True])
def test_samples_of_one_class_are_an_error(water: bool) -> None:
    samples = made()
    with pytest.raises(TrainingError, match=r"All .* samples are of class"):
        train(samples.take(samples.y == water))


def test_no_samples_are_an_error() -> None:
    with pytest.raises(TrainingError, match="no samples"):
        train(made().take(np.zeros(2000, bool)))


@pytest.mark.parametrize(
    "chosen",
    [
        {"optimizer": "sgd"},
        {"device": "tpu"},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"momentum": 1.0},
        {"epochs": 0},
        {"batch_size": -1},
        {"optimizer": "lbfgs", "batch_size": 10},
        {"optimizer": "newton", "batch_size": 10},
        {"optimizer": "newton", "hidden_units": 2},
        {"optimizer": "newton", "device": "cuda"},
        {"l2": -1e-6},
        {"l2": float("inf")},
        {"water_fraction": 0.0},
        {"water_fraction": 1.0},
        {"validation_fraction": 1.0},
        {"folds": 1},
        {"hidden_units": -1},
        {"seed": -1},
    ],
)
def test_invalid_settings(chosen: dict) -> None:
    with pytest.raises(InputError):
        TrainingSettings(**chosen)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("question", [1, 2, 4])
def test_training_can_be_cancelled(optimizer: str, question: int) -> None:
    with pytest.raises(CancelledError):
        train(made(), TrainingSettings(optimizer=optimizer), Recorder(cancel_at=question))


def test_progress_rises_to_the_end_and_the_log_says_what_was_done() -> None:
    progress = Recorder()
    train(made(), TrainingSettings(folds=3, seed=5, device="cpu"), progress)
    assert progress.fractions == sorted(progress.fractions)
    assert progress.fractions[-1] == 1.0
    told = "\n".join(progress.infos)
    assert "Seed 5" in told
    assert "epochs on cpu: loss" in told


def test_the_model_records_its_training() -> None:
    training = train(made(scenes=("a", "b")), TrainingSettings(seed=2))
    record = json.loads(model_text(training.model))["training"]
    assert [s["name"] for s in record["scenes"]] == ["a", "b"]
    assert record["samples"]["water"]["pixels"] == int(made(scenes=("a", "b")).y.sum())
    assert record["settings"]["seed"] == record["seed"] == 2
    assert record["scores"]["validation"]["f1"] == training.validation.f1
    assert {"torch", "numpy", "python"} <= set(record["versions"])
    inputs = training.model.inputs
    X = made(scenes=("a", "b")).X
    np.testing.assert_allclose([i.mean for i in inputs], X.mean(0))
    np.testing.assert_allclose([i.sd for i in inputs], X.std(0))
    np.testing.assert_allclose([i.minimum for i in inputs], X.min(0))


def test_torch_and_process_settings_stay_as_they_were() -> None:
    import torch

    before = torch.get_num_threads(), torch.get_default_dtype(), torch.random.get_rng_state().clone(), np.random.get_state()[1].copy()  # noqa: NPY002
    train(made(), TrainingSettings(hidden_units=3, epochs=20))
    assert (torch.get_num_threads(), torch.get_default_dtype()) == before[:2]
    assert torch.equal(torch.random.get_rng_state(), before[2])
    assert (np.random.get_state()[1] == before[3]).all()  # noqa: NPY002


ANY_TEXT = st.text(st.characters(), max_size=300)
SCENES = st.builds(
    Scene,
    name=ANY_TEXT,
    data_type=st.none() | ANY_TEXT,
    crs=st.none() | ANY_TEXT,
    scale=st.lists(st.none() | st.floats(), max_size=3).map(tuple),
    nodata=st.lists(st.none() | st.floats(), max_size=3).map(tuple),
)


@settings(max_examples=examples(40), deadline=None)
@given(names=st.lists(ANY_TEXT, min_size=1, max_size=3, unique=True), scenes=st.lists(SCENES, min_size=1, max_size=3))
def test_what_training_writes_can_be_read(tmp_path_factory: pytest.TempPathFactory, names: list[str], scenes: list[Scene]) -> None:
    """Whatever the names of bands and scenes; a name that a model file can't hold is an error before training."""
    path = tmp_path_factory.mktemp("model") / "m.json"
    X = np.random.default_rng(0).normal(0, 1, (40, len(names)))
    samples = Samples(X, X[:, 0] > 0, np.arange(40), np.arange(40, dtype=np.int32) % len(scenes), tuple(names), tuple(scenes))
    progress = Recorder()
    try:
        training = train(samples, TrainingSettings(epochs=2, folds=0, validation_fraction=0), progress)
    except ModelError as error:
        assert "can't be stored in a model file" in str(error)
        assert progress.fractions == []
        return
    try:
        write_model(training.model, path)
    except ModelError as error:
        # A scale that isn't finite.
        assert "aren't finite" in str(error) or "aren't all finite" in str(error)
        return
    assert read_model(path).digest == training.model.digest


def test_a_model_of_thousands_of_scenes(tmp_path: Path) -> None:
    """The file describes some of them, including every data type, and gives their number."""
    count = 4000
    scenes = [
        Scene(f"scene {n} " + "x" * 240, "uint16", (10.0, 10.0), "EPSG:32633", (None,) * 3, (None,) * 3, (0.0,) * 3) for n in range(count)
    ]
    scenes[3900] = Scene("another", "uint8")
    X = np.random.default_rng(0).normal(0, 1, (count, 3))
    samples = Samples(X, X[:, 0] > 0, np.zeros(count, int), np.arange(count, dtype=np.int32), ("green", "red", "nir"), tuple(scenes))
    training = train(samples, TrainingSettings(epochs=2, folds=0, validation_fraction=0), progress := Recorder())
    write_model(training.model, tmp_path / "m.json")
    read = read_model(tmp_path / "m.json")
    assert read.data_types_of("green") == {"uint16", "uint8"}
    assert read.training["scene_count"] == count
    assert 100 < len(read.training["scenes"]) < count
    assert any("of the 4000 scenes" in line for line in progress.infos)


@pytest.mark.parametrize(("inputs", "hidden"), [(400, 256), (3000, 0)])
def test_a_model_too_large_for_its_file_is_refused_before_the_work(inputs: int, hidden: int) -> None:
    X = np.random.default_rng(0).normal(0, 1, (20, inputs))
    samples = Samples(X, X[:, 0] > 0, np.arange(20), np.zeros(20, np.int32), tuple(f"band_{n}" for n in range(inputs)), (Scene("a"),))
    with pytest.raises(ModelError, match="too large for its file"):
        train(samples, TrainingSettings(hidden_units=hidden), progress := Recorder())
    assert progress.infos == []


@pytest.mark.parametrize(("inputs", "hidden"), [(100, 256), (2000, 0)])
def test_the_largest_models_can_be_read(inputs: int, hidden: int) -> None:
    check_size([f"band_{n}" for n in range(inputs)], hidden)
    entries = tuple(ModelInput(f"band_{n}", "extra", *([-0.12345678901234567e-100] * 4), (0.12345678901234567,) * 5) for n in range(inputs))
    shapes = [(hidden, inputs), (1, hidden)] if hidden else [(1, inputs)]
    layers = tuple(Layer(np.full(shape, -0.12345678901234567e-100), np.zeros(shape[0])) for shape in shapes)
    assert parse_model(model_text(WaterModel(entries, layers)).encode()).names[-1] == f"band_{inputs - 1}"


def of_two(one: Scene, other: Scene, names: tuple[str, ...] = NAMES) -> list[str]:
    """Return the warnings of training about samples from two scenes."""
    samples = replace(made(400, scenes=("a", "b")), names=names, scenes=(one, other))
    train(samples, TrainingSettings(epochs=2, folds=0, validation_fraction=0, optimizer="lbfgs"), progress := Recorder())
    return [warning for warning in progress.warnings if "images" in warning]


NONE, S2 = {"scale": (None,) * 3, "offset": (None,) * 3}, {"scale": (1e-4,) * 3, "offset": (-0.1,) * 3}
INPUTS = {"inputs": NAMES}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # One was sampled with an extra band besides.
        (Scene("a", **NONE, **INPUTS), Scene("b", scale=(None,) * 4, offset=(None,) * 4, inputs=(*NAMES, "swir"))),
        (Scene("a", **NONE), Scene("b", **NONE, **INPUTS)),
        (Scene("a", **S2, **INPUTS), Scene("b", scale=(2.0, *S2["scale"]), offset=(0.0, *S2["offset"]), inputs=("swir", *NAMES))),
        # Virtual rasters and JPEG 2000 have 1 and 0 where nothing is declared.
        (Scene("a", **NONE, **INPUTS), Scene("b", scale=(1.0,) * 3, offset=(0.0,) * 3, **INPUTS)),
        # What a cut text doesn't tell isn't another scale.
        (Scene("a", **S2, **INPUTS), Scene("b")),
        (Scene("a", "uint16", **INPUTS), Scene("b", "uint16 float32", inputs=(*NAMES, "dem"), data_types=("uint16",) * 3 + ("float32",))),
    ],
)
def test_scenes_that_dont_differ_in_what_is_used_give_no_warning(one: Scene, other: Scene) -> None:
    assert of_two(one, other) == []


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        (Scene("a", **NONE, **INPUTS), Scene("b", **S2, **INPUTS), "different scales or offsets for green, red and nir,"),
        (Scene("a", **S2, **INPUTS), Scene("b", **{**S2, "offset": (-0.1, 0.0, -0.1)}, **INPUTS), "different scales or offsets for red,"),
        # The same entries, of bands in another order.
        (
            Scene("a", scale=(1.0, 2.0, 3.0), offset=(0.0,) * 3, inputs=("nir", "red", "green")),
            Scene("b", scale=(1.0, 2.0, 3.0), offset=(0.0,) * 3, **INPUTS),
            "different scales or offsets for green and nir,",
        ),
        (Scene("a", "uint16", **INPUTS), Scene("b", "uint16 uint8", data_types=("uint16", "uint16", "uint8"), **INPUTS), "(uint16, uint8)"),
    ],
)
def test_scenes_that_differ_in_what_is_used_give_a_warning(one: Scene, other: Scene, words: str) -> None:
    (warning,) = of_two(one, other)
    assert words in warning


def test_a_model_remembers_scales_by_name() -> None:
    scene = Scene("s", scale=(9.0, 1e-4, 2e-4, 3e-4), offset=(1.0, -0.1, -0.2, None), inputs=("swir", "nir", "red", "green"))
    model = train(replace(made(400), scenes=(scene,)), TrainingSettings(epochs=2, folds=0, validation_fraction=0)).model
    assert [(i.scale, i.offset) for i in model.inputs] == [(3e-4, 0.0), (2e-4, -0.2), (1e-4, -0.1)]


def test_one_id_for_polygons_of_both_classes_gives_a_warning() -> None:
    samples = made(400)
    progress = Recorder()
    train(replace(samples, polygon=samples.polygon // 2), TrainingSettings(epochs=2, folds=0, validation_fraction=0), progress)
    assert any(w.startswith("10 polygons hold samples of both classes.") for w in progress.warnings)
    train(samples, TrainingSettings(epochs=2, folds=0, validation_fraction=0), progress := Recorder())
    assert not any("both classes" in w for w in progress.warnings)
