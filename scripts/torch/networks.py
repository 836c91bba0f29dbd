"""dfk's networks (src/models/generator.ts, src/models/discriminator.ts) in PyTorch, as the peer to measure against.

Strided convolutions pad evenly on both sides, where TensorFlow's 'same' puts the odd pixel last; the cost is the same.
"""

import torch
from torch import nn
from torch.nn import functional as F


class Decoder(nn.Module):
    def __init__(self, shape):
        super().__init__()
        widths = [shape["inner"], *shape["decoder"]]
        self.up = nn.ModuleList(nn.Conv2d(a, 4 * b, 3, 1, 1) for a, b in zip(widths, widths[1:]))
        inside = shape["decoder"][: shape["residuals"]]
        self.first = nn.ModuleList(nn.Conv2d(b, b, 3, 1, 1) for b in inside)
        self.second = nn.ModuleList(nn.Conv2d(b, b, 3, 1, 1) for b in inside)
        self.out = nn.Conv2d(widths[-1], 4, 3, 1, 1)

    def forward(self, x):
        for index, up in enumerate(self.up):
            x = F.pixel_shuffle(F.leaky_relu(up(x), 0.1), 2)
            if index < len(self.first):
                inside = F.leaky_relu(self.first[index](x), 0.1)
                x = F.leaky_relu(x + self.second[index](inside), 0.1)
        out = torch.sigmoid(self.out(x))
        return out[:, :3], out[:, 3:]


class Generator(nn.Module):
    """Encoder, inter and a decoder for each person; `shape` is src/models/generator.ts's GeneratorShape."""

    def __init__(self, shape):
        super().__init__()
        self.low, self.inner = shape["sizePx"] // 16, shape["inner"]
        widths = [3, *shape["encoder"]]
        self.encoder = nn.ModuleList(nn.Conv2d(a, b, 5, 2, 2) for a, b in zip(widths, widths[1:]))
        flat, landmarks = self.low**2 * widths[-1], shape.get("landmarks", 0)
        self.code = nn.Linear(flat, shape["code"])
        self.landmarks = nn.Linear(flat, landmarks) if landmarks > 0 else None
        self.spread = nn.Linear(shape["code"] + landmarks, self.low**2 * self.inner)
        self.source, self.target = Decoder(shape), Decoder(shape)

    def encode(self, x):
        """Faces [n, 3, s, s] → the map that the decoders read, and the landmarks named (or None)."""
        for layer in self.encoder:
            x = F.leaky_relu(layer(x), 0.1)
        flat = x.flatten(1)
        flat = flat * torch.rsqrt(flat.square().mean(1, keepdim=True) + 1e-6)
        code = self.code(flat)
        landmarks = None if self.landmarks is None else self.landmarks(flat)
        seen = code if landmarks is None else torch.cat([code, landmarks], 1)
        x = self.spread(seen).reshape(-1, self.inner, self.low, self.low)
        return x.contiguous(memory_format=torch.channels_last), landmarks


class Discriminator(nn.Module):
    """A U-Net with a head at the bottom and one at the top; `shape` is src/models/discriminator.ts's DiscriminatorShape."""

    def __init__(self, shape):
        super().__init__()
        widths = [shape["base"] * 2**level for level in range(shape["depth"])]
        self.down = nn.ModuleList(nn.Conv2d(a, b, 4, 2, 1) for a, b in zip([3, *widths], widths))
        self.centre = nn.Conv2d(widths[-1], 1, 1)
        levels = range(len(widths) - 1, 0, -1)
        self.up = nn.ModuleList(
            nn.Conv2d(widths[level] * (1 if level == len(widths) - 1 else 2), 4 * widths[level - 1], 3, 1, 1) for level in levels
        )
        self.pixels = nn.Conv2d(widths[0] * (1 if len(widths) == 1 else 2), 1, 3, 1, 1)

    def forward(self, faces):
        x, skips = faces * 2 - 1, []
        for layer in self.down:
            x = F.leaky_relu(layer(x), 0.2)
            skips.append(x)
        centre = self.centre(x)
        for layer, skip in zip(self.up, skips[-2::-1]):
            x = torch.cat([F.pixel_shuffle(F.leaky_relu(layer(x), 0.2), 2), skip], 1)
        return centre, self.pixels(x)
