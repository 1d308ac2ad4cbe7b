"""The published network on tiles, one at a time, as SubCellPortable's `inference.run_model` does.

Run by a Python that has SubCellPortable's libraries, not by hpacells':
``python published_loop.py CHECKOUT FOLDER TILES.npy OUTPUT.npz``; FOLDER has its ``models``.
"""

import importlib
import json
import os
import resource
import sys
import time
from pathlib import Path

import numpy as np
import torch
import yaml


def main() -> None:
    checkout, folder, tiles_path, output_path = sys.argv[1:]
    started = time.perf_counter()
    sys.path.insert(0, checkout)
    os.chdir(folder)
    inference = importlib.import_module("inference")
    described = yaml.safe_load(Path("models/rybg/mae_contrast_supcon_model/model_config.yaml").read_text())
    model = importlib.import_module("vit_model").ViTPoolClassifier(described["model_config"])
    model.load_model_dict(described["encoder_path"], described["classifier_paths"])
    model.eval()
    tiles = np.load(tiles_path).transpose(0, 3, 1, 2)
    print(json.dumps({"seconds": time.perf_counter() - started}), flush=True)
    for _ in sys.stdin:
        started = time.perf_counter()
        embeddings, probabilities = [], []
        with torch.no_grad():
            for tile in tiles:
                output = model(inference.min_max_standardize(torch.from_numpy(tile[None]).float()))
                embeddings.append(output.pool_op[0].numpy())
                probabilities.append(output.probabilities[0].numpy())
        seconds = time.perf_counter() - started
        np.savez(output_path, embeddings=np.stack(embeddings), probabilities=np.stack(probabilities))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"seconds": seconds, "memory": memory}), flush=True)


if __name__ == "__main__":
    main()
