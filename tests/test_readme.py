"""The README's commands work as written."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live import ROOT

README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = [line for line in re.findall(r"^\.venv/bin/python (.*)$", README, re.M) if "bench" not in line]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands write; they run in the README's order, and a later one may read what an earlier one made."""
    return tmp_path_factory.mktemp("build")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs(command: str, build: Path):
    args = [re.sub("^build/", f"{build}/", part) for part in shlex.split(command)]
    done = subprocess.run([sys.executable, *args], cwd=ROOT, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_there_are_commands_to_run():
    assert len(COMMANDS) == 8


def test_the_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"`make (\w+)", README)) | set(re.findall(r"^make (\w+)", README, re.M)):
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_every_link_and_picture_is_there():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).is_file(), target
