"""A bare Debian in a folder: made once, kept, and entered as often as wanted. Nothing is left mounted, whatever happens.

Packages come from the mirror that this machine's own apt uses, and pip inside reads what pip outside does. Root or sudo is needed.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

PROJECT = "/srv/project"
_SCRIPTS = Path("/usr/share/debootstrap/scripts")
# Settings of pip, of certificates, of proxies and of the processor are lent; the rest of the environment is not.
_LENT = re.compile(r"PIP_|SSL_CERT_|REQUESTS_CA|CURL_CA|OPENBLAS_|OMP_|TORCH_INDEX|CI$|(https?|no|all)_proxy$", re.IGNORECASE)
_APT = """\
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
DPkg::Options { "--force-unsafe-io"; };
"""
# The first process of a namespace takes all others, and every mount, with it. It ends when the pipe from outside does, so that
# even a caller who was killed leaves nothing behind.
_BEGIN = r"""
exec 3<&0 < /dev/null
mount -t proc proc /proc
{ cat <&3 > /dev/null; kill -KILL -1; } &
"""
_ANY = _BEGIN + '"$@" 3<&-'
# Its arguments: root, number of lent paths, lent paths, environment, command.
_ENTER = (
    _BEGIN
    + r"""
R=$1 N=$2; shift 2
mount -t proc proc "$R/proc"
mount -t sysfs sysfs "$R/sys"
mount --rbind /dev "$R/dev"
for d in /dev/shm /tmp /root; do mount -t tmpfs tmpfs "$R$d"; done
chmod 1777 "$R/tmp" "$R/dev/shm"
lend() {
  if [ -d "$1" ]; then mkdir -p "$R$1"; else mkdir -p "$R${1%/*}"; [ -e "$R$1" ] || : > "$R$1"; fi
  mount --bind -o ro "$1" "$R$1"
}
while [ "$N" -gt 0 ]; do lend "$1"; shift; N=$((N - 1)); done
chroot "$R" env -i "$@" 3<&-
"""
)


class NotBuiltError(Exception):
    """This machine can't make or enter a Debian; nothing is said about the project."""


@dataclass(frozen=True)
class Debian:
    """A folder that holds a Debian, or will.

    Attributes:
        root: the folder.
        suite: its release, by code name.
        backports: whether newer packages are taken from the release's backports.
        packages: what it holds beside a minimal system, git and make.
    """

    root: Path
    suite: str
    backports: bool = False
    packages: tuple[str, ...] = ()

    def make(self, log: IO[str], end: float) -> None:
        """Make it, unless it is there and was made of the same.

        Args:
            log: takes all that is printed.
            end: when it has to be done, on Python's monotonic clock.

        Raises:
            NotBuiltError: it can't be made; the text says why, the log says more.
            subprocess.TimeoutExpired: it took longer.
        """
        stamp = self.root / "etc" / "made-of"
        made_of = " ".join([self.suite, *(["backports"] if self.backports else []), *self.packages])
        if stamp.is_file() and stamp.read_text(encoding="utf-8") == made_of:
            return
        mirror = _mirror()
        _need_debootstrap(log)
        self.root.parent.mkdir(parents=True, exist_ok=True)
        _run(["rm", "-rf", "--one-file-system", str(self.root)], log)
        # An older debootstrap doesn't know a newer release by name, but how to make it.
        script = [] if (_SCRIPTS / self.suite).exists() else [str(_SCRIPTS / "sid")]
        include = "--include=ca-certificates,git,make"
        if _alone(_ANY, ["debootstrap", "--variant=minbase", include, self.suite, str(self.root), mirror, *script], log, end):
            msg = "debootstrap failed"
            raise NotBuiltError(msg)
        files = {"etc/apt/apt.conf.d/99project": _APT + _apt_settings(), "usr/sbin/policy-rc.d": "#!/bin/sh\nexit 101\n"}
        if self.backports:
            files["etc/apt/sources.list.d/backports.list"] = f"deb {mirror} {self.suite}-backports main\n"
            files["etc/apt/preferences.d/backports"] = f"Package: *\nPin: release n={self.suite}-backports\nPin-Priority: 500\n"
        for name, text in files.items():
            self._write(name, text, log)
        _run(["chmod", "755", str(self.root / "usr/sbin/policy-rc.d")], log)
        _run(["mkdir", "-p", str(self.root) + PROJECT], log)
        if self.run("apt-get update -qq && apt-get install -qq -y " + " ".join(self.packages), log, end):
            msg = f"apt-get failed in {self.root}"
            raise NotBuiltError(msg)
        self._write("etc/made-of", made_of, log)

    def put(self, archive: Path, log: IO[str], keep: Sequence[str] = ()) -> None:
        """Replace the project inside by what a tar file holds; what is named in `keep` stays at its top."""
        target = str(self.root) + PROJECT
        _run(["mkdir", "-p", target], log)
        kept = [word for name in keep for word in ("!", "-name", name)]
        _run(["find", target, "-mindepth", "1", "-maxdepth", "1", *kept, "-exec", "rm", "-rf", "{}", "+"], log)
        _run(["tar", "-xf", str(archive), "-C", target, "--no-same-owner"], log)

    def run(self, command: str, log: IO[str], end: float) -> int:
        """Run a line of shell in the project's folder inside, as root and without a display, and return its exit status.

        Raises:
            subprocess.TimeoutExpired: it took longer, and was ended with all that it started.
        """
        settings = {name: value for name, value in os.environ.items() if _LENT.match(name)} | _pip_settings()
        lent = [path for path in ("/etc/resolv.conf", "/etc/hosts", *_paths(settings)) if Path(path).exists()]
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        words = [*(f"{name}={value}" for name, value in {**environment, **settings}.items()), "bash", "-c", f"cd {PROJECT} && {command}"]
        return _alone(_ENTER, [str(self.root), str(len(lent)), *lent, *words], log, end)

    def _write(self, name: str, text: str, log: IO[str]) -> None:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            _run(["install", "-D", "-m", "644", file.name, str(self.root / name)], log)


def _root() -> list[str]:
    """Return the words that make a command root's.

    Raises:
        NotBuiltError: nothing does.
    """
    if os.getuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0:
        return ["sudo", "-n"]
    msg = "only root may make a Debian in a folder: run this as root, or run `sudo -v` first"
    raise NotBuiltError(msg)


def _alone(script: str, arguments: Sequence[str], log: IO[str], end: float) -> int:
    """Run a script of shell as root in namespaces of its own, and return its exit status.

    Raises:
        subprocess.TimeoutExpired: it took longer, and was ended with all that it started.
    """
    namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"]
    words = [*_root(), *namespaces, "bash", "-euc", script, "alone", *arguments]
    log.flush()
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=log, stderr=log) as process:
        try:
            return process.wait(max(0.0, end - time.monotonic()))
        finally:
            process.stdin.close()
            process.wait()


def _run(words: Sequence[str], log: IO[str]) -> None:
    """Run a command as root.

    Raises:
        NotBuiltError: it failed.
    """
    log.flush()
    if subprocess.run([*_root(), *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False).returncode:
        msg = f"{words[0]} failed"
        raise NotBuiltError(msg)


def _need_debootstrap(log: IO[str]) -> None:
    if _SCRIPTS.exists():
        return
    _run(["apt-get", "update", "-qq"], log)
    _run(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-qq", "-y", "--no-install-recommends", "debootstrap"], log)


@lru_cache(maxsize=1)
def _mirror() -> str:
    """Return the address of the Debian mirror that this machine's own apt reads, unless MIRROR names another.

    Raises:
        NotBuiltError: it reads none.
    """
    named = os.environ.get("MIRROR")
    if named:
        return named
    words = ["apt-get", "indextargets", "--format", "$(ORIGIN) $(LABEL) $(SITE)", "Created-By: Packages"]
    for _ in range(2):
        listed = subprocess.run(words, capture_output=True, text=True, check=False) if shutil.which("apt-get") else None
        sites = re.findall(r"^Debian Debian (\S+)$", listed.stdout, re.MULTILINE) if listed else []
        if sites:
            return sites[0]
        # Where apt has never looked, it can't tell whose a mirror is.
        _run(["apt-get", "update", "-qq"], sys.stderr)
    msg = "this machine's apt reads no Debian mirror: name one with MIRROR=URL"
    raise NotBuiltError(msg)


def _apt_settings() -> str:
    """Return how this machine's apt reaches its mirror, as apt.conf has it."""
    listed = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=False).stdout
    return "".join(re.findall(r'^Acquire::(?:https?::.*|Check-Valid-Until) ".*";\n', listed, re.MULTILINE | re.IGNORECASE))


@lru_cache(maxsize=1)
def _pip_settings() -> dict[str, str]:
    """Return pip's settings from its files, as environment variables."""
    listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False).stdout
    settings = re.findall(r"^(?:global|install|:env:)\.([a-z-]+)=(.*)$", listed, re.MULTILINE)
    return {f"PIP_{name.upper().replace('-', '_')}": ast.literal_eval(value) for name, value in settings}


def _paths(settings: dict[str, str]) -> list[str]:
    """Return the files and folders of this machine that settings name. An index in a folder refers to files beside it."""
    words = [word for value in settings.values() for word in value.split()]
    paths = [word for word in words if word.startswith("/") and word != os.devnull]
    return sorted({*paths, *(str(Path(word[len("file://") :]).parent) for word in words if word.startswith("file:///"))})
