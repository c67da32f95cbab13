#!/bin/bash
# Prints shell exports under which qgis_process runs with the staged plugin, from any folder, without a display and without
# touching the user's own profile: eval "$(make -s env)".
set -euo pipefail
cd "$(dirname "$0")/.."

build=$PWD/build
venv=$PWD/.venv
profile=$build/profile/profiles/default/QGIS

say() { printf "export %s='%s'\n" "$1" "${2//\'/\'\\\'\'}"; }

mkdir -p "$build/home" "$profile"
mkdir -p -m 700 "$build/runtime"
grep -qs '^ipeo_water_plugin=true$' "$profile/QGIS3.ini" || printf '[PythonPlugins]\nipeo_water_plugin=true\n' > "$profile/QGIS3.ini"

# QGIS' embedded Python finds the environment, and torch in it, by the first python3 on PATH.
case $PATH in
  "$venv/bin":*) path=$PATH ;;
  *) path=$venv/bin:$PATH ;;
esac
# Debian's qgis_process is a wrapper that hands on an option which the program itself refuses.
process=$(command -v qgis_process.bin || command -v qgis_process || echo qgis_process)

say PATH "$path"
say HOME "$build/home"
[ -n "${XDG_RUNTIME_DIR:-}" ] || say XDG_RUNTIME_DIR "$build/runtime"
say QT_QPA_PLATFORM offscreen
say QGIS_CUSTOM_CONFIG_PATH "$build/profile"
say QGIS_PLUGINPATH "$build/plugins"
say QGIS_PROCESS "$process"
# As in a user's QGIS, the plugin is compiled once, not at each start.
say PYTHONDONTWRITEBYTECODE ''
