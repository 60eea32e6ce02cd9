"""Manifests of models (docs/model-manifest.md) as the build sees them: check sources, write the finished folder."""
import hashlib
import json
import pathlib
import shutil

import openvino as ov

STAMP = "x_built_from"


class ManifestError(Exception):
    """What a person has to put right, as a sentence."""


def file_sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Manifest:
    """A manifest of the repository: without the digests of the network, which does not exist before the build."""

    def __init__(self, document):
        self.document = document

    @classmethod
    def read(cls, path):
        document = json.loads(path.read_text())
        if document["name"] != path.stem:
            raise ManifestError(f"{path}: the name inside is {document['name']}")
        return cls(document)

    @property
    def source_files(self):
        return self.document["source_files"]

    def check_sources(self, deps):
        for relative, expected in self.source_files.items():
            path = deps / relative
            if not path.is_file():
                raise ManifestError(f"{path} is missing; run the set-up again to fetch it")
            found = file_sha256(path)
            if found != expected:
                raise ManifestError(f"{path} has SHA-256 {found}, expected {expected}; "
                                    "remove it and run the set-up again")

    def is_built(self, folder):
        try:
            built = json.loads((folder / "model.json").read_text())
            return built[STAMP] == self._stamp() and all(
                file_sha256(folder / name) == digest for name, digest in built["sha256"].items())
        except (OSError, ValueError, KeyError):
            return False

    def write(self, network, folder):
        """Writes the model's folder; a folder is either complete or not there."""
        partial = folder.with_name(folder.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        ov.save_model(network, partial / "model.xml", compress_to_fp16=True)
        built = self.document | {
            "network": "model.xml",
            "sha256": {name: file_sha256(partial / name) for name in ("model.xml", "model.bin")},
            STAMP: self._stamp(),
        }
        (partial / "model.json").write_text(json.dumps(built, indent=1, ensure_ascii=False) + "\n")
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)

    def _stamp(self):
        """Changes whenever the manifest, the scripts or OpenVINO change."""
        digest = hashlib.sha256(json.dumps(self.document, sort_keys=True).encode())
        digest.update(ov.__version__.encode())
        for script in sorted(pathlib.Path(__file__).parent.glob("*.py")):
            if not script.name.startswith("test_"):
                digest.update(script.read_bytes())
        return digest.hexdigest()
