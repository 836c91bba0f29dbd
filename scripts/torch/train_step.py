"""The training step of bench/autoencoder.ts in PyTorch, as the peer to measure against.

The argument is JSON: threads, device. Reads a number of steps a line from stdin, takes them, and answers as stepping.py says.
"""

import torch
from torch import nn

from stepping import answer, asked_for

BATCH = 8


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        widths = [3, 64, 128, 256, 512]
        self.encoder = nn.ModuleList(
            nn.Conv2d(a, b, 5, 2, 2) for a, b in zip(widths, widths[1:])
        )
        self.code = nn.Linear(8192, 256)
        self.spread = nn.Linear(256, 4096)
        widths = [256, 256, 128, 64, 32]
        self.decoder = nn.ModuleList(
            nn.Conv2d(a, b * 4, 3, 1, 1) for a, b in zip(widths, widths[1:])
        )
        self.paint = nn.Conv2d(32, 3, 5, 1, 2)

    def forward(self, x):
        for layer in self.encoder:
            x = nn.functional.leaky_relu(layer(x), 0.1)
        x = self.spread(self.code(x.reshape(BATCH, -1))).reshape(BATCH, 256, 4, 4)
        x = x.contiguous(memory_format=torch.channels_last)
        for layer in self.decoder:
            x = nn.functional.pixel_shuffle(
                nn.functional.leaky_relu(layer(x), 0.1), 2
            )
        return torch.sigmoid(self.paint(x))


def main():
    asked = asked_for()
    model = Autoencoder().to(asked["device"], memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, fused=True)
    x = torch.rand(BATCH, 3, 64, 64, device=asked["device"]).to(memory_format=torch.channels_last)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = (model(x) - x).abs().mean()
        loss.backward()
        optimizer.step()
        return loss.item()

    answer(step, [model])


main()
