"""The default detectors, from TensorFlow.js graphs to OpenVINO networks.

All of them come out alike: one input `image` [1, H, W, 3], u8, RGB; normalisation is done in the network, where it is
merged into the first convolution; what the decoders read are the only outputs.
"""
import pathlib
import tempfile

import numpy as np
import openvino as ov
from openvino.preprocess import PrePostProcessor

from tfjs import TfjsModel

# Class numbers (1-90) that the COCO data set defines but does not use.
COCO_UNUSED = (12, 26, 29, 30, 45, 66, 68, 69, 71, 83)


def build_ssd(model_json):
    """SSDLite MobileNetV2 300x300: outputs `boxes` [1, 1917, 4] (y1, x1, y2, x2, 0-1), `scores` [1, 1917, 80].

    The file resizes each picture in a loop, which OpenVINO cannot read and the program does better: it is cut off.
    Of the 91 score columns (background, 80 classes, 10 unused numbers) only the classes are computed.
    """
    model = TfjsModel(model_json)
    model.set_input("Preprocessor/map/TensorArrayStack/TensorArrayGatherV3", [1, 300, 300, 3])
    _keep_score_columns(model, [k for k in range(1, 91) if k not in COCO_UNUSED])
    network = _read(model, {"boxes": "Postprocessor/Reshape_2", "scores": "Postprocessor/convert_scores"})
    return _with_u8_input(network, "NHWC")


def build_nanodet(model_json):
    """NanoDet 416x416: outputs `scores_8`, `distances_8`, … for the strides 8, 16, 32."""
    model = TfjsModel(model_json)
    outputs = {f"scores_{stride}": name for stride, name in zip((8, 16, 32), ("Identity", "Identity_1", "Identity_2"))}
    outputs |= {f"distances_{stride}": name
                for stride, name in zip((8, 16, 32), ("Identity_3", "Identity_4", "Identity_5"))}
    network = _read(model, outputs)
    mean_bgr, deviation_bgr = [103.53, 116.28, 123.675], [57.375, 57.12, 58.395]
    return _with_u8_input(network, "NCHW", mean_bgr, deviation_bgr, reverse_colour=True)


def build_centernet(model_json):
    """MobileNetV3 CenterNet 512x512: outputs `heatmap` [1, 128, 128, 80] (after the sigmoid), `size` [1, 128, 128, 4].

    The file decodes boxes in the graph, at 20 times the cost of its convolutions; the program decodes the heads itself.
    """
    model = TfjsModel(model_json)
    network = _read(model, {"heatmap": "tower_0/keypoints", "size": "tower_0/wh"})
    return _with_u8_input(network, "NHWC")


def _keep_score_columns(model, columns):
    """Removes score columns where they arise, in the class predictors' convolutions."""
    all_columns = 91
    for level in range(6):
        predictor = f"BoxPredictor_{level}/ClassPredictor/"
        for name in (predictor + "weights", predictor + "biases"):
            values = model.weights[name]
            per_anchor = values.reshape(*values.shape[:-1], -1, all_columns)[..., columns]
            model.weights[name] = np.ascontiguousarray(per_anchor.reshape(*values.shape[:-1], -1))
        reshape = model.nodes[f"BoxPredictor_{level}/Reshape_1"]
        pack = model.nodes[reshape.input[1]]
        size = pack.input[2]
        model.weights[size] = np.full_like(model.weights[size], len(columns))


def _read(model, outputs):
    """The OpenVINO network for a graph; `outputs` maps the tensor names it shall have to the graph's nodes."""
    frozen = model.freeze(outputs.values())
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "graph.pb"
        path.write_bytes(frozen.SerializeToString())
        network = ov.Core().read_model(path)
        return _with_outputs(network, outputs)


def _with_outputs(network, outputs):
    found = {}
    for node in network.get_ordered_ops():
        for output in node.outputs():
            for name in output.get_names():
                found.setdefault(name.removesuffix(":0"), output)
    results = []
    for name, origin in outputs.items():
        found[origin].get_tensor().set_names({name})
        results.append(ov.opset13.result(found[origin]))
    return ov.Model(results, network.get_parameters(), "detector")


def _with_u8_input(network, layout, mean=None, deviation=None, reverse_colour=False):
    processor = PrePostProcessor(network)
    picture = processor.input()
    picture.tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    steps = picture.preprocess().convert_element_type(ov.Type.f32)
    if reverse_colour:
        steps = steps.reverse_channels()
    if mean is not None:
        steps.mean(mean).scale(deviation)
    picture.model().set_layout(ov.Layout(layout))
    network = processor.build()
    network.input().get_tensor().set_names({"image"})
    return network
