"""Where the conversion code, the fetched weights and the shared pictures are."""
import os
import pathlib
import sys

import pytest

from project import PROJECT, SCRIPTS

sys.path.insert(0, str(SCRIPTS))


@pytest.fixture(scope="session")
def deps():
    return pathlib.Path(os.environ.get("FRAMEHOUND_DEPS", PROJECT / ".deps"))


@pytest.fixture(scope="session")
def built_models(deps):
    folder = deps / "models"
    if not folder.is_dir():
        pytest.skip(f"no models in {folder}: run make setup")
    return folder


@pytest.fixture(scope="session")
def shared():
    folder = pathlib.Path(os.environ.get("FRAMEHOUND_SHARED", PROJECT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(f"no pictures in {folder}")
    return folder
