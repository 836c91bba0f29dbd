"""Tables of docs/detector.md: python evaluate.py detector.json logits.jsonl…  (lines of logits.py; labels are the folders real/ and fake/)"""

import json
import sys

import numpy as np

from regression import probability


def read(files):
    """{set: [(label, frame logits)]}; the set is the folder above real/ and fake/. Files without a face are left out."""
    sets = {}
    for path in files:
        for line in open(path):
            record = json.loads(line)
            parts = record['file'].split('/')
            at = max(i for i, part in enumerate(parts) if part in ('real', 'fake'))
            if record['frames']:
                sets.setdefault(parts[at - 1], []).append((parts[at], record['frames']))
    return sets


def auc(real, fake):
    """How often a fake is above a real one, ties half."""
    ordered = np.sort(real)
    return float((np.searchsorted(ordered, fake) + np.searchsorted(ordered, fake, 'right')).mean() / (2 * len(real)))


def eer(real, fake):
    cuts = np.unique(np.r_[real, fake])
    false_alarms, misses = (np.array([f(c) for c in cuts]) for f in (lambda c: (real >= c).mean(), lambda c: (fake < c).mean()))
    i = np.argmin(abs(false_alarms - misses))
    return float((false_alarms[i] + misses[i]) / 2)


def expected_calibration_error(real, fake, bins=10, truth=None):
    """Classes weighted alike, bins of equal width. `truth`: labels drawn instead of those that are so."""
    p, y = np.r_[real, fake], np.r_[np.zeros(len(real)), np.ones(len(fake))] if truth is None else truth
    w = np.r_[np.full(len(real), 0.5 / len(real)), np.full(len(fake), 0.5 / len(fake))]
    return float(np.abs(np.bincount(np.minimum((p * bins).astype(int), bins - 1), w * (y - p), bins)).sum())


def calibration_error_by_chance(real, fake, draws=200):
    """What it would be if the probabilities were right: as src/detect/metrics.ts has it."""
    rng, p = np.random.default_rng(8), np.r_[real, fake]
    return float(np.mean([expected_calibration_error(real, fake, truth=(rng.random(len(p)) < p) * 1.0) for _ in range(draws)]))


def line(name, real, fake, calibration):
    below, above = calibration['realBelow'], calibration['manipulatedAbove']
    cells = [name, len(real), len(fake)]
    if len(real) and len(fake):
        cells += [f'{auc(real, fake):.3f}', f'{eer(real, fake) * 100:.0f} %', f'{(fake > np.quantile(real, 0.99)).mean() * 100:.0f} %',
                  f'{expected_calibration_error(real, fake):.3f}']
    else:
        cells += ['–'] * 4
    cells += [f'{(real >= above).mean() * 100:.1f} %' if len(real) else '–', f'{(fake <= below).mean() * 100:.1f} %' if len(fake) else '–',
              f'{(fake >= above).mean() * 100:.0f} %' if len(fake) else '–',
              f'{np.mean([((x > below) & (x < above)).mean() for x in (real, fake) if len(x)]) * 100:.0f} %']
    print('| ' + ' | '.join(str(c) for c in cells) + ' |')


def main():
    record = json.load(open(sys.argv[1]))
    calibration = {k: record[k] for k in ('slope', 'intercept', 'traceless')} | {k: record['image'][k] for k in ('realBelow', 'manipulatedAbove')}
    said = lambda frames: probability(calibration['slope'] * np.array(frames) + calibration['intercept'], calibration['traceless'])
    print('| set | real | fake | AUC | EER | found at 1 % false alarms | ECE | real called manipulated | fake called real | fake called manipulated | inconclusive |')
    print('|' + '---|' * 11)
    for name, rows in sorted(read(sys.argv[2:]).items()):
        split = {label: [said(frames) for kind, frames in rows if kind == label] for label in ('real', 'fake')}
        if any(len(p) > 1 for ps in split.values() for p in ps):
            line(f'{name}, frames', *(np.concatenate(split[l]) if split[l] else np.array([]) for l in ('real', 'fake')), calibration)
        line(name, *(np.array([p.mean() for p in split[l]]) for l in ('real', 'fake')), calibration)


if __name__ == '__main__':
    main()
