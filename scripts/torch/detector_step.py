"""The training step of bench/detectorStep.ts in PyTorch, as the peer to measure against: EfficientNet-Lite0 with its batch norms folded, on faces of 224 px.

The argument is JSON: threads, device, batch. Reads a number of steps a line from stdin, takes them, and answers as stepping.py says.
"""

import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from stepping import answer, asked_for

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "detector"))
from network import Detector  # noqa: E402


class Bias(nn.Module):
    """What is left of a batch norm once it is folded into the convolution before it."""

    def __init__(self, channels):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        return x + self.bias[:, None, None]


def fold(module):
    for name, child in list(module.named_children()):
        if isinstance(child, nn.BatchNorm2d):
            setattr(module, name, Bias(child.num_features))
        else:
            fold(child)


def main():
    asked = asked_for()
    model = Detector(drop=0)
    fold(model)
    model = model.to(asked["device"], memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, fused=True)
    batch = asked["batch"]
    x = torch.rand(batch, 3, 224, 224, device=asked["device"]).to(memory_format=torch.channels_last)
    labels = torch.rand(batch, device=asked["device"])

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = F.binary_cross_entropy_with_logits(model(x), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    answer(step, [model])


main()
