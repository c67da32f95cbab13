#!/bin/bash
# Runs every checker, the later ones too when an earlier one has found something, and fails if any did.
#
# tools/lint.sh [NAME…]      only the checkers named, such as mypy
set -uo pipefail
cd "$(dirname "$0")/.."
export PATH=$PWD/.venv/bin:$PATH

chosen=" $* "
failed=()
check() {
  local name=$1; shift
  [[ $chosen == '  ' || $chosen == *" $name "* ]] || return 0
  "$@" || failed+=("$name")
}

check ruff-check ruff check --quiet .
check ruff-format ruff format --check --quiet .
check mypy mypy --no-error-summary
check import-linter lint-imports --no-cache
check flake8-qgis flake8 --select QGS --max-line-length 140 ipeo_water_plugin
check qt6-names python tools/qt6_names.py
check bandit bandit --quiet --recursive ipeo_water_plugin

if [ ${#failed[@]} -gt 0 ]; then
  printf 'lint: failed: %s\n' "$(IFS=,; echo "${failed[*]}")" >&2
  exit 1
fi
echo 'lint: clean'
