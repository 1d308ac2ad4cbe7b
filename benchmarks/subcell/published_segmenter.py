"""A network of HPACellSegmentatorPortable as it is published, a pickled module, from a state dict.

Run by a Python that has that program's libraries:
``python published_segmenter.py CHECKOUT STATE.pth TARGET.pth``
"""

import importlib
import sys
from functools import partial

import torch


def main() -> None:
    checkout, state, target = sys.argv[1:]
    sys.path.insert(0, checkout)
    # Both would be downloaded where the network is made.
    encoder = importlib.import_module("pytorch_zoo.abstract_model").encoder_params["dpn92"]
    encoder.update(url=None, init_op=partial(encoder["init_op"], pretrained=None))
    network = importlib.import_module("pytorch_zoo.unet").DPNUnet(3)
    network.load_state_dict(torch.load(state))
    torch.save(network.eval(), target)


if __name__ == "__main__":
    main()
