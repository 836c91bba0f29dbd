"""Fits the calibration on people that training did not see: python calibrate.py detector.safetensors version detector.json logits.jsonl…

Platt scaling for as many real as manipulated faces. The band is chosen on the same faces: `manipulatedAbove` so that at most 3 % of the
real ones are called manipulated, `realBelow` so that at most 10 % of the manipulated ones are called real.
"""

import hashlib
import json
import sys

import numpy as np

from evaluate import read

FALSE_ALARMS, MISSES = 0.03, 0.10


def platt(logits, labels, weights):
    """Weighted logistic regression in one variable by Newton's method, with Platt's smoothed targets."""
    targets = np.where(labels == 1, 1 - 1 / (labels.sum() + 2), 1 / ((1 - labels).sum() + 2))
    a, b = 1.0, 0.0
    x = np.c_[logits, np.ones_like(logits)]
    for _ in range(50):
        p = 1 / (1 + np.exp(-(x @ [a, b])))
        gradient = x.T @ (weights * (p - targets))
        hessian = (x * (weights * p * (1 - p))[:, None]).T @ x + 1e-6 * np.eye(2)
        a, b = np.array([a, b]) - np.linalg.solve(hessian, gradient)
    return float(a), float(b)


def main():
    weights_path, version, out, *files = sys.argv[1:]
    rows = [row for rows in read(files).values() for row in rows]
    logits = np.array([np.mean(frames) for _, frames in rows])
    labels = np.array([label == 'fake' for label, _ in rows], float)
    weights = np.where(labels == 1, 0.5 / labels.sum(), 0.5 / (1 - labels).sum())
    slope, intercept = platt(logits, labels, weights)
    p = 1 / (1 + np.exp(-(slope * logits + intercept)))
    real, fake = p[labels == 0], p[labels == 1]
    above = max(0.6, float(np.quantile(real, 1 - FALSE_ALARMS)))
    below = min(0.4, float(np.quantile(fake, MISSES)))
    above, below = round(above, 3), round(below, 3)
    inconclusive = 0.5 * sum(((x > below) & (x < above)).mean() for x in (real, fake))
    record = {
        'schema': 1, 'version': version, 'weights': hashlib.sha256(open(weights_path, 'rb').read()).hexdigest(),
        'slope': round(slope, 5), 'intercept': round(intercept, 5), 'realBelow': below, 'manipulatedAbove': above,
        'rates': {'realCalledManipulated': round(float((real >= above).mean()), 4), 'manipulatedCalledReal': round(float((fake <= below).mean()), 4),
                  'inconclusive': round(float(inconclusive), 4)},
        'fittedOn': {'real': len(real), 'manipulated': len(fake)},
    }
    with open(out, 'w') as file:
        file.write(json.dumps(record, indent=2) + '\n')
    print(json.dumps(record))


if __name__ == '__main__':
    main()
