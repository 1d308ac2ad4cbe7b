"""hpacells' network on tiles by one of its runtimes, as `predict` calls it.

``python -m benchmarks.subcell.own_loop RUNTIME TILES.npy CALIBRATION.npy OUTPUT.npz``
"""

import json
import resource
import sys
import time

import numpy as np

from models.classifiers.backbones.subcell.names import SubCellName
from models.classifiers.backbones.subcell.store import require_fetched
from models.classifiers.model_folder import read_classifier
from models.classifiers.runtimes.factory import make_batch_runtime


def main() -> None:
    runtime, tiles_path, calibration_path, output_path = sys.argv[1:]
    started = time.perf_counter()
    classifier = read_classifier(require_fetched(SubCellName("rybg")))
    batch_runtime = make_batch_runtime(classifier, runtime, lambda _: np.load(calibration_path))
    tiles = np.load(tiles_path)
    print(json.dumps({"seconds": time.perf_counter() - started}), flush=True)
    for _ in sys.stdin:
        started = time.perf_counter()
        scores = batch_runtime(tiles)
        seconds = time.perf_counter() - started
        probabilities = classifier.probabilities(scores.logits).numpy()
        np.savez(output_path, embeddings=scores.embedding.numpy(), probabilities=probabilities)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"seconds": seconds, "memory": memory}), flush=True)


if __name__ == "__main__":
    main()
