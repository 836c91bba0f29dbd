"""face-api's face descriptor network (src/faces/recogniser.ts) in PyTorch, from the weights in its npm package."""

import json

import numpy as np
import torch
from torch.nn import functional as F

SIZE = 150
MEAN_RGB = (122.782, 117.001, 104.298)
BLOCKS = ('conv32_1 conv32_2 conv32_3 conv64_down conv64_1 conv64_2 conv64_3 conv128_down conv128_1 conv128_2 '
          'conv256_down conv256_1 conv256_2 conv256_down_out').split()
DTYPES = {'uint8': np.uint8, 'float32': np.float32}


def read_weights(folder):
    """{name: array} of face_recognition_model-weights_manifest.json and the .bin beside it."""
    base = f'{folder}/face_recognition_model'
    data, at, weights = open(f'{base}.bin', 'rb').read(), 0, {}
    for group in json.load(open(f'{base}-weights_manifest.json')):
        for entry in group['weights']:
            packed = entry.get('quantization')
            dtype = np.dtype(DTYPES[packed['dtype'] if packed else entry['dtype']])
            count = int(np.prod(entry['shape']))
            values = np.frombuffer(data, dtype, count, at).astype(np.float32).reshape(entry['shape'])
            weights[entry['name']] = values * packed['scale'] + packed['min'] if packed else values
            at += count * dtype.itemsize
    if at != len(data):
        raise SystemExit(f'expected {at} bytes of weights in {base}.bin but found {len(data)}')
    return weights


class Recogniser:
    """Pictures [n, 3, 150, 150] RGB in 0-1 to descriptors [n, 128]; its weights stand still, gradients pass through."""

    def __init__(self, folder, device):
        weights = read_weights(folder)

        def layer(name):
            gain = weights[f'{name}/scale/weights']
            filters = (weights[f'{name}/conv/filters'] * gain).transpose(3, 2, 0, 1)
            bias = weights[f'{name}/conv/bias'] * gain + weights[f'{name}/scale/biases']
            filters = torch.tensor(np.ascontiguousarray(filters), device=device).contiguous(memory_format=torch.channels_last)
            return filters, torch.tensor(bias, device=device)

        self.stem = layer('conv32_down')
        self.blocks = [('_down' in name, layer(f'{name}/conv1'), layer(f'{name}/conv2')) for name in BLOCKS]
        self.fc = torch.tensor(weights['fc'], device=device)
        self.mean = torch.tensor(MEAN_RGB, device=device)[None, :, None, None]

    def __call__(self, pictures):
        x = (pictures * 255 - self.mean) / 255
        x = F.max_pool2d(F.relu(F.conv2d(x, *self.stem, stride=2)), 3, 2)
        for halves, first, second in self.blocks:
            inner = F.relu(F.conv2d(x, *first, stride=2) if halves else F.conv2d(x, *first, padding=1))
            out = F.conv2d(inner, *second, padding=1)
            if halves:
                x = F.avg_pool2d(x, 2, 2)
                high, wide = max(out.shape[2], x.shape[2]), max(out.shape[3], x.shape[3])
                out = F.pad(out, (0, wide - out.shape[3], 0, high - out.shape[2]))
                x = F.pad(x, (0, wide - x.shape[3], 0, high - x.shape[2], 0, max(0, out.shape[1] - x.shape[1])))
            x = F.relu(out + x)
        return x.mean((2, 3)) @ self.fc
