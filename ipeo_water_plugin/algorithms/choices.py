"""Choices: one word of a fixed list, by which scripts and models name them, with a label that dialogs show in its place."""

from __future__ import annotations

from qgis.core import QgsProcessingParameterDefinition, QgsProcessingParameterEnum

# Key of a parameter's metadata: the labels, in the order of the options.
LABELS = "ipeo_water_labels"


def choice_parameter(key: str, label: str, options: dict[str, str], default: str) -> QgsProcessingParameterEnum:
    """Return a parameter that takes one of several words.

    Args:
        key: of the parameter.
        label: of the parameter, translated.
        options: the words, each with its own label, translated.
        default: one of the words.
    """
    parameter = QgsProcessingParameterEnum(key, label, list(options), allowMultiple=False, defaultValue=default, usesStaticStrings=True)
    parameter.setMetadata({LABELS: list(options.values())})
    return parameter


def labels_of(parameter: QgsProcessingParameterDefinition) -> list[str]:
    """Return the labels of a choice, in the order of its options; none of another parameter."""
    return parameter.metadata().get(LABELS, [])
