# SPDX-License-Identifier: EUPL-1.2
"""The primitives of the private exchange over Python's integers, written from their standards and from nothing else:
ristretto255 (RFC 9496), Ed25519 (RFC 8032), X25519 (RFC 7748), ChaCha20-Poly1305 (RFC 8439) with XChaCha's longer
nonce, Salsa20 and the sealed boxes of NaCl, SipHash-2-4. Slow, not in constant time: for tests only."""
import hashlib

# --- the field, the curve, ristretto255 ------------------------------------------------------------------------

Q = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, Q) % Q
ROOT = pow(2, (Q - 1) // 4, Q)  # of −1


def negative(x):
    return x & 1


def absolute(x):
    return Q - x if x & 1 else x


def sqrt_ratio(u, v):
    """(was u/v a square, its root or that of ROOT·u/v), never negative."""
    r = u * pow(v, 3, Q) * pow(u * pow(v, 7, Q), (Q - 5) // 8, Q) % Q
    check = v * r * r % Q
    correct, flipped, flipped_i = check == u % Q, check == -u % Q, check == -u * ROOT % Q
    if flipped or flipped_i:
        r = r * ROOT % Q
    return correct or flipped, absolute(r)


INV_SQRT_A_MINUS_D = sqrt_ratio(1, (-1 - D) % Q)[1]
SQRT_AD_MINUS_ONE = sqrt_ratio((-D - 1) % Q, 1)[1]
if SQRT_AD_MINUS_ONE != 25063068953384623474111414158702152701244531502492656460079210482610430750235:
    SQRT_AD_MINUS_ONE = Q - SQRT_AD_MINUS_ONE


class Point:
    """Extended coordinates on −x² + y² = 1 + d·x²·y²."""
    __slots__ = ("x", "y", "z", "t")

    def __init__(self, x, y, z, t):
        self.x, self.y, self.z, self.t = x % Q, y % Q, z % Q, t % Q

    def __add__(self, o):
        a = (self.y - self.x) * (o.y - o.x)
        b = (self.y + self.x) * (o.y + o.x)
        c = 2 * D * self.t * o.t
        d = 2 * self.z * o.z
        e, f, g, h = b - a, d - c, d + c, b + a
        return Point(e * f, g * h, f * g, e * h)

    def __neg__(self):
        return Point(-self.x, self.y, self.z, -self.t)

    def __sub__(self, o):
        return self + -o

    def __rmul__(self, n):
        out, add = ZERO, self
        while n:
            if n & 1:
                out = out + add
            add, n = add + add, n >> 1
        return out

    def __eq__(self, o):
        """As elements of ristretto255."""
        return not (self.x * o.y - self.y * o.x) % Q or not (self.y * o.y - self.x * o.x) % Q

    def __hash__(self):
        return hash(encode(self))


ZERO = Point(0, 1, 1, 0)
_BY = 4 * pow(5, -1, Q) % Q
_BX = absolute(sqrt_ratio(_BY * _BY - 1, D * _BY * _BY + 1)[1])
G = Point(_BX, _BY, 1, _BX * _BY)


def decode(data):
    """An element, or ValueError when the bytes are none or the identity."""
    s = int.from_bytes(data, "little")
    if len(data) != 32 or s >= Q or negative(s) or s == 0:
        raise ValueError("no element")
    ss = s * s % Q
    u1, u2 = 1 - ss, 1 + ss
    v = (-D * u1 * u1 - u2 * u2) % Q
    square, inv = sqrt_ratio(1, v * u2 * u2 % Q)
    den_x = inv * u2 % Q
    den_y = inv * den_x * v % Q
    x, y = absolute(2 * s * den_x % Q), u1 * den_y % Q
    if not square or negative(x * y % Q) or y == 0:
        raise ValueError("no element")
    return Point(x, y, 1, x * y)


def encode(p):
    u1, u2 = (p.z + p.y) * (p.z - p.y) % Q, p.x * p.y % Q
    inv = sqrt_ratio(1, u1 * u2 * u2 % Q)[1]
    den1, den2 = inv * u1 % Q, inv * u2 % Q
    z_inv = den1 * den2 * p.t % Q
    x, y, den = p.x, p.y, den2
    if negative(p.t * z_inv % Q):
        x, y, den = p.y * ROOT % Q, p.x * ROOT % Q, den1 * INV_SQRT_A_MINUS_D % Q
    if negative(x * z_inv % Q):
        y = -y
    return absolute(den * (p.z - y) % Q).to_bytes(32, "little")


def _elligator(data):
    t = int.from_bytes(data, "little") % 2**255 % Q
    r = ROOT * t * t % Q
    u = (r + 1) * (1 - D * D) % Q
    v = (-1 - r * D) * (r + D) % Q
    square, s = sqrt_ratio(u, v)
    c = -1
    if not square:
        s, c = -absolute(s * t % Q), r
    n = (c * (r - 1) * (D - 1) ** 2 - v) % Q
    w0, w1 = 2 * s * v % Q, n * SQRT_AD_MINUS_ONE % Q
    w2, w3 = 1 - s * s, 1 + s * s
    return Point(w0 * w3, w2 * w1, w1 * w3, w0 * w2)


def one_way_map(wide):
    return _elligator(wide[:32]) + _elligator(wide[32:])


def scalar(data):
    n = int.from_bytes(data, "little")
    if len(data) != 32 or n >= ORDER:
        raise ValueError("no scalar")
    return n


def scalar_bytes(n):
    return (n % ORDER).to_bytes(32, "little")


# --- Ed25519 ---------------------------------------------------------------------------------------------------

def _ed_encode(p):
    z = pow(p.z, -1, Q)
    return (p.y * z % Q | (p.x * z % Q & 1) << 255).to_bytes(32, "little")


def _ed_decode(data):
    n = int.from_bytes(data, "little")
    y, sign = n & (2**255 - 1), n >> 255
    square, x = sqrt_ratio(y * y - 1, D * y * y + 1)
    if not square or y >= Q or (x == 0 and sign):
        raise ValueError("no point")
    if x & 1 != sign:
        x = Q - x
    return Point(x, y, 1, x * y)


def _ed_secret(seed):
    h = hashlib.sha512(seed).digest()
    a = int.from_bytes(h[:32], "little")
    return a & (2**254 - 8) | 2**254, h[32:]


def ed_public(seed):
    return _ed_encode(_ed_secret(seed)[0] * G)


def ed_sign(seed, message):
    a, prefix = _ed_secret(seed)
    public = ed_public(seed)
    r = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % ORDER
    big_r = _ed_encode(r * G)
    k = int.from_bytes(hashlib.sha512(big_r + public + message).digest(), "little")
    return big_r + scalar_bytes(r + k * a)


def ed_verify(public, message, sig):
    try:
        a, s = _ed_decode(public), scalar(sig[32:])
    except ValueError:
        return False
    small = 8 * a
    if small.x == 0 and small.y == small.z:
        return False
    k = int.from_bytes(hashlib.sha512(sig[:32] + public + message).digest(), "little") % ORDER
    return _ed_encode(s * G - k * a) == sig[:32]


# --- X25519 ----------------------------------------------------------------------------------------------------

def x25519(k, u):
    k = int.from_bytes(k, "little") & (2**254 - 8) | 2**254
    x1 = int.from_bytes(u, "little") % 2**255 % Q
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in reversed(range(255)):
        bit = k >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb = d * a % Q, c * b % Q
        aa, bb = a * a % Q, b * b % Q
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % Q, x1 * (da - cb) ** 2 % Q
        x2, z2 = aa * bb % Q, e * (aa + 121665 * e) % Q
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, Q - 2, Q) % Q).to_bytes(32, "little")


def x_public(k):
    return x25519(k, (9).to_bytes(32, "little"))


# --- ChaCha20, Salsa20, Poly1305 -------------------------------------------------------------------------------

M32 = 2**32 - 1


def _rot(x, n):
    return (x << n | x >> (32 - n)) & M32


def _words(data):
    return [int.from_bytes(data[i:i + 4], "little") for i in range(0, len(data), 4)]


def _bytes(words):
    return b"".join((w & M32).to_bytes(4, "little") for w in words)


def _chacha_rounds(s):
    s = list(s)

    def quarter(a, b, c, d):
        for x, y, z, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            s[x] = (s[x] + s[y]) & M32
            s[z] = _rot(s[z] ^ s[x], n)
    for _ in range(10):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return s


SIGMA = _words(b"expand 32-byte k")


def _chacha_block(key, counter, nonce):
    s = SIGMA + _words(key) + [counter] + _words(nonce)
    return _bytes([a + b for a, b in zip(s, _chacha_rounds(s))])


def _hchacha(key, nonce16):
    s = _chacha_rounds(SIGMA + _words(key) + _words(nonce16))
    return _bytes(s[:4] + s[12:])


def _xor(data, stream):
    return bytes(a ^ b for a, b in zip(data, stream))


def _chacha_xor(key, nonce, data):
    return _xor(data, b"".join(_chacha_block(key, 1 + i, nonce) for i in range((len(data) + 63) // 64)))


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff
    acc = 0
    for i in range(0, len(message), 16):
        acc = (acc + int.from_bytes(message[i:i + 16] + b"\1", "little")) * r % (2**130 - 5)
    return ((acc + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def _pad16(data):
    return data + bytes(-len(data) % 16)


def _aead_tag(key, nonce, data, ad):
    lengths = len(ad).to_bytes(8, "little") + len(data).to_bytes(8, "little")
    return poly1305(_chacha_block(key, 0, nonce)[:32], _pad16(ad) + _pad16(data) + lengths)


def xchacha_seal(key, nonce, plain, ad):
    sub, short = _hchacha(key, nonce[:16]), bytes(4) + nonce[16:]
    data = _chacha_xor(sub, short, plain)
    return data + _aead_tag(sub, short, data, ad)


def xchacha_open(key, nonce, sealed, ad):
    sub, short = _hchacha(key, nonce[:16]), bytes(4) + nonce[16:]
    if _aead_tag(sub, short, sealed[:-16], ad) != sealed[-16:]:
        raise ValueError("does not open")
    return _chacha_xor(sub, short, sealed[:-16])


def _salsa_rounds(s):
    s = list(s)

    def quarter(a, b, c, d):
        s[b] ^= _rot((s[a] + s[d]) & M32, 7)
        s[c] ^= _rot((s[b] + s[a]) & M32, 9)
        s[d] ^= _rot((s[c] + s[b]) & M32, 13)
        s[a] ^= _rot((s[d] + s[c]) & M32, 18)
    for _ in range(10):
        for i in range(4):
            quarter(5 * i, (5 * i + 4) % 16, (5 * i + 8) % 16, (5 * i + 12) % 16)
        for i in range(4):
            quarter(5 * i, 4 * i + (i + 1) % 4, 4 * i + (i + 2) % 4, 4 * i + (i + 3) % 4)
    return s


def _salsa_state(key, block):
    k, n = _words(key), _words(block)
    return [SIGMA[0], *k[:4], SIGMA[1], *n, SIGMA[2], *k[4:], SIGMA[3]]


def _hsalsa(key, nonce16):
    s = _salsa_rounds(_salsa_state(key, nonce16))
    return _bytes([s[i] for i in (0, 5, 10, 15, 6, 7, 8, 9)])


def _salsa_stream(key, nonce8, n):
    out = b""
    for i in range((n + 63) // 64):
        s = _salsa_state(key, nonce8 + i.to_bytes(8, "little"))
        out += _bytes([a + b for a, b in zip(s, _salsa_rounds(s))])
    return out[:n]


def _box_stream(public, secret, nonce, n):
    key = _hsalsa(x25519(secret, public), bytes(16))
    return _salsa_stream(_hsalsa(key, nonce[:16]), nonce[16:], n + 32)


def _seal_nonce(eph, public):
    return hashlib.blake2b(eph + public, digest_size=24).digest()


def sealed_box(public, plain, secret):
    """crypto_box_seal; `secret` is the one-time key."""
    eph = x_public(secret)
    stream = _box_stream(public, secret, _seal_nonce(eph, public), len(plain))
    data = _xor(plain, stream[32:])
    return eph + poly1305(stream[:32], data) + data


def sealed_box_open(secret, box):
    eph, tag, data = box[:32], box[32:48], box[48:]
    stream = _box_stream(eph, secret, _seal_nonce(eph, x_public(secret)), len(data))
    if poly1305(stream[:32], data) != tag:
        raise ValueError("does not open")
    return _xor(data, stream[32:])


# --- SipHash-2-4 -----------------------------------------------------------------------------------------------

M64 = 2**64 - 1


def siphash(key, data):
    k0, k1 = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
    v = [k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573]

    def rot(x, n):
        return (x << n | x >> (64 - n)) & M64

    def turn(times):
        a, b, c, d = v
        for _ in range(times):
            a, c = (a + b) & M64, (c + d) & M64
            b, d = rot(b, 13) ^ a, rot(d, 16) ^ c
            a = rot(a, 32)
            c, a = (c + b) & M64, (a + d) & M64
            b, d = rot(b, 17) ^ c, rot(d, 21) ^ a
            c = rot(c, 32)
        v[:] = a, b, c, d
    whole = len(data) // 8 * 8
    last = data[whole:] + bytes(7 - len(data) % 8) + bytes([len(data) & 255])
    for i in range(0, whole + 8, 8):
        m = int.from_bytes((data[:whole] + last)[i:i + 8], "little")
        v[3] ^= m
        turn(2)
        v[0] ^= m
    v[2] ^= 255
    turn(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]
