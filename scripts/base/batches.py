"""Faces as a step of train.py sees them: src/train/augment.ts and its neighbours in PyTorch, a batch at a time on the device."""

import math

import torch
from torch.nn import functional as F

from faces import depth_at, openings, turn_of

ROTATE, SCALE, SHIFT = math.radians(10), 0.08, 0.05
WARP_DEVIATION, NODES = 0.06, 5
GAIN, BRIGHTNESS = 0.3, 0.12
TURNED_SHARE, TURN_DEGREES = 0.5, 14.0
DESCRIPTOR_NOISE = 0.02  # how much a descriptor varies from picture to picture of one person, in each number
CLIPS = 0.4  # share of a batch that is taken from clips, which show how a person moves
STRENGTH = 0.4
LIGHT, COMPRESSION, OCCLUDERS = 0.4, 0.15, 0.15  # how often the input is relit, degraded and covered
LUMA = (0.299, 0.587, 0.114)

# Index of the point that stands in the mirror where each of iBUG's 68 stood: src/train/landmarks.ts.
MIRRORED = [*range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31, 45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
            54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65]
OPENING_SCALES = (12.0, 12.0, 5.0)
LANDMARK_SCALE = 20


class Batches:
    """Draws batches of `faces` for pictures of side `size`."""

    def __init__(self, faces, size, device, seed):
        self.faces, self.size, self.device = faces, size, device
        self.random = torch.Generator(device).manual_seed(seed)
        line = (torch.arange(size, device=device) + 0.5) / size
        self.places = torch.stack(torch.meshgrid(line, line, indexing='xy'), -1)  # [s, s, 2]: x, y
        self.mirrored = torch.tensor(MIRRORED, device=device)
        self.luma = torch.tensor(LUMA, device=device)[None, :, None, None]

    def uniform(self, *size):
        return torch.rand(size, generator=self.random, device=self.device)

    def spread(self, *size):
        return 2 * self.uniform(*size) - 1

    def normal(self, *size):
        return torch.randn(size, generator=self.random, device=self.device)

    def one_of(self, indices, n):
        return indices[torch.randint(len(indices), (n,), generator=self.random, device=self.device)]

    def draw(self, n):
        """A batch of n faces of those that are trained on."""
        from_clips = self.uniform(n) < CLIPS
        chosen = torch.where(from_clips, self.one_of(self.faces.clips, n), self.one_of(self.faces.stills, n))
        return self.look(chosen, STRENGTH, True)

    def look(self, chosen, strength, changed):
        """The faces of `chosen`; with `changed` turned, mirrored, and the input lit, covered and degraded."""
        faces, n = self.faces, len(chosen)
        angle, scale = strength * ROTATE * self.spread(n), 1 / (1 + strength * SCALE * self.spread(n))
        cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
        shift = strength * SHIFT * self.spread(n, 2)
        mirrored = (self.uniform(n) < 0.5) & changed
        turn = self.turns(chosen) if changed else torch.zeros(n, 2, device=self.device)
        straight = self.places.expand(n, -1, -1, -1)
        bent = straight + self.warp(n, strength) if changed else straight
        straight, bent = (self.come_from(p, cos, sin, shift, mirrored, turn) for p in (straight, bent))
        rgb, extra = faces.rgb[chosen], faces.extra[chosen]
        truth = sample(torch.cat([rgb, extra], 1), straight)
        warped = self.disguise(sample(rgb, bent)) if changed else sample(rgb, bent)
        return {
            'warped': warped.contiguous(memory_format=torch.channels_last),
            'faces': truth[:, :3].contiguous(memory_format=torch.channels_last),
            'masks': truth[:, 3:4],
            'accents': truth[:, 4:],
            'landmarks': self.names(chosen, cos, sin, shift, mirrored, turn),
            'descriptors': faces.descriptors[chosen] + (DESCRIPTOR_NOISE * self.normal(n, 128) if changed else 0),
        }

    def turns(self, chosen):
        poses = self.faces.poses
        other = poses[torch.randint(len(poses), (len(chosen),), generator=self.random, device=self.device)]
        by = (other - poses[chosen])[:, :2].clamp(-TURN_DEGREES, TURN_DEGREES)
        turned = self.uniform(len(chosen)) < TURNED_SHARE
        return torch.where(turned[:, None], turn_of(by[:, 0], by[:, 1]), 0.0)

    def warp(self, n, strength):
        """Shifts of a grid of nodes whose border stands still, spread over the picture: [n, s, s, 2]."""
        nodes = torch.zeros(n, 2, NODES, NODES, device=self.device)
        nodes[:, :, 1:-1, 1:-1] = self.normal(n, 2, NODES - 2, NODES - 2).clamp(-2.5, 2.5) * WARP_DEVIATION * strength
        grid = (2 * self.places - 1).expand(n, -1, -1, -1)
        return F.grid_sample(nodes, grid, align_corners=True).permute(0, 2, 3, 1)

    @staticmethod
    def come_from(places, cos, sin, shift, mirrored, turn):
        """Where in the stored picture each place comes from, in parts of the side."""
        p = places + (shift - 0.5)[:, None, None]
        cos, sin = cos[:, None, None], sin[:, None, None]
        u, v = cos * p[..., 0] - sin * p[..., 1], sin * p[..., 0] + cos * p[..., 1]
        u = torch.where(mirrored[:, None, None], -u, u)
        where = torch.stack([u, v], -1) + 0.5
        return where - turn[:, None, None] * depth_at(where)[..., None]

    def names(self, chosen, cos, sin, shift, mirrored, turn):
        """What the encoder is to name: nameFace of src/train/landmarks.ts."""
        faces = self.faces
        points, rest, rest_open = faces.points[chosen], faces.rest[chosen], faces.rest_open[chosen]
        moved = points + turn[:, None] * depth_at(points)[..., None] - 0.5
        flipped = moved[:, self.mirrored] * torch.tensor([-1.0, 1.0], device=self.device)
        moved = torch.where(mirrored[:, None, None], flipped, moved)
        cos, sin = cos[:, None], sin[:, None]
        size, u, v = cos * cos + sin * sin, moved[..., 0], moved[..., 1]
        placed = torch.stack([(cos * u + sin * v) / size, (cos * v - sin * u) / size], -1) + 0.5 - shift[:, None]
        offsets = LANDMARK_SCALE * (placed - rest)
        opened = (openings(points) - rest_open) * torch.tensor(OPENING_SCALES, device=self.device)
        opened = torch.where(mirrored[:, None], opened[:, [1, 0, 2]], opened)
        return torch.cat([offsets.flatten(1), opened], 1)

    def disguise(self, x):
        """The input tinted, faded, and some of it relit, covered and degraded."""
        n = len(x)
        x = (x * (1 + GAIN * self.spread(n, 3, 1, 1)) + BRIGHTNESS * self.spread(n, 1, 1, 1)).clamp(0, 1)
        gray = (x * self.luma).sum(1, keepdim=True)
        x = x + self.uniform(n, 1, 1, 1) * (gray - x)
        for share, change in ((LIGHT, self.relight), (OCCLUDERS, self.cover), (COMPRESSION, self.degrade)):
            x = torch.where(self.uniform(n, 1, 1, 1) < share, change(x), x)
        return x

    def relight(self, x):
        n = len(x)
        angle, slope = 2 * math.pi * self.uniform(n), 0.5 * self.uniform(n)
        along = torch.stack([torch.cos(angle), torch.sin(angle)], -1)[:, None, None]
        light = 1 + 2 * slope[:, None, None] * ((self.places - 0.5) * along).sum(-1)
        lit = (x * light[:, None].clamp_min(0)).clamp(0, 1)
        return lit ** torch.exp(0.4 * self.spread(n, 1, 1, 1))

    def cover(self, x):
        """An oval or a bar in one colour with a soft border."""
        n = len(x)
        area, centre, angle = 0.01 + 0.09 * self.uniform(n), 0.1 + 0.8 * self.uniform(n, 2), math.pi * self.uniform(n)
        long = 1 + 2 * self.uniform(n)
        a, b = (area * long / math.pi).sqrt()[:, None, None], (area / long / math.pi).sqrt()[:, None, None]
        off = self.places - centre[:, None, None]
        cos, sin = torch.cos(angle)[:, None, None], torch.sin(angle)[:, None, None]
        u, v = cos * off[..., 0] + sin * off[..., 1], cos * off[..., 1] - sin * off[..., 0]
        oval = (torch.sqrt((u / a) ** 2 + (v / b) ** 2 + 1e-9) - 1) * b
        bar = torch.maximum(u.abs() - 2 * a, v.abs() - b / 2)
        outside = torch.where((self.uniform(n) < 0.5)[:, None, None], oval, bar)
        soft = 0.03 * (0.2 + self.uniform(n))[:, None, None]
        share = (0.5 - outside / soft).clamp(0, 1)[:, None]
        return x + share * (self.uniform(n, 3, 1, 1) - x)

    def degrade(self, x):
        """Made smaller and enlarged again, the same factor for the batch, with noise."""
        small = max(2, round(self.size / (1 + 1.5 * float(self.uniform(1)))))
        soft = F.interpolate(x, size=small, mode='area')
        soft = F.interpolate(soft, size=self.size, mode='bilinear', align_corners=False)
        noise = 0.04 * self.uniform(len(x), 1, 1, 1) * self.normal(len(x), 1, self.size, self.size)
        return (soft + noise).clamp(0, 1)


def sample(pictures, places):
    """Bilinear, borders repeated; `places` in parts of the side."""
    return F.grid_sample(pictures, 2 * places - 1, padding_mode='border', align_corners=False)
