#!/bin/sh
# Installs onco-registry from this checkout into a folder of its own: install.sh FOLDER [STEP...]
#
#   packages  an environment with the locked packages, each checked by its hash
#   project   onco-registry itself
#   trim      takes away what a finished installation does not need
#
# Without steps all of them. The image runs them apart, so that a changed line of code does not install the packages anew.
set -eu
# Whoever runs the service reads what root installs.
umask 022

folder=$1
shift
cd "$(dirname "$0")/.."

pip() { "$folder/bin/python" -m pip --disable-pip-version-check --no-input --quiet "$@"; }

packages() {
    python3 -m venv "$folder"
    pip install --require-hashes --requirement requirements-build.lock
    # Packages that come as source are built with the locked setuptools, not with one fetched on the way.
    pip install --require-hashes --no-build-isolation --use-pep517 --requirement requirements.lock
}

project() { pip install --no-deps --no-build-isolation .; }

trim() {
    find "$folder" -type d -name tests -prune -exec rm -r {} +
    pip uninstall --yes setuptools pip
}

for step in ${*:-packages project trim}; do
    case $step in
        packages | project | trim) "$step" ;;
        *) echo "install.sh: no step $step; there are packages, project and trim" >&2 && exit 2 ;;
    esac
done
