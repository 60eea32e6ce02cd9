"""Reads weights that PyTorch saved in its format from before version 1.6, without PyTorch.

Such a file is a row of pickles (magic number, protocol, machine, the tensors' descriptions, the storages' keys)
followed by the raw storages. Only the few names that tensors need are resolved: nothing from the file is executed.
"""
import collections
import pickle
import struct

import numpy as np

_MAGIC = 0x1950A86A20F9469CFC6C
_STORAGE_TYPES = {"FloatStorage": np.float32, "LongStorage": np.int64}


class _Storage:
    def __init__(self, dtype):
        self.dtype = np.dtype(dtype)
        self.values = None


class _Unpickler(pickle.Unpickler):
    def __init__(self, file, storages):
        super().__init__(file)
        self.storages = storages

    def find_class(self, module, name):
        if module == "torch" and name in _STORAGE_TYPES:
            return name
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, size, stride, *_: (storage, offset, size, stride)
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        raise pickle.UnpicklingError(f"unexpected {module}.{name}")

    def persistent_load(self, pid):
        _, kind, key = pid[:3]
        return self.storages.setdefault(key, _Storage(_STORAGE_TYPES[kind]))


def read_weights(path):
    """The tensors of a saved state dictionary: name -> contiguous array."""
    storages = {}
    with open(path, "rb") as file:
        magic, _, _ = (_Unpickler(file, storages).load() for _ in range(3))
        if magic != _MAGIC:
            raise ValueError(f"{path}: not a PyTorch file of the old format")
        tensors, keys = (_Unpickler(file, storages).load() for _ in range(2))
        for key in keys:
            storage = storages[key]
            (count,) = struct.unpack("<q", file.read(8))
            storage.values = np.frombuffer(file.read(count * storage.dtype.itemsize), storage.dtype)
            if storage.values.size != count:
                raise ValueError(f"{path}: ends within a storage")
    return {name: _tensor(*description) for name, description in tensors.items()}


def _tensor(storage, offset, size, stride):
    """Tensors may be views: several weights here are stored with permuted strides."""
    if offset + sum((n - 1) * step for n, step in zip(size, stride)) >= storage.values.size:
        raise ValueError("a tensor reaches past its storage")
    strides = [step * storage.dtype.itemsize for step in stride]
    return np.ascontiguousarray(np.lib.stride_tricks.as_strided(storage.values[offset:], size, strides))
