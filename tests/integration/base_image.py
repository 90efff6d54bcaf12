#!/usr/bin/env python3
"""An engine and the images for the tests on a Debian machine without a registry, as root.

    base_image.py start PID_FILE     start dockerd, unless an engine answers already
    base_image.py images             make the base image, and nginx on it, unless they are here
    base_image.py stop PID_FILE      end the dockerd that ``start`` has started

Needs nothing but the standard library, docker.io and debootstrap. The base image is the smallest Debian that
debootstrap makes; it trusts the certificate authorities that this machine trusts.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BASE = "clientbench-base:bookworm"
NGINX = "clientbench-nginx:bookworm"
SUITE = "bookworm"
TIMEOUT_S = 30.0
_OWN_AUTHORITIES = Path("/usr/local/share/ca-certificates")
_DOCKERFILES = Path(__file__).resolve().parents[2] / "servers" / "docker"


def answers() -> bool:
    """Whether there is an engine."""
    return quiet("docker", "version").returncode == 0


def has(image: str) -> bool:
    """Whether it is on this machine."""
    return quiet("docker", "image", "inspect", image).returncode == 0


def quiet(*words: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(words, capture_output=True, check=False)
    except FileNotFoundError:  # there is not even a command
        return subprocess.CompletedProcess(words, 127)


def start(pid_file: Path) -> None:
    """Start the engine in a session of its own, and wait until it answers."""
    if answers():
        return
    with tempfile.NamedTemporaryFile(prefix="dockerd-", suffix=".log", delete=False) as log:
        engine = subprocess.Popen(
            ["dockerd"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    pid_file.write_text(f"{engine.pid}\n{log.name}\n")
    deadline = time.monotonic() + TIMEOUT_S
    while not answers():
        if engine.poll() is not None or time.monotonic() > deadline:
            end = Path(log.name).read_text(errors="replace")[-2000:]
            stop(pid_file)
            sys.exit(f"base_image.py: dockerd does not answer; its log ends: {end}")
        time.sleep(0.1)


def stop(pid_file: Path) -> None:
    """End it by its id; without the file it is not ours."""
    if not pid_file.exists():
        return
    pid, log = pid_file.read_text().split()
    deadline = time.monotonic() + TIMEOUT_S
    while is_dockerd(int(pid)) and time.monotonic() < deadline:
        os.kill(int(pid), signal.SIGTERM)
        time.sleep(0.5)
    Path(log).unlink(missing_ok=True)
    pid_file.unlink()


def is_dockerd(pid: int) -> bool:
    """Whether this process is one, and runs: ids are given again."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
    except OSError:
        return False
    return fields[0].endswith("(dockerd") and fields[2].split()[0] != "Z"


def images() -> None:
    """The base, and what official images would be elsewhere."""
    if not has(BASE):
        make_base()
    if not has(NGINX):
        arguments = ["--build-arg", f"BASE={BASE}", "--tag", NGINX]
        run("docker", "build", "--quiet", *arguments, str(_DOCKERFILES / "nginx"))


def make_base() -> None:
    """A Debian in a folder, packed and imported."""
    with tempfile.TemporaryDirectory(prefix="clientbench-base-") as name:
        root = Path(name) / "root"
        run("debootstrap", "--variant=minbase", "--include=ca-certificates", SUITE, str(root))
        if _OWN_AUTHORITIES.is_dir():
            shutil.copytree(
                _OWN_AUTHORITIES, root / _OWN_AUTHORITIES.relative_to("/"), dirs_exist_ok=True
            )
            run("chroot", str(root), "update-ca-certificates")
        shutil.rmtree(root / "var/cache/apt/archives")
        import_image(root)


def import_image(root: Path) -> None:
    trusted = "ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt"
    with subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE) as packed:
        importing = ["docker", "import", "--change", trusted, "-", BASE]
        subprocess.run(importing, stdin=packed.stdout, stdout=subprocess.DEVNULL, check=True)
    if packed.returncode:
        sys.exit(f"base_image.py: tar failed ({packed.returncode})")


def run(*words: str) -> None:
    """Show what it prints only if it fails."""
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        end = done.stdout.decode(errors="replace")[-2000:]
        sys.exit(f"base_image.py: {' '.join(words[:2])} failed ({done.returncode}): {end}")


def main(words: list[str]) -> None:
    match words:
        case ["start", pid_file]:
            start(Path(pid_file))
        case ["stop", pid_file]:
            stop(Path(pid_file))
        case ["images"]:
            images()
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
