"""README and docs: their links lead somewhere, and what stands in their code blocks is run here, word for word."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import types
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from copying import copy_folder
from installed import Qgis
from osgeo import gdal
from qgis.core import QgsApplication

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import documents  # noqa: E402
import figures  # noqa: E402
from documents import Block  # noqa: E402

DOCUMENTS = documents.documents()
README = ROOT / "README.md"
TUTORIAL, GUIDE, CLUSTER, INSTALLATION, WAYS, DEVELOPMENT = (
    ROOT / "docs" / f"{name}.md" for name in ("tutorial", "guide", "cluster", "installation", "ways-to-run", "development")
)
EXAMPLES = ROOT / "docs" / "algorithms"
# Blocks under these headings aren't run here, and why not.
ELSEWHERE = {
    (INSTALLATION, "PyTorch"): "test_torch_commands.py runs those for Linux; Windows and macOS aren't here",
    **dict.fromkeys(
        ((DEVELOPMENT, heading) for heading in ("1. The algorithm", "2. The provider", "3. Its test")),
        "test_the_algorithm_of_the_development_page follows them",
    ),
    (CLUSTER, "A cluster by hand"): "tests/cluster/test_cluster_docs.py starts that cluster, and test_pip.py installs",
    (CLUSTER, "Several machines: who may reach them"): "test_cluster_docs.py starts that cluster on loopback",
    (CLUSTER, "Through SSH"): "there is no other host here; test_cluster_docs.py looks the options up",
    (CLUSTER, "SLURM and other batch systems"): "there is no batch system here",
    (CLUSTER, "Kubernetes"): "there is no Kubernetes here",
    (CLUSTER, "Object storage and credentials"): "tests/cluster/test_cluster_storage.py sets the same for its server",
}
# These are for someone in the checkout; the others for someone who installed the zip, in a folder of theirs.
IN_CHECKOUT = {README, TUTORIAL, WAYS}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def here(path: Path, language: str) -> list[Block]:
    """Return the blocks of a file that are run here."""
    return [block for block in documents.blocks(path) if block.language == language and (path, block.heading) not in ELSEWHERE]


def of_users(language: str) -> list[Path]:
    """Return the files with blocks for users, but the pages of algorithms, whose commands test_examples.py runs."""
    return [path for path in DOCUMENTS if path not in IN_CHECKOUT and path.parent != EXAMPLES and here(path, language)]


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_and_pictures_resolve(path: Path) -> None:
    assert documents.dead_links(path) == []


def test_every_picture_is_shown() -> None:
    """A picture that no page shows is left over from a chapter that was lost."""
    pages = "".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    assert [path.name for path in (ROOT / "docs" / "images").rglob("*.*") if path.name not in pages] == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    dead = [
        "gone.md",
        "page.md#gone",
        "#gone",
        "img/gone.png",
        "https:/example.org",
        "htp://example.org",
        "https://example",
        "//example.org/x",
    ]
    alive = ["page.md#a-title--more", "#a-title--more-1", "#ipeos-code", "https://example.org/x#y", "page.md"]
    titles = "# A title & more\n\n## A title & more\n\n### IPEO's `code`\n"
    page.write_text(titles + "".join(f"\n[a]({link}) and ![b]({link})\n" for link in dead + alive) + "\n`[not](a-link)`\n")
    assert sorted(documents.dead_links(page)) == sorted(2 * dead)
    page.write_text(titles + "\n[by name][one]\n\n[one]: gone.md\n")
    assert documents.dead_links(page) == ["gone.md"]


@pytest.mark.parametrize("path", [path for path in DOCUMENTS if documents.blocks(path)], ids=name_of)
def test_every_block_is_one_that_is_run(path: Path) -> None:
    """In docs/algorithms by test_examples.py, which takes one block a page; elsewhere here, whatever is bash or Python."""
    runs = {"bash"} if path.parent == EXAMPLES else {"bash", "python"}
    blocks = [block for block in documents.blocks(path) if (path, block.heading) not in ELSEWHERE]
    assert [block.place for block in blocks if block.language not in {*runs, "text"}] == []
    assert path.parent != EXAMPLES or len(blocks) <= 1


def test_what_is_said_to_be_elsewhere_is_there() -> None:
    headings = {(path, block.heading) for path in DOCUMENTS for block in documents.blocks(path)}
    assert set(ELSEWHERE) <= headings


def test_what_a_block_prints_is_held_against_its_text() -> None:
    printed = "Training on 1872 pixels.\nloss 0.00343\nnir a = -0.02639\n"
    assert documents.missing("loss 0.0034\nnir   a = -0.0263\n", printed) == []
    assert documents.missing("loss 0.0050\n", printed) == ["loss 0.0050"]
    assert documents.missing("nir a = 0.02639\n", printed) == ["nir a = 0.02639"]
    assert documents.missing("loss 0.0034\nTraining on 1872 pixels.\n", printed) == ["Training on 1872 pixels."]


@pytest.fixture(scope="module")
def shell(bare_qgis: Qgis, archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Return what runs commands as a user does, in a home that holds the zip, the sample scene and a scene to map."""
    folder = tmp_path_factory.mktemp("user")
    shutil.copyfile(archive, folder / archive.name)
    copy_folder(ROOT / "resources" / "sample", folder)
    (folder / "scenes").mkdir()
    gdal.Translate(str(folder / "scenes" / "north shore.tif"), str(folder / "image.tif"), srcWin=[0, 0, 512, 256])
    # On Debian qgis_process is a wrapper that not all options pass.
    program = folder / "bin" / "qgis_process"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {bare_qgis.program} "$@"\n')
    program.chmod(0o755)
    environment = {**bare_qgis.environment, "HOME": str(folder), "PATH": f"{program.parent}{os.pathsep}{bare_qgis.environment['PATH']}"}
    del environment["QGIS_CUSTOM_CONFIG_PATH"]

    def run(text: str) -> str:
        return bash(text, folder, environment)

    run.folder = folder
    return run


def bash(text: str, folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("path", of_users("bash"), ids=name_of)
def test_commands_of_users(path: Path, shell: Callable[[str], str]) -> None:
    """Run after one another, as they stand on the page."""
    for block in here(path, "bash"):
        assert documents.missing(block.expected, shell(block.text)) == [], block.place
    if path == GUIDE:
        assert (shell.folder / "report.html").stat().st_size > 100_000
        assert sorted(made.name for made in (shell.folder / "maps").iterdir()) == ["north shore.gpkg", "north shore.qml", "north shore.tif"]


@pytest.mark.parametrize("path", of_users("python"), ids=name_of)
def test_python_of_users(
    path: Path, provider: None, shell: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(shell.folder)
    for block in here(path, "python"):
        exec(compile(block.text, block.place, "exec"), {})
        assert documents.missing(block.expected, capsys.readouterr().out) == [], block.place


@pytest.fixture
def water() -> Path:
    """Return what the blocks for the checkout make."""
    path = ROOT / "build" / "water.tif"
    path.parent.mkdir(exist_ok=True)
    for old in (path, path.parent / "model.json"):
        old.unlink(missing_ok=True)
    return path


def share(path: Path) -> float:
    """Share of pixels of the map that are water; the scene's lakes take up about a twentieth of it."""
    return float((gdal.Open(str(path)).ReadAsArray() >= 0.5).mean())


@pytest.mark.parametrize(
    "block", [block for path in (README, TUTORIAL, WAYS) for block in here(path, "bash")], ids=lambda block: block.place
)
def test_commands_in_the_checkout(block: Block, water: Path, tmp_path: Path) -> None:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "QGIS", "PYTEST", "XDG"))}
    # `make test` is what runs this.
    printed = bash(block.text.replace("make test\n", ""), ROOT, {**clean, "HOME": str(tmp_path)})
    assert documents.missing(block.expected, printed) == []
    if "build/water.tif" in block.text:
        assert 0.03 < share(water) < 0.1
        assert (water.parent / "model.json").is_file()


@pytest.mark.parametrize("block", here(WAYS, "python"), ids=lambda block: block.place)
def test_python_in_the_checkout(block: Block, water: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "import processing" in block.text:
        request.getfixturevalue("provider")
        monkeypatch.chdir(ROOT)
        exec(compile(block.text, block.place, "exec"), {})
    else:
        alone = "import sys; sys.modules['qgis'] = None\n" + block.text
        subprocess.run([sys.executable, "-c", alone], cwd=ROOT, check=True, timeout=300)
    assert 0.03 < share(water) < 0.1


def test_the_algorithm_of_the_development_page(provider: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever follows the page gets an algorithm that works and a test that passes."""
    monkeypatch.syspath_prepend(ROOT / "tests" / "algorithms")
    from runs import write_image

    algorithm, listing, test = (block.text for block in documents.blocks(DEVELOPMENT) if re.match(r"[123]\. ", block.heading))
    kept = {line[1:] for line in listing.splitlines() if line[0] == " "}
    assert kept <= set((ROOT / "ipeo_water_plugin" / "provider.py").read_text(encoding="utf-8").splitlines())
    water = QgsApplication.processingRegistry().providerById("ipeowater")
    module = types.ModuleType("ipeo_water_plugin.algorithms.waterfraction")
    sys.modules[module.__name__] = module
    try:
        exec(compile(algorithm, "waterfraction.py", "exec"), vars(module))
        added = module.WaterFraction()
        assert added.group()
        assert water.addAlgorithm(added)
        names: dict[str, Any] = {}
        exec(compile(test, "test_waterfraction.py", "exec"), names)
        tests = [name for name in names if name.startswith("test_")]
        assert len(tests) == 2
        for name in tests:
            names[name](partial(write_image, tmp_path))
    finally:
        water.refreshAlgorithms()
        del sys.modules[module.__name__]


@pytest.fixture(scope="module")
def tutorial() -> tuple[dict[str, Any], list[str]]:
    """Run the tutorial from its first block to its last; return its variables, and what each block printed."""
    return documents.run_python(here(TUTORIAL, "python"))


def test_the_tutorial_prints_what_it_says(tutorial: tuple[dict[str, Any], list[str]]) -> None:
    _, printed = tutorial
    for block, output in zip(here(TUTORIAL, "python"), printed):
        assert documents.missing(block.expected, output) == [], block.place
        assert bool(block.expected) == bool(output), block.place


def test_the_tutorials_figures_are_fresh(tutorial: tuple[dict[str, Any], list[str]]) -> None:
    """Two pixels more or less are no other figure: versions of PyTorch and NumPy differ in their last digits."""
    made = figures.drawings(tutorial[0])
    assert sorted(made) == sorted(path.name for path in figures.FOLDER.iterdir()), "run make figures"
    for name, svg in made.items():
        held = (figures.FOLDER / name).read_text(encoding="utf-8")
        assert labels(held) == labels(svg), f"{name}: run make figures"
        assert boxes(held) == pytest.approx(boxes(svg), abs=2), f"{name}: run make figures"


def labels(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)", svg)


def boxes(svg: str) -> dict[str, float]:
    """Return the ends of what each class of line, dot or plane takes up across and down, in pixels."""
    places: dict[str, list[tuple[float, float]]] = {}
    for kind, path in re.findall(r'class="([^"]+)" d="([^"]*)"', svg):
        places.setdefault(kind, []).extend((float(x), float(y)) for x, y in re.findall(r"(\d[\d.]*) (\d[\d.]*)", path))
    for kind, x, y in re.findall(r'class="([^"]+)" cx="([^"]+)" cy="([^"]+)"', svg):
        places.setdefault(kind, []).append((float(x), float(y)))
    return {
        f"{kind} {name} {axis}": end(numbers)
        for kind, pairs in places.items()
        for axis, numbers in zip("xy", zip(*pairs))
        for name, end in (("from", min), ("to", max))
    }


def test_make_targets_named_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    code = [text for path in DOCUMENTS for text in documents.inline_code(path)]
    code += [block.text for path in DOCUMENTS for block in documents.blocks(path) if block.language == "bash"]
    named = set(re.findall(r"(?:^|\$\()make (?:-s )?([a-z-]+)\b", "\n".join(code), re.MULTILINE))
    assert {"demo", "install", "test", "env", "soak", "figures", "pins"} <= named
    assert [target for target in sorted(named) if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def test_tests_named_are_there() -> None:
    """docs/reliability.md names the test of each promise."""
    told = (text for path in DOCUMENTS if path != DEVELOPMENT for text in documents.inline_code(path))
    names = {name for text in told for name in re.findall(r"\btest_\w+", text)}
    sources = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")}
    known = set(sources) | {name for text in sources.values() for name in re.findall(r"def (test_\w+)", text)}
    assert len(names) > 20
    assert sorted(names - known) == []


def test_messages_in_the_guide_are_real() -> None:
    """Those in its tables stand in the code, word for word; `…` is for what is filled in."""
    templates = [template for path in (ROOT / "ipeo_water_plugin").rglob("*.py") for template in texts(path)]
    messages = re.findall(r"^\| `([^`]+)` \|", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(messages) > 30
    assert [message for message in messages if not any(fits(message, template) for template in templates)] == []


def texts(path: Path) -> list[str]:
    """Return the texts in a module, with … for what is filled in."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            found.append("".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
    return found


def fits(message: str, template: str) -> bool:
    at = 0
    for piece in message.split("…"):
        at = template.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return True
