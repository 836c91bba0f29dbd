"""The generator that everybody shares (src/models/base.ts) in PyTorch, under the names and shapes of the tensor core's weights.

Pictures are [n, c, s, s] in 0-1. Filters are kept as PyTorch has them, OIHW; `to_core` and `from_core` turn them to and from HWIO.
"""

import torch
from torch.nn import functional as F

DESCRIPTOR = 128
SPREAD, REACH = 10, 0.25  # of src/models/base.ts
SLOPE = 0.1


def base_shapes(shape):
    """{name: size} in the core's layout, as baseShapes of src/models/base.ts gives them."""
    sizes = {}

    def conv(name, size, a, b):
        sizes[f'{name}.weight'], sizes[f'{name}.bias'] = (size, size, a, b), (b,)

    def dense(name, a, b):
        sizes[f'{name}.weight'], sizes[f'{name}.bias'] = (a, b), (b,)

    low = shape['sizePx'] // 16
    widths = [3, *shape['encoder']]
    for i, (a, b) in enumerate(zip(widths, widths[1:])):
        conv(f'encoder.{i}', 5, a, b)
    flat = low * low * widths[-1]
    dense('inter.in', flat, shape['code'])
    dense('inter.landmarks', flat, shape['landmarks'])
    dense('inter.out', shape['code'] + shape['landmarks'], low * low * shape['inner'])
    widths = [shape['inner'], *shape['decoder']]
    for i, (a, b) in enumerate(zip(widths, widths[1:])):
        conv(f'anybody.up{i}', 3, a, 4 * b)
        if i < shape['residuals']:
            conv(f'anybody.res{i}a', 3, b, b)
            conv(f'anybody.res{i}b', 3, b, b)
        dense(f'style.{i}', DESCRIPTOR, 8 * b)
    conv('anybody.out', 3, widths[-1], 4)
    return sizes


def initialise(shape, device):
    """Uniform with the variance 1 / fan-in; styles begin without effect on anybody."""
    weights = {}
    for name, size in base_shapes(shape).items():
        tensor = torch.zeros(size)
        if name.endswith('.weight') and not name.startswith('style.'):
            fan_in = tensor.numel() // size[-1]
            tensor.uniform_(-((3 / fan_in) ** 0.5), (3 / fan_in) ** 0.5)
        weights[name] = from_core(tensor, device)
    return weights


def from_core(tensor, device):
    """A weight in the core's layout, as a leaf that is trained."""
    if tensor.ndim == 4:
        tensor = tensor.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
    return tensor.clone().to(device).requires_grad_(True)


def to_core(tensor):
    """Array in the core's layout."""
    tensor = tensor.detach().float().cpu()
    return (tensor.permute(2, 3, 1, 0) if tensor.ndim == 4 else tensor).contiguous().numpy()


def conv(x, weights, name):
    weight = weights[f'{name}.weight']
    return F.conv2d(x, weight, weights[f'{name}.bias'], padding=weight.shape[-1] // 2)


def halve(x, weights, name):
    """5 x 5 with stride 2, padded as TensorFlow's 'same' does it: the odd pixel last."""
    return F.conv2d(F.pad(x, (1, 2, 1, 2)), weights[f'{name}.weight'], weights[f'{name}.bias'], stride=2)


def dense(x, weights, name):
    return x @ weights[f'{name}.weight'] + weights[f'{name}.bias']


def pixel_shuffle(x):
    """Depth to space by 2, in the core's order of channels."""
    n, depth, h, w = x.shape
    c = depth // 4
    x = x.reshape(n, 2, 2, c, h, w).permute(0, 3, 4, 1, 5, 2)
    return x.reshape(n, c, 2 * h, 2 * w).contiguous(memory_format=torch.channels_last)


def features(x, weights, shape):
    for i in range(len(shape['encoder'])):
        x = F.leaky_relu(halve(x, weights, f'encoder.{i}'), SLOPE)
    flat = x.permute(0, 2, 3, 1).flatten(1)
    return flat * torch.rsqrt(flat.square().mean(1, keepdim=True) + 1e-6)


def name_landmarks(x, weights, shape):
    return dense(features(x, weights, shape), weights, 'inter.landmarks')


def encode(x, weights, shape):
    """Faces: the map that the decoder reads, and what the encoder names [n, landmarks]."""
    flat = features(x, weights, shape)
    named = dense(flat, weights, 'inter.landmarks')
    seen = torch.cat([dense(flat, weights, 'inter.in'), named], 1)
    low = shape['sizePx'] // 16
    grid = dense(seen, weights, 'inter.out').reshape(-1, low, low, shape['inner']).permute(0, 3, 1, 2)
    return grid, named


def render(x, weights, shape, descriptors, mean):
    """A map drawn as the people of `descriptors` [n, 128]: (rgb, mask), and the sigmoid's input [n, 4, s, s]."""
    away = (descriptors - mean) * SPREAD
    for i in range(len(shape['decoder'])):
        gain, shift = (dense(away, weights, f'style.{i}') * REACH)[:, :, None, None].chunk(2, 1)
        x = conv(x, weights, f'anybody.up{i}') * (1 + gain) + shift
        x = pixel_shuffle(F.leaky_relu(x, SLOPE))
        if i < shape['residuals']:
            inside = F.leaky_relu(conv(x, weights, f'anybody.res{i}a'), SLOPE)
            x = F.leaky_relu(x + conv(inside, weights, f'anybody.res{i}b'), SLOPE)
    logits = conv(x, weights, 'anybody.out')
    out = torch.sigmoid(logits)
    return (out[:, :3], out[:, 3:]), logits
