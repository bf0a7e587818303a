"""A process as the container confines it: the root file system read-only, an unprivileged user, no capabilities."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

USER = 10001
# $1 becomes memory and $2, $3 stay writable, in a mount namespace of their own; all else is read-only.
_SCRIPT = f"""
set -e
mount -t tmpfs -o size=64m,noexec,mode=1777 tmpfs "$1"
for folder in "$2" "$3"; do mount --bind "$folder" "$folder"; done
mount -o remount,bind,ro /
shift 3
exec setpriv --reuid {USER} --regid {USER} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all -- "$@"
"""


def obstacle(python: Path) -> str | None:
    """Why a process cannot be confined here, or not run this Python then; None where it can."""
    if os.geteuid() != 0:
        return "only root can confine a process"
    if not all(map(shutil.which, ("unshare", "setpriv"))):
        return "unshare or setpriv is not installed"
    user = ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups"]
    done = subprocess.run(["unshare", "--mount", *user, python, "-V"], capture_output=True, check=False)
    return None if done.returncode == 0 else "no mount namespaces here, or a Python that only root can run"


def start(command: Sequence[str], *, memory: Path, writable: tuple[Path, Path], **env: str) -> subprocess.Popen[str]:
    """Start a command confined, in a clean environment; what it prints is caught, both streams as one."""
    shell = ["unshare", "--mount", "sh", "-c", _SCRIPT, "sh", str(memory), *map(str, writable), *command]
    return subprocess.Popen(
        shell,
        env=clean(TMPDIR=str(memory), HOME=str(memory), PYTHONUNBUFFERED="1", **env),
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def clean(**env: str) -> Mapping[str, str]:
    """The environment of a machine that has nothing but its system's programs."""
    return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **env}
