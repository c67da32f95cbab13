#!/bin/bash
# Installs what this project needs to run, be tested and be packaged: what is missing, and only that.
#
# Debian packages come by apt where root or sudo allow; else their names are printed. The rest goes into .venv, an
# environment over QGIS' own Python. All output goes to stderr, so that `make -s env` can call this.
#
#   PYTHON       QGIS' Python (default /usr/bin/python3)
#   TORCH_INDEX  where to look for torch's CPU build if pip's own index has none
set -euo pipefail
cd "$(dirname "$0")/.."
exec >&2

PYTHON=${PYTHON:-/usr/bin/python3}
TORCH_INDEX=${TORCH_INDEX-https://download.pytorch.org/whl/cpu}
VENV=$PWD/.venv
STAMP=$VENV/setup.stamp
# scipy is scikit-learn's; a bare system has no font at all, and a map without one has no legend. QGIS from 3.28 on looks for
# Open Sans, on the network where there is none. chromium opens the reports in tests, and Xvfb is QGIS desktop's
# display there.
PACKAGES=(qgis python3-qgis qgis-providers gdal-bin python3-gdal python3-venv python3-pip python3-scipy python3-yaml python3-requests fonts-dejavu-core fonts-open-sans chromium xvfb)

say() { printf 'setup: %s\n' "$*"; }
die() { say "$@"; exit 1; }

install_packages() {
  local missing=() package run=()
  local -A installed=()
  while read -r package; do installed[$package]=1; done < <(
    dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' "${PACKAGES[@]}" 2>/dev/null | sed -n 's/^installed //p'
  )
  for package in "${PACKAGES[@]}"; do [ -n "${installed[$package]:-}" ] || missing+=("$package"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || die "these Debian packages are missing; install them and try again:
  sudo apt-get install --no-install-recommends ${missing[*]}"
    run=(sudo -n)
  fi
  say "installing Debian packages: ${missing[*]}"
  "${run[@]}" apt-get update -qq < /dev/null
  "${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
    -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "${missing[@]}" < /dev/null > /dev/null
}

pip_install() { "$VENV/bin/python" -m pip install --quiet --no-input --disable-pip-version-check "$@" < /dev/null; }

installed_torch() {
  "$VENV/bin/python" -c 'from importlib.metadata import version; print(version("torch").split("+")[0])' 2>/dev/null || true
}

install_torch() {
  local version
  version=$(sed -n 's/^torch==\([^ ]*\).*/\1/p' requirements-dev.txt)
  [ "$(installed_torch)" != "$version" ] || return 0
  # A distribution's own torch that is recent enough fits its NumPy, and brings no CUDA.
  if env -i PATH=/usr/bin:/bin "$PYTHON" -c 'import sys, torch; sys.exit(int(torch.__version__.split(".")[0]) < 2)' 2>/dev/null; then return 0; fi
  # PyPI's own wheels for Linux on x86_64 bring gigabytes of CUDA; the CPU builds carry "+cpu" in their version.
  say "installing torch $version (CPU)"
  pip_install --no-deps "torch==$version+cpu" 2>/dev/null && return 0
  if [ -n "$TORCH_INDEX" ]; then
    pip_install --no-deps --timeout 15 --retries 1 --index-url "$TORCH_INDEX" "torch==$version" && return 0
  fi
  say "no CPU build of torch $version was found: taking the default build, which can bring some gigabytes with it"
  pip_install "torch==$version"
}

if command -v dpkg-query > /dev/null; then install_packages; fi
[ -x "$PYTHON" ] || die "there is no $PYTHON: name QGIS' Python with PYTHON=…"

key=$(cat requirements-dev.txt tools/setup.sh <(printf '%s\n' "$VENV" "$PYTHON" "$("$PYTHON" -V)") | sha256sum | cut -d ' ' -f 1)
if [ -x "$VENV/bin/python" ] && [ "$(cat "$STAMP" 2>/dev/null)" = "$key" ]; then exit 0; fi

"$PYTHON" -c 'import qgis.core, osgeo.gdal, numpy, scipy' \
  || die "$PYTHON lacks QGIS, GDAL, NumPy or SciPy: install QGIS with its Python bindings, or name its Python with PYTHON=…"
say "making the virtual environment .venv over $PYTHON"
"$PYTHON" -m venv --system-site-packages "$VENV"
install_torch
say "installing the test tools"
# torch is there already, perhaps as another build of the same version.
grep -v '^torch==' requirements-dev.txt > "$VENV/requirements.txt"
pip_install --no-deps -r "$VENV/requirements.txt"
"$VENV/bin/python" - "$VENV" << 'PYTHON'
import sys

import numpy
import qgis.core
import sklearn
import torch
from osgeo import gdal_array

if numpy.__file__.startswith(sys.argv[1]):
    sys.exit(f"setup: {numpy.__file__} hides the NumPy that QGIS and GDAL are built for: remove .venv and try again")
print(f"setup: QGIS {qgis.core.Qgis.QGIS_VERSION}, torch {torch.__version__}, NumPy {numpy.__version__} ({numpy.__file__})")
PYTHON
printf '%s\n' "$key" > "$STAMP"
