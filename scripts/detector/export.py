"""Folds the batch norms and writes the weights for the tensor core: python export.py checkpoint.pt detector.safetensors

Also prints the logits of the generated picture that test/detect/network.test.ts uses, from the float16 weights.
"""

import json
import pathlib
import sys

import numpy as np
import torch

from network import Detector, fold, imagenet_detector

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / 'torch'))
from keeping import generated_pixels, write_safetensors


def layers(net):
    yield 'stem', net._conv_stem, net._bn0
    for i, block in enumerate(net._blocks):
        if block.expand:
            yield f'block.{i}.expand', block._expand_conv, block._bn0
        yield f'block.{i}.depthwise', block._depthwise_conv, block._bn1
        yield f'block.{i}.project', block._project_conv, block._bn2
    yield 'head', net._conv_head, net._bn1


def folded(net):
    """Tensors as tf.js wants them: filters [h, w, in, out], depthwise ones [h, w, c, 1]."""
    out = {}
    with torch.no_grad():
        for name, conv, norm in layers(net):
            weight, bias = fold(conv, norm)
            order = (2, 3, 0, 1) if name.endswith('depthwise') else (2, 3, 1, 0)
            out[f'{name}.weight'] = weight.permute(*order).numpy().astype(np.float16)
            out[f'{name}.bias'] = bias.numpy().astype(np.float16)
        out['logit.weight'] = net.logit.weight.T.numpy().astype(np.float16)
        out['logit.bias'] = net.logit.bias.numpy().astype(np.float16)
    return out


def unfolded(path):
    """The network of a file that this script wrote, to go on learning: ImageNet's batch norms are taken out of its weights again."""
    from safetensors.numpy import load_file

    tensors, (net, _) = load_file(path), imagenet_detector()
    with torch.no_grad():
        for name, conv, norm in layers(net):
            gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            dead = gain.abs() < 1e-3  # nothing to divide by
            norm.weight[dead] = torch.sqrt(norm.running_var + norm.eps)[dead]
            gain[dead] = 1
            weight = torch.from_numpy(tensors[f'{name}.weight'].astype(np.float32))
            conv.weight.copy_(weight.permute(*((2, 3, 0, 1) if name.endswith('depthwise') else (3, 2, 0, 1))) / gain[:, None, None, None])
            norm.bias.copy_(torch.from_numpy(tensors[f'{name}.bias'].astype(np.float32)) + norm.running_mean * gain)
        net.logit.weight.copy_(torch.from_numpy(tensors['logit.weight'].astype(np.float32)).T)
        net.logit.bias.copy_(torch.from_numpy(tensors['logit.bias'].astype(np.float32)))
    return net.eval()


def opened(path):
    """A checkpoint of train.py, or shipped weights (.safetensors)."""
    if path.endswith('.safetensors'):
        return unfolded(path)
    net = Detector()
    net.load_state_dict(torch.load(path, map_location='cpu'))
    return net.eval()


def rounded(net):
    """The same network with every folded weight rounded to float16: what the tensor core computes."""
    tensors = folded(net)
    copy = Detector()
    with torch.no_grad():
        for name, conv, norm in layers(copy):
            weight = torch.from_numpy(tensors[f'{name}.weight'].astype(np.float32))
            conv.weight.copy_(weight.permute(2, 3, 0, 1) if name.endswith('depthwise') else weight.permute(3, 2, 0, 1))
            norm.running_mean.zero_()
            norm.running_var.fill_(1 - norm.eps)
            norm.weight.fill_(1)
            norm.bias.copy_(torch.from_numpy(tensors[f'{name}.bias'].astype(np.float32)))
        copy.logit.weight.copy_(torch.from_numpy(tensors['logit.weight'].astype(np.float32)).T)
        copy.logit.bias.copy_(torch.from_numpy(tensors['logit.bias'].astype(np.float32)))
    return copy.eval()


if __name__ == '__main__':
    checkpoint, path = sys.argv[1:3]
    net = opened(checkpoint)
    digest, size = write_safetensors(path, folded(net), {'format': 'dfk-detector', 'architecture': 'efficientnet-lite0', 'inputPx': '224'})
    x = torch.from_numpy(generated_pixels(224))[None].permute(0, 3, 1, 2).float().sub(127).div(128)
    with torch.no_grad():
        print(json.dumps({'sha256': digest, 'bytes': size, 'float32': float(net(x)), 'float16': float(rounded(net)(x))}))
