"""The enhancer as src/models/enhancer.ts has it, and the discriminator that it is trained against."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

SLOPE = 0.1
FINE, DEEP, BLOCKS, LARGE = 40, 80, 4, 24


def same(x, conv):
    """TensorFlow's "same" with a stride of 2: what is padded is right and below."""
    return conv(F.pad(x, (0, 1, 0, 1))) if conv.stride[0] == 2 else conv(x)


def conv3(a, b, stride=1):
    return nn.Conv2d(a, b, 3, stride, 0 if stride == 2 else 1)


class Enhancer(nn.Module):
    """plates [n, 3, s, s] in 0-1, enlarged to s, and where their pixels lie [n, 2, s / 4, s / 4] in -1-1 -> the same, finer."""

    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleDict({'in': conv3(48 + 2, FINE), 'down': conv3(FINE, DEEP, 2)})
        for i in range(BLOCKS):
            self.convs[f'deep{i}a'] = conv3(DEEP, DEEP)
            self.convs[f'deep{i}b'] = conv3(DEEP, DEEP)
        self.convs['up'] = conv3(DEEP, 4 * FINE)
        self.convs['finea'] = conv3(FINE, FINE)
        self.convs['fineb'] = conv3(FINE, FINE)
        self.convs['large'] = conv3(FINE, 4 * LARGE)
        self.convs['out'] = conv3(LARGE, 12)
        for name, conv in self.convs.items():
            nn.init.kaiming_normal_(conv.weight, a=SLOPE)
            nn.init.zeros_(conv.bias)
            if name == 'out' or name.endswith('b'):
                conv.weight.data.mul_(0.1)

    def forward(self, x, places):
        c = self.convs
        act = lambda y: F.leaky_relu(y, SLOPE)
        skip = act(c['in'](torch.cat([F.pixel_unshuffle(x, 4), places], 1)))
        y = act(same(skip, c['down']))
        for i in range(BLOCKS):
            y = y + c[f'deep{i}b'](act(c[f'deep{i}a'](y)))
        y = act(skip + F.pixel_shuffle(c['up'](y), 2))
        y = act(y + c['fineb'](act(c['finea'](y))))
        y = act(F.pixel_shuffle(c['large'](y), 2))
        return x + F.pixel_shuffle(c['out'](y), 2)


class Discriminator(nn.Module):
    """faces [n, 3, s, s] in 0-1 -> maps of features, the last one logits of patches."""

    def __init__(self):
        super().__init__()
        widths = [3, 32, 64, 96]
        self.layers = nn.ModuleList(spectral_norm(nn.Conv2d(a, b, 4, 2, 1)) for a, b in zip(widths, widths[1:]))
        self.last = spectral_norm(nn.Conv2d(widths[-1] + 2, 96, 3, 1, 1))
        self.logits = spectral_norm(nn.Conv2d(96, 1, 1))

    def forward(self, x, places):
        y, maps = 2 * x - 1, []
        for layer in self.layers:
            y = F.leaky_relu(layer(y), 0.2)
            maps.append(y)
        y = F.leaky_relu(self.last(torch.cat([y, F.avg_pool2d(places, 2)], 1)), 0.2)
        return maps + [self.logits(y)]


def places_of(size):
    """Where the pixels of a quarter of the size lie, [1, 2, size / 4, size / 4]: x, then y."""
    along = (torch.arange(size // 4) + 0.5) / (size // 8) - 1
    y, x = torch.meshgrid(along, along, indexing='ij')
    return torch.stack([x, y])[None]
