import io
import pickle

import numpy as np
import pytest

from data.pickles.machine import RefusedError, read_pickle
from data.pickles.numpy_names import ArrayRecord, NumpyNames


def read(value: object, protocol: int = 4) -> object:
    return read_pickle(io.BytesIO(pickle.dumps(value, protocol)), NumpyNames())


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("dtype", ["?", "u1", ">u2", "<i4", "f8", "c16"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays(protocol: int, dtype: str, order: str) -> None:
    array = np.asarray(np.arange(6).reshape(2, 3).astype(dtype), order=order)
    record = read(array, protocol)
    assert isinstance(record, ArrayRecord)
    np.testing.assert_array_equal(record.build(), array)


def test_arrays_of_objects_are_lists_and_scalars_nothing() -> None:
    record = read(np.array([{"a": np.float64(3)}, "b"], object))
    assert isinstance(record, ArrayRecord)
    assert record.build() == [{"a": None}, "b"]


@pytest.mark.parametrize("value", [eval, np.load, np.random.default_rng, np.ma.array([1])])
def test_other_names_are_refused(value: object) -> None:
    with pytest.raises(RefusedError):
        read(value)


@pytest.mark.parametrize("dtype", ["U3", "M8[s]", [("a", "u1")]])
def test_other_arrays_are_refused(dtype: object) -> None:
    record = read(np.zeros(2, dtype))
    assert isinstance(record, ArrayRecord)
    with pytest.raises(ValueError, match="an array"):
        record.build()
