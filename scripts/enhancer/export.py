"""Writes the weights for the tensor core: python export.py checkpoint.pt enhancer.safetensors [strength]

`strength`: what the detail that the network adds is multiplied by. Also prints what test/models/enhancer.test.ts expects of a generated picture, from the float16 weights.
"""

import json
import pathlib
import sys

import numpy as np
import torch

from network import Enhancer

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / 'torch'))
from keeping import generated_pixels, write_safetensors
from shuffling import exported, places_of, round_weights

if __name__ == '__main__':
    checkpoint, path = sys.argv[1:3]
    net = Enhancer()
    net.load_state_dict(torch.load(checkpoint, map_location='cpu'))
    if len(sys.argv) > 3:
        for value in (net.convs['out'].weight, net.convs['out'].bias):
            value.data.mul_(float(sys.argv[3]))
    digest, size = write_safetensors(path, exported(net.convs, 48, 4), {'format': 'dfk-enhancer'})
    picture = (generated_pixels(64) / 255).astype(np.float32)
    with torch.no_grad():
        made = round_weights(net)(torch.from_numpy(picture)[None].permute(0, 3, 1, 2), places_of(16))[0].permute(1, 2, 0).clamp(0, 1).numpy()
    some = [[y, x, c, round(float(made[y, x, c]), 5)] for y, x, c in [(0, 0, 0), (5, 60, 1), (17, 33, 2), (31, 8, 0), (40, 40, 1), (63, 63, 2)]]
    print(json.dumps({'sha256': digest, 'bytes': size, 'mean': float(made.mean()), 'changed': float(np.abs(made - picture).mean()), 'some': some}))
