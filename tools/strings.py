"""Write resources/i18n/ipeo_water.ts, the catalogue of all that users read, and bring the translations beside it up to date.

make strings      A translation is a copy of the catalogue, such as ipeo_water_de.ts, filled in with Qt Linguist. What it has translated
                  stays; a text that has changed has to be translated again. Each is compiled to the .qm that the plugin loads, by lrelease.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from ipeo_water_plugin.core.translation import fits  # noqa: E402

SOURCES = ROOT / "ipeo_water_plugin"
FOLDER = ROOT / "resources" / "i18n"
NAME = "ipeo_water"
CONTEXT = "IPEO Water"
UNFINISHED = ' type="unfinished"'


def texts(folder: Path = SOURCES) -> dict[str, list[str]]:
    """Return every text given to tr(), with the files that it stands in, in the order of files and lines.

    Raises:
        ValueError: tr() is given what no catalogue can hold, such as a variable or an f-string.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder.parent).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"), name)
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr"]
        for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
            given = [argument.value for argument in call.args if isinstance(argument, ast.Constant) and isinstance(argument.value, str)]
            plural = [keyword.arg for keyword in call.keywords] == ["n"]
            if len(given) != len(call.args) or len(given) != 1 + plural or ("{n}" in given[-1]) != plural:
                msg = f"{name}:{call.lineno}: tr() wants one literal text, or two of which the second holds {{n}}, and n=."
                raise ValueError(msg)
            files = found.setdefault(given[-1], [])
            if name not in files:
                files.append(name)
    return found


def catalogue(found: dict[str, list[str]], language: str = "", translated: Mapping[str, str | Sequence[str]] | None = None) -> str:
    """Return a Qt Linguist file.

    Args:
        found: texts with the files that they stand in.
        language: of the translation, such as de; empty = the catalogue itself.
        translated: text to translation, for those that have one; to several forms where the text holds {n}.
    """
    translated = translated or {}
    attribute = f' language="{language}"' if language else ""
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<!DOCTYPE TS>", f'<TS version="2.1" sourcelanguage="en"{attribute}>', "<context>"]
    lines.append(f"    <name>{CONTEXT}</name>")
    for text, files in found.items():
        plural = "{n}" in text
        lines.append('    <message numerus="yes">' if plural else "    <message>")
        # Without line numbers, which would change with every edit.
        lines += [f'        <location filename="../../{name}"/>' for name in files]
        lines.append(f"        <source>{escape(text)}</source>")
        done = translated.get(text, "")
        forms = [done] if isinstance(done, str) else done
        inner = "".join(f"<numerusform>{escape(form)}</numerusform>" for form in forms) if plural else escape(forms[0])
        lines.append(f"        <translation{'' if all(forms) else UNFINISHED}>{inner}</translation>")
        lines.append("    </message>")
    return "\n".join([*lines, "</context>", "</TS>", ""])


def translations(path: Path) -> dict[str, str | list[str]]:
    """Return what a Qt Linguist file has translated and its translator has finished; for plurals, all forms."""
    found: dict[str, str | list[str]] = {}
    for message in ET.parse(path).getroot().iter("message"):
        translation = message.find("translation")
        if translation is not None and translation.get("type") is None:
            forms = [form.text or "" for form in translation.iter("numerusform")]
            if forms or translation.text:
                found[message.findtext("source") or ""] = forms or translation.text or ""
    return found


def broken(translated: Mapping[str, str | Sequence[str]]) -> list[str]:
    """Return the texts whose translation leaves out, adds or damages a place for a value: the plugin would show them in English."""
    forms = {text: [done] if isinstance(done, str) else done for text, done in translated.items()}
    return [text for text, given in forms.items() if not all(fits(form, text) for form in given)]


def compile_translation(path: Path) -> None:
    """Compile a translation beside itself; the plugin shows what is untranslated in English."""
    program = shutil.which("lrelease")
    if program is None:
        sys.exit("strings: lrelease is missing, which compiles translations: install qttools5-dev-tools.")
    subprocess.run([program, "-silent", "-nounfinished", str(path), "-qm", str(path.with_suffix(".qm"))], check=True)


def main() -> None:
    """Write the catalogue, then bring each translation up to date."""
    try:
        found = texts()
    except ValueError as error:
        sys.exit(f"strings: {error}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{NAME}.ts").write_text(catalogue(found), encoding="utf-8")
    print(f"{NAME}.ts: {len(found)} texts")
    wrong: list[str] = []
    for path in sorted(FOLDER.glob(f"{NAME}_*.ts")):
        done = translations(path)
        wrong += [f"strings: {path.name}: the braces of “{done[text]}” aren't those of “{text}”." for text in broken(done) if text in found]
        path.write_text(catalogue(found, path.stem.removeprefix(f"{NAME}_"), done), encoding="utf-8")
        compile_translation(path)
        print(f"{path.name}: {len(done.keys() & found.keys())} translated")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
