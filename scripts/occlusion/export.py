"""Writes the weights for the tensor core: python export.py checkpoint.pt occlusion.safetensors

Also prints what test/models/occlusion.test.ts expects of a generated picture, from the float16 weights.
"""

import json
import pathlib
import sys

import numpy as np
import torch

from network import SHUFFLED, Occlusion, places_of

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / 'torch'))
from keeping import generated_pixels, rows_first, write_safetensors


def exported(net):
    """Tensors as tf.js wants them: filters [h, w, in, out], shuffled channels row by row."""
    out = {}
    with torch.no_grad():
        for name, conv in net.convs.items():
            weight, bias = conv.weight, conv.bias
            if name == 'in':
                weight = weight[:, torch.cat([rows_first(16, 2), torch.tensor([16, 17])])]
            if name in SHUFFLED:
                order = rows_first(weight.shape[0], 2)
                weight, bias = weight[order], bias[order]
            out[f'{name}.weight'] = weight.permute(2, 3, 1, 0).numpy().astype(np.float16)
            out[f'{name}.bias'] = bias.numpy().astype(np.float16)
    return out


if __name__ == '__main__':
    checkpoint, path = sys.argv[1:3]
    net = Occlusion()
    net.load_state_dict(torch.load(checkpoint, map_location='cpu'))
    digest, size = write_safetensors(path, exported(net), {'format': 'dfk-occlusion'})
    net.load_state_dict({name: value.half().float() for name, value in net.state_dict().items()})
    picture = (generated_pixels(64) / 255).astype(np.float32)
    # The face: where x lies between a quarter and three quarters.
    face = np.zeros((64, 64, 1), np.float32)
    face[:, 16:48] = 1
    with torch.no_grad():
        made = net.eval()(torch.from_numpy(np.dstack([picture, face]))[None].permute(0, 3, 1, 2), places_of(64))
    covered = torch.sigmoid(made)[0, 0].numpy()
    some = [[y, x, round(float(covered[y, x]), 5)] for y, x in [(0, 0), (5, 60), (17, 33), (31, 8), (40, 40), (63, 63)]]
    print(json.dumps({'sha256': digest, 'bytes': size, 'mean': float(covered.mean()), 'some': some}))
