"""File systems with little room, which can be filled to the last byte; the tests that want one are skipped where nobody may
mount it."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

PIECES = (65536, 4096, 1)


def _mount(*args: str | Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make a small file system")
    if subprocess.run(["mount", *map(str, args)], capture_output=True).returncode != 0:
        pytest.skip("this machine lets nobody mount a file system")


@contextlib.contextmanager
def small_disk(folder: Path, size: str, elsewhere: tuple[str, ...] = ()) -> Iterator[Path]:
    """An empty file system at the folder; what is named `elsewhere` in it lies on the disk around it."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = []
    try:
        _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder)
        mounted.append(folder)
        for name in elsewhere:
            roomy = folder.parent / f"{folder.name}-{name}"
            roomy.mkdir()
            (folder / name).mkdir()
            _mount("--bind", roomy, folder / name)
            mounted.append(folder / name)
        yield folder
    finally:
        for place in reversed(mounted):
            subprocess.run(["umount", "-l", place], check=False)


def fill(folder: Path) -> Path:
    """Takes all the room that is left; the file that holds it."""
    filler = folder / "filler"
    with filler.open("ab", buffering=0) as out:
        for size in PIECES:
            with contextlib.suppress(OSError):
                while out.write(bytes(size)) == size:
                    pass
    return filler
