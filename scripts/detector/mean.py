"""The mean of networks, weight by weight: python mean.py out.pt first.pt[=share] second.safetensors[=share]…    (shares add up to one: 1 each unless told)"""

import sys

import torch

from export import opened

if __name__ == '__main__':
    out, *given = sys.argv[1:]
    shares = [float(name.partition('=')[2] or 1) for name in given]
    states = [opened(name.partition('=')[0]).state_dict() for name in given]
    mean = {key: sum(share / sum(shares) * state[key] for share, state in zip(shares, states)) for key in states[0]}
    torch.save(mean, out)
