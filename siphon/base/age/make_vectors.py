#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Makes the vectors of age_file_test.cc and file_key_test.cc.

A second implementation, which shares no code with the first: only Python's standard library and the
texts of C2SP age, RFC 7748 (X25519), RFC 8439 (ChaCha20-Poly1305), RFC 5869 (HKDF) and BIP 173
(Bech32). It is slow, and its secrets are constants: for vectors only.
"""

import base64
import hashlib
import hmac
import struct

PRIME = 2**255 - 19
BASE_POINT = (9).to_bytes(32, "little")
CHUNK = 65536
ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
MASK = 0xFFFFFFFF


def x25519(scalar, point):
    """RFC 7748, section 5."""
    bits = bytearray(scalar)
    bits[0] &= 248
    bits[31] = bits[31] & 127 | 64
    k = int.from_bytes(bits, "little")
    x1 = int.from_bytes(point, "little") & ((1 << 255) - 1)
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in range(254, -1, -1):
        bit = k >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b = (x2 + z2) % PRIME, (x2 - z2) % PRIME
        c, d = (x3 + z3) % PRIME, (x3 - z3) % PRIME
        aa, bb, da, cb = a * a % PRIME, b * b % PRIME, d * a % PRIME, c * b % PRIME
        e = (aa - bb) % PRIME
        x3, z3 = (da + cb) ** 2 % PRIME, x1 * (da - cb) ** 2 % PRIME
        x2, z2 = aa * bb % PRIME, e * (aa + 121665 * e) % PRIME
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, PRIME - 2, PRIME) % PRIME).to_bytes(32, "little")


def chacha20_block(key, counter, nonce):
    """RFC 8439, section 2.3."""
    start = struct.unpack("<16I", b"expand 32-byte k" + key + struct.pack("<I", counter) + nonce)
    s = list(start)

    def add_xor_rotate(a, b, d, count):
        s[a] = (s[a] + s[b]) & MASK
        v = s[d] ^ s[a]
        s[d] = (v << count & MASK) | v >> (32 - count)

    for _ in range(10):
        for a, b, c, d in [
            (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
            (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
        ]:
            add_xor_rotate(a, b, d, 16)
            add_xor_rotate(c, d, b, 12)
            add_xor_rotate(a, b, d, 8)
            add_xor_rotate(c, d, b, 7)
    return struct.pack("<16I", *[(x + y) & MASK for x, y in zip(s, start)])


def seal(key, nonce, text):
    """RFC 8439, section 2.8, without associated data."""
    sealed = bytearray()
    for i in range(0, len(text), 64):
        stream = chacha20_block(key, 1 + i // 64, nonce)
        sealed += bytes(a ^ b for a, b in zip(text[i : i + 64], stream))
    one_time = chacha20_block(key, 0, nonce)
    r = int.from_bytes(one_time[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    data = bytes(sealed) + bytes(-len(sealed) % 16) + struct.pack("<QQ", 0, len(sealed))
    total = 0
    for i in range(0, len(data), 16):
        total = (total + int.from_bytes(data[i : i + 16] + b"\1", "little")) * r % (2**130 - 5)
    tag = (total + int.from_bytes(one_time[16:32], "little")) % 2**128
    return bytes(sealed) + tag.to_bytes(16, "little")


def hkdf(material, salt, info):
    """RFC 5869, the first 32 bytes."""
    pseudorandom = hmac.new(salt or bytes(32), material, hashlib.sha256).digest()
    return hmac.new(pseudorandom, info + b"\1", hashlib.sha256).digest()


def base64_of(data):
    return base64.b64encode(data).rstrip(b"=")


def bech32(prefix, data):
    """BIP 173."""
    groups, bits, count = [], 0, 0
    for byte in data:
        bits, count = bits << 8 | byte, count + 8
        while count >= 5:
            count -= 5
            groups.append(bits >> count & 31)
    if count:
        groups.append(bits << (5 - count) & 31)
    checksum = 1
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    for value in expanded + groups + [0] * 6:
        top, checksum = checksum >> 25, (checksum & 0x1FFFFFF) << 5 ^ value
        for i, g in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            checksum ^= g if top >> i & 1 else 0
    checksum ^= 1
    groups += [checksum >> 5 * (5 - i) & 31 for i in range(6)]
    return prefix + "1" + "".join(ALPHABET[group] for group in groups)


def x25519_stanza(file_key, recipient, ephemeral):
    share = x25519(ephemeral, BASE_POINT)
    key = hkdf(x25519(ephemeral, recipient), share + recipient, b"age-encryption.org/v1/X25519")
    return b"-> X25519 %s\n%s\n" % (base64_of(share), base64_of(seal(key, bytes(12), file_key)))


def scrypt_stanza(file_key, passphrase, salt, log_n):
    key = hashlib.scrypt(
        passphrase, salt=b"age-encryption.org/v1/scrypt" + salt, n=1 << log_n, r=8, p=1, dklen=32
    )
    return b"-> scrypt %s %d\n%s\n" % (
        base64_of(salt), log_n, base64_of(seal(key, bytes(12), file_key)))


def age_file(file_key, stanzas, nonce, text):
    header = b"age-encryption.org/v1\n" + b"".join(stanzas) + b"---"
    mac = hmac.new(hkdf(file_key, b"", b"header"), header, hashlib.sha256).digest()
    key = hkdf(file_key, nonce, b"payload")
    chunks = [text[i : i + CHUNK] for i in range(0, len(text), CHUNK)] or [b""]
    payload = b"".join(
        seal(key, i.to_bytes(11, "big") + bytes([i + 1 == len(chunks)]), chunk)
        for i, chunk in enumerate(chunks)
    )
    return header + b" " + base64_of(mac) + b"\n" + nonce + payload


def main():
    file_key, nonce = bytes(range(16)), bytes(range(64, 80))
    identities = [b"\x42" * 32, bytes(range(128, 160))]
    recipients = [x25519(identity, BASE_POINT) for identity in identities]
    for identity, recipient in zip(identities, recipients):
        print(bech32("age-secret-key-", identity).upper(), bech32("age", recipient))
    first = x25519_stanza(file_key, recipients[0], bytes(range(32, 64)))
    second = x25519_stanza(file_key, recipients[1], bytes(range(96, 128)))
    password = scrypt_stanza(file_key, b"password", bytes(range(16)), 10)
    print((first + password).decode(), end="")
    two = age_file(file_key, [second, first], nonce, b"The quick brown fox\n")
    print("kTwoRecipients", base64.b64encode(two).decode())
    secret = age_file(file_key, [password], nonce, b"secret\n")
    print("kPassphrase", base64.b64encode(secret).decode())
    text = bytes((i * i >> 3) & 255 for i in range(2 * CHUNK + 5))
    for size in (0, CHUNK, 2 * CHUNK, 2 * CHUNK + 5):
        whole = age_file(file_key, [first], nonce, text[:size])
        print(size, hashlib.sha256(whole).hexdigest())


if __name__ == "__main__":
    main()
