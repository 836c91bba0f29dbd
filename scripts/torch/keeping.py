"""What every training of a network that dfk brings along keeps, and how its weights are written for the tensor core."""

import hashlib
import json
import os
import struct

import numpy as np
import torch


def follow(average, net, step, most):
    """Lets the running average of the weights take in a step; the first ones count more: `most` is kept of it at last."""
    keep = min(most, step / (step + 20))
    with torch.no_grad():
        torch._foreach_lerp_(list(average.parameters()), list(net.parameters()), 1 - keep)


def learn(loss, net, average, optimizer, step, *, clip, most):
    """Takes a step, numbered from 1: down the gradient, its norm clipped, and the running average after it."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), clip)
    optimizer.step()
    follow(average, net, step, most)


def save_whole(net, folder):
    """last.pt in `folder`: the one before or this one, never half of one."""
    torch.save(net.state_dict(), f'{folder}/last.tmp')
    os.replace(f'{folder}/last.tmp', f'{folder}/last.pt')


def write_safetensors(path, tensors, metadata):
    """Arrays of float16 by name as a safetensors file; returns its SHA-256 and size."""
    header, offset = {'__metadata__': metadata}, 0
    for name, tensor in tensors.items():
        header[name] = {'dtype': 'F16', 'shape': list(tensor.shape), 'data_offsets': [offset, offset + tensor.nbytes]}
        offset += tensor.nbytes
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)
    data = struct.pack('<Q', len(text)) + text + b''.join(np.ascontiguousarray(t).tobytes() for t in tensors.values())
    with open(path, 'wb') as file:
        file.write(data)
    return hashlib.sha256(data).hexdigest(), len(data)


def generated_pixels(size):
    """The picture that tests of networks look at, from integers only: uint8 [size, size, 3]."""
    y, x, c = np.meshgrid(np.arange(size), np.arange(size), np.arange(3), indexing='ij')
    return ((x * 7 + y * 13 + c * 61 + (x * y) // 97) % 256).astype(np.uint8)
