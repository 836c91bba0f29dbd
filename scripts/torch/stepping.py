"""How the peers talk to bench/peer.ts: a greeting, then for each number of steps on stdin the milliseconds of each and the peak memory."""

import json
import sys
import time

import torch

try:
    import resource
except ImportError:  # Windows
    resource = None


def peak_bytes():
    """The most memory that this process had at once: the GPU's where there is one in use, else its resident set."""
    if torch.cuda.is_available() and torch.cuda.max_memory_allocated() > 0:
        return torch.cuda.max_memory_allocated()
    if resource is None:
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


BEFORE = peak_bytes()


def asked_for():
    """The request, JSON in the argument; sets up torch for it."""
    asked = json.loads(sys.argv[1])
    torch.set_num_threads(asked["threads"])
    torch.backends.cudnn.benchmark = True
    torch.manual_seed(1)
    return asked


def answer(step, models):
    """Says how many parameters the models have, then takes as many steps as each line of stdin asks for."""
    parameters = sum(p.numel() for model in models for p in model.parameters())
    print(json.dumps({"torch": torch.__version__, "parameters": parameters, "bytesBefore": BEFORE}), flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            start = time.perf_counter()
            step()
            times.append((time.perf_counter() - start) * 1000)
        print(json.dumps({"ms": times, "peakBytes": peak_bytes()}), flush=True)
