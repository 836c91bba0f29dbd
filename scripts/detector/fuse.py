"""Fits what the witnesses say to people that the network did not train on, and fuses it: models/detector.json (src/detect/calibration.ts).

python fuse.py fit detector.safetensors version detector.json image=lines.jsonl,… video=lines.jsonl,… [image-own=…] [video-own=…]
python fuse.py report detector.json image=lines.jsonl,… video=lines.jsonl,…
lines.jsonl: of `dfk eval --readings`, over folders …/<set>/{real,fake}/p<person>-….  `own`: files of the network's training people, which the other
witnesses are fitted on too; the network knows them, so that it and the fusion are not.

Each witness: logistic regression (ridge) of its standardised measures, then Platt scaling of scores of people left out. Fusion: logistic
regression of those log-odds with weights that are not negative, by ridge towards the network alone; a witness whose AUC on people
left out is not above a half with 95 % confidence (bootstrap over people) gets weight 0. The band is chosen on fused scores of people left out:
`manipulatedAbove` so that at most 3 % of the real files are called manipulated, `realBelow` so that at most 10 % of the manipulated ones are called real.
Fewer than MANY_PEOPLE people do not make a calibration: the network alone counts for clips then, with the stills' Platt scaling and a band no narrower than theirs.
"""

import hashlib
import json
import sys

import numpy as np

from evaluate import auc, eer, expected_calibration_error
from regression import logistic, platt, squash

WITNESSES = ('network', 'residual', 'boundary', 'temporal', 'compression')
FALSE_ALARMS, MISSES = 0.03, 0.10
FURTHEST = 3  # as in src/detect/fusion.ts
FOLDS, BOOTSTRAPS, RIDGE, MANY_PEOPLE = 10, 400, 0.02, 20


def read(files):
    rows = []
    for path in files:
        for line in open(path):
            record = json.loads(line)
            *_, name, label, file = record['file'].split('/')
            name, label, wear = record.get('set', name), record.get('label', label), record.get('wear', 'none')
            if label in ('real', 'fake') and 'measures' in record['readings']['network']:
                rows.append({'set': name if wear == 'none' else f'{name}, {wear}', 'fake': label == 'fake', 'person': file.split('-')[0],
                             'readings': {w: r.get('measures') for w, r in record['readings'].items()}})
    return rows


def matrix(rows, witness, names):
    return np.array([[row['readings'][witness][n] for n in names] for row in rows], float).reshape(len(rows), len(names))


def fit_measures(rows, witness):
    """{name: mean, deviation, weight}, for rows in which the witness speaks."""
    names = sorted(rows[0]['readings'][witness])
    x, labels = matrix(rows, witness, names), np.array([r['fake'] for r in rows], float)
    low, high = np.quantile(x, 0.01, 0), np.quantile(x, 0.99, 0)
    x = np.clip(x, low, high)
    mean, deviation = x.mean(0), x.std(0) + 1e-6
    z = np.clip((x - mean) / deviation, -FURTHEST, FURTHEST)
    weights = [1.0] if len(names) == 1 else logistic(z, labels, np.zeros(len(names)), RIDGE)[0]
    return {n: {'mean': float(m), 'deviation': float(d), 'weight': float(w)} for n, m, d, w in zip(names, mean, deviation, weights)}


def score(rows, witness, measures):
    names = list(measures)
    mean, deviation, weight = (np.array([measures[n][k] for n in names]) for k in ('mean', 'deviation', 'weight'))
    return np.clip((matrix(rows, witness, names) - mean) / deviation, -FURTHEST, FURTHEST) @ weight


def folds_of(rows):
    people = sorted({r['person'] for r in rows})
    np.random.default_rng(3).shuffle(people)
    where = {person: i % FOLDS for i, person in enumerate(people)}
    return [[i for i, r in enumerate(rows) if where[r['person']] == fold] for fold in range(min(FOLDS, len(people)))]


def left_out(rows, witness, without=None):
    """Scores by measures fitted without the row's person; `without`: nor with that set's fakes."""
    out = np.full(len(rows), np.nan)
    speaks = np.array([r['readings'][witness] is not None for r in rows])
    for fold in folds_of(rows):
        held = set(fold)
        fitted = [r for i, r in enumerate(rows) if i not in held and speaks[i] and not (r['fake'] and r['set'] == without)]
        asked = [i for i in fold if speaks[i]]
        if asked and len({r['fake'] for r in fitted}) == 2:
            out[asked] = score([rows[i] for i in asked], witness, fit_measures(fitted, witness))
    return out


def split(values, labels):
    said = ~np.isnan(values)
    return values[said & (labels == 0)], values[said & (labels == 1)]


def confident_auc(values, labels, people):
    """AUC, and what it exceeds in 95 % of draws of people."""
    rng, names, draws = np.random.default_rng(7), sorted(set(people)), []
    at = {name: np.flatnonzero(people == name) for name in names}
    for _ in range(BOOTSTRAPS):
        rows = np.concatenate([at[names[i]] for i in rng.integers(len(names), size=len(names))])
        real, fake = split(values[rows], labels[rows])
        if len(real) and len(fake):
            draws.append(auc(real, fake))
    return auc(*split(values, labels)), float(np.quantile(draws, 0.05))


def fuse(x, labels, prior, people):
    """Weights of the witnesses, and the intercept; of few people nothing is learnt."""
    return (np.array(prior), 0.0) if people < MANY_PEOPLE else logistic(x, labels, prior, RIDGE, 0.0)


def set_auc(values, rows, name):
    """Of a set's fakes against its real files, or against all where it has none of its own."""
    fake = np.array([r['fake'] for r in rows])
    inside = np.array([r['set'] == name for r in rows])
    real = inside & ~fake if (inside & ~fake).any() else ~fake
    x = [v[~np.isnan(v)] for v in (values[real], values[inside & fake])]
    return auc(*x) if min(map(len, x)) else np.nan


def fit_kind(kind, rows, own, stills=None):
    labels, people = np.array([r['fake'] for r in rows], float), np.array([r['person'] for r in rows])
    print(f"\n{kind}: {int((1 - labels).sum())} real, {int(labels.sum())} manipulated files of {len(set(people))} people; {len(own)} of the network's own people")
    sets, count = sorted({r['set'] for r in rows}), len(set(people))
    print('| witness | speaks | AUC | 95 % above | counted | ' + ' | '.join(f'{s} (unseen)' for s in sets) + ' |\n' + '|---' * (5 + len(sets)) + '|')
    records, log_odds, counted = {}, np.zeros((len(rows), len(WITNESSES))), []
    for at, witness in enumerate(WITNESSES):
        pool = rows if witness == 'network' else rows + own
        speaking = [r for r in pool if r['readings'][witness] is not None]
        if len({r['fake'] for r in speaking}) < 2:
            records[witness] = {'measures': {}, 'slope': 0, 'intercept': 0, 'weight': 0, 'auc': 0.5}
            continue
        scores, which = left_out(pool, witness), np.array([r['fake'] for r in pool], float)
        said = ~np.isnan(scores)
        slope, intercept = platt(scores[said], which[said])
        measures = fit_measures(speaking, witness)
        if witness == 'network' and stills is not None and count < MANY_PEOPLE:
            borrowed = stills['witnesses']['network']
            measures, slope, intercept = (borrowed[k] for k in ('measures', 'slope', 'intercept'))
            scores = score(rows, witness, measures)
        heard = said[: len(rows)]
        log_odds[heard, at] = slope * scores[: len(rows)][heard] + intercept
        area, above = confident_auc(scores, which, np.array([r['person'] for r in pool]))
        if above > 0.5 and (count >= MANY_PEOPLE or witness == 'network'):
            counted.append(at)
        cells = [f'{set_auc(scores, pool, name):.2f} ({set_auc(left_out(pool, witness, name), pool, name):.2f})' for name in sets]
        print(f'| {witness} | {said.mean() * 100:.0f} % | {area:.3f} | {above:.3f} | {"yes" if at in counted else "no"} | ' + ' | '.join(cells) + ' |')
        records[witness] = {'measures': measures, 'slope': slope, 'intercept': intercept, 'weight': 0, 'auc': round(area, 3)}
    prior = [float(WITNESSES[at] == 'network') for at in counted]
    weights, intercept = fuse(log_odds[:, counted], labels, prior, count)
    for at, weight in zip(counted, weights):
        records[WITNESSES[at]]['weight'] = float(weight)
    fused = np.zeros(len(rows))
    for fold in folds_of(rows):
        rest = np.setdiff1d(np.arange(len(rows)), fold)
        w, b = fuse(log_odds[np.ix_(rest, counted)], labels[rest], prior, count)
        fused[fold] = squash(log_odds[np.ix_(fold, counted)] @ w + b)
    return finish(records, intercept, fused, log_odds[:, 0], labels, people, rows, sets, stills if count < MANY_PEOPLE else None)


def finish(records, intercept, fused, network, labels, people, rows, sets, least):
    real, fake = fused[labels == 0], fused[labels == 1]
    high, low = np.quantile(real, 1 - FALSE_ALARMS, method='higher'), np.quantile(fake, MISSES, method='lower')
    above = min(0.999, max(0.6, float(np.ceil(high * 1000) + 1) / 1000))
    below = max(0.001, min(0.4, float(np.floor(low * 1000)) / 1000))
    if least is not None:
        above, below = max(above, least['manipulatedAbove']), min(below, least['realBelow'])
    rates = {'realCalledManipulated': (real >= above).mean(), 'manipulatedCalledReal': (fake <= below).mean(),
             'inconclusive': 0.5 * sum(((x > below) & (x < above)).mean() for x in (real, fake))}
    print('weights:', {w: round(r['weight'], 3) for w, r in records.items()}, 'band', below, above, {k: round(float(v), 3) for k, v in rates.items()},
          f'fused AUC {auc(real, fake):.3f} network {auc(*split(network, labels)):.3f} ECE {expected_calibration_error(real, fake):.3f}')
    for name in sets:
        print(f'  {name}: fused {set_auc(fused, rows, name):.3f}, network {set_auc(network, rows, name):.3f}')
    return {'witnesses': rounded(records), 'intercept': round(float(intercept), 4), 'realBelow': round(below, 3), 'manipulatedAbove': round(above, 3),
            'rates': {k: round(float(v), 4) for k, v in rates.items()},
            'auc': {'fused': round(auc(real, fake), 3), 'network': round(auc(*split(network, labels)), 3)},
            'fittedOn': {'real': len(real), 'manipulated': len(fake), 'people': len(set(people))}}


def rounded(value):
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return float(f'{value:.5g}')


def fuse_with(kind, rows):
    """What src/detect/fusion.ts makes of the readings: log-odds of each witness (NaN: silent) and the fused probability."""
    each = np.full((len(rows), len(WITNESSES)), np.nan)
    for at, witness in enumerate(WITNESSES):
        record = kind['witnesses'][witness]
        said = [i for i, r in enumerate(rows) if r['readings'][witness] is not None and record['measures']]
        if said:
            each[said, at] = record['slope'] * score([rows[i] for i in said], witness, record['measures']) + record['intercept']
    weights = np.array([kind['witnesses'][w]['weight'] for w in WITNESSES])
    return each, squash(np.nan_to_num(each) @ weights + kind['intercept'])


def report(kind, rows):
    print('| set | real | fake | ' + ' | '.join(WITNESSES) + ' | fused | EER | ECE | real called manipulated | fake called real | inconclusive |\n' + '|---' * 14 + '|')
    labels = np.array([r['fake'] for r in rows], float)
    each, p = fuse_with(kind, rows)
    for name in [*sorted({r['set'] for r in rows}), 'all']:
        inside = np.array([name in ('all', r['set']) for r in rows])
        real, fake = p[inside & (labels == 0)], p[inside & (labels == 1)]
        areas = [set_auc(each[:, at], rows, name) if name != 'all' else auc(*pair) if min(map(len, pair := split(each[:, at], labels))) else np.nan
                 for at in range(len(WITNESSES))]
        low, high = kind['realBelow'], kind['manipulatedAbove']
        if min(len(real), len(fake)) == 0:
            said = f'{(real >= high).mean() * 100:.1f} % of the real ones called manipulated' if len(real) else f'{(fake <= low).mean() * 100:.1f} % of the fakes called real'
            print(f'| {name} | {len(real)} | {len(fake)} | ' + ' | '.join(f'{a:.3f}' for a in areas) + f' | {set_auc(p, rows, name):.3f} | {said} |')
            continue
        unsure = 0.5 * sum(((x > low) & (x < high)).mean() for x in (real, fake))
        print(f'| {name} | {len(real)} | {len(fake)} | ' + ' | '.join(f'{a:.3f}' for a in areas) + f' | {auc(real, fake):.3f} | {eer(real, fake):.2f} | '
              f'{expected_calibration_error(real, fake):.3f} | {(real >= high).mean() * 100:.1f} % | {(fake <= low).mean() * 100:.1f} % | {unsure * 100:.0f} % |')


def main():
    what, *args = sys.argv[1:]
    given = {a.split('=')[0]: read(a.split('=')[1].split(',')) for a in args if '=' in a}
    names = [a for a in args if '=' not in a]
    if what == 'report':
        record = json.load(open(names[0]))
        for kind, rows in given.items():
            print(f'\n{kind}')
            report(record[kind], rows)
        return
    weights_path, version, out = names
    record = {'schema': 2, 'version': version, 'weights': hashlib.sha256(open(weights_path, 'rb').read()).hexdigest()}
    image = fit_kind('image', given['image'], given.get('image-own', []))
    kinds = {'image': image, 'video': fit_kind('video', given['video'], given.get('video-own', []), image)}
    network = image['witnesses']['network']
    logit = network['measures']['logit']
    record['slope'] = round(network['slope'] / logit['deviation'], 5)
    record['intercept'] = round(network['intercept'] - network['slope'] * logit['mean'] / logit['deviation'], 5)
    with open(out, 'w') as file:
        file.write(json.dumps({**record, **kinds}, indent=2) + '\n')


if __name__ == '__main__':
    main()
