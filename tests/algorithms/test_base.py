"""What all algorithms share: how values are read and progress is told."""

from __future__ import annotations

from typing import Any

import pytest
from qgis.core import NULL, QgsApplication, QgsProcessingContext, QgsProcessingMultiStepFeedback, QgsProperty
from runs import Feedback

from ipeo_water_plugin.algorithms.base import FeedbackProgress, Values
from ipeo_water_plugin.core.errors import InputError


def values(**parameters: Any) -> Values:
    algorithm = QgsApplication.processingRegistry().algorithmById("ipeowater:mapwater").create()
    return Values(algorithm, parameters, QgsProcessingContext())


@pytest.mark.parametrize("nothing", [None, NULL, "", " ", QgsProperty.fromExpression("NULL")])
def test_an_optional_number_that_is_absent_is_none(nothing: object) -> None:
    """QGIS itself reads each of these as 0."""
    assert values(WATER_FRACTION=nothing).optional_number("WATER_FRACTION") is None
    assert values().optional_number("WATER_FRACTION") is None


@pytest.mark.parametrize(
    ("given", "read"), [(0, 0.0), ("0", 0.0), (0.25, 0.25), ("1e-3", 0.001), (QgsProperty.fromExpression("0.5 / 2"), 0.25), (1 / 3, 1 / 3)]
)
def test_an_optional_number_that_is_there(given: object, read: float) -> None:
    assert values(WATER_FRACTION=given).optional_number("WATER_FRACTION") == read


@pytest.mark.parametrize("given", ["much", "0,5", "nan", "inf", "[1]"])
def test_what_is_no_number_is_refused(given: str) -> None:
    with pytest.raises(InputError, match="Expected share of water"):
        values(WATER_FRACTION=given).optional_number("WATER_FRACTION")


def test_absent_bands_are_none_at_all() -> None:
    """QGIS reads an empty text as band 0."""
    for nothing in (None, "", []):
        assert values(EXTRA_BANDS=nothing).integers("EXTRA_BANDS") == ()
    assert values().integers("EXTRA_BANDS") == ()
    assert values(EXTRA_BANDS="5;6").integers("EXTRA_BANDS") == (5, 6)


def test_progress_only_rises() -> None:
    feedback = Feedback()
    progress = FeedbackProgress(feedback)
    for fraction in (0.1, 0.5, 0.3, 0.5, 2.0):
        progress.set(fraction)
    assert feedback.fractions == [10, 50, 100]


def test_progress_of_a_chain_rises_over_its_steps() -> None:
    """A step that ends at once must still be seen to end."""
    feedback = Feedback()
    steps = QgsProcessingMultiStepFeedback(2, feedback)
    for step in (0, 1):
        steps.setCurrentStep(step)
        FeedbackProgress(steps).set(1.0)
    assert feedback.fractions == [50, 100]
