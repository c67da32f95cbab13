"""What users read goes through tr(), and no translation can break it."""

from __future__ import annotations

import ast
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ipeo_water_plugin.core import errors
from ipeo_water_plugin.core.errors import WaterError
from ipeo_water_plugin.core.system.files import temporary_beside
from ipeo_water_plugin.core.translation import format_list, placeholders, set_translator, tr

SOURCES = Path(__file__).resolve().parents[2] / "ipeo_water_plugin"
FOLDER = "The folder {folder} doesn't exist: create it, or choose another destination."

# What is raised for users, and what is shown to them as it goes along; GdalErrors is handed the beginning of an error.
RAISED = {name for name, value in vars(errors).items() if isinstance(value, type)} | {"QgsProcessingException", "FileNotFoundError"}
SHOWN = {"info", "warn", "GdalErrors"}


@pytest.fixture
def german() -> Iterator[dict[str, str]]:
    """A catalogue to fill."""
    catalogue: dict[str, str] = {}
    set_translator(lambda text, n: catalogue.get(text, text))
    yield catalogue
    set_translator(None)


def untranslated(source: str) -> list[int]:
    """Return lines that show users text without tr()."""
    tree = ast.parse(source)
    lines = []
    for function in [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.Module))]:
        named = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                named.setdefault(node.targets[0].id, []).append(node.value)
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and node.args and _name(node.func) in RAISED | SHOWN:
                shown = node.args[0]
                texts = named.get(shown.id, []) if isinstance(shown, ast.Name) and isinstance(function, ast.FunctionDef) else [shown]
                lines += [text.lineno for text in texts if _own_words(text)]
    return sorted(set(lines))


def sentences(source: str) -> list[int]:
    """Return lines with a sentence that doesn't go through tr(), except docstrings and messages for programmers."""
    tree = ast.parse(source)
    above = {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    misused = {
        id(block[index - 1])
        for node in ast.walk(tree)
        for block in (getattr(node, "body", None), getattr(node, "orelse", None))
        if isinstance(block, list)
        for index, statement in enumerate(block)
        if isinstance(statement, ast.Raise) and isinstance(statement.exc, ast.Call) and _name(statement.exc.func) not in RAISED
    }
    lines = []
    for node in ast.walk(tree):
        if not isinstance(node, (ast.JoinedStr, ast.Constant)) or isinstance(
            above[id(node)], (ast.Expr, ast.JoinedStr, ast.FormattedValue)
        ):
            continue
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        text = "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in parts)
        held = id(above[id(node)]) in misused or _name(getattr(above[id(node)], "func", node)) == "tr"
        if not held and re.fullmatch(r"\S+( \S+){3,}[.:]", text):
            lines.append(node.lineno)
    return lines


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _own_words(node: ast.AST) -> bool:
    # A failure of PyTorch is a value that has its text from tr() when it is read.
    if isinstance(node, ast.Call) and _name(node.func) in {"tr", "TorchFailure"}:
        return False
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and re.search("[A-Za-z]{2}", node.value) is not None
    if isinstance(node, (ast.Subscript, ast.Compare)):
        return False
    return any(_own_words(child) for child in ast.iter_child_nodes(node))


def _files() -> list[Path]:
    return sorted(SOURCES.rglob("*.py"))


def test_every_error_and_every_line_of_the_log_can_be_translated() -> None:
    found = [f"{path.relative_to(SOURCES)}:{line}" for path in _files() for line in untranslated(path.read_text(encoding="utf-8"))]
    assert not found


@pytest.mark.parametrize(
    "planted",
    [
        'def f(n):\n    msg = f"{n} lakes are too many."\n    raise InputError(msg)',
        'def f():\n    msg = "No lake."\n    raise WaterError(msg) from None',
        'def f(n):\n    raise RasterError(tr("Lake: ") + "dry")',
        'def f(progress, n):\n    progress.warn(f"{n} lakes")',
        'def f(progress, dry):\n    progress.info("dry" if dry else tr("wet"))',
        'def f(n):\n    msg = tr("{n} lakes{more}").format(n=n, more=" and more")\n    raise InputError(msg)',
        'def f(path):\n    with GdalErrors(f"{path} is dry"):\n        pass',
    ],
)
def test_a_planted_message_is_found(planted: str) -> None:
    assert untranslated(planted)


def test_no_sentence_stands_aside() -> None:
    found = [f"{path.relative_to(SOURCES)}:{line}" for path in _files() for line in sentences(path.read_text(encoding="utf-8"))]
    assert not found


@pytest.mark.parametrize(
    "planted", ['"The lake is dry: fill it."', 'f"The {n} lakes are dry."', 'tr("The sea.") + "The lake is quite dry."']
)
def test_a_planted_sentence_is_found(planted: str) -> None:
    assert sentences(f'def f(n):\n    """Say how the lake is."""\n    return {planted}') == [3]


def test_translated_and_programmers_messages_are_left_alone() -> None:
    assert not untranslated(
        'def f(n, progress):\n    progress.info(tr("{n} lakes").format(n=", ".join(n)))\n    msg = "misuse"\n    raise ValueError(msg)'
    )


def test_no_text_is_translated_before_the_language_is_known() -> None:
    early = []
    for path in _files():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        late = {
            id(node) for function in ast.walk(tree) if isinstance(function, (ast.FunctionDef, ast.Lambda)) for node in ast.walk(function)
        }
        early += [
            f"{path.relative_to(SOURCES)}:{node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and _name(node.func) == "tr" and id(node) not in late
        ]
    assert not early


def test_an_error_of_core_is_told_in_the_users_language(german: dict[str, str], tmp_path: Path) -> None:
    missing = tmp_path / "none"
    german[FOLDER] = "Den Ordner {folder} gibt es nicht."
    with pytest.raises(WaterError, match=f"^{re.escape(f'Den Ordner {missing} gibt es nicht.')}$"):
        temporary_beside(missing / "a.tif", ".tif")


@pytest.mark.parametrize(
    "wrong", ["Den Ordner gibt es nicht.", "Den Ordner {ordner} gibt es nicht.", "{folder", "{folder:d}", "{folder} {0}", "{}"]
)
def test_a_translation_with_other_places_is_left_aside(wrong: str, german: dict[str, str], tmp_path: Path) -> None:
    missing = tmp_path / "none"
    german[FOLDER] = wrong
    with pytest.raises(WaterError, match=f"^{re.escape(FOLDER.format(folder=missing))}$"):
        temporary_beside(missing / "a.tif", ".tif")


def test_places_may_change_their_order(german: dict[str, str]) -> None:
    german["{share:.0%} of {name!r}"] = "Von {name!r} {share:.0%}"
    assert tr("{share:.0%} of {name!r}").format(share=0.5, name="a") == "Von 'a' 50%"
    assert placeholders("{share:.0%} of {name!r}") == {("share", "", ".0%"), ("name", "r", "")}


@pytest.mark.parametrize(
    ("words", "shown"), [([], ""), (["green"], "green"), (["green", "red"], "green and red"), (["a", "b", "c"], "a, b and c")]
)
def test_words_in_a_row(words: list[str], shown: str, german: dict[str, str]) -> None:
    assert format_list(words) == shown
    german["{most} and {last}"] = "{most} und {last}"
    assert format_list(words) == shown.replace(" and ", " und ")


def test_a_plural_takes_its_form_from_the_number(german: dict[str, str]) -> None:
    def shown(n: int) -> str:
        return tr("{n} band of {image}", "{n} bands of {image}", n=n).format(n=n, image="x")

    assert [shown(n) for n in (0, 1, 2)] == ["0 bands of x", "1 band of x", "2 bands of x"]
    german["{n} bands of {image}"] = "ein Band von {image}"
    assert shown(1) == "ein Band von x"
    german["{n} bands of {image}"] = "{n} Bänder"
    assert shown(2) == "2 bands of x"


def test_every_thread_speaks_the_language(german: dict[str, str]) -> None:
    german["Cancelled."] = "Abgebrochen."
    heard: list[str] = []
    worker = threading.Thread(target=lambda: heard.append(tr("Cancelled.")))
    worker.start()
    worker.join()
    assert heard == ["Abgebrochen."]
    set_translator(None)
    assert tr("Cancelled.") == "Cancelled."
