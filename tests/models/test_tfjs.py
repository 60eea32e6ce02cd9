"""TensorFlow.js graph models, each trap in a graph made for it."""
import base64
import json

import numpy as np
import openvino as ov
import pytest

from tfjs import TfjsModel


def attribute(**value):
    return value


FLOAT = attribute(type="DT_FLOAT")
STRIDES = attribute(list={"i": ["1", "1", "1", "1"]})


def text(value):
    return base64.b64encode(value.encode()).decode()


def const(name, dtype="DT_FLOAT"):
    return {"name": name, "op": "Const", "attr": {"dtype": attribute(type=dtype)}}


def placeholder(name, shape):
    dims = [{"size": str(n)} for n in shape]
    return {"name": name, "op": "Placeholder", "attr": {"dtype": FLOAT, "shape": {"shape": {"dim": dims}}}}


@pytest.fixture
def write_model(tmp_path):
    """Writes a model of `nodes` and `weights` (name -> array, or (array, "float16") for a quantised one)."""
    def write(nodes, weights):
        entries, data = [], b""
        for name, values in weights.items():
            entry = {"name": name}
            if isinstance(values, tuple):
                values, entry["quantization"] = values[0], {"dtype": values[1]}
                data += values.astype(np.float16).tobytes()
            else:
                data += values.tobytes()
            entries.append(entry | {"dtype": str(values.dtype), "shape": list(values.shape)})
        half = len(data) // 2
        (tmp_path / "shard1").write_bytes(data[:half])
        (tmp_path / "shard2").write_bytes(data[half:])
        path = tmp_path / "model.json"
        path.write_text(json.dumps({
            "modelTopology": {"node": nodes, "versions": {"producer": 1}},
            "weightsManifest": [{"paths": ["shard1", "shard2"], "weights": entries}]}))
        return path
    return write


def run(model, outputs, tmp_path, picture):
    path = tmp_path / "graph.pb"
    path.write_bytes(model.freeze(outputs).SerializeToString())
    compiled = ov.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return compiled([picture])[0]


def test_weights_come_from_several_files_and_may_be_float16(write_model):
    values = np.float32([[0.5, -2], [3, 4]])
    model = TfjsModel(write_model([const("plain"), const("quantised")],
                                  {"plain": values, "quantised": (values, "float16")}))
    assert model.weights["plain"].dtype == model.weights["quantised"].dtype == np.float32
    np.testing.assert_array_equal(model.weights["plain"], values)
    np.testing.assert_array_equal(model.weights["quantised"], values)


def test_weights_that_do_not_fill_their_files_are_refused(write_model):
    path = write_model([const("w")], {"w": np.float32([1, 2])})
    (path.parent / "shard2").write_bytes(b"\0" * 40)
    with pytest.raises(ValueError, match="manifest describes 8"):
        TfjsModel(path)


def test_an_unknown_quantisation_is_refused(write_model):
    with pytest.raises(ValueError, match="uint8"):
        TfjsModel(write_model([const("w")], {"w": (np.float32([1]), "uint8")}))


@pytest.mark.parametrize("old_format", [False, True])
def test_a_fused_convolution_computes_convolution_bias_and_activation(write_model, tmp_path, old_format):
    as_written = (lambda s: list(s.encode())) if old_format else text
    nodes = [placeholder("image", [1, 2, 2, 1]), const("kernel"), const("bias"),
             {"name": "conv", "op": "_FusedConv2D", "input": ["image", "kernel", "bias"],
              "attr": {"T": FLOAT, "strides": STRIDES, "padding": {"s": as_written("SAME")},
                       "data_format": {"s": as_written("NHWC")}, "num_args": {"i": "1"},
                       "fused_ops": {"list": {"s": [as_written("BiasAdd"), as_written("Relu6")]}}}}]
    model = TfjsModel(write_model(nodes, {"kernel": np.full((1, 1, 1, 1), 2, np.float32), "bias": np.float32([-1])}))
    picture = np.float32([0, 1, 2, 9]).reshape(1, 2, 2, 1)
    np.testing.assert_allclose(run(model, ["conv"], tmp_path, picture).ravel(), [0, 1, 3, 6])


def test_a_fused_operation_that_is_not_known_is_refused(write_model):
    nodes = [placeholder("image", [1, 1, 1, 1]), const("kernel"),
             {"name": "conv", "op": "_FusedConv2D", "input": ["image", "kernel"],
              "attr": {"fused_ops": {"list": {"s": [text("Elu")]}}}}]
    model = TfjsModel(write_model(nodes, {"kernel": np.ones((1, 1, 1, 1), np.float32)}))
    with pytest.raises(ValueError, match="conv: fused operation Elu"):
        model.freeze(["conv"])


def test_a_scalar_constant_is_not_taken_for_missing(write_model, tmp_path):
    nodes = [placeholder("image", [1, 2]), const("half"),
             {"name": "out", "op": "Mul", "input": ["image", "half"], "attr": {"T": FLOAT}}]
    model = TfjsModel(write_model(nodes, {"half": np.float32(0.5)}))
    np.testing.assert_allclose(run(model, ["out"], tmp_path, np.float32([[2, 4]])), [[1, 2]])


def test_a_dense_constant_is_made_of_sparse_ones(write_model, tmp_path):
    nodes = [placeholder("image", [1, 6]),
             *(const(name, "DT_INT32") for name in ("indices", "size", "values", "default")),
             {"name": "shape", "op": "SparseToDense", "input": ["indices", "size", "values", "default"]},
             {"name": "out", "op": "Reshape", "input": ["image", "shape"],
              "attr": {"T": FLOAT, "Tshape": attribute(type="DT_INT32")}}]
    model = TfjsModel(write_model(nodes, {
        "indices": np.int32([[0], [1]]), "size": np.int32([2]), "values": np.int32([3, 2]), "default": np.int32(0)}))
    assert run(model, ["out"], tmp_path, np.zeros((1, 6), np.float32)).shape == (3, 2)


def test_what_comes_before_a_new_input_is_cut_off(write_model, tmp_path):
    nodes = [placeholder("raw", [1, 9]), {"name": "loop", "op": "Merge", "input": ["raw"]}, const("two"),
             {"name": "out", "op": "Mul", "input": ["loop", "two"], "attr": {"T": FLOAT}}]
    model = TfjsModel(write_model(nodes, {"two": np.float32(2)}))
    model.set_input("loop", [1, 3])
    assert {node.name for node in model.freeze(["out"]).node} == {"loop", "two", "out"}
    np.testing.assert_allclose(run(model, ["out"], tmp_path, np.float32([[1, 2, 3]])), [[2, 4, 6]])
