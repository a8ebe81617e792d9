#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Writes the bill of materials of the siphon binary: SPDX 2.3, CycloneDX 1.5, texts of licences.

usage: bom.py --deps deps.bzl --version VERSION --toolchain FILE --licence NAME=FILE...
              [--status stable-status.txt] [--replaced JSON]
              [--spdx OUT] [--cyclonedx OUT] [--licences OUT] [--source OUT]

The components are the entries of deps.bzl that the binary may link, and the libraries of the
compiler. The output depends on the arguments only: the same commit gives the same bytes.
"""

import argparse
import ast
import hashlib
import json
import os
import re
import sys
import urllib.parse
import uuid

SUPPLIER = "The siphon Authors"
# The identifiers of the documents are UUIDs of this namespace, made from their content.
NAMESPACE = uuid.UUID("6d1d3f8c-52b1-4f0e-9c55-3f1c2a7f8e10")
EPOCH = "1970-01-01T00:00:00Z"

GLIBC_NOTE = "libc, libm and libpthread of the build machine, linked statically"
GCC_NOTE = "libstdc++, libgcc and libgcc_eh of the compiler, linked statically"

# Debian's source packages with the libraries of the compiler; {version} is filled in.
RUNTIMES = [
    {
        "key": "glibc",
        "name": "GNU C Library",
        "licence": "LGPL-2.1-or-later",
        "home": "https://www.gnu.org/software/libc/",
        "cpe": "gnu:glibc",
        "used_for": GLIBC_NOTE,
    },
    {
        "key": "gcc",
        "name": "GCC runtime libraries",
        "licence": "GPL-3.0-or-later WITH GCC-exception-3.1",
        "home": "https://gcc.gnu.org/",
        "cpe": "gnu:gcc",
        "used_for": GCC_NOTE,
    },
]

RELINKING = """\
MariaDB Connector/C and the GNU C Library are under the GNU Lesser General Public License, version
2.1 or later (its text is below, under "MariaDB Connector/C"). You may modify them and link siphon
with your version, and you may take siphon apart to debug such a change. Everything for this is
public: siphon's complete source with its build files, and the archives of all libraries, pinned by
their sha256, in tools/third_party/deps.bzl. To link siphon with another Connector/C:

  1. ./tools/deps                          # fetches the sources
  2. Unpack the archive of mariadb_connector_c, apply the patches in
     tools/third_party/mariadb_connector_c, copy overlay.BUILD to BUILD.bazel and an empty WORKSPACE
     next to it, and make your changes. Or change its entry in deps.bzl.
  3. bazel build --override_repository=mariadb_connector_c=FOLDER //siphon

The GNU C Library is the one of the build machine: install another one and build siphon again.
"""


def load_deps(text):
    """DEPS of deps.bzl."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "DEPS":
            return ast.literal_eval(node.value)
    raise SystemExit("bom: no DEPS")


def purl(dep, key):
    """The package URL of upstream's archive."""
    github = re.match(
        r"https://github\.com/([^/]+)/([^/]+)/(?:releases/download|archive/refs/tags)/([^/]+)",
        dep["url"],
    )
    if github:
        owner, repository, tag = github.groups()
        tag = re.sub(r"\.tar\.gz$", "", tag)
        return "pkg:github/%s/%s@%s" % (owner.lower(), repository.lower(), quote(tag))
    return "pkg:generic/%s@%s?checksum=sha256:%s&download_url=%s" % (
        key.replace("_", "-"),
        quote(dep["version"]),
        dep["sha256"],
        quote(dep["url"], safe=":/"),
    )


def quote(text, safe=""):
    """Percent-encodes a part of a package URL."""
    return urllib.parse.quote(text, safe=safe)


def cpe(product, version):
    """The CPE 2.3 name of a version of a product ("vendor:product")."""
    version = re.sub(r"([^\w.-])", r"\\\1", version)
    return "cpe:2.3:a:%s:%s:*:*:*:*:*:*:*" % (product, version.lower())


def debian_url(dep):
    """The address of Debian's archive of a component in the snapshot archive, or None."""
    debian = dep["debian"]
    if debian["same_bytes"]:
        return None
    source = debian["source"]
    pool = source[:4] if source.startswith("lib") else source[:1]
    return "https://snapshot.debian.org/archive/debian/%s/pool/main/%s/%s/%s" % (
        debian["snapshot"],
        pool,
        source,
        debian["file"],
    )


class Component:
    """One part of the binary."""

    def __init__(self, key, dep, folder=None):
        self.key = key
        self.name = dep["name"]
        self.version = dep["version"]
        self.licence = dep["licence"]
        self.used_for = dep["used_for"]
        self.home = dep.get("home")
        self.cpe = cpe(dep["cpe"], self.version) if "cpe" in dep else None
        self.url = dep.get("url")
        self.sha256 = dep.get("sha256")
        self.purl = purl(dep, key) if self.url else "pkg:generic/%s@%s" % (key, quote(self.version))
        self.other = None
        self.patches = []
        self.notes = []
        if not self.url:
            return
        debian = dep["debian"]
        if not debian["same_bytes"]:
            self.other = (debian_url(dep), debian["sha256"])
            self.notes.append(
                "Built from this archive or from the same release as packed by Debian: "
                "%s %s (%s), sha256 %s."
                % (debian["source"], debian["version"], debian["note"], debian["sha256"])
            )
        for patch in dep["patches"]:
            name = "tools/third_party/%s/%s" % (dep["folder"], patch)
            with open(os.path.join(folder, dep["folder"], patch), "rb") as file:
                content = file.read()
            self.patches.append(
                {
                    "name": name,
                    "title": content.decode("utf-8").split("\n")[0],
                    "sha1": hashlib.sha1(content).hexdigest(),
                    "sha256": hashlib.sha256(content).hexdigest(),
                }
            )

    def replace(self, locked):
        """Makes this the newer release that the local lock names."""
        self.notes = [
            "This build used %s %s in the place of version %s, which the project pins."
            % (locked["source"], locked["version"], self.version)
        ]
        self.version = re.sub(r"^\d+:|-[^-]*$", "", locked["version"])
        self.url = None
        self.other = (None, locked["sha256"])
        self.sha256 = locked["sha256"]
        self.purl = "pkg:deb/debian/%s@%s?arch=source" % (
            quote(locked["source"]),
            quote(locked["version"]),
        )
        if self.cpe:
            product = ":".join(self.cpe.split(":")[3:5])
            self.cpe = cpe(product, self.version)


def components_of(deps, folder, toolchain, replaced):
    """The components in the order of their keys; the libraries of the compiler come last."""
    components = []
    for key, dep in sorted(deps.items()):
        if not dep["in_binary"]:
            continue
        component = Component(key, dep, folder)
        if key in replaced:
            component.replace(replaced[key])
        components.append(component)
    for runtime in RUNTIMES:
        version = toolchain[runtime["key"]]
        components.append(Component(runtime["key"], dict(runtime, version=version)))
    return components


def spdx_id(text):
    """An identifier of SPDX: letters, digits, dots and hyphens."""
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.]+", "-", text)


def spdx(product, components):
    """The SPDX 2.3 document."""
    packages = [
        {
            "name": "siphon",
            "SPDXID": spdx_id("siphon"),
            "versionInfo": product["version"],
            "supplier": "Organization: " + SUPPLIER,
            "downloadLocation": "NOASSERTION",
            "filesAnalyzed": False,
            "primaryPackagePurpose": "APPLICATION",
            "licenseConcluded": "Apache-2.0",
            "licenseDeclared": "Apache-2.0",
            "copyrightText": "Copyright 2026 " + SUPPLIER,
            "sourceInfo": "commit " + product["commit"],
            "externalRefs": [spdx_ref("PACKAGE-MANAGER", "purl", product["purl"])],
        }
    ]
    files, relations = [], [relation("SPDXRef-DOCUMENT", "DESCRIBES", spdx_id("siphon"))]
    for component in components:
        package = {
            "name": component.name,
            "SPDXID": spdx_id("dep-" + component.key),
            "versionInfo": component.version,
            "supplier": "NOASSERTION",
            "downloadLocation": component.url or "NOASSERTION",
            "filesAnalyzed": False,
            "primaryPackagePurpose": "LIBRARY",
            "licenseConcluded": component.licence,
            "licenseDeclared": component.licence,
            "copyrightText": "NOASSERTION",
            "summary": component.used_for,
            "externalRefs": [spdx_ref("PACKAGE-MANAGER", "purl", component.purl)],
        }
        if component.home:
            package["homepage"] = component.home
        if component.cpe:
            package["externalRefs"].append(spdx_ref("SECURITY", "cpe23Type", component.cpe))
        if component.sha256:
            package["checksums"] = [checksum("SHA256", component.sha256)]
        if component.notes:
            package["sourceInfo"] = " ".join(component.notes)
        packages.append(package)
        relations.append(relation(spdx_id("siphon"), "STATIC_LINK", package["SPDXID"]))
        for patch in component.patches:
            identifier = spdx_id("patch-%s-%s" % (component.key, os.path.basename(patch["name"])))
            files.append(
                {
                    "fileName": "./" + patch["name"],
                    "SPDXID": identifier,
                    "checksums": [
                        checksum("SHA1", patch["sha1"]),
                        checksum("SHA256", patch["sha256"]),
                    ],
                    "fileTypes": ["SOURCE"],
                    "licenseConcluded": component.licence,
                    "copyrightText": "NOASSERTION",
                    "comment": patch["title"],
                }
            )
            relations.append(relation(identifier, "PATCH_APPLIED", package["SPDXID"]))
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "siphon-" + product["version"],
        "documentNamespace": "",
        "creationInfo": {
            "created": product["created"],
            "creators": ["Organization: " + SUPPLIER, "Tool: siphon-bom"],
        },
        "packages": packages,
        "files": files,
        "relationships": relations,
    }
    document["documentNamespace"] = "https://spdx.org/spdxdocs/siphon-%s-%s" % (
        quote(product["version"]),
        identity("spdx", document),
    )
    return document


def spdx_ref(category, kind, locator):
    """An external reference of a package."""
    return {"referenceCategory": category, "referenceType": kind, "referenceLocator": locator}


def checksum(algorithm, value):
    """A checksum of SPDX."""
    return {"algorithm": algorithm, "checksumValue": value}


def relation(element, kind, related):
    """A relationship of SPDX."""
    return {
        "spdxElementId": element,
        "relationshipType": kind,
        "relatedSpdxElement": related,
    }


def identity(kind, document):
    """A UUID that is made from the document."""
    return uuid.uuid5(NAMESPACE, kind + json.dumps(document, sort_keys=True))


def licences_of(expression):
    """The licences of a CycloneDX component."""
    if re.fullmatch(r"[\w.+-]+", expression):
        return [{"license": {"id": expression}}]
    return [{"expression": expression}]


def cyclonedx(product, components):
    """The CycloneDX 1.5 document."""
    listed = []
    for component in components:
        one = {
            "type": "library",
            "bom-ref": component.key,
            "name": component.name,
            "version": component.version,
            "description": component.used_for,
            "scope": "required",
        }
        if component.sha256:
            one["hashes"] = [{"alg": "SHA-256", "content": component.sha256}]
        one["licenses"] = licences_of(component.licence)
        if component.cpe:
            one["cpe"] = component.cpe
        one["purl"] = component.purl
        if component.patches or component.notes:
            one["pedigree"] = {}
        if component.patches:
            one["pedigree"]["patches"] = [
                {"type": "unofficial", "diff": {"url": patch["name"]}}
                for patch in component.patches
            ]
        if component.notes:
            one["pedigree"]["notes"] = " ".join(component.notes)
        references = []
        if component.home:
            references.append({"url": component.home, "type": "website"})
        if component.url:
            references.append(distribution(component.url, component.sha256, "upstream's archive"))
        if component.other and component.other[0]:
            references.append(distribution(*component.other, "the archive as packed by Debian"))
        if references:
            one["externalReferences"] = references
        if component.patches:
            one["properties"] = [
                {"name": "siphon:patch:sha256:" + patch["name"], "value": patch["sha256"]}
                for patch in component.patches
            ]
        listed.append(one)
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": product["created"],
            "lifecycles": [{"phase": "build"}],
            "tools": {"components": [{"type": "application", "name": "siphon-bom"}]},
            "component": {
                "type": "application",
                "bom-ref": "siphon",
                "supplier": {"name": SUPPLIER},
                "name": "siphon",
                "version": product["version"],
                "licenses": licences_of("Apache-2.0"),
                "purl": product["purl"],
                "properties": [{"name": "siphon:commit", "value": product["commit"]}],
            },
        },
        "components": listed,
        "dependencies": [{"ref": "siphon", "dependsOn": [one.key for one in components]}]
        + [{"ref": one.key} for one in components],
    }
    document["serialNumber"] = "urn:uuid:%s" % identity("cyclonedx", document)
    return document


def distribution(url, sha256, comment):
    """A reference to an archive."""
    return {
        "url": url,
        "comment": comment,
        "type": "distribution",
        "hashes": [{"alg": "SHA-256", "content": sha256}],
    }


def licences(product, components, texts):
    """The texts of all licences, for people."""
    line = "=" * 78 + "\n"
    parts = [
        "siphon %s is licensed under the Apache License 2.0. It is linked statically with:\n\n"
        % product["version"]
    ]
    for component in components:
        parts.append("  %-24s %-14s %s\n" % (component.name, component.version, component.licence))
    parts.append(
        "\nThe GCC Runtime Library Exception permits to convey a program that is linked with the\n"
        "GCC runtime libraries under terms of its own.\n\n" + RELINKING
    )
    for name, key in [("siphon", "siphon")] + [(one.name, one.key) for one in components]:
        if key in texts:
            parts.append("\n%s%s\n%s\n%s" % (line, name, line, texts[key].strip("\n") + "\n"))
    return "".join(parts)


SOURCE = """// Generated by tools/bom/bom.py.

#include "siphon/base/bill_of_materials.h"

namespace siphon::base {
namespace {

%s
}  // namespace

const BillOfMaterials& GetBillOfMaterials() {
  static constexpr BillOfMaterials kBill = {kSpdx, kCycloneDx, kLicences};
  return kBill;
}

}  // namespace siphon::base
"""


def literal(name, text):
    """A constant of C++ with this text, in raw strings of a moderate length."""
    if ")bom\"" in text:
        raise SystemExit("bom: a text contains the delimiter of a raw string")
    pieces = [text[i : i + 8000] for i in range(0, len(text), 8000)]
    return "constexpr std::string_view %s =\n%s;\n" % (
        name,
        "\n".join('    R"bom(%s)bom"' % piece for piece in pieces),
    )


def source(spdx_text, cyclonedx_text, licence_text):
    """The C++ source that carries the texts inside the binary."""
    return SOURCE % "\n".join(
        [
            literal("kSpdx", spdx_text),
            literal("kCycloneDx", cyclonedx_text),
            literal("kLicences", licence_text),
        ]
    )


def as_text(document):
    """A document as JSON in a file."""
    return json.dumps(document, indent=1, ensure_ascii=True) + "\n"


def key_values(path):
    """The lines "KEY VALUE" of a file."""
    with open(path, encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(" ", 1) for line in file if " " in line)


def read(path):
    """A text; licences of old projects are not always UTF-8, and have the form feeds of paper."""
    with open(path, "rb") as file:
        content = file.read()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\f", "")


def product_of(version, status):
    """What the bill says about siphon itself."""
    commit, created = "unknown", EPOCH
    if status:
        known = key_values(status)
        commit = known.get("STABLE_SIPHON_COMMIT", commit)
        created = known.get("STABLE_SIPHON_COMMIT_TIME", created)
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", created):
        raise SystemExit("bom: the time of the commit is %r" % created)
    return {
        "version": version,
        "commit": commit,
        "created": created,
        "purl": "pkg:generic/siphon@%s" % quote(version),
    }


def main():
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--deps", required=True)
    parser.add_argument("--version", required=True, help="the file VERSION")
    parser.add_argument("--toolchain", required=True, help="versions of glibc and gcc")
    parser.add_argument("--status", help="Bazel's stable-status.txt, in a release")
    parser.add_argument("--replaced", default="{}", help="newer releases of the local lock")
    parser.add_argument("--licence", action="append", default=[], metavar="KEY=FILE")
    for form in ("spdx", "cyclonedx", "licences", "source"):
        parser.add_argument("--" + form)
    arguments = parser.parse_args()

    deps = load_deps(read(arguments.deps))
    texts = {}
    for pair in arguments.licence:
        key, path = pair.split("=", 1)
        texts[key] = read(path)
    lacking = [key for key in deps if deps[key]["in_binary"] and key not in texts]
    if lacking:
        raise SystemExit("bom: no text of the licence of %s" % ", ".join(lacking))
    product = product_of(read(arguments.version).strip(), arguments.status)
    components = components_of(
        deps,
        os.path.dirname(arguments.deps),
        key_values(arguments.toolchain),
        json.loads(arguments.replaced),
    )
    spdx_text = as_text(spdx(product, components))
    cyclonedx_text = as_text(cyclonedx(product, components))
    licence_text = licences(product, components, texts)
    for path, text in [
        (arguments.spdx, spdx_text),
        (arguments.cyclonedx, cyclonedx_text),
        (arguments.licences, licence_text),
        (arguments.source, source(spdx_text, cyclonedx_text, licence_text)),
    ]:
        if path:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
