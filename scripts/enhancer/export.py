"""Writes the weights for the tensor core: python export.py checkpoint.pt enhancer.safetensors [strength]

`strength`: what the detail that the network adds is multiplied by. Also prints what test/models/enhancer.test.ts expects of a generated picture, from the float16 weights.
"""

import json
import pathlib
import sys

import numpy as np
import torch

from network import Enhancer, places_of

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / 'torch'))
from keeping import generated_pixels, rows_first, write_safetensors

SHUFFLED = {'up': 2, 'large': 2, 'out': 2}


def exported(net):
    """Tensors as tf.js wants them: filters [h, w, in, out]."""
    out = {}
    with torch.no_grad():
        for name, conv in net.convs.items():
            weight, bias = conv.weight, conv.bias
            if name == 'in':
                weight = weight[:, torch.cat([rows_first(48, 4), torch.tensor([48, 49])])]
            if name in SHUFFLED:
                order = rows_first(weight.shape[0], 2)
                weight, bias = weight[order], bias[order]
            out[f'{name}.weight'] = weight.permute(2, 3, 1, 0).numpy().astype(np.float16)
            out[f'{name}.bias'] = bias.numpy().astype(np.float16)
    return out


def rounded(net):
    """The same network with all weights rounded to float16."""
    copy = Enhancer()
    copy.load_state_dict({name: value.half().float() for name, value in net.state_dict().items()})
    return copy.eval()


if __name__ == '__main__':
    checkpoint, path = sys.argv[1:3]
    net = Enhancer()
    net.load_state_dict(torch.load(checkpoint, map_location='cpu'))
    if len(sys.argv) > 3:
        for value in (net.convs['out'].weight, net.convs['out'].bias):
            value.data.mul_(float(sys.argv[3]))
    digest, size = write_safetensors(path, exported(net), {'format': 'dfk-enhancer'})
    picture = (generated_pixels(64) / 255).astype(np.float32)
    with torch.no_grad():
        made = rounded(net)(torch.from_numpy(picture)[None].permute(0, 3, 1, 2), places_of(64))[0].permute(1, 2, 0).clamp(0, 1).numpy()
    some = [[y, x, c, round(float(made[y, x, c]), 5)] for y, x, c in [(0, 0, 0), (5, 60, 1), (17, 33, 2), (31, 8, 0), (40, 40, 1), (63, 63, 2)]]
    print(json.dumps({'sha256': digest, 'bytes': size, 'mean': float(made.mean()), 'changed': float(np.abs(made - picture).mean()), 'some': some}))
