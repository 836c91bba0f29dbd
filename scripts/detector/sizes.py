"""What input size and averaging over a mirrored copy would give, on the calibration people: python sizes.py faces.jsonl checkpoint.pt"""

import sys
import time

import cv2
import numpy as np
import torch

from faces import load
from network import Detector
from pairs import fixed
from train import auc, logits

if __name__ == '__main__':
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    net = Detector()
    net.load_state_dict(torch.load(sys.argv[2], map_location='cpu'))
    faces = [f for f in load(sys.argv[1]) if f['split'] == 'calibration']
    for size in (160, 192, 224, 256):
        real, fake = fixed(faces, size, 200, 21, moves=False)
        start = time.time()
        plain = [logits(net, images) for images in (real, fake)]
        took = (time.time() - start) / 400 * 1000
        mirrored = [(a + logits(net, np.ascontiguousarray(images[:, :, ::-1]))) / 2 for a, images in zip(plain, (real, fake))]
        print(f'{size} px: AUC {auc(*plain):.3f}, with the mirrored copy {auc(*mirrored):.3f}, {took:.0f} ms a face', flush=True)
