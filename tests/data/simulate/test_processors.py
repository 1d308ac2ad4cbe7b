"""Another processor rounds differently; this one does when its vector instructions are switched off."""

import os
import subprocess
import sys

import cv2
import numpy as np
import pytest
from numpy._core import _multiarray_umath as numpy_core

FIELDS = 24

SIMULATE = f"""
import sys
import cv2, numpy as np
from numpy._core import _multiarray_umath as numpy_core
from data.simulate.field import FieldSettings, simulate_set_field
from data.simulate.fingerprints import hash_truth

settings = FieldSettings(
    shape=(400, 400), seed=77, labels="kaggle", even_share=1.0, single_fraction=0.8, fields_per_antibody=1
)
fields = [simulate_set_field(index, settings) for index in range({FIELDS})]
np.savez(
    sys.argv[1],
    images=[field.image for field in fields],
    truth=[hash_truth(field) for field in fields],
    numpy_uses=[name for name in numpy_core.__cpu_dispatch__ if numpy_core.__cpu_features__[name]],
    opencv_uses=cv2.getCPUFeaturesLine(),
)
"""


def opencv_extras() -> list[str]:
    """Instructions that OpenCV uses where the processor has them, such as AVX2."""
    words = cv2.getCPUFeaturesLine().split()
    return [word[1:] for word in words if word.startswith("*") and not word.endswith("?")]


def simulate(path, **environment):
    command = [sys.executable, "-c", SIMULATE, str(path)]
    paths = os.pathsep.join(path for path in sys.path if path)
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": paths} | environment, timeout=250)
    return np.load(path)


@pytest.mark.slow
def test_truth_is_equal_and_pixels_within_one_grey_level(tmp_path):
    extras = [name for name in numpy_core.__cpu_dispatch__ if numpy_core.__cpu_features__[name]]
    if not extras or not opencv_extras():
        pytest.skip("this processor has no vector instructions that could be switched off")
    usual = simulate(tmp_path / "usual.npz")
    plain = simulate(
        tmp_path / "plain.npz",
        NPY_DISABLE_CPU_FEATURES=" ".join(extras),
        OPENCV_CPU_DISABLE=",".join(opencv_extras()),
        OPENCV_IPP="disabled",
        OPENBLAS_CORETYPE="Nehalem",
        GLIBC_TUNABLES="glibc.cpu.hwcaps=-AVX512F,-AVX2,-AVX,-FMA",
    )
    assert usual["numpy_uses"].tolist() == extras
    assert not plain["numpy_uses"].size
    assert str(plain["opencv_uses"]) != str(usual["opencv_uses"])
    assert plain["truth"].tolist() == usual["truth"].tolist()
    apart = np.abs(plain["images"].astype(int) - usual["images"]).reshape(FIELDS, -1)
    assert apart.max(axis=1).tolist() == np.minimum(apart.max(axis=1), 1).tolist()
    # The switches do something, and what they change is rounding alone.
    assert 0 < np.mean(apart) < 1e-4
