"""Where the project's files are."""
import pathlib

PROJECT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = PROJECT / "scripts" / "models"
