"""Writes the weights for the tensor core: python export.py checkpoint.pt occlusion.safetensors

Also prints what test/models/occlusion.test.ts expects of a generated picture, from the float16 weights.
"""

import json
import pathlib
import sys

import numpy as np
import torch

from network import Occlusion

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / 'torch'))
from keeping import generated_pixels, write_safetensors
from shuffling import exported, places_of, round_weights

if __name__ == '__main__':
    checkpoint, path = sys.argv[1:3]
    net = Occlusion()
    net.load_state_dict(torch.load(checkpoint, map_location='cpu'))
    digest, size = write_safetensors(path, exported(net.convs, 16, 2), {'format': 'dfk-occlusion'})
    round_weights(net)
    picture = (generated_pixels(64) / 255).astype(np.float32)
    # The face: where x lies between a quarter and three quarters.
    face = np.zeros((64, 64, 1), np.float32)
    face[:, 16:48] = 1
    with torch.no_grad():
        made = net(torch.from_numpy(np.dstack([picture, face]))[None].permute(0, 3, 1, 2), places_of(32))
    covered = torch.sigmoid(made)[0, 0].numpy()
    some = [[y, x, round(float(covered[y, x]), 5)] for y, x in [(0, 0), (5, 60), (17, 33), (31, 8), (40, 40), (63, 63)]]
    print(json.dumps({'sha256': digest, 'bytes': size, 'mean': float(covered.mean()), 'some': some}))
