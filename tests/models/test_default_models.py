"""The default models, as set-up built them, on real pictures: right classes, right boxes, right neighbours."""
import csv
import json

import numpy as np
import openvino as ov
import pytest
from PIL import Image

import reference
from project import PROJECT
from retrieval import average_precisions

DETECTORS = ("ssdlite-mobilenet-v2", "nanodet-416", "centernet-mobilenet-v3")
CLEAR_OBJECTS = (("000000000081.jpg", "airplane"), ("000000000629.jpg", "motorcycle"), ("000000000636.jpg", "toilet"))
NANODET_STRIDES = (8, 16, 32)
IMAGENET_RANGES = {"airplane": {404, 895}, "dog": range(151, 269), "cat": range(281, 288), "frog": range(30, 33)}


def load_model(built_models, name):
    folder = built_models / name
    if not folder.is_dir():
        pytest.skip(f"{name} is not built")
    manifest = json.loads((folder / "model.json").read_text())
    network = ov.Core().compile_model(folder / "model.xml", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return manifest, network


def picture_for(manifest, path):
    size = manifest["input"]["width"], manifest["input"]["height"]
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB").resize(size, Image.Resampling.BILINEAR))


def decode(manifest, outputs):
    """Boxes (x1, y1, x2, y2 as shares of the picture) and class scores of a detector's candidates."""
    size = manifest["input"]["width"]
    if manifest["output"]["decoder"] == "ssd":
        return outputs["boxes"][0][:, [1, 0, 3, 2]], outputs["scores"][0]
    if manifest["output"]["decoder"] == "centernet":
        sides, scores = outputs["size"][0].reshape(-1, 4), outputs["heatmap"][0]
        rows, columns = np.indices(scores.shape[:2]).reshape(2, -1) * 4
        return corners(columns, rows, sides) / size, scores.reshape(-1, scores.shape[2])
    boxes, scores = [], []
    for stride in NANODET_STRIDES:
        logits = outputs[f"distances_{stride}"][0].reshape(-1, 4, 11)
        shares = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
        rows, columns = (np.indices([size // stride] * 2).reshape(2, -1) + 0.5) * stride
        boxes.append(corners(columns, rows, shares @ np.arange(11) * stride))
        scores.append(outputs[f"scores_{stride}"][0])
    return np.concatenate(boxes) / size, np.concatenate(scores)


def corners(x, y, sides):
    left, top, right, bottom = sides.T
    return np.stack([x - left, y - top, x + right, y + bottom], axis=1)


def overlap(a, b):
    width, height = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    common = max(width, 0) * max(height, 0)
    return common / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - common)


def true_boxes(shared, file_name, label):
    """Boxes of a class in a picture of the labelled set, as shares of the picture."""
    coco = json.loads((shared / "data/coco/instances.json").read_text())
    (image,) = (image for image in coco["images"] if image["file_name"] == file_name)
    (category,) = (category["id"] for category in coco["categories"] if category["name"] == label)
    for found in coco["annotations"]:
        if (found["image_id"], found["category_id"]) == (image["id"], category):
            x, y, width, height = found["bbox"]
            yield np.array([x, y, x + width, y + height]) / ([image["width"], image["height"]] * 2)


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize("file_name, label", CLEAR_OBJECTS)
def test_a_detector_finds_a_clear_object(built_models, shared, name, file_name, label):
    manifest, network = load_model(built_models, name)
    (truth,) = true_boxes(shared, file_name, label)
    picture = picture_for(manifest, shared / "data/coco/images" / file_name)
    boxes, scores = decode(manifest, network([picture[None]]))
    best, column = np.unravel_index(scores.argmax(), scores.shape)
    assert manifest["classes"][column] == label
    assert scores[best, column] > manifest["score_threshold"]
    assert overlap(boxes[best], truth) > 0.8


def test_the_embedder_knows_imagenet_classes(built_models, shared):
    manifest, network = load_model(built_models, "efficientnet-lite0")
    folder = shared / "data/coco/cc0_labelled"
    with open(folder / "labels.csv", newline="") as file:
        pictures = [(folder / row["file"], row["label"]) for row in csv.DictReader(file)
                    if row["label"] in IMAGENET_RANGES]
    top5 = [np.argsort(network([picture_for(manifest, path)[None]])["scores"][0])[-5:] for path, _ in pictures]
    assert len(pictures) >= 5
    for (path, label), found in zip(pictures, top5):
        assert set(found) & set(IMAGENET_RANGES[label]), f"{path.name}: {sorted(found)}"


def test_an_embedding_has_unit_length_and_does_not_depend_on_its_batch(built_models):
    _, network = load_model(built_models, "efficientnet-lite0")
    pictures = np.stack([reference.formula_picture(224, 224, channels) for *_, channels in reference.PICTURES.values()])
    together = network([pictures])["embedding"].copy()
    assert together.shape == (len(pictures), 320)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-4)
    for picture, embedding in zip(pictures, together):
        np.testing.assert_allclose(network([picture[None]])["embedding"][0], embedding, atol=1e-3)


def test_descriptors_retrieve_the_same_object_within_its_class(built_models, shared):
    """Mean average precision on the crops of people and cars: neighbours in time are left out, as they are easy."""
    manifest, network = load_model(built_models, "efficientnet-lite0")
    folder = shared / "data/reid"
    with open(folder / "manifest.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["file"].startswith("tracks/")]
    pictures = np.stack([picture_for(manifest, folder / row["file"]) for row in rows])
    descriptors = describe(manifest, network, pictures)
    assert np.mean(average_precisions(rows, descriptors @ descriptors.T)) > 0.77


def describe(manifest, network, pictures):
    colour = reference.Colour.from_manifest(manifest["descriptor"]["colour"])
    deep = np.concatenate([network([pictures[k:k + 16]])["embedding"].copy() for k in range(0, len(pictures), 16)])
    histograms = np.stack([reference.histogram(picture, colour) for picture in pictures])
    joined = np.concatenate([manifest["descriptor"]["deep_weight"] * deep, histograms], axis=1)
    return joined / np.linalg.norm(joined, axis=1, keepdims=True)


@pytest.mark.parametrize("path", sorted((PROJECT / "models").glob("*.json")), ids=lambda path: path.stem)
def test_a_built_model_is_the_one_its_manifest_describes(built_models, path):
    manifest, network = load_model(built_models, path.stem)
    source = json.loads(path.read_text())
    assert {key: manifest[key] for key in source} == source
    size = manifest["input"]
    assert list(network.input(size["tensor"]).partial_shape)[1:] == [size["height"], size["width"], 3]
    assert network.input().element_type == ov.Type.u8
