import pytest

from data.cores import available_cores
from pipeline.benchmark.frozen_sets import check_set
from pipeline.benchmark.sets import BENCHMARK, benchmark_folder, simulate_set
from pipeline.engines.local import LocalEngine


@pytest.mark.slow
def test_the_frozen_tiny_set_is_simulated_again(tmp_path):
    frozen = benchmark_folder() / f"{BENCHMARK}-tiny.json"
    if not frozen.is_file():
        pytest.skip("the tiny set is not frozen: hpacells simulate FOLDER --benchmark tiny --freeze does it")
    simulate_set(tmp_path, "tiny", None, LocalEngine(workers=available_cores()))
    assert check_set(tmp_path, "tiny") == []
