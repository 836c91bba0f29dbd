"""The network that sees what is in front of a face, as src/models/occlusion.ts has it."""

import pathlib
import sys

import torch
from torch import nn
from torch.nn import functional as F

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / 'torch'))
from shuffling import act, begin, conv3, same

FINE, MIDDLE, DEEP, BLOCKS = 24, 48, 96, 3


class Occlusion(nn.Module):
    """faces [n, 4, s, s] in 0-1 (red, green, blue, where the landmarks say that the face is) and where pixels of half that size lie [1, 2, s / 2, s / 2] in -1-1 -> logits [n, 1, s, s]."""

    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleDict({'in': conv3(16 + 2, FINE), 'fine': conv3(FINE, FINE), 'down': conv3(FINE, MIDDLE, 2), 'middle': conv3(MIDDLE, MIDDLE), 'lower': conv3(MIDDLE, DEEP, 2)})
        for i in range(BLOCKS):
            self.convs[f'deep{i}a'] = conv3(DEEP, DEEP)
            self.convs[f'deep{i}b'] = conv3(DEEP, DEEP)
        self.convs['up'] = conv3(DEEP, 4 * MIDDLE)
        self.convs['joined'] = conv3(MIDDLE, MIDDLE)
        self.convs['large'] = conv3(MIDDLE, 4 * FINE)
        self.convs['last'] = conv3(FINE, FINE)
        self.convs['out'] = conv3(FINE, 4)
        begin(self.convs)

    def forward(self, x, places):
        c = self.convs
        fine = act(c['in'](torch.cat([F.pixel_unshuffle(x, 2), places.expand(len(x), -1, -1, -1)], 1)))
        fine = act(c['fine'](fine))
        middle = act(c['middle'](act(same(fine, c['down']))))
        y = act(same(middle, c['lower']))
        for i in range(BLOCKS):
            y = y + c[f'deep{i}b'](act(c[f'deep{i}a'](y)))
        y = act(middle + F.pixel_shuffle(c['up'](y), 2))
        y = act(c['joined'](y))
        y = act(fine + F.pixel_shuffle(c['large'](y), 2))
        y = act(c['last'](y))
        return F.pixel_shuffle(c['out'](y), 2)
