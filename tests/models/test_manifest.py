"""How a model's folder is written."""
import hashlib
import json

import numpy as np
import openvino as ov
import pytest

from manifest import Manifest, ManifestError


@pytest.fixture
def source(tmp_path):
    deps = tmp_path / "deps"
    deps.mkdir()
    (deps / "weights.bin").write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    return deps, Manifest({"schema": 1, "name": "twice", "source_files": {"weights.bin": digest}})


@pytest.fixture
def network():
    x = ov.opset13.parameter([1, 2], ov.Type.f32, name="x")
    return ov.Model([ov.opset13.result(ov.opset13.multiply(x, np.float32(2)))], [x], "twice")


def test_sources_with_the_right_digest_pass(source):
    deps, manifest = source
    manifest.check_sources(deps)


def test_a_changed_source_is_refused_with_what_to_do(source):
    deps, manifest = source
    (deps / "weights.bin").write_bytes(b"other")
    with pytest.raises(ManifestError, match="expected .*; remove it and run the set-up again"):
        manifest.check_sources(deps)


def test_a_missing_source_is_named(source):
    deps, manifest = source
    (deps / "weights.bin").unlink()
    with pytest.raises(ManifestError, match="weights.bin is missing"):
        manifest.check_sources(deps)


def test_the_folder_holds_the_network_its_digests_and_the_manifest(source, network):
    deps, manifest = source
    manifest.write(network, deps / "models" / "twice")
    built = json.loads((deps / "models/twice/model.json").read_text())
    assert built["name"] == "twice" and built["network"] == "model.xml"
    for name, digest in built["sha256"].items():
        assert hashlib.sha256((deps / "models/twice" / name).read_bytes()).hexdigest() == digest


def test_a_model_is_built_once_and_again_when_anything_changes(source, network):
    deps, manifest = source
    folder = deps / "models" / "twice"
    assert not manifest.is_built(folder)
    manifest.write(network, folder)
    assert manifest.is_built(folder)
    assert not Manifest(manifest.document | {"score_threshold": 0.1}).is_built(folder)
    (folder / "model.bin").write_bytes(b"damaged")
    assert not manifest.is_built(folder)
    manifest.write(network, folder)
    assert manifest.is_built(folder)


def test_a_left_over_of_an_interrupted_build_is_replaced(source, network):
    deps, manifest = source
    partial = deps / "models" / "twice.partial"
    partial.mkdir(parents=True)
    (partial / "junk").write_text("x")
    manifest.write(network, deps / "models" / "twice")
    assert not partial.exists() and not (deps / "models/twice/junk").exists()


def test_a_manifest_is_named_like_its_file(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"name": "b"}')
    with pytest.raises(ManifestError, match="the name inside is b"):
        Manifest.read(path)
