"""What faces.ts wrote, as tensors on a device, and which faces are held out."""

import json
import zlib

import numpy as np
import torch
from torch.nn import functional as F

SAME_PERSON = 0.5  # distance of descriptors below which a face is not trained on while the other is held out
HELD_OUT = 10  # of a hundred names
LANDMARK_NUMBERS = 136

# How far the face lies behind its steady points, by place in the aligned picture: src/train/depth.ts.
DEPTH = [
    [0.110, 0.085, 0.047, 0.004, -0.013, 0.004, 0.047, 0.085, 0.110],
    [0.153, 0.123, 0.071, 0.001, -0.026, 0.001, 0.071, 0.123, 0.153],
    [0.200, 0.164, 0.064, -0.006, -0.037, -0.006, 0.064, 0.164, 0.200],
    [0.232, 0.202, 0.076, 0.002, -0.061, 0.002, 0.076, 0.202, 0.232],
    [0.235, 0.213, 0.113, -0.063, -0.114, -0.063, 0.113, 0.213, 0.235],
    [0.213, 0.186, 0.113, -0.035, -0.073, -0.035, 0.113, 0.186, 0.213],
    [0.194, 0.167, 0.107, -0.007, -0.059, -0.007, 0.107, 0.167, 0.194],
    [0.150, 0.129, 0.073, 0.006, -0.031, 0.006, 0.073, 0.129, 0.150],
    [0.090, 0.060, 0.041, -0.001, -0.020, -0.001, 0.041, 0.060, 0.090],
]
GAIN = 1.5


def depth_at(places):
    """Depth at places [n, ..., 2] in parts of the side, x and y: [n, ...]."""
    table = torch.tensor(DEPTH, device=places.device)[None, None].expand(len(places), -1, -1, -1)
    flat = places.reshape(len(places), 1, -1, 2) * 2 - 1
    found = F.grid_sample(table, flat, padding_mode='border', align_corners=True)
    return found.reshape(places.shape[:-1])


def turn_of(yaw, pitch):
    """What yaw and pitch, in degrees, move a point by for each unit of its depth: [n, 2]."""
    return torch.stack([-GAIN * torch.sin(torch.deg2rad(yaw)), GAIN * torch.sin(torch.deg2rad(pitch))], -1)


def openings(points):
    """How far the eye on the left of the picture, that on the right and the mouth are open, of points [n, 68, 2]: [n, 3]."""

    def far(a, b):
        return (points[:, a] - points[:, b]).norm(dim=-1)

    def eye(a, b, c, d, e, f):
        return (far(b, f) + far(c, e)) / 2 / far(a, d).clamp_min(1e-6)

    return torch.stack([eye(*range(36, 42)), eye(*range(42, 48)), far(62, 66) / far(60, 64).clamp_min(1e-6)], 1)


def resting_face(points, poses):
    """A person's landmarks were the head straight, [68, 2], and the medians of the openings, [3]."""
    mean, turn = points.mean(0), turn_of(poses[:, 0], poses[:, 1]).mean(0)
    straight = mean - turn * depth_at(mean[None])[0][:, None]
    ordered = openings(points).sort(0).values
    return straight, ordered[len(points) // 2]


class Faces:
    """All faces of a folder. `size`: side of the pictures that are trained on; twice that is kept."""

    def __init__(self, folder, size, device):
        lines = [json.loads(line) for line in open(f'{folder}/faces.jsonl')]
        n = len(lines)
        raw = np.memmap(f'{folder}/faces.raw', np.uint8, 'r')
        side = int(round((raw.size / 3 / n) ** 0.5))

        def planes(name, channels):
            data = np.fromfile(f'{folder}/{name}.raw', np.uint8).reshape(n, side, side, channels)
            pictures = torch.from_numpy(data).permute(0, 3, 1, 2).float() / 255
            if side > 2 * size:
                pictures = F.interpolate(pictures, size=2 * size, mode='area')
            return pictures.to(device)

        self.rgb = planes('faces', 3)
        self.extra = torch.cat([planes('masks', 1), planes('accents', 1)], 1)
        self.points = torch.tensor([line['points68'] for line in lines], device=device).reshape(n, 68, 2) / side
        self.poses = torch.tensor([[line['pose'][k] for k in ('yaw', 'pitch', 'roll')] for line in lines], device=device)
        own = torch.tensor([line['descriptor'] for line in lines], device=device)
        clip = np.array([line['clip'] for line in lines])
        names = np.array([line['name'] for line in lines])
        self.descriptors = own.clone()
        straight, open_ = resting_face(self.points, self.poses)
        self.rest, self.rest_open = straight.repeat(n, 1, 1), open_.repeat(n, 1)
        for name in sorted(set(names[clip])):
            of = torch.tensor(np.flatnonzero(clip & (names == name)), device=device)
            self.descriptors[of] = own[of].mean(0)
            self.rest[of], self.rest_open[of] = resting_face(self.points[of], self.poses[of])
        self.mean = own[torch.tensor(~clip, device=device)].mean(0)
        held = ~clip & np.array([zlib.crc32(name.encode()) % 100 < HELD_OUT for name in names])
        near = (torch.cdist(own, own[torch.tensor(held, device=device)]) < SAME_PERSON).any(1).cpu().numpy()

        def where(chosen):
            return torch.tensor(np.flatnonzero(chosen), device=device)

        self.held, self.stills, self.clips = where(held), where(~near & ~clip), where(~near & clip)
