"""PyTorch's old file format, written here by hand."""
import collections
import pickle
import struct
import types

import numpy as np
import pytest

from torch_file import read_weights

MAGIC = 0x1950A86A20F9469CFC6C


class StorageRef:
    def __init__(self, key, size):
        self.pid = ("storage", FloatStorage, key, "cpu", size, None)


class FloatStorage:
    """Stands for torch.FloatStorage: pickled by name only."""


FloatStorage.__module__ = "torch"


def _rebuild_tensor_v2(*arguments):
    raise AssertionError("only pickled by name")


_rebuild_tensor_v2.__module__ = "torch._utils"


class Tensor:
    def __init__(self, storage, offset, size, stride):
        self.arguments = (storage, offset, size, stride, False, collections.OrderedDict())

    def __reduce__(self):
        return _rebuild_tensor_v2, self.arguments


class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        return value.pid if isinstance(value, StorageRef) else None


@pytest.fixture
def write_file(tmp_path, monkeypatch):
    def module(name, **members):
        made = types.ModuleType(name)
        vars(made).update(members)
        monkeypatch.setitem(__import__("sys").modules, name, made)

    module("torch", FloatStorage=FloatStorage)
    module("torch._utils", _rebuild_tensor_v2=_rebuild_tensor_v2)

    def write(tensors, storages, magic=MAGIC):
        path = tmp_path / "weights.pth"
        with open(path, "wb") as file:
            for value in (magic, 1001, {"little_endian": True}):
                pickle.dump(value, file, protocol=2)
            Pickler(file, protocol=2).dump(collections.OrderedDict(tensors))
            pickle.dump(list(storages), file, protocol=2)
            for values in storages.values():
                file.write(struct.pack("<q", values.size) + values.tobytes())
        return path
    return write


def test_tensors_are_views_with_offset_and_stride(write_file):
    ref = StorageRef("0", 6)
    path = write_file({"rows": Tensor(ref, 0, (2, 3), (3, 1)), "turned": Tensor(ref, 0, (3, 2), (1, 3)),
                       "tail": Tensor(ref, 4, (2,), (1,))}, {"0": np.arange(6, dtype=np.float32)})
    weights = read_weights(path)
    np.testing.assert_array_equal(weights["rows"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(weights["turned"], [[0, 3], [1, 4], [2, 5]])
    np.testing.assert_array_equal(weights["tail"], [4, 5])


def test_a_tensor_that_reaches_past_its_storage_is_refused(write_file):
    path = write_file({"w": Tensor(StorageRef("0", 4), 2, (3,), (1,))}, {"0": np.zeros(4, np.float32)})
    with pytest.raises(ValueError, match="past its storage"):
        read_weights(path)


def test_a_truncated_file_is_refused(write_file):
    path = write_file({"w": Tensor(StorageRef("0", 4), 0, (4,), (1,))}, {"0": np.zeros(4, np.float32)})
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(ValueError, match="ends within a storage"):
        read_weights(path)


def test_another_format_is_refused(write_file):
    with pytest.raises(ValueError, match="not a PyTorch file"):
        read_weights(write_file({}, {}, magic=7))


def test_nothing_but_tensors_is_unpickled(tmp_path):
    class Exploit:
        def __reduce__(self):
            return print, ("executed",)

    path = tmp_path / "evil.pth"
    path.write_bytes(pickle.dumps(Exploit()))
    with pytest.raises(pickle.UnpicklingError, match="unexpected builtins.print"):
        read_weights(path)
