#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""The private exchange in two languages: the published vectors come out of the Python twin too, and each side opens,
verifies and finds what the other made on fresh random runs."""
import json
import os
import random
import secrets
import subprocess
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib"), str(Path(__file__).resolve().parents[1] / "twin")]
import primitives as pr  # noqa: E402
import twin as tw  # noqa: E402
from kt import FULL, SEED, SOURCE, fail, main, same, skip, test, true  # noqa: E402

RND = random.Random(SEED)
ROUNDS = 5 if FULL else 1


def vectors():
    return json.loads((SOURCE / "docs" / "protocol-vectors.json").read_text())


def un(hex_):
    return bytes.fromhex(hex_)


def is_(got, want, what):
    same(got.hex() if isinstance(got, bytes) else got, want, what)


# --- the vectors -----------------------------------------------------------------------------------------------

@test
def primitives_of_their_standards(_driver):
    """A vector of each standard."""
    is_(pr.encode(pr.G), "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76", "RFC 9496 A.1, B[1]")
    is_(pr.encode(5 * pr.G), "e882b131016b52c1d3337080187cf768423efccbb517bb495ab812c4160ff44e", "RFC 9496 A.1, B[5]")
    is_(pr.ed_public(un("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")),
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "RFC 8032 7.1")
    is_(pr.x25519(un("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
                  un("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")),
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552", "RFC 7748 5.2")
    is_(pr.poly1305(un("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b"),
                    b"Cryptographic Forum Research Group"), "a8061dc1305136c6c22b8baf0c0127a9", "RFC 8439 2.5.2")
    same(pr.siphash(bytes(range(16)), bytes(range(15))), 0xa129ca6149be45e5, "SipHash-2-4")


@test
def rfc9497(_driver):
    seed, info = bytes([0xa3]) * 32, b"test key"
    for mode, secret in ((0, "5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e"),
                         (1, "e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909")):
        context = b"OPRFV1-" + bytes([mode]) + b"-ristretto255-SHA512"
        is_(pr.scalar_bytes(tw.derive_key(seed, info, context)), secret, f"skSm of mode {mode}")
    k, blind = pr.scalar(un(secret)), pr.scalar(un("64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706"))
    b = blind * tw.hash_to_group(b"\0")
    is_(pr.encode(b), "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945", "BlindedElement")
    r = pr.scalar(un("222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e"))
    is_(tw.dleq(tw.VERIFIABLE, k, [b], [k * b], r), "ddef93772692e535d1a53903db24367355cc2cc78de93b3be5a8ffcc6985dd06"
        "6d4346421d17bf5117a2a1ff0fcb2a759f58a539dfbe857a40bce4cf49ec600d", "Proof")
    y = tw.finalize(b"\0", pow(blind, -1, pr.ORDER) * (k * b))
    is_(y, "b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7da4d8527693914139caee5bd03903af43"
        "a491351d23b430948dd50cde10d32b3c", "Output")


@test
def vectors_of_section_0(_driver):
    v = vectors()
    for row in v["functions"]:
        f, fields = row["f"].split()[0], (b"\1", b"")
        got = {"T": lambda: tw.t_("demo", *fields), "X": lambda: tw.x_("demo", *fields),
               "H": lambda: tw.h_("demo", *fields), "S": lambda: pr.scalar_bytes(tw.s_("demo", *fields)),
               "P": lambda: pr.encode(tw.p_("demo", *fields)),
               "M": lambda: tw.m_(b"\x0b" * 32, "demo", *fields)}[f]()
        is_(got, row["out"], f)
    s = v["signature"]
    is_(pr.ed_public(un(s["seed"])), s["public"], "public")
    is_(tw.sign(un(s["seed"]), s["label"], un(s["message"])), s["signature"], "signature")
    true(tw.verify(un(s["public"]), s["label"], un(s["message"]), un(s["signature"])), "the signature verifies")


def key_of(v):
    shares = [pr.scalar(un(v["shares"][str(i + 1)])) for i in range(v["n"])]
    key = tw.Key(v["use"], v["audience"], v["epoch"], v["t"], v["n"], pr.decode(un(v["K"])),
                 [s * pr.G for s in shares], generation=v["generation"])
    for i, p in enumerate(key.points, 1):
        is_(pr.encode(p), v["K_i"][str(i)], f"K_{i}")
    is_(key.id, v["key_id"], "key id")
    is_(pr.encode(tw.total(tw.lagrange([1, 2], i) * key.points[i - 1] for i in (1, 2))), v["K"], "K of 1 and 2")
    return key, shares


def evaluation(v, shares):
    """An evaluation of the vectors: (N, y)."""
    value, blind, q = un(v["input"]), pr.scalar(un(v["blind"])), v["quorum"]
    b = blind * tw.hash_to_group(value)
    is_(pr.encode(b), v["blinded"], "blinded")
    out = pr.ZERO
    for h in v["holders"]:
        i = h["holder"]
        parts, proof = tw.evaluate(tw.VERIFIABLE, shares[i - 1], q, i, [b], pr.scalar(un(h["proof_random"])))
        is_(pr.encode(parts[0]), h["element"], f"element of {i}")
        is_(proof, h["proof"], f"proof of {i}")
        true(tw.part_holds(tw.VERIFIABLE, shares[i - 1] * pr.G, q, i, [b], parts, proof), "the proof holds")
        out = out + parts[0]
    n = pow(blind, -1, pr.ORDER) * out
    is_(pr.encode(n), v["N"], "N")
    y = tw.finalize(value, n)
    is_(y, v["y"], "y")
    return n, y


@test
def vectors_of_keys_and_check(_driver):
    v = vectors()
    keys = {name: key_of(k) for name, k in v["keys"].items()}
    for name, want in v["lambda"].items():
        i, q = name.split(" of ")
        is_(pr.scalar_bytes(tw.lagrange(json.loads(q), int(i))), want, name)
    _, y = evaluation(v["private_check"], keys["check"][1])
    is_(y[:16], v["private_check"]["token"], "token")


@test
def vectors_of_sealed_reports(_driver):
    v = vectors()
    keys = {name: key_of(k) for name, k in v["keys"].items()}
    outer, outer_shares = keys["outer"]
    n, y = evaluation(v["seal_evaluation"], keys["seal"][1])
    g = v["group"]
    group = tw.Group(y, g["epoch"], g["channel"], g["version"], g["k"])
    is_(group.q, g["q"], "q")
    same([pr.scalar_bytes(a).hex() for a in group.a], g["coefficients"], "coefficients")
    is_(group.commit, g["commitments"], "commitments")
    is_(group.tag, g["tag"], "tag")
    is_(pr.encode(tw.p_("outer-generator")), g["outer_generator"], "outer generator")
    made, rzs = [], []
    for s in v["submissions"]:
        _, person = evaluation(s["person_evaluation"], keys["person"][1])
        null = tw.nullifier(person, group.tag)
        is_(null, s["nullifier"], "nullifier")
        is_(pr.ed_public(un(s["member_seed"])), s["member_public"], "member")
        is_(tw.header(group, s["member"], s["day"], s["basis"], null), s["header"], "header")
        value, point, _ = tw.payload_read(un(s["payload"]))
        true(point == n and value == un(v["seal_evaluation"]["input"]), "the payload is about the input")
        pinned = (un(s["inner_nonce"]), *(pr.scalar(un(s[x])) for x in ("r", "w", "tag_proof_random")))
        data = tw.seal(group, outer, s["member"], s["day"], s["basis"], null, un(s["payload"]), un(s["member_seed"]),
                       pinned)
        is_(data, s["submission"], "submission")
        sub = tw.Submission(data)
        same(sub.check(outer, un(s["member_public"])), None, "check")
        for name, got in (("u", sub.u), ("u_bar", sub.u_bar), ("e", sub.e), ("f", sub.f), ("h", sub.h), ("ct", sub.ct),
                          ("tag_proof", sub.proof), ("signature", sub.sig), ("id", sub.id),
                          ("point", pr.scalar_bytes(tw.point(group.tag, null)))):
            is_(got, s[name], name)
        parts = [tw.evaluate(tw.OPEN, outer_shares[i - 1], [1, 2], i, [pr.decode(sub.u)])[0][0] for i in (1, 2)]
        is_(pr.encode(parts[0]), s["partial_1_of_12"], "part of 1")
        is_(pr.encode(parts[1]), s["partial_2_of_12"], "part of 2")
        made.append(sub)
        rzs.append(parts[0] + parts[1])
    a0, payloads = tw.open_all(outer, made, rzs)
    is_(pr.scalar_bytes(a0), v["recovered_a0"], "a_0")
    same([p.hex() for p in payloads], [s["payload"] for s in v["submissions"]], "payloads")


# --- the two against each other ------------------------------------------------------------------------------------

class Tool:
    """tests/twin/pet_tool.c, under the sanitizers when they are built."""

    def __init__(self):
        program = Path(os.environ.get("KENTERING_ASAN") or SOURCE / "build" / "asan" / "kentering").with_name("pet_tool")
        if not program.exists():
            skip(f"{program} is not built (./dev build asan)")
        self.p = subprocess.Popen([str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.p.stdin.close()
        if self.p.wait(20):
            fail(f"pet_tool ended with {self.p.returncode}")
        self.p.stdout.close()

    def __call__(self, op, **fields):
        def plain(x):
            if isinstance(x, pr.Point):
                return pr.encode(x).hex()
            if isinstance(x, bytes):
                return x.hex()
            return [plain(y) for y in x] if isinstance(x, (list, tuple)) else x
        self.p.stdin.write(json.dumps({"op": op, **{k: plain(v) for k, v in fields.items()}}) + "\n")
        self.p.stdin.flush()
        line = self.p.stdout.readline()
        true(line, f"pet_tool gave nothing for {op}")
        return json.loads(line)


def scalars(xs):
    return [pr.scalar_bytes(x) for x in xs]


def split(use, t, n):
    """A key dealt by hand: (Key, its shares)."""
    coefficients = [tw.fresh() for _ in range(t)]
    shares = [tw.poly(coefficients, i) for i in range(1, n + 1)]
    return tw.Key(use, 0, 1, t, n, coefficients[0] * pr.G, [s * pr.G for s in shares]), shares


def unsigned(key):
    return key.body() + bytes(64 * key.n)


def any_value():
    return bytes([RND.randrange(1, 11)]) + secrets.token_bytes(RND.randrange(1, 60))


@test
def evaluation_both_ways(_driver):
    """Client and holders in either language, mixed: the same outputs, each proof verified by the other."""
    with Tool() as tool:
        for _ in range(ROUNDS):
            key, shares = split(2, 2, 5)
            q = sorted(RND.sample(range(1, 6), 2))
            inputs, blinds = [any_value() for _ in range(3)], [tw.fresh() for _ in range(3)]
            points = [b * tw.hash_to_group(x) for b, x in zip(blinds, inputs)]
            same(tool("blind", inputs=inputs, blinds=scalars(blinds))["blinded"], [pr.encode(p).hex() for p in points],
                 "blinded")
            for open_, context in ((False, tw.VERIFIABLE), (True, tw.OPEN)):
                one = tool("evaluate", share=pr.scalar_bytes(shares[q[0] - 1]), quorum=q, index=q[0], points=points,
                           open=open_)
                c_parts = [pr.decode(un(p)) for p in one["parts"]]
                true(tw.part_holds(context, key.points[q[0] - 1], q, q[0], points, c_parts, un(one["proof"])),
                     "the twin verifies what C proved")
                parts, proof = tw.evaluate(context, shares[q[1] - 1], q, q[1], points)
                ask = dict(key=[key.points[q[1] - 1]], quorum=q, index=q[1], points=points, parts=parts, open=open_)
                same(tool("verify", proof=proof, **ask), {"ok": True}, "C verifies what the twin proved")
                same(tool("verify", proof=proof[:32] + pr.scalar_bytes(5), **ask), {"ok": False}, "a wrong proof")
            out = tool("unblind", inputs=inputs, first=c_parts, second=parts, blinds=scalars(blinds))
            whole = sum(tw.lagrange(q, i) * shares[i - 1] for i in q) % pr.ORDER
            ns = [whole * tw.hash_to_group(x) for x in inputs]
            same(out["n"], [pr.encode(n).hex() for n in ns], "N")
            same(out["y"], [tw.finalize(x, n).hex() for x, n in zip(inputs, ns)], "y")


def person(tool, ceremony, i, coefficients, in_c):
    if not in_c:
        return ceremony.deal(i, coefficients)
    out = tool("deal", index=i, coefficients=scalars(coefficients), **ceremony.words)
    return un(out["commit"]), un(out["reveal"]), [un(s) for s in out["shares"]]


def hold(tool, ceremony, boxes, first, old=None):
    """The whole ceremony, dealers and receivers in turn in C and in Python: ([share], K, [K_i])."""
    dealt = [person(tool, ceremony, i, [a, *(tw.fresh() for _ in range(ceremony.t - 1))], i % 2)
             for i, a in zip(ceremony.dealers, first)]
    commits, reveals = [d[0] for d in dealt], [d[1] for d in dealt]
    outcome, shares = set(), []
    for j in range(1, ceremony.n + 1):
        mine = [d[2][j - 1] for d in dealt]
        if j % 2:
            was = (old[0][j - 1], old[1], old[2]) if old else None
            share, key, points, transcript = ceremony.take(j, boxes[j - 1], commits, reveals, mine, was)
            key, points = pr.encode(key).hex(), tuple(pr.encode(p).hex() for p in points)
            transcript = transcript.hex()
        else:
            more = dict(old_share=pr.scalar_bytes(old[0][j - 1]), old_key=[old[1]], old_points=old[2]) if old else {}
            out = tool("take", index=j, secret=boxes[j - 1], commits=commits, reveals=reveals, shares=mine, **more,
                       **ceremony.words)
            share, key, points = pr.scalar(un(out["share"])), out["key"], tuple(out["points"])
            transcript = out["transcript"]
        shares.append(share)
        outcome.add((key, points, transcript))
    same(len(outcome), 1, "all holders made the same record")
    key, points, transcript = outcome.pop()
    return shares, pr.decode(un(key)), [pr.decode(un(p)) for p in points], un(transcript)


def ceremony_of(kind, t, n, detail, dealers=None, start=None):
    boxes, seeds = ([secrets.token_bytes(32) for _ in range(n)] for _ in range(2))
    parties = [(pr.ed_public(s), pr.x_public(b)) for s, b in zip(seeds, boxes)]
    c = tw.Ceremony(kind, t, parties, detail, dealers, start)
    c.words = dict(kind=kind, t=t, sign=[p[0] for p in parties], box=[p[1] for p in parties], dealers=c.dealers,
                   detail=detail, start=start or [])
    return c, boxes, seeds


@test
def ceremony_mixed(_driver):
    """A key made, refreshed and re-shared by holders of which half run C and half the twin; the record is read by C."""
    with Tool() as tool:
        c, boxes, seeds = ceremony_of(1, 2, 4, b"\2\0\0\0\0\1")
        shares, key, points, transcript = hold(tool, c, boxes, [tw.fresh() for _ in range(4)])
        record = tw.Key(2, 0, 1, 2, 4, key, points, transcript).record(seeds)
        out = tool("record", record=record, sign=[pr.ed_public(s) for s in seeds])
        same(out, {"id": tw.key_id(2, 0, 1, key).hex(), "ok": True}, "record")
        c, boxes, _ = ceremony_of(2, 2, 4, record)
        fresh, key2, points2, _ = hold(tool, c, boxes, [0] * 4, (shares, key, points))
        true(key2 == key and not set(fresh) & set(shares), "a refresh keeps K and no share")
        q = [1, 3]
        first = [tw.lagrange(q, i) * fresh[i - 1] % pr.ORDER for i in q]
        start = [pr.encode(a * pr.G) for a in first]
        c, boxes, _ = ceremony_of(3, 3, 5, record + bytes(q), q, start)
        moved, key3, points3, _ = hold(tool, c, boxes, first)
        true(key3 == key, "re-sharing keeps K")
        true(sum(tw.lagrange([2, 4, 5], i) * moved[i - 1] for i in (2, 4, 5)) % pr.ORDER * pr.G == key, "3 of 5")
        true([s * pr.G for s in moved] == points3, "K_i")


@test
def sealed_both_ways(_driver):
    """Reports of one identifier, half sealed by C and half by the twin: both check all and open all."""
    with Tool() as tool:
        for k in ([2, 3, 5] if not FULL else range(2, 17)):
            outer, shares = split(3, 2, 3)
            record, value, n = unsigned(outer), any_value(), tw.fresh() * pr.G
            y = tw.finalize(value, n)
            group = tw.Group(y, 1, 9, 2, k)
            seed = secrets.token_bytes(32)
            public = pr.ed_public(seed)
            bytes_, subs, insides = [], [], []
            for i in range(k):
                who, day = secrets.token_bytes(64), 180 + i
                inside = tw.payload(value, n, secrets.token_bytes(16), day, i, 500 + i, b"org" * i, "zaak €".encode())
                if i % 2:
                    data = un(tool("seal", outer=record, y=y, epoch=1, channel=9, version=2, k=k, person=who,
                                   payload=inside, member=77, day=day, basis=0x21, secret=seed + public)["submission"])
                else:
                    data = tw.seal(group, outer, 77, day, 0x21, tw.nullifier(who, group.tag), inside, seed)
                sub = tw.Submission(data)
                same(sub.check(outer, public), None, f"the twin's check of report {i}")
                same(tool("check", outer=record, submission=data, public=public, today=day),
                     {"fault": "good", "id": sub.id.hex()}, f"C's check of report {i}")
                bytes_.append(data)
                subs.append(sub)
                insides.append(inside)
            rzs = [tw.total(tw.evaluate(tw.OPEN, shares[j - 1], [2, 3], j, [pr.decode(s.u)])[0][0] for j in (2, 3))
                   for s in subs]
            a0, payloads = tw.open_all(outer, subs, rzs)
            same(a0, group.a[0], "a_0")
            same(payloads, insides, "payloads by the twin")
            out = tool("open", outer=record, submissions=bytes_, rz=rzs, public=public, today=180)
            same(out, {"ok": True, "a0": pr.scalar_bytes(a0).hex(), "payloads": [p.hex() for p in insides]}, "by C")
            same(tool("open", outer=record, submissions=bytes_[1:], rz=rzs[1:], public=public, today=180)["ok"], False,
                 "k − 1 reports")
            bad = bytearray(bytes_[0])
            for at in RND.sample(range(len(bad)), 12):
                bad[at] ^= 1 << RND.randrange(8)
                fault = tool("check", outer=record, submission=bytes(bad), public=public, today=180)["fault"]
                true(fault != "good", f"C takes a report with byte {at} changed")
                try:
                    true(tw.Submission(bytes(bad)).check(outer, public), f"the twin takes one with byte {at} changed")
                except (ValueError, IndexError):
                    pass
                bad = bytearray(bytes_[0])


@test
def lists_both_ways(_driver):
    with Tool() as tool:
        for n in (0, 1, 2, 3, 50, 200):
            ys = [secrets.token_bytes(64) for _ in range(n)]
            labels = [RND.randrange(1 << 24) for _ in range(n)]
            list_id, others = secrets.token_bytes(16), [secrets.token_bytes(64) for _ in range(20)]
            file = un(tool("filter_build", list=list_id, sequence=7, y=ys, labels=labels)["file"])
            f = tw.Filter(file)
            same((f.list_id, f.sequence, f.count), (list_id, 7, n), "header")
            same([f.get(y) for y in ys + others], labels + [None] * 20, "the twin reads C's list")
            file = tw.Filter.build(list_id, 8, list(zip(ys, labels)))
            same(tool("filter_get", file=file, y=ys + others)["labels"], labels + [None] * 20, "C reads the twin's")


@test
def messages_both_ways(_driver):
    """The twin's messages, read and written again by C: the same bytes."""
    with Tool() as tool:
        key, shares = split(1, 2, 3)
        key.audience = 2
        seed, q = secrets.token_bytes(32), [1, 2]
        points = [tw.fresh() * pr.G for _ in range(16)]
        request = tw.eval_request(key, q, 11, 3, 4, 1790000000123, secrets.token_bytes(16), points, seed)
        out = tool("eval_request", request=request, public=pr.ed_public(seed), secret=seed + pr.ed_public(seed))
        same(out, {"ok": True, "again": request.hex(), "hash": tw.h_("eval-request-hash", request).hex()}, "request")
        for open_, kind, context in ((False, 2, tw.VERIFIABLE), (True, 4, tw.OPEN)):
            parts, proof = tw.evaluate(context, shares[0], q, 1, points)
            answer = tw.response(kind, request, 1, parts, proof, seed)
            out = tool("response", request=request, response=answer, index=1, count=16, open=open_,
                       public=pr.ed_public(seed), secret=seed + pr.ed_public(seed))
            same(out["again"], answer.hex(), "response")


if __name__ == "__main__":
    main()
