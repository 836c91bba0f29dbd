"""Pieces of networks that shuffle a picture's pixels into channels and back (Shi et al. 2016): of the enhancer and of the occlusion network, as src/models has them."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

SLOPE = 0.1
# Names of what shuffles its channels into pixels, twice as many along each side.
SHUFFLED = ('up', 'large', 'out')


def act(x):
    return F.leaky_relu(x, SLOPE)


def conv3(a, b, stride=1):
    return nn.Conv2d(a, b, 3, stride, 0 if stride == 2 else 1)


def same(x, conv):
    """TensorFlow's "same" with a stride of 2: what is padded is right and below."""
    return conv(F.pad(x, (0, 1, 0, 1))) if conv.stride[0] == 2 else conv(x)


def begin(convs):
    """First weights: what is added to something, and the end, small."""
    for name, conv in convs.items():
        nn.init.kaiming_normal_(conv.weight, a=SLOPE)
        nn.init.zeros_(conv.bias)
        if name == 'out' or name.endswith('b'):
            conv.weight.data.mul_(0.1)


def places_of(size):
    """Where each of size x size pixels lies, [1, 2, size, size] in -1-1: x, then y."""
    along = (torch.arange(size) + 0.5) / (size / 2) - 1
    y, x = torch.meshgrid(along, along, indexing='ij')
    return torch.stack([x, y])[None]


def rows_first(channels, by):
    """PyTorch shuffles colour by colour, src/models/layers.ts row by row: the order of the one's channels in the other's."""
    return torch.arange(channels).reshape(-1, by, by).permute(1, 2, 0).reshape(-1)


def exported(convs, shuffled, by):
    """Tensors as tf.js wants them: filters [h, w, in, out]. The network sees `shuffled` channels of pixels, by x by of a place, and two of places."""
    out = {}
    with torch.no_grad():
        for name, conv in convs.items():
            weight, bias = conv.weight, conv.bias
            if name == 'in':
                weight = weight[:, torch.cat([rows_first(shuffled, by), torch.tensor([shuffled, shuffled + 1])])]
            if name in SHUFFLED:
                order = rows_first(weight.shape[0], 2)
                weight, bias = weight[order], bias[order]
            out[f'{name}.weight'] = weight.permute(2, 3, 1, 0).numpy().astype(np.float16)
            out[f'{name}.bias'] = bias.numpy().astype(np.float16)
    return out


def round_weights(net):
    """Rounds all weights of a network to float16, and returns it, to be used."""
    net.load_state_dict({name: value.half().float() for name, value in net.state_dict().items()})
    return net.eval()
