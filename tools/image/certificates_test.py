#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""certificates.py takes the certificates that Mozilla trusts for servers, and no others.

usage: certificates_test.py BUNDLE
"""

import base64
import os
import re
import ssl
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import certificates  # pylint: disable=wrong-import-position

CERTIFICATE = """
CKA_CLASS CK_OBJECT_CLASS CKO_CERTIFICATE
CKA_TOKEN CK_BBOOL CK_TRUE
CKA_LABEL UTF8 "{name}"
CKA_ISSUER MULTILINE_OCTAL
\\060\\{serial}
END
CKA_SERIAL_NUMBER MULTILINE_OCTAL
\\002\\{serial}
END
CKA_VALUE MULTILINE_OCTAL
\\060\\202
\\{serial}
END
"""
TRUST = """
# Trust for "{name}"
CKA_CLASS CK_OBJECT_CLASS CKO_NSS_TRUST
CKA_LABEL UTF8 "{name}"
CKA_ISSUER MULTILINE_OCTAL
\\060\\{serial}
END
CKA_SERIAL_NUMBER MULTILINE_OCTAL
\\002\\{serial}
END
CKA_TRUST_SERVER_AUTH CK_TRUST {server}
CKA_TRUST_EMAIL_PROTECTION CK_TRUST CKT_NSS_TRUSTED_DELEGATOR
"""
HEAD = "# comment\nBEGINDATA\nCKA_CLASS CK_OBJECT_CLASS CKO_NSS_BUILTIN_ROOT_LIST\n"


def data(*roots):
    """certdata.txt with these (name, serial, trust for servers)."""
    text = HEAD
    for name, serial, server in roots:
        text += CERTIFICATE.format(name=name, serial=serial)
        if server:
            text += TRUST.format(name=name, serial=serial, server=server)
    return text


class CertificatesTest(unittest.TestCase):
    bundle = None

    def test_only_those_trusted_for_servers_are_taken_in_order(self):
        text = data(
            ("Zeta", "001", "CKT_NSS_TRUSTED_DELEGATOR"),
            ("Mail", "002", "CKT_NSS_MUST_VERIFY_TRUST"),
            ("Bad", "003", "CKT_NSS_NOT_TRUSTED"),
            ("Unknown", "004", None),
            ("Alpha", "005", "CKT_NSS_TRUSTED_DELEGATOR"),
        )
        self.assertEqual(
            [("Alpha", b"\x30\x82\x05"), ("Zeta", b"\x30\x82\x01")],
            certificates.trusted(text),
        )

    def test_labels_are_utf8(self):
        self.assertEqual("F\u0151", certificates.label('"F\\xc5\\x91"'))

    def test_an_octal_without_end_is_an_error(self):
        with self.assertRaises(ValueError):
            certificates.trusted(data(("A", "001", None)).rsplit("END", 1)[0])

    def test_pem_has_lines_of_64(self):
        text = certificates.pem("A", b"\x30" * 100)
        self.assertTrue(text.startswith("# A\n-----BEGIN CERTIFICATE-----\n"))
        self.assertEqual(64, len(text.split("\n")[2]))

    def test_openssl_loads_every_certificate_of_the_bundle(self):
        with open(self.bundle, encoding="utf-8") as file:
            text = file.read()
        bodies = re.findall(r"-----BEGIN CERTIFICATE-----\n(.*?)-----END", text, re.S)
        self.assertGreater(len(bodies), 100)
        self.assertEqual(len(bodies), len({base64.b64decode(body) for body in bodies}))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=re.sub(r"^#.*\n", "", text, flags=re.M))
        self.assertEqual(len(bodies), context.cert_store_stats()["x509_ca"])


if __name__ == "__main__":
    CertificatesTest.bundle = sys.argv.pop(1)
    unittest.main()
