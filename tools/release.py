"""Set the version of a release: in metadata.txt, where it stands alone, and over the changes listed in CHANGELOG.md.

make release VERSION=1.2.3      takes what stands under "## Unreleased" in CHANGELOG.md, and writes it to metadata.txt too
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UNRELEASED = "## Unreleased\n"


def numbers(version: str) -> tuple[int, ...]:
    """Return 1.2.3 as numbers, to be compared.

    Raises:
        ValueError: it is written in another way.
    """
    if not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", version):
        msg = f"VERSION is {version or 'not given'}: write it as 1.2.3."
        raise ValueError(msg)
    return tuple(map(int, version.split(".")))


def changes(changelog: str) -> list[str]:
    """Return what stands under Unreleased as plain paragraphs, a list's entries with a dash before them.

    Raises:
        ValueError: nothing does.
    """
    _, heading, rest = changelog.partition(UNRELEASED)
    section = re.split(r"^## ", rest, maxsplit=1, flags=re.MULTILINE)[0].strip()
    if not heading or not section:
        msg = f"CHANGELOG.md has nothing under “{UNRELEASED.strip()}”: write down there what changes for whom."
        raise ValueError(msg)
    entries = re.split(r"\n\n+|\n(?=- )", section)
    # The plugin manager shows plain text.
    return [re.sub(r"[*`]|\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(entry.split())) for entry in entries]


def release(version: str, metadata: str, changelog: str) -> tuple[str, str]:
    """Return metadata.txt and CHANGELOG.md for a release.

    Args:
        version: of the release, as 1.2.3.
        metadata: what metadata.txt holds.
        changelog: what CHANGELOG.md holds.

    Raises:
        ValueError: the version isn't higher than the last one, or nothing has changed.
    """
    last = re.search(r"^version=(.*)$", metadata, re.MULTILINE)
    if last is None:
        msg = "metadata.txt has no line that begins with version=."
        raise ValueError(msg)
    released = f"## {last[1]}\n" in changelog
    if numbers(version) < numbers(last[1]) or (released and numbers(version) == numbers(last[1])):
        msg = f"VERSION is {version}, and {last[1]} is out already: choose a higher one."
        raise ValueError(msg)
    listed = "\n".join([f"changelog={version}", *(f"  {entry}" for entry in changes(changelog))])
    metadata = metadata.replace(last[0], f"version={version}")
    # A value goes on over the lines that are indented.
    metadata = re.sub(r"^changelog=.*\n(?:[ \t]+.*\n)*", lambda _: f"{listed}\n", metadata, flags=re.MULTILINE)
    return metadata, changelog.replace(UNRELEASED, f"## {version}\n", 1)


def main() -> None:
    """Write both files, or neither."""
    files = [ROOT / "metadata.txt", ROOT / "CHANGELOG.md"]
    version = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        numbers(version)
        made = release(version, *(path.read_text(encoding="utf-8") for path in files))
    except ValueError as error:
        sys.exit(f"release: {error}")
    for path, text in zip(files, made):
        path.write_text(text, encoding="utf-8")
    print(f"""metadata.txt and CHANGELOG.md say {version}. Next:
  make test lint
  git commit -m 'Release {version}' metadata.txt CHANGELOG.md && git tag v{version}
  make package, and upload the zip at https://plugins.qgis.org/plugins/add/""")


if __name__ == "__main__":
    main()
