#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Makes a bundle of CA certificates (PEM) from Mozilla's certdata.txt.

usage: certificates.py CERTDATA OUTPUT

Takes each certificate that Mozilla trusts for TLS servers (CKA_TRUST_SERVER_AUTH is
CKT_NSS_TRUSTED_DELEGATOR), sorted by label, then by content.
"""

import base64
import re
import sys

TRUSTED = "CKT_NSS_TRUSTED_DELEGATOR"


def objects(text):
    """The objects of certdata.txt, each as a dict of its attributes: text or bytes."""
    found, current = [], None
    lines = iter(text.split("\n"))
    for line in lines:
        line = line.strip()
        if not line or line.startswith("#") or line == "BEGINDATA":
            continue
        words = line.split(None, 2)
        if words[0] == "CKA_CLASS":
            current = {}
            found.append(current)
        if current is None:
            continue
        if words[1] == "MULTILINE_OCTAL":
            octal = []
            for more in lines:
                if more.strip() == "END":
                    break
                octal += re.findall(r"\\([0-3][0-7]{2})", more)
            else:
                raise ValueError("%s has no END" % words[0])
            current[words[0]] = bytes(int(digits, 8) for digits in octal)
        else:
            value = words[2] if len(words) > 2 else ""
            current[words[0]] = label(value) if words[1] == "UTF8" else value
    return found


def label(quoted):
    """The text of a quoted label; \\xHH in it is one byte of UTF-8."""
    raw = quoted.strip('"').encode()
    raw = re.sub(rb"\\x([0-9a-fA-F]{2})", lambda m: bytes([int(m.group(1), 16)]), raw)
    return raw.decode("utf-8", "replace")


def trusted(text):
    """The trusted certificates as sorted pairs of label and DER."""
    certificates, trust = {}, {}
    for one in objects(text):
        key = (one.get("CKA_ISSUER"), one.get("CKA_SERIAL_NUMBER"))
        if one["CKA_CLASS"] == "CKO_CERTIFICATE":
            if key in certificates:
                raise ValueError("two certificates have one issuer and serial number: %s" % one)
            certificates[key] = (one["CKA_LABEL"], one["CKA_VALUE"])
        elif "CKA_TRUST_SERVER_AUTH" in one:
            trust[key] = one["CKA_TRUST_SERVER_AUTH"]
    return sorted(
        (name, der)
        for key, (name, der) in certificates.items()
        if trust.get(key) == TRUSTED
    )


def pem(name, der):
    """One certificate as PEM, after a comment with its label."""
    body = base64.b64encode(der).decode()
    rows = [body[i : i + 64] for i in range(0, len(body), 64)]
    return "# %s\n-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n" % (
        name,
        "\n".join(rows),
    )


def main():
    """The program."""
    certdata, output = sys.argv[1:]
    with open(certdata, encoding="utf-8") as file:
        found = trusted(file.read())
    if not found:
        raise SystemExit("certificates: %s has no trusted certificate" % certdata)
    with open(output, "w", encoding="utf-8") as file:
        file.write("".join(pem(name, der) for name, der in found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
