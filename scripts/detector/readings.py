"""What the witnesses read (lines of `dfk eval --readings`), and what a calibration makes of it, as src/detect/fusion.ts does; tables of that."""

import json

import numpy as np

from evaluate import auc, calibration_error_by_chance, eer, expected_calibration_error
from regression import probability

WITNESSES = ('network', 'residual', 'boundary', 'temporal', 'compression')
MOVED = 'moved-'  # what readings of clips made of a source of stills are called, before its name
FURTHEST = 3  # as in src/detect/fusion.ts


def read(files):
    """A row a file and wear. The file of readings is its source: where its pictures and clips come from; a person belongs to one source."""
    rows = []
    for path in files:
        source = path.split('/')[-1].removesuffix('.jsonl')
        for line in open(path):
            record = json.loads(line)
            *_, name, label, file = record['file'].split('/')
            name, label, wear = record.get('set', name), record.get('label', label), record.get('wear', 'none')
            if label not in ('real', 'fake') or 'measures' not in record['readings']['network']:
                continue
            readings = {w: r.get('measures') for w, r in record['readings'].items()}
            if source.startswith(MOVED):  # nothing in the face moves, and the pictures were resampled to move: all but the network would read that
                readings = {w: measures if w == 'network' else None for w, measures in readings.items()}
            rows.append({'set': name if wear == 'none' else f'{name}, {wear}', 'fake': label == 'fake', 'source': source, 'worn': wear != 'none',
                         'person': f"{source}/{file.split('-')[0]}", 'readings': readings})
    return rows


def labels_of(rows):
    return np.array([r['fake'] for r in rows], float)


def matrix(rows, witness, names):
    return np.array([[row['readings'][witness][n] for n in names] for row in rows], float).reshape(len(rows), len(names))


def score(rows, witness, measures):
    names = list(measures)
    mean, deviation, weight = (np.array([measures[n][k] for n in names]) for k in ('mean', 'deviation', 'weight'))
    return np.clip((matrix(rows, witness, names) - mean) / deviation, -FURTHEST, FURTHEST) @ weight


def log_odds_by(kind, rows):
    """Of each witness (NaN: silent), and of all together."""
    each = np.full((len(rows), len(WITNESSES)), np.nan)
    for at, witness in enumerate(WITNESSES):
        record = kind['witnesses'][witness]
        said = [i for i, r in enumerate(rows) if r['readings'][witness] is not None and record['measures']]
        if said:
            each[said, at] = record['slope'] * score([rows[i] for i in said], witness, record['measures']) + record['intercept']
    weights = np.array([kind['witnesses'][w]['weight'] for w in WITNESSES])
    return each, np.nan_to_num(each) @ weights + kind['intercept']


def split(values, labels):
    said = ~np.isnan(values)
    return values[said & (labels == 0)], values[said & (labels == 1)]


def set_auc(values, rows, name):
    """Of a set's fakes against its real files, or against all where it has none of its own."""
    fake = labels_of(rows) == 1
    inside = np.array([r['set'] == name for r in rows])
    real = inside & ~fake if (inside & ~fake).any() else ~fake
    x = [v[~np.isnan(v)] for v in (values[real], values[inside & fake])]
    return auc(*x) if min(map(len, x)) else np.nan


def rates_by(real, fake, below, above):
    return {'realCalledManipulated': float((real >= above).mean()), 'manipulatedCalledReal': float((fake <= below).mean()),
            'inconclusive': 0.5 * sum(float(((x > below) & (x < above)).mean()) for x in (real, fake))}


def report(kind, rows, traceless=0.0):
    print('| set | real | fake | ' + ' | '.join(WITNESSES) + ' | fused | EER | ECE | by chance | real called manipulated | fake called real | fake called manipulated | inconclusive |')
    print('|---' * 16 + '|')
    labels, (each, fused) = labels_of(rows), log_odds_by(kind, rows)
    p, low, high = probability(fused, traceless), kind['realBelow'], kind['manipulatedAbove']
    for name in [*sorted({r['set'] for r in rows}), 'all']:
        inside = np.array([name in ('all', r['set']) for r in rows])
        real, fake = p[inside & (labels == 0)], p[inside & (labels == 1)]
        areas = [set_auc(each[:, at], rows, name) if name != 'all' else auc(*pair) if min(map(len, pair := split(each[:, at], labels))) else np.nan
                 for at in range(len(WITNESSES))]
        start = f'| {name} | {len(real)} | {len(fake)} | ' + ' | '.join(f'{a:.3f}' for a in areas)
        if min(len(real), len(fake)) == 0:
            said = f'{(real >= high).mean() * 100:.1f} % of the real ones called manipulated' if len(real) else f'{(fake <= low).mean() * 100:.1f} % of the fakes called real'
            print(f'{start} | {set_auc(p, rows, name):.3f} | {said} |')
            continue
        rates = rates_by(real, fake, low, high)
        print(f'{start} | {auc(real, fake):.3f} | {eer(real, fake):.2f} | {expected_calibration_error(real, fake):.3f} | {calibration_error_by_chance(real, fake):.3f} | '
              f"{rates['realCalledManipulated'] * 100:.1f} % | {rates['manipulatedCalledReal'] * 100:.1f} % | {(fake >= high).mean() * 100:.0f} % | {rates['inconclusive'] * 100:.0f} % |")
