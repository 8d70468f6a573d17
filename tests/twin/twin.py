# SPDX-License-Identifier: EUPL-1.2
"""The protocol of the private exchange (docs/protocol.md) a second time, in plain Python over tests/twin/primitives.py:
what is sealed here must open in C, and the other way round. Nothing is shared with src/."""
import hashlib
import hmac
import math
import secrets
from dataclasses import dataclass

from primitives import (G, ORDER, ZERO, decode, ed_sign, ed_verify, encode, one_way_map, scalar, scalar_bytes,
                        sealed_box, sealed_box_open, siphash, xchacha_open, xchacha_seal)

VERIFIABLE = b"OPRFV1-\x01-ristretto255-SHA512"
OPEN = b"KENTERING1-open-ristretto255-SHA512"
EPOCH_DAYS = 90


def u(n, size):
    return n.to_bytes(size, "big")


def lp(data):
    return u(len(data), 2) + data


def fresh():
    return secrets.randbelow(ORDER - 1) + 1


# --- section 0: notation ---------------------------------------------------------------------------------------

def t_(label, *fields):
    return b"KENTERING1" + b"".join(u(len(f), 4) + f for f in (label.encode(), *fields))


def x_(label, *fields):
    return hashlib.sha512(t_(label, *fields)).digest()


def h_(label, *fields):
    return x_(label, *fields)[:32]


def s_(label, *fields):
    return int.from_bytes(x_(label, *fields), "little") % ORDER


def p_(label, *fields):
    return one_way_map(x_(label, *fields))


def m_(key, label, *fields):
    return hmac.new(key, t_(label, *fields), hashlib.sha512).digest()


def sign(seed, label, message):
    return ed_sign(seed, x_(label, message))


def verify(public, label, message, sig):
    return ed_verify(public, x_(label, message), sig)


def pok(label, x, message, w=None):
    w = w or fresh()
    c = s_(label, encode(x * G), encode(w * G), message)
    return scalar_bytes(c) + scalar_bytes(w - c * x)


def pok_holds(label, y, message, proof):
    c, s = scalar(proof[:32]), scalar(proof[32:])
    return c == s_(label, encode(y), encode(s * G + c * y), message)


# --- section 2: RFC 9497 ---------------------------------------------------------------------------------------

def expand(message, dst):
    """expand_message_xmd with SHA-512, 64 bytes."""
    tail = dst + u(len(dst), 1)
    b0 = hashlib.sha512(bytes(128) + message + u(64, 2) + b"\0" + tail).digest()
    return hashlib.sha512(b0 + b"\1" + tail).digest()


def hash_to_scalar(message, dst):
    return int.from_bytes(expand(message, dst), "little") % ORDER


def hash_to_group(value, context=VERIFIABLE):
    return one_way_map(expand(value, b"HashToGroup-" + context))


def derive_key(seed, info, context):
    for counter in range(256):
        k = hash_to_scalar(seed + lp(info) + u(counter, 1), b"DeriveKeyPair" + context)
        if k:
            return k
    raise ValueError("no key")


def finalize(value, n):
    return hashlib.sha512(lp(value) + lp(encode(n)) + b"Finalize").digest()


def weights(context, b, cs, ds):
    seed = hashlib.sha512(lp(encode(b)) + lp(b"Seed-" + context)).digest()
    return [hash_to_scalar(lp(seed) + u(i, 2) + lp(encode(c)) + lp(encode(d)) + b"Composite", b"HashToScalar-" + context)
            for i, (c, d) in enumerate(zip(cs, ds))]


def total(points):
    out = ZERO
    for p in points:
        out = out + p
    return out


def challenge(context, b, *points):
    return hash_to_scalar(b"".join(lp(encode(x)) for x in (b, *points)) + b"Challenge", b"HashToScalar-" + context)


def dleq(context, k, cs, ds, r=None):
    r, b = r or fresh(), k * G
    m = total(w * c for w, c in zip(weights(context, b, cs, ds), cs))
    c = challenge(context, b, m, k * m, r * G, r * m)
    return scalar_bytes(c) + scalar_bytes(r - c * k)


def dleq_holds(context, b, cs, ds, proof):
    c, s = scalar(proof[:32]), scalar(proof[32:])
    ws = weights(context, b, cs, ds)
    m, z = total(w * x for w, x in zip(ws, cs)), total(w * x for w, x in zip(ws, ds))
    return c == challenge(context, b, m, z, s * G + c * b, s * m + c * z)


# --- section 3: keys -------------------------------------------------------------------------------------------

def lagrange(q, i, at=0):
    out = 1
    for j in q:
        if j != i:
            out = out * (at - j) * pow(i - j, -1, ORDER) % ORDER
    return out


def poly(coefficients, z):
    return sum(a * pow(z, m, ORDER) for m, a in enumerate(coefficients)) % ORDER


def key_id(use, audience, epoch, key):
    return h_("key-id", u(use, 1), u(audience, 1), u(epoch, 4), encode(key))[:16]


@dataclass
class Key:
    use: int
    audience: int
    epoch: int
    t: int
    n: int
    key: object
    points: list  # K_1 … K_n
    transcript: bytes = bytes(32)
    generation: int = 1
    flags: int = 0
    canon: int = 1
    first: int = 0
    last: int = 1000

    @property
    def id(self):
        return key_id(self.use, self.audience, self.epoch, self.key)

    def body(self):
        return (u(self.use, 1) + u(self.audience, 1) + u(self.epoch, 4) + u(self.t, 1) + u(self.n, 1) +
                u(self.generation, 4) + u(self.flags, 1) + u(self.canon, 2) + u(self.first, 4) + u(self.last, 4) +
                encode(self.key) + b"".join(map(encode, self.points)) + self.transcript)

    def record(self, seeds):
        return self.body() + b"".join(sign(s, "key-record-sig", self.body()) for s in seeds)


def evaluate(context, share, q, index, points, r=None):
    """A holder's part: elements and proof."""
    k = lagrange(q, index) * share % ORDER
    parts = [k * p for p in points]
    return parts, dleq(context, k, points, parts, r)


def part_holds(context, key_point, q, index, points, parts, proof):
    return dleq_holds(context, lagrange(q, index) * key_point, points, parts, proof)


class Ceremony:
    def __init__(self, kind, t, parties, detail, dealers=None, start=None):
        """parties: (Ed25519 key, X25519 key) of holders 1…n; start: what C_0 must be, per dealer."""
        self.kind, self.t, self.n, self.parties = kind, t, len(parties), parties
        self.dealers, self.start = dealers or list(range(1, self.n + 1)), start
        everybody = b"".join(u(i, 1) + a + b for i, (a, b) in enumerate(parties, 1))
        self.cid = h_("dkg-init", u(kind, 1), u(t, 1), u(self.n, 1), everybody, detail)

    def deal(self, i, coefficients):
        """(commit, reveal, a share for each holder)."""
        head = self.cid + u(i, 1)
        c = [bytes(32) if a == 0 else encode(a * G) for a in coefficients]
        reveal = head + b"".join(c)
        if self.kind != 2:
            reveal += pok("dkg-pok", coefficients[0], head)
        shares = []
        for j, (_, box) in enumerate(self.parties, 1):
            names = head + u(j, 1)
            value = scalar_bytes(poly(coefficients, j))
            shares.append(names + sealed_box(box, names + value, secrets.token_bytes(32)))
        return head + h_("dkg-commit", reveal), reveal, shares

    def points_of(self, i, commit, reveal):
        """C_0 … C_{t−1} of dealer i, everything about them checked."""
        head, at = self.cid + u(i, 1), self.dealers.index(i)
        c = [reveal[33 + 32 * m:65 + 32 * m] for m in range(self.t)]
        if reveal[:33] != head or commit != head + h_("dkg-commit", reveal):
            raise ValueError("reveal")
        if len(reveal) != 33 + 32 * self.t + (0 if self.kind == 2 else 64):
            raise ValueError("length")
        points = [ZERO if self.kind == 2 and m == 0 and x == bytes(32) else decode(x) for m, x in enumerate(c)]
        if self.start and c[0] != self.start[at]:
            raise ValueError("start")
        if self.kind != 2 and not pok_holds("dkg-pok", points[0], head, reveal[-64:]):
            raise ValueError("pok")
        return points

    def take(self, j, secret, commits, reveals, shares, old=None):
        """Holder j's share, K, all K_i and the transcript. `old`: (its share, K, [K_i]) when refreshing."""
        share, key, points = old or (0, ZERO, [ZERO] * self.n)
        points = list(points)
        for i, commit, reveal, mine in zip(self.dealers, commits, reveals, shares):
            c = self.points_of(i, commit, reveal)
            names = self.cid + u(i, 1) + u(j, 1)
            inside = sealed_box_open(secret, mine[34:])
            value = scalar(inside[34:])
            at = [total(pow(x, m, ORDER) * y for m, y in enumerate(c)) for x in range(1, self.n + 1)]
            if mine[:34] != names or inside[:34] != names or value * G != at[j - 1]:
                raise ValueError(f"share of {i}")
            share, key = (share + value) % ORDER, key + c[0]
            points = [a + b for a, b in zip(points, at)]
        if share * G != points[j - 1]:
            raise ValueError("own")
        return share, key, points, h_("dkg-transcript", b"".join(reveals))


# --- section 4: messages and lists -----------------------------------------------------------------------------

def eval_request(key, q, member, purpose, basis, time_ms, nonce, points, seed):
    body = (b"\1\1" + key.id + u(key.generation, 4) + u(len(q), 1) + bytes(q) + u(member, 4) + u(purpose, 2) +
            u(basis, 2) + u(time_ms, 8) + nonce + u(len(points), 2) + b"".join(map(encode, points)))
    return body + (sign(seed, "eval-request-sig", body) if seed else bytes(64))


def response(kind, request, index, parts, proof, seed):
    word = {2: "eval", 4: "open"}[kind]
    body = (b"\1" + u(kind, 1) + h_(f"{word}-request-hash", request) + u(index, 1) + u(len(parts), 2) +
            b"".join(map(encode, parts)) + proof)
    return body + sign(seed, f"{word}-response-sig", body)


def label_mask(list_id, sequence, y, label):
    return label ^ int.from_bytes(m_(y, "label", list_id, u(sequence, 8))[:3], "big")


class Filter:
    """The key-value filter: `build` solves it by peeling, `get` asks it."""

    def __init__(self, data):
        if data[:5] != b"KTKV1":
            raise ValueError("no list")
        self.list_id, self.sequence = data[5:21], int.from_bytes(data[21:29], "big")
        self.count, self.seed = int.from_bytes(data[29:33], "big"), data[33:49]
        self.len, self.segments = 1 << data[49], int.from_bytes(data[50:54], "big")
        cells = (self.segments + 2) * self.len
        if len(data) != 54 + 8 * cells:
            raise ValueError("length")
        self.cells = [data[54 + 8 * i:62 + 8 * i] for i in range(cells)]

    @staticmethod
    def places(seed, length, segments, token):
        h = siphash(seed, token)
        p0 = h * segments * length >> 64
        return p0, (p0 + length) ^ (h >> 18 & length - 1), (p0 + 2 * length) ^ (h & length - 1)

    @classmethod
    def build(cls, list_id, sequence, entries):
        """entries: (y, label); any shape will do that peels."""
        log2 = max(1, int(math.log2(len(entries) + 1)) - 3)
        length = 1 << log2
        segments = max(1, math.ceil(len(entries) * 1.4 / length) + 4)
        while True:
            seed = secrets.token_bytes(16)
            places = [cls.places(seed, length, segments, y[:16]) for y, _ in entries]
            order = cls.peel(places)
            if order is not None:
                break
        cells = [0] * ((segments + 2) * length)
        for i, cell in reversed(order):
            y, label = entries[i]
            v = int.from_bytes(y[:5] + u(label_mask(list_id, sequence, y, label), 3), "big")
            for p in places[i]:
                v ^= cells[p] if p != cell else 0
            cells[cell] = v
        return (b"KTKV1" + list_id + u(sequence, 8) + u(len(entries), 4) + seed + u(log2, 1) + u(segments, 4) +
                b"".join(u(c, 8) for c in cells))

    @staticmethod
    def peel(places):
        at = {}
        for i, ps in enumerate(places):
            for p in ps:
                at.setdefault(p, set()).add(i)
        order, single = [], [p for p, s in at.items() if len(s) == 1]
        while single:
            p = single.pop()
            if len(at[p]) != 1:
                continue
            i = next(iter(at[p]))
            order.append((i, p))
            for other in places[i]:
                at[other].discard(i)
                if len(at[other]) == 1:
                    single.append(other)
        return order if len(order) == len(places) else None

    def get(self, y):
        v = 0
        for p in self.places(self.seed, self.len, self.segments, y[:16]):
            v ^= int.from_bytes(self.cells[p], "big")
        data = u(v, 8)
        if data[:5] != y[:5]:
            return None
        return label_mask(self.list_id, self.sequence, y, int.from_bytes(data[5:], "big"))


# --- section 5: sealed reports ---------------------------------------------------------------------------------

class Group:
    def __init__(self, y, epoch, channel, version, k):
        self.head = u(epoch, 4) + u(channel, 2) + u(version, 2) + u(k, 1)
        parts = (u(epoch, 4), u(channel, 2), u(version, 2), u(k, 1))
        self.k, self.q = k, m_(y, "seal", *parts)
        self.a = [s_("coef", self.q, u(j, 1)) for j in range(k)]
        self.commit = b"".join(encode(a * G) for a in self.a)
        self.tag = h_("tag", *parts, self.commit)


def nullifier(y_person, tag):
    return m_(y_person, "nullifier", tag)[:32]


def point(tag, null):
    return s_("point", tag, null)


def payload(value, n, report_id, day, band, form, organisation, reference):
    data = (b"\1" + lp(value) + encode(n) + report_id + u(day, 4) + u(band, 1) + u(form, 2) + lp(organisation) +
            lp(reference))
    return data + bytes(512 - len(data))


def payload_read(data):
    """(input, N, the rest)"""
    n = int.from_bytes(data[1:3], "big")
    return data[3:3 + n], decode(data[3 + n:35 + n]), data[35 + n:]


def header(group, member, day, basis, null):
    return b"\1" + group.head + u(member, 4) + u(day, 4) + u(basis, 1) + group.tag + null


def seal(group, outer, member, day, basis, null, inside, seed, pinned=None):
    """A submission. pinned: inner nonce, r, w and the tag proof's random value, for the vectors."""
    nonce, r, w, w2 = pinned or (secrets.token_bytes(24), fresh(), fresh(), fresh())
    head = header(group, member, day, basis, null)
    share = scalar_bytes(poly(group.a, point(group.tag, null)))
    inner = xchacha_seal(m_(scalar_bytes(group.a[0]), "inner", group.tag, null)[:32], nonce, inside, head)
    bar = p_("outer-generator")
    big_u, u_bar = encode(r * G), encode(r * bar)
    key = h_("outer", outer.id, big_u, encode(r * outer.key))
    ct = xchacha_seal(key, bytes(24), share + nonce + inner, head)
    h = h_("ct", ct)
    e = s_("tdh2", outer.id, head, group.commit, h, big_u, u_bar, encode(w * G), encode(w * bar))
    body = head + group.commit + big_u + u_bar + scalar_bytes(e) + scalar_bytes(w - e * r) + h
    body += pok("tag-proof", group.a[0], body, w2)
    return body + sign(seed, "submission-sig", body) + ct


class Submission:
    def __init__(self, data):
        self.header, self.k = data[:83], data[9]
        if len(data) != 971 + 32 * self.k:
            raise ValueError("length")
        self.commit, rest = data[83:83 + 32 * self.k], data[83 + 32 * self.k:]
        self.u, self.u_bar, self.e, self.f, self.h = (rest[32 * i:32 * i + 32] for i in range(5))
        self.proof, self.sig, self.ct = rest[160:224], rest[224:288], rest[288:]
        self.body = data[:83 + 32 * self.k + 160]
        self.epoch, self.channel, self.version = (int.from_bytes(data[a:b], "big") for a, b in ((1, 5), (5, 7), (7, 9)))
        self.tag, self.null = self.header[19:51], self.header[51:]
        self.id = h_("submission-id", self.body + self.proof)

    def check(self, outer, public):
        """The cryptography of check 8: the word of what is wrong, or None."""
        if not verify(public, "submission-sig", self.body + self.proof, self.sig):
            return "signature"
        head = self.header
        if h_("tag", head[1:5], head[5:7], head[7:9], head[9:10], self.commit) != self.tag:
            return "tag"
        points = [decode(self.commit[32 * j:32 * j + 32]) for j in range(self.k)]
        big_u, u_bar = decode(self.u), decode(self.u_bar)
        if not pok_holds("tag-proof", points[0], self.body, self.proof):
            return "tag_proof"
        e, f, bar = scalar(self.e), scalar(self.f), p_("outer-generator")
        if e != s_("tdh2", outer.id, head, self.commit, self.h, self.u, self.u_bar, encode(f * G + e * big_u),
                   encode(f * bar + e * u_bar)):
            return "cipher_proof"
        return None if h_("ct", self.ct) == self.h else "ct_hash"

    def share_of(self, outer, rz):
        """(z, p(z), nonce, inner) behind the outer layer, the share checked."""
        data = xchacha_open(h_("outer", outer.id, self.u, encode(rz)), bytes(24), self.ct, self.header)
        z, share = point(self.tag, self.null), scalar(data[:32])
        if share * G != total(pow(z, j, ORDER) * decode(self.commit[32 * j:32 * j + 32]) for j in range(self.k)):
            raise ValueError("share")
        return z, share, data[32:56], data[56:]


def interpolate(points):
    out = 0
    for i, (z, share) in enumerate(points):
        for j, (other, _) in enumerate(points):
            if i != j:
                share = share * other * pow(other - z, -1, ORDER) % ORDER
        out = (out + share) % ORDER
    return out


def open_all(outer, submissions, rzs):
    """(a_0, the payloads), every one of them about this tag."""
    first = submissions[0]
    halves = [s.share_of(outer, rz) for s, rz in zip(submissions, rzs)]
    a0 = interpolate([(z, share) for z, share, _, _ in halves[:first.k]])
    if encode(a0 * G) != first.commit[:32]:
        raise ValueError("a_0")
    out = []
    for s, (_, _, nonce, inner) in zip(submissions, halves):
        inside = xchacha_open(m_(scalar_bytes(a0), "inner", s.tag, s.null)[:32], nonce, inner, s.header)
        value, n, _ = payload_read(inside)
        if Group(finalize(value, n), s.epoch, s.channel, s.version, s.k).commit != s.commit:
            raise ValueError("another identifier")
        out.append(inside)
    return a0, out
