"""Logits of the crops of crops.ts, with the float16 weights that dfk runs: python logits.py checkpoint.pt (or weights.safetensors) crops… (names without ending)

Writes <name>.logits.jsonl, one line a file: { file, frames: [logit of the highest face, …] }, empty where no face was found.
"""

import json
import sys

import numpy as np
import torch

from export import opened, rounded
from train import logits

if __name__ == '__main__':
    torch.set_num_threads(1)
    net = rounded(opened(sys.argv[1]))
    for name in sys.argv[2:]:
        crops = np.fromfile(f'{name}.bin', np.uint8).reshape(-1, 224, 224, 3)
        values = logits(net, crops) if len(crops) else np.zeros(0)
        at = 0
        with open(f'{name}.logits.jsonl', 'w') as out:
            for line in open(f'{name}.jsonl'):
                record = json.loads(line)
                frames = []
                for faces in record['frames']:
                    if faces:
                        frames.append(float(values[at : at + faces].max()))
                    at += faces
                out.write(json.dumps({'file': record['file'], 'frames': frames}) + '\n')
