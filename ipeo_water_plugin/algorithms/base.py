"""What all algorithms share: how a run is checked, read and reported, and how errors and progress reach QGIS."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qgis.core import (
    NULL,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputDefinition,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterNumber,
)
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QWidget

from ..core.errors import InputError, WaterError
from ..core.system.files import temporary_beside
from ..core.system.redaction import redacted
from ..core.translation import tr
from ..paths import help_page, resources
from .guard import destinations, refuse_edited, refuse_endless, refuse_loss, refuse_overwriting, watch_edits
from .help import example, results
from .layervalues import plain
from .reloading import reload_layers
from .source import LayerSource

# Ids of the groups in the toolbox, in the order of work.
GROUPS = ("draw", "map", "check", "many", "setup")

# Kinds of numbers.
WHOLE, REAL = QgsProcessingParameterNumber.Type.Integer, QgsProcessingParameterNumber.Type.Double

# Key of the parameter and result of every algorithm that writes a report.
OUTPUT_REPORT = "OUTPUT_REPORT"


def icon_path() -> str:
    """Return the path of the plugin's icon."""
    return str(resources() / "icons" / "ipeo_water.svg")


def explained(definition: QgsProcessingParameterDefinition, text: str, *, advanced: bool = False) -> QgsProcessingParameterDefinition:
    """Return the parameter with its help, which the dialog shows as a tool tip and the algorithm's help repeats."""
    definition.setHelp(text)
    return as_advanced(definition) if advanced else definition


def as_advanced(definition: QgsProcessingParameterDefinition) -> QgsProcessingParameterDefinition:
    """Return the parameter marked as advanced, so that the dialog folds it away."""
    definition.setFlags(definition.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
    return definition


class FeedbackProgress:
    """The core's Progress over QGIS' feedback, without credentials. Only the algorithm's own thread may use it."""

    def __init__(self, feedback: QgsProcessingFeedback) -> None:
        self._feedback = feedback
        self._highest = 0.0
        # The feedback of a chain still stands at the end of the step before, and reports only what is new.
        feedback.setProgress(0)

    def set(self, fraction: float) -> None:
        """Move the progress bar, forwards only."""
        if fraction > self._highest:
            self._highest = fraction
            self._feedback.setProgress(100.0 * min(fraction, 1.0))

    def info(self, message: str) -> None:
        self._feedback.pushInfo(redacted(message))

    def warn(self, message: str) -> None:
        self._feedback.pushWarning(redacted(message))

    def cancelled(self) -> bool:
        return self._feedback.isCanceled()


class Values:
    """The values of one run, read as QGIS reads them.

    QGIS reads an optional number that is absent, or isn't a number, as 0: here it is None, or an error.
    """

    def __init__(self, algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Read what `parameters` holds for the algorithm."""
        self.algorithm, self.parameters, self.context = algorithm, parameters, context
        # What the log is to say of the layers given, and to warn of.
        self.notes: list[str] = []
        self.warnings: list[str] = []

    def given(self, key: str) -> bool:
        """Whether a value was given at all."""
        value = self.parameters.get(key)
        return value is not None and value not in (NULL, "", [])

    def label(self, key: str) -> str:
        """Return the name of a parameter in the dialog."""
        return self.algorithm.parameterDefinition(key).description()

    def text(self, key: str) -> str:
        """Return a text; "" if not given."""
        return self.algorithm.parameterAsString(self.parameters, key, self.context) or ""

    def texts(self, key: str) -> tuple[str, ...]:
        """Return several texts, such as names of fields."""
        # What reads them was called parameterAsFields once, and will be gone under that name.
        read = getattr(self.algorithm, "parameterAsStrings", None) or self.algorithm.parameterAsFields
        return tuple(read(self.parameters, key, self.context)) if self.given(key) else ()

    def flag(self, key: str) -> bool:
        """Return a yes or no."""
        return self.algorithm.parameterAsBool(self.parameters, key, self.context)

    def choice(self, key: str) -> str:
        """Return the name of the chosen entry of a list."""
        return self.algorithm.parameterAsEnumString(self.parameters, key, self.context)

    def integer(self, key: str) -> int:
        """Return a whole number that has a default."""
        return self.algorithm.parameterAsInt(self.parameters, key, self.context)

    def number(self, key: str) -> float:
        """Return a number that has a default."""
        return self.algorithm.parameterAsDouble(self.parameters, key, self.context)

    def optional_number(self, key: str) -> float | None:
        """Return a number, or None if not given.

        Raises:
            InputError: the value is not a number.
        """
        written = self.text(key).strip() if self.given(key) else ""
        if not written:
            return None
        try:
            value = float(written)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            msg = tr("{parameter} is “{written}”, which is not a number.").format(parameter=self.label(key), written=written)
            raise InputError(msg)
        return value

    def optional_integer(self, key: str) -> int | None:
        """Return a whole number, or None if not given.

        Raises:
            InputError: the value is not a whole number.
        """
        value = self.optional_number(key)
        if value is not None and value != int(value):
            msg = tr("{parameter} is {value:g}, which is not a whole number.").format(parameter=self.label(key), value=value)
            raise InputError(msg)
        return None if value is None else int(value)

    def integers(self, key: str) -> tuple[int, ...]:
        """Return several whole numbers, from a list or a text.

        Raises:
            InputError: one is no whole number.
        """
        given = [str(value) for value in plain(self.parameters.get(key), self.context)]
        words = [word for text in given for word in re.split(r"[;,\s]+", text) if word]
        if not all(re.fullmatch(r"-?\d+", word) for word in words):
            msg = tr("{parameter}: “{written}” is not a list of numbers. Write whole numbers such as 5;6.")
            raise InputError(msg.format(parameter=self.label(key), written=";".join(given)))
        return tuple(map(int, words))

    def source(self, key: str, advice: str) -> LayerSource:
        """Return a vector layer to be read in the algorithm's own thread.

        Args:
            key: the parameter.
            advice: what to choose in place of a layer that can't be opened.

        Raises:
            InputError: it can't be opened.
            RasterError: it can't be read.
        """
        source = LayerSource.from_value(self.parameters.get(key, self.algorithm.parameterDefinition(key).defaultValue()), self.context)
        if source is None:
            raise self.unopened(key, advice)
        if source.others:
            text = tr("“{layer}” is the first layer of its file. Others in it are not read: {others}. Name one by |layername=.")
            self.notes.append(text.format(layer=source.name, others=", ".join(source.others)))
        return source

    def unopened(self, key: str, advice: str) -> InputError:
        """Return the error of a layer that can't be opened, and of one that isn't given."""
        text = tr("{parameter}: {layer} can't be opened. {advice}")
        return InputError(text.format(parameter=self.label(key), layer=self.text(key) or tr("(none given)"), advice=advice))

    def raster_destination(self, key: str, suffix: str = ".tif") -> str:
        """Return the path of a raster output. Call it once per run: QGIS makes a new temporary name each time.

        Raises:
            InputError: it has another suffix.
            WaterError: its folder can't be written to.
        """
        return _checked_destination(self.algorithm.parameterAsOutputLayer(self.parameters, key, self.context), suffix)

    def file_destination(self, key: str, suffix: str) -> str | None:
        """Return the path of a file output, or None if it isn't wanted. Call it once per run.

        Raises:
            InputError: it has another suffix.
            WaterError: its folder can't be written to.
        """
        if not self.given(key) and self.algorithm.parameterDefinition(key).flags() & QgsProcessingParameterDefinition.Flag.FlagOptional:
            return None
        return _checked_destination(self.algorithm.parameterAsFileOutput(self.parameters, key, self.context), suffix)


def _checked_destination(destination: str, suffix: str) -> str:
    """Check a destination before the work, not after."""
    # A name that ends in a slash has a suffix, but nothing can be loaded by it.
    if Path(destination).suffix.lower() != suffix or not destination.lower().endswith(suffix):
        msg = tr("{destination} doesn't end in {suffix}, the only format of this output: choose another name.")
        raise InputError(msg.format(destination=destination or tr("The output"), suffix=suffix))
    temporary_beside(Path(destination), suffix)
    return destination


# What stands beside a mixin; at run time QGIS' classes don't take part in a diamond of inheritance.
if TYPE_CHECKING:
    from qgis.core import QgsProcessingAlgorithm as _Algorithm
else:
    _Algorithm = object


class Described(_Algorithm):
    """What the toolbox shows of an algorithm or model: its group, its icon and its help."""

    GROUP = ""
    # Parameters that the example shows although they needn't be given.
    EXAMPLE: tuple[str, ...] = ()

    def purpose(self) -> str:
        """Return what the algorithm is for; the first line alone is its tool tip."""
        raise NotImplementedError

    def trouble(self) -> str:
        """Return what goes wrong most often, and what to do."""
        return ""

    def groupId(self) -> str:
        return self.GROUP

    def group(self) -> str:
        # Numbered, since the toolbox sorts by name.
        names = (tr("1 Draw"), tr("2 Map"), tr("3 Check"), tr("4 Many images"), tr("5 Setup"))
        return dict(zip(GROUPS, names))[self.GROUP]

    def icon(self) -> QIcon:
        return QIcon(self.svgIconPath())

    def svgIconPath(self) -> str:
        """Return the path of the same icon: the algorithm's own, or the plugin's."""
        own = resources() / "icons" / f"{self.name()}.svg"
        return str(own) if own.exists() else icon_path()

    def shortDescription(self) -> str:
        """Return the tool tip in the toolbox."""
        return self.purpose().split("\n")[0]

    def shortHelpString(self) -> str:
        """Return the help, what is needed most first: a model's author alone reads the numbers that come out, at the end."""
        advanced = QgsProcessingParameterDefinition.Flag.FlagAdvanced
        told = {True: [tr("Advanced parameters:")], False: []}
        for parameter in self.parameterDefinitions():
            told[bool(parameter.flags() & advanced)].append(f"{parameter.description()}: {parameter.help()}")
        found = [tr("Results, besides files and layers:"), *(f"{output.name()}: {output.description()}." for output in results(self))]
        trouble = [tr("When it goes wrong:"), self.trouble()] if self.trouble() else []
        command = [tr("On a command line:"), self.example()]
        parts = (told[False], trouble, told[True] if len(told[True]) > 1 else [], command, found if len(found) > 1 else [])
        return "\n\n".join([self.purpose(), *(paragraph for part in parts for paragraph in part)])

    def helpUrl(self) -> str:
        """Return the address of the algorithm's page, which the button Help of its dialog opens; "" if it is missing."""
        try:
            return help_page(f"algorithms/{self.name()}").as_uri()
        except FileNotFoundError:
            return ""

    def example(self) -> str:
        """Return the shortest command line that runs the algorithm."""
        return example(self, self.EXAMPLE)


class Guarded(_Algorithm):
    """What every algorithm and model of the provider does before and after a run.

    A run doesn't overwrite its inputs or what can't be recreated; layers of the project are reloaded if it wrote their files.
    """

    # Fields of every layer that it writes, which distinguish a result from what somebody drew; () if a person edits the layer afterwards,
    # which then is never replaced with features in it; None if it writes no layer.
    FIELDS: tuple[str, ...] | None = None
    # Folders of which `process` itself says which files in them are read and written; of any other, all may be.
    FOLDERS: tuple[str, ...] = ()

    def replaceable(self) -> list[tuple[str, ...]]:
        """Return the fields of each kind of layer that a run may replace: any result of this plugin, which a run can make again."""
        return [kind.FIELDS for kind in WaterAlgorithm.__subclasses__() if kind.FIELDS] if self.FIELDS else []

    def check_outputs(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Check where the outputs of a run go.

        Raises:
            WaterError: one can't go there.
        """
        refuse_overwriting(self, parameters, context)

    def checkParameterValues(self, parameters: dict[str, Any], context: QgsProcessingContext) -> tuple[bool, str]:
        """Check the destinations before a run, when called by QGIS."""
        _, message = _attempt(lambda: self.check_outputs(parameters, context))
        return (False, redacted(message)) if message is not None else super().checkParameterValues(parameters, context)

    def prepareAlgorithm(self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback) -> bool:
        """Check the destinations in any case: models and alg.run don't call checkParameterValues."""
        _, message = _attempt(lambda: self.check_outputs(parameters, context))
        if message is not None:
            feedback.reportError(redacted(message))
            return False
        found = list(destinations(self, parameters, context))
        self.written = [destination.file for destination in found if destination.file]
        self.edited = watch_edits(found, context)
        return super().prepareAlgorithm(parameters, context, feedback)

    def postProcessAlgorithm(self, context: QgsProcessingContext, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        """Reload layers of the project whose files were written."""
        reload_layers(self.written, context)
        return super().postProcessAlgorithm(context, feedback)


class WaterAlgorithm(Described, Guarded, QgsProcessingAlgorithm):
    """An algorithm of the provider.

    The name of its class, in lower case, is its id and the name of its module: it stays, since models and scripts use it. A subclass adds
    its parameters in `initAlgorithm`, reads and checks their values in `read`, and uses only the result in `process`.
    """

    def name(self) -> str:
        return type(self).__name__.lower()

    def read(self, values: Values) -> Any:
        """Check and read the parameters of a run.

        Raises:
            WaterError: a value is invalid, or values contradict each other.
        """
        raise NotImplementedError

    def process(self, job: Any, values: Values, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        """Do the work, with the result of `read`; `values` is used for destinations only.

        Raises:
            WaterError: the work can't be done.
        """
        raise NotImplementedError

    def load(self, job: Any, feedback: QgsProcessingFeedback) -> None:
        """Load what the job needs and must not be loaded in the thread of a run, which ends with it."""

    def add(self, parameters: Iterable[QgsProcessingParameterDefinition], outputs: Iterable[QgsProcessingOutputDefinition] = ()) -> None:
        """Add parameters, and outputs without a parameter.

        Raises:
            ValueError: a key stands twice.
        """
        added = [*(self.addParameter(parameter) for parameter in parameters), *(self.addOutput(output) for output in outputs)]
        if not all(added):
            msg = f"A parameter or output of {self.name()} stands twice."
            raise ValueError(msg)

    def createCustomParametersWidget(self, parent: QWidget | None = None) -> QWidget | None:
        """Return the dialog in QGIS desktop; None = the one that QGIS makes."""
        try:
            from .dialog import make_dialog  # noqa: PLC0415 - only on a desktop
        except ImportError:
            return None
        return make_dialog(self.create(), parent)

    def createInstance(self) -> WaterAlgorithm:
        return type(self)()

    def checkParameterValues(self, parameters: dict[str, Any], context: QgsProcessingContext) -> tuple[bool, str]:
        """Check the parameters before a run, when called by QGIS."""
        _, message = _attempt(lambda: self._read(Values(self, parameters, context)))
        if message is not None:
            return False, redacted(message)
        accepted, message = super().checkParameterValues(parameters, context)
        return accepted, redacted(message)

    def prepareAlgorithm(self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback) -> bool:
        """Check and read the parameters in any case: models and alg.run don't call checkParameterValues."""
        values = Values(self, parameters, context)
        self._job, message = _attempt(lambda: self._read(values))
        if message is None:
            accepted, message = QgsProcessingAlgorithm.checkParameterValues(self, parameters, context)
            message = None if accepted else message
        if message is not None:
            feedback.reportError(redacted(message))
            return False
        for note in dict.fromkeys(values.notes):
            feedback.pushInfo(note)
        for warning in dict.fromkeys(values.warnings):
            feedback.pushWarning(redacted(warning))
        self.load(self._job, feedback)
        return super().prepareAlgorithm(parameters, context, feedback)

    def _read(self, values: Values) -> Any:
        for key in values.parameters:
            if self.parameterDefinition(key) is None:
                values.warnings.append(tr("{key} is not a parameter of {algorithm}: it is ignored.").format(key=key, algorithm=self.name()))
        refuse_endless(self, values.parameters, values.context)
        return self.read(values)

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Work on the plain values. A cancelled run fails too: it has no result that a model or script could go on with."""
        results, message = _attempt(lambda: self.process(self._job, Values(self, parameters, context), feedback))
        self._job = None
        if message is None:
            _tell_report(results.get(OUTPUT_REPORT), feedback)
            return results
        # QGIS never frees the exception of a run, nor the frames in its traceback, nor what those and their callers hold. So it gets no
        # traceback; Python before 3.11 puts this frame into one in any case, which then holds nothing.
        parameters = context = feedback = None  # type: ignore[assignment]
        try:
            raise QgsProcessingException(redacted(message))  # noqa: TRY301 - raised again, a frame isn't added
        except QgsProcessingException as failure:
            failure.__traceback__ = None
            raise


def _tell_report(path: str | None, feedback: QgsProcessingFeedback) -> None:
    """Say in the log where the report is: as a link where QGIS can show one, from 3.36 on."""
    if not path:
        return
    text, link = tr("Report: {file}"), f'<a href="{Path(path).absolute().as_uri()}">{html.escape(path)}</a>'
    if hasattr(feedback, "pushFormattedMessage"):
        feedback.pushFormattedMessage(html.escape(text).format(file=link), text.format(file=path))
    else:
        feedback.pushInfo(text.format(file=path))


def refuse_loss_at(values: Values, key: str) -> None:
    """Check again what is at a destination just before it is replaced.

    Raises:
        InputError: as `refuse_loss`, or a layer of the project that shows it was edited since the run was prepared.
    """
    refuse_edited(values.algorithm.edited)
    for destination in destinations(values.algorithm, values.parameters, values.context):
        if destination.key == key:
            refuse_loss(destination, values.algorithm.replaceable())


def _attempt(work: Callable[[], Any]) -> tuple[Any, str | None]:
    """Return the result of the work and None, or None and the error message.

    QGIS keeps the exception of a run for good. Raised from the work's own, it would keep all that was at hand there: arrays, and
    connections to a file, of which QGIS has so few that a later run would wait for one without end.
    """
    try:
        return work(), None
    except WaterError as error:
        return None, str(error)
    except OSError as error:
        # A folder that is removed while a run writes to it, for example.
        return None, tr("{file} can't be read or written: {reason}.").format(file=error.filename or "–", reason=error.strerror or error)
