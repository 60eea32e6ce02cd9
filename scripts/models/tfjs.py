"""TensorFlow.js graph models as frozen TensorFlow graphs, which OpenVINO reads.

A graph model is a `model.json` (a GraphDef in protobuf's JSON form, and a list of weights) with the weights in binary
files beside it. Neither TensorFlow nor TensorFlow.js is needed: the protobuf classes come with TensorBoard.

What such files hold that a plain conversion trips over is named where it is handled: weights quantised to float16,
string attributes as byte lists, fused convolutions, constants built by SparseToDense, scalars without a shape.
"""
import base64
import json
import pathlib

import numpy as np
from google.protobuf import json_format
from tensorboard.compat.proto import graph_pb2, node_def_pb2, types_pb2

_NUMPY_TYPES = {"float32": np.float32, "int32": np.int32, "bool": np.bool_}
_TF_TYPES = {np.float32: types_pb2.DT_FLOAT, np.int32: types_pb2.DT_INT32, np.bool_: types_pb2.DT_BOOL}
_FUSED = {"_FusedConv2D": "Conv2D", "FusedDepthwiseConv2dNative": "DepthwiseConv2dNative"}


class TfjsModel:
    """A graph and its weights: `nodes` (name -> NodeDef) and `weights` (name -> array), both open to changes."""

    def __init__(self, model_json):
        model_json = pathlib.Path(model_json)
        document = json.loads(model_json.read_text())
        self.weights = _read_weights(document["weightsManifest"], model_json.parent)
        topology = {key: document["modelTopology"][key] for key in ("node", "versions")
                    if key in document["modelTopology"]}
        _modernise(topology)
        graph = json_format.ParseDict(topology, graph_pb2.GraphDef(), ignore_unknown_fields=True)
        self.nodes = {node.name: node for node in graph.node}

    def set_input(self, name, shape):
        """Makes the node `name` the graph's picture input, whatever it was computed from before."""
        node = node_def_pb2.NodeDef(name=name, op="Placeholder")
        node.attr["dtype"].type = types_pb2.DT_FLOAT
        for size in shape:
            node.attr["shape"].shape.dim.add().size = size
        self.nodes[name] = node

    def freeze(self, outputs):
        """The part of the graph that `outputs` depend on, as a GraphDef with the weights in it."""
        needed = self._ancestors(outputs)
        frozen = graph_pb2.GraphDef()
        for name, node in self.nodes.items():
            if name in needed:
                _append(frozen, node, self.weights)
        return frozen

    def _ancestors(self, outputs):
        needed, pending = set(), list(outputs)
        while pending:
            name = pending.pop()
            if name not in needed:
                needed.add(name)
                pending += [_node_of(edge) for edge in self.nodes[name].input]
        return needed


def _node_of(edge):
    return edge.lstrip("^").split(":")[0]


def _read_weights(groups, folder):
    weights = {}
    for group in groups:
        data = b"".join((folder / path).read_bytes() for path in group["paths"])
        offset = 0
        for entry in group["weights"]:
            stored = np.dtype(np.float16 if "quantization" in entry else _NUMPY_TYPES[entry["dtype"]])
            if "quantization" in entry and entry["quantization"]["dtype"] != "float16":
                raise ValueError(f"{entry['name']}: quantisation {entry['quantization']['dtype']} is not supported")
            count = int(np.prod(entry["shape"], dtype=np.int64))
            values = np.frombuffer(data, stored, count, offset)
            offset += values.nbytes
            weights[entry["name"]] = values.astype(_NUMPY_TYPES[entry["dtype"]]).reshape(entry["shape"])
        if offset != len(data):
            raise ValueError(f"{folder}: weights have {len(data)} bytes, the manifest describes {offset}")
    return weights


def _modernise(value):
    """Brings older files' JSON into protobuf's own form.

    They write string attributes as lists of byte values, and empty lists for every value type that a tensor lacks.
    """
    if isinstance(value, list):
        for element in value:
            _modernise(element)
    if not isinstance(value, dict):
        return
    for key, member in list(value.items()):
        if key == "func":
            del value[key]
        elif key == "s" and isinstance(member, list):
            value[key] = _strings(member, in_list="i" in value)
        else:
            _modernise(member)
    if isinstance(value.get("tensor"), dict):
        value["tensor"] = {key: member for key, member in value["tensor"].items()
                           if member or not key.endswith("Val")}


def _strings(member, in_list):
    if member and isinstance(member[0], list):
        return [base64.b64encode(bytes(codes)).decode() for codes in member]
    if in_list or (member and isinstance(member[0], str)):
        return member
    return base64.b64encode(bytes(member)).decode()


def _append(graph, node, weights):
    if node.op in _FUSED:
        _append_unfused(graph, node)
    elif node.op == "SparseToDense":
        indices, shape, values, default = (weights[_node_of(edge)] for edge in node.input)
        dense = np.full(tuple(shape), default, np.int32)
        if indices.size:
            dense[tuple(np.atleast_2d(indices).T)] = values
        _append_constant(graph, node.name, dense)
    elif node.op == "Const" and node.name in weights:
        _append_constant(graph, node.name, weights[node.name])
    else:
        graph.node.add().CopyFrom(node)


def _append_constant(graph, name, values):
    node = graph.node.add(name=name, op="Const")
    node.attr["dtype"].type = _TF_TYPES[values.dtype.type]
    tensor = node.attr["value"].tensor
    tensor.dtype = _TF_TYPES[values.dtype.type]
    tensor.tensor_shape.SetInParent()  # a scalar's empty shape must be present, or OpenVINO takes it for missing
    for size in values.shape:
        tensor.tensor_shape.dim.add().size = size
    tensor.tensor_content = np.ascontiguousarray(values).tobytes()


def _append_unfused(graph, node):
    """A fused convolution as convolution, bias, activation; the last one keeps the name."""
    fused = [name.decode() for name in node.attr["fused_ops"].list.s]
    extra_inputs = list(node.input[2:])
    conv = graph.node.add(name=node.name + "/conv", op=_FUSED[node.op])
    conv.input.extend(node.input[:2])
    for key in ("strides", "padding", "dilations", "data_format", "T"):
        if key in node.attr:
            conv.attr[key].CopyFrom(node.attr[key])
    previous = conv.name
    for k, op in enumerate(fused):
        if op not in ("BiasAdd", "Relu", "Relu6"):
            raise ValueError(f"{node.name}: fused operation {op} is not supported")
        part = graph.node.add(name=node.name if k == len(fused) - 1 else f"{node.name}/{op}", op=op)
        part.attr["T"].type = types_pb2.DT_FLOAT
        part.input.append(previous)
        if op == "BiasAdd":
            part.input.append(extra_inputs.pop(0))
        previous = part.name
