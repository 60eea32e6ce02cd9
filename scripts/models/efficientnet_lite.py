"""EfficientNet-Lite as an OpenVINO network: picture in, descriptor and ImageNet scores out.

Architecture: Tan and Le, *EfficientNet* (2019), in the Lite variants without squeeze-and-excitation and with ReLU6;
padding is TensorFlow's "same".

The descriptor is pooled from the last block's 320 linear channels, not from the 1280 that the classifier expands them
to: they carry the same information (docs/models.md has the figures). Pooling: generalised mean with p = 3, Radenović,
Tolias and Chum, *Fine-tuning CNN Image Retrieval with No Human Annotation* (2018).
"""
import dataclasses
import math

import numpy as np
import openvino as ov
from openvino import opset13 as op

# These weights were trained by TensorFlow's recipe for the Lite variants, not with the ImageNet mean and deviation that
# PyTorch models use: with the latter, the first batch norm sees 4.5 times the variance that it recorded in training.
PIXEL_MEAN, PIXEL_DEVIATION = 127.0, 128.0
BATCH_NORM_EPSILON = 1e-3


@dataclasses.dataclass(frozen=True)
class Stage:
    repeats: int
    kernel: int
    stride: int
    expansion: int


STAGES = (Stage(1, 3, 1, 1), Stage(2, 3, 2, 6), Stage(2, 5, 2, 6), Stage(3, 3, 2, 6),
          Stage(3, 5, 1, 6), Stage(4, 5, 2, 6), Stage(1, 3, 1, 6))
FIXED_STAGES = (0, len(STAGES) - 1)  # the Lite variants do not deepen the first and the last stage


class _Layers:
    """The layers that EfficientNet-Lite is made of, reading their weights by name."""

    def __init__(self, weights):
        self.weights = weights

    def convolution(self, x, name, stride=1):
        return op.convolution(x, self.weights[name + ".weight"], [stride] * 2, [0, 0], [0, 0], [1, 1],
                              auto_pad="same_upper")

    def depthwise(self, x, name, stride):
        kernels = self.weights[name + ".weight"]
        groups, _, height, width = kernels.shape
        return op.group_convolution(x, kernels.reshape(groups, 1, 1, height, width), [stride] * 2, [0, 0], [0, 0],
                                    [1, 1], auto_pad="same_upper")

    def batch_norm(self, x, name):
        w = self.weights
        gain = w[name + ".weight"] / np.sqrt(w[name + ".running_var"] + BATCH_NORM_EPSILON)
        shift = w[name + ".bias"] - gain * w[name + ".running_mean"]
        return op.add(op.multiply(x, _channels(gain)), _channels(shift))

    def block(self, x, prefix, stage, first):
        """Inverted residual block (MobileNetV2)."""
        y = x
        if stage.expansion != 1:
            y = _relu6(self.batch_norm(self.convolution(y, prefix + "_expand_conv"), prefix + "_bn0"))
        y = self.depthwise(y, prefix + "_depthwise_conv", stage.stride if first else 1)
        y = _relu6(self.batch_norm(y, prefix + "_bn1"))
        y = self.batch_norm(self.convolution(y, prefix + "_project_conv"), prefix + "_bn2")
        return y if first else op.add(y, x)


def _channels(values):
    return np.float32(values).reshape(1, -1, 1, 1)


def _relu6(x):
    return op.clamp(x, 0.0, 6.0)


def _normalised_planes(image):
    x = op.transpose(op.convert(image, "f32"), np.int64([0, 3, 1, 2]))
    return op.divide(op.subtract(x, np.float32(PIXEL_MEAN)), np.float32(PIXEL_DEVIATION))


def bottleneck(layers, image, depth):
    """The last block's output [N, 320, h, w] (after batch norm, without activation) of the u8 RGB picture `image`."""
    x = layers.convolution(_normalised_planes(image), "_conv_stem", stride=2)
    x = _relu6(layers.batch_norm(x, "_bn0"))
    number = 0
    for k, stage in enumerate(STAGES):
        repeats = stage.repeats if k in FIXED_STAGES else math.ceil(stage.repeats * depth)
        for i in range(repeats):
            x = layers.block(x, f"_blocks.{number}.", stage, first=i == 0)
            number += 1
    return x


def imagenet_scores(layers, x):
    """The classifier's logits [N, 1000] from the bottleneck."""
    x = _relu6(layers.batch_norm(layers.convolution(x, "_conv_head"), "_bn1"))
    pooled = op.reduce_mean(x, np.int64([2, 3]), False)
    return op.add(op.matmul(pooled, layers.weights["_fc.weight"], False, True),
                  layers.weights["_fc.bias"].reshape(1, -1))


def generalised_mean(x):
    """Channel-wise cube root of the mean cube of a map without negative values."""
    cubes = op.multiply(op.multiply(x, x), x)
    return op.power(op.reduce_mean(cubes, np.int64([2, 3]), False), np.float32(1 / 3))


def signed_generalised_mean(x):
    """Generalised mean of the positive part less that of the negative part: for maps before their activation."""
    return op.subtract(generalised_mean(op.relu(x)), generalised_mean(op.relu(op.negative(x))))


def build(weights, size, depth):
    """The embedder: `image` [N, size, size, 3] u8 RGB → `embedding` (unit length), `scores` (ImageNet logits)."""
    image = op.parameter([-1, size, size, 3], ov.Type.u8, name="image")
    image.output(0).get_tensor().set_names({"image"})
    layers = _Layers(weights)
    maps = bottleneck(layers, image, depth)
    embedding = op.normalize_l2(signed_generalised_mean(maps), np.int64([1]), 1e-12, "add")
    scores = imagenet_scores(layers, maps)
    embedding.output(0).get_tensor().set_names({"embedding"})
    scores.output(0).get_tensor().set_names({"scores"})
    return ov.Model([op.result(embedding), op.result(scores)], [image], "efficientnet-lite")
