"""Fits what the witnesses say to people that the network did not train on, and fuses it: models/detector.json (src/detect/calibration.ts).

python fuse.py fit detector.safetensors version detector.json image=lines.jsonl,… video=lines.jsonl,… [image-own=…] [video-own=…]
python fuse.py report detector.json image=lines.jsonl,… video=lines.jsonl,…
python fuse.py tested detector.json image=lines.jsonl,… video=lines.jsonl,…    (after `fit`: keeps the rates of files that nothing was fitted on, for reports)
lines.jsonl: of `dfk eval --readings`, over folders …/<set>/{real,fake}/p<person>-….; a file a source.  `own`: files of the network's training people, of
the first source: the other witnesses are fitted on them too; the network knows them, so that it and the fusion are not.

Each witness: logistic regression (ridge) of its standardised measures, then Platt scaling of scores of people left out. Fusion: logistic
regression of those log-odds with weights that are not negative, by ridge towards the network alone; a witness whose AUC on people
left out is not above a half with 95 % confidence (bootstrap over people) gets weight 0, and so does one that fewer than MANY_PEOPLE people were read by. People count alike.

What holds for people left out need not hold for a source left out: cameras, sizes and codecs move all scores of a source. So all of the above is done without each source in
turn, and the log-odds that its files then get are what slope and intercept of the whole, and the band, are chosen on. With them goes the share of fakes that leave no trace and so look as real
files do: the kind that training never saw (make_files.py) has many of those, and without that share its fakes flatten the slope for all. Clips have all three of the stills (there are few clips, most of
them made of stills: make_moved.py), and a band of their own.
"""

import hashlib
import json
import sys

import numpy as np

from evaluate import auc, calibration_error_by_chance, expected_calibration_error
from readings import MOVED, WITNESSES, labels_of, log_odds_by, matrix, rates_by, read, report, score, set_auc, split
from regression import logistic, platt, platt_with_traceless, probability

FALSE_ALARMS, WORST_FALSE_ALARMS, INCONCLUSIVE, HIGHEST_BELOW = 0.02, 0.04, 0.8 / 3, 0.5
LEAST_REAL = 20  # of a source, for a share of its own
FOLDS, BOOTSTRAPS, RIDGE, MANY_PEOPLE = 10, 400, 0.02, 20
WEARS = 4  # of `dfk eval --wear` for pictures
UNSEEN = ('seam',)  # kinds of fakes that training has not (make_files.py)


def shares_of(rows):
    """People count alike, however many files there are of one; a file as it is counts as much as what wear makes of it together; and, since nobody knows what the next fake is made by, a kind
    that training never saw as much as all that it saw together."""
    _, at = np.unique([r['person'] for r in rows], return_inverse=True)
    each = np.where([r['worn'] for r in rows], 1 / WEARS, 1.0)
    unseen = np.isin([r['set'].split(',')[0] for r in rows], UNSEEN)
    of, rest = (np.bincount(at, each * part) for part in (unseen, ~unseen))
    each = each * np.where(unseen & (rest[at] > 0), (rest / np.maximum(of, 1e-9))[at], 1.0)
    return each / np.bincount(at, each)[at]


def fit_measures(rows, witness):
    """{name: mean, deviation, weight}, for rows in which the witness speaks."""
    names = sorted(rows[0]['readings'][witness])
    x, labels = matrix(rows, witness, names), labels_of(rows)
    low, high = np.quantile(x, 0.01, 0), np.quantile(x, 0.99, 0)
    x = np.clip(x, low, high)
    mean, deviation = x.mean(0), x.std(0) + 1e-6
    z = np.clip((x - mean) / deviation, -3, 3)
    weights = [1.0] if len(names) == 1 else logistic(z, labels, np.zeros(len(names)), RIDGE, shares=shares_of(rows))[0]
    return {n: {'mean': float(m), 'deviation': float(d), 'weight': float(w)} for n, m, d, w in zip(names, mean, deviation, weights)}


def folds_of(rows):
    people = sorted({r['person'] for r in rows})
    np.random.default_rng(3).shuffle(people)
    where = {person: i % FOLDS for i, person in enumerate(people)}
    return [[i for i, r in enumerate(rows) if where[r['person']] == fold] for fold in range(min(FOLDS, len(people)))]


def left_out(rows, witness):
    """Scores by measures fitted without the row's person."""
    out = np.full(len(rows), np.nan)
    speaks = np.array([r['readings'][witness] is not None for r in rows])
    for fold in folds_of(rows):
        held = set(fold)
        fitted = [r for i, r in enumerate(rows) if i not in held and speaks[i]]
        asked = [i for i in fold if speaks[i]]
        if asked and len({r['fake'] for r in fitted}) == 2:
            out[asked] = score([rows[i] for i in asked], witness, fit_measures(fitted, witness))
    return out


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


def fit_network(rows):
    """The network's measures, slope and intercept: what clips have of stills, where there are many more files."""
    said = score(rows, 'network', measures := fit_measures(rows, 'network'))
    slope, intercept = platt(said, labels_of(rows), shares_of(rows))
    return {'measures': measures, 'slope': slope, 'intercept': intercept}


def fit_witnesses(rows, own, say=lambda line: None, network=None):
    """A kind's witnesses and their fusion, on all of the rows; `network`: of `fit_network`, instead of one fitted here."""
    labels, shares = labels_of(rows), shares_of(rows)
    records, log_odds, counted = {}, np.zeros((len(rows), len(WITNESSES))), []
    for at, witness in enumerate(WITNESSES):
        pool = rows if witness == 'network' else rows + own
        speaking = [r for r in pool if r['readings'][witness] is not None]
        records[witness] = {'measures': {}, 'slope': 0, 'intercept': 0, 'weight': 0, 'auc': 0.5}
        if len({r['fake'] for r in speaking}) < 2:
            continue
        scores, which, people = left_out(pool, witness), labels_of(pool), np.array([r['person'] for r in pool])
        said = ~np.isnan(scores)
        slope, intercept = platt(scores[said], which[said], shares_of(pool)[said])
        measures = fit_measures(speaking, witness)
        if witness == 'network' and network is not None:
            measures, slope, intercept = network['measures'], network['slope'], network['intercept']
            scores = score(rows, witness, measures)
        heard = said[: len(rows)]
        log_odds[heard, at] = slope * scores[: len(rows)][heard] + intercept
        area, above = confident_auc(scores, which, people)
        counts = above > 0.5 and len(set(people[: len(rows)][heard])) >= MANY_PEOPLE
        if counts or witness == 'network':
            counted.append(at)
        say(f'| {witness} | {said.mean() * 100:.0f} % | {area:.3f} | {above:.3f} | {"yes" if at in counted else "no"} |')
        records[witness].update(measures=measures, slope=slope, intercept=intercept, auc=round(area, 3))
    prior = [float(WITNESSES[at] == 'network') for at in counted]
    weights, intercept = prior, 0.0
    if network is None or len(counted) > 1:
        weights, intercept = logistic(log_odds[:, counted], labels, prior, RIDGE, 0.0, shares=shares)
    for at, weight in zip(counted, weights):
        records[WITNESSES[at]]['weight'] = float(weight)
    return {'witnesses': records, 'intercept': float(intercept)}


def sources_left_out(rows, own, stills=None):
    """Log-odds of each row by what was fitted without its source; of clips made of stills, without those stills."""
    out, sources = np.zeros(len(rows)), sorted({r['source'] for r in rows})
    for source in sources:
        rest, asked = [r for r in rows if r['source'] != source], [i for i, r in enumerate(rows) if r['source'] == source]
        network = stills and fit_network([r for r in stills if r['source'] != source.removeprefix(MOVED)])
        kind = fit_witnesses(rest, [] if source == rows[0]['source'] else own, network=network)
        out[asked] = log_odds_by(kind, [rows[i] for i in asked])[1]
    return out


def band_of(p, labels, sources):
    """(below, above): few enough real files above, of all and of each source that has enough; and so high that enough files are decided."""
    real = labels == 0
    allowed = [(p[real], FALSE_ALARMS), *((p[real & (sources == s)], WORST_FALSE_ALARMS) for s in sorted(set(sources)))]
    high = max(np.quantile(values, 1 - share, method='higher') for values, share in allowed if len(values) >= LEAST_REAL)
    above = min(0.999, max(0.6, float(np.ceil(high * 1000) + 1) / 1000))
    lows = np.arange(0.05, HIGHEST_BELOW + 1e-9, 0.001)
    below = next((low for low in lows if rates_by(p[real], p[~real], low, above)['inconclusive'] <= INCONCLUSIVE), lows[-1])
    return round(float(below), 3), round(above, 3)


def fit_kind(name, rows, own, stills=None, scaling=None):
    """(record, scaling): slope, intercept and share of fakes without a trace of what all witnesses say, found here or, for clips, on stills."""
    labels, shares = labels_of(rows), shares_of(rows)
    people = {r['person'] for r in rows}
    print(f"\n{name}: {int((1 - labels).sum())} real, {int(labels.sum())} manipulated files of {len(people)} people; {len(own)} of the network's own people")
    print('| witness | speaks | AUC | 95 % above | counted |\n' + '|---' * 5 + '|')
    kind = fit_witnesses(rows, own, print, stills and fit_network(stills))
    new = sources_left_out(rows, own, stills)
    found = platt_with_traceless(new, labels, shares)
    print('of sources left out: slope {:.3f}, intercept {:.3f}, without a trace {:.2f}'.format(*found))
    slope, intercept, traceless = found if scaling is None else scaling  # few clips know less of it than many stills
    for witness, record in kind['witnesses'].items():
        if witness != 'network':
            record['weight'] *= slope
    # The network's own record is corrected, not its weight: what it says alone, of a file and of each face, is what was found on sources left out.
    network = kind['witnesses']['network']
    kind['intercept'] = slope * kind['intercept'] + intercept * (1 - network['weight'])
    network.update(slope=slope * network['slope'], intercept=slope * network['intercept'] + intercept)
    p = probability(slope * new + intercept, traceless)
    sources = np.array([r['source'] for r in rows])
    below, above = band_of(p, labels, sources)
    print(f'band {below} to {above}')
    print('| left out | real | fake | AUC | ECE | by chance | real called manipulated | fake called real | inconclusive |\n' + '|---' * 9 + '|')
    real, fake = labels == 0, labels == 1
    for source in sorted(set(sources)):
        of = sources == source
        line(source, p[real & of], p[fake & of], rates_by(p[real & of], p[fake & of], below, above))
    rates = rates_by(p[real], p[fake], below, above)
    line('all', p[real], p[fake], rates)
    for one in sorted({r['set'] for r in rows}):
        print(f'  {one}: {set_auc(p, rows, one):.3f}')
    alone = log_odds_by(kind, rows)[0][:, 0]
    record = {**rounded(kind), 'realBelow': below, 'manipulatedAbove': above,
            'rates': {k: round(v, 4) for k, v in rates.items()},
            'auc': {'fused': round(auc(p[real], p[fake]), 3), 'network': round(auc(*split(alone, labels)), 3)},
            'fittedOn': {'real': int(real.sum()), 'manipulated': int(fake.sum()), 'people': len(people)}}
    return record, (slope, intercept, traceless)


def line(name, real, fake, rates):
    print(f'| {name} | {len(real)} | {len(fake)} | {auc(real, fake):.3f} | {expected_calibration_error(real, fake):.3f} | {calibration_error_by_chance(real, fake):.3f} | '
          + ' | '.join(f'{value * 100:.1f} %' for value in rates.values()) + ' |')


def tested(kind, rows, traceless):
    p = probability(log_odds_by(kind, rows)[1], traceless)
    real, fake = split(p, labels_of(rows))
    rates = rates_by(real, fake, kind['realBelow'], kind['manipulatedAbove'])
    return {'real': len(real), 'manipulated': len(fake), **{k: round(rates[k], 4) for k in ('realCalledManipulated', 'manipulatedCalledReal')}}


def write(path, record):
    with open(path, 'w') as file:
        file.write(json.dumps(record, indent=2) + '\n')


def rounded(value):
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return float(f'{value:.5g}')


def main():
    what, *args = sys.argv[1:]
    given = {a.split('=')[0]: read(a.split('=')[1].split(',')) for a in args if '=' in a}
    names = [a for a in args if '=' not in a]
    if what == 'report':
        record = json.load(open(names[0]))
        for kind, rows in given.items():
            print(f'\n{kind}')
            report(record[kind], rows, record.get('traceless', 0.0))
        return
    if what == 'tested':
        record = json.load(open(names[0]))
        for kind, rows in given.items():
            record[kind]['tested'] = tested(record[kind], [r for r in rows if not r['worn']], record.get('traceless', 0.0))
        write(names[0], record)
        return
    weights_path, version, out = names
    record = {'schema': 2, 'version': version, 'weights': hashlib.sha256(open(weights_path, 'rb').read()).hexdigest()}
    image, scaling = fit_kind('image', given['image'], given.get('image-own', []))
    video, _ = fit_kind('video', given['video'], given.get('video-own', []), given['image'], scaling)
    network, logit = image['witnesses']['network'], image['witnesses']['network']['measures']['logit']
    record['slope'] = round(network['slope'] / logit['deviation'], 5)
    record['intercept'] = round(network['intercept'] - network['slope'] * logit['mean'] / logit['deviation'], 5)
    record['traceless'] = round(scaling[2], 3)
    write(out, {**record, 'image': image, 'video': video})


if __name__ == '__main__':
    main()
