# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""What the specifications of SPDX 2.3 and CycloneDX 1.5 require of the documents of bom.py.

This is no validator for documents of others: a key that bom.py does not write is a fault, too.
"""

import re
import urllib.parse

ID = r"SPDXRef-[A-Za-z0-9.-]+"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
HEX = {"SHA1": r"[0-9a-f]{40}", "SHA256": r"[0-9a-f]{64}"}
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
CPE = r"cpe:2\.3:a(?::(?:[\w.~-]|\\[^\w\s])+){3}(?::\*){7}"
LICENCES = {
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "GPL-3.0-or-later",
    "ISC",
    "LGPL-2.1-or-later",
    "MIT",
    "OpenSSL",
    "PostgreSQL",
    "Zlib",
    "blessing",
    "curl",
}
EXCEPTIONS = {"GCC-exception-3.1"}


class Faults:
    """Collects the faults of a document."""

    def __init__(self):
        self.found = []

    def check(self, fine, *text):
        """Notes a fault unless `fine`."""
        if not fine:
            self.found.append(" ".join(str(part) for part in text))

    def matches(self, pattern, value, *where):
        """The value is a text of this form."""
        self.check(isinstance(value, str) and re.fullmatch(pattern, value), *where, repr(value))

    def keys(self, value, required, optional, *where):
        """The value is an object with these keys."""
        self.check(isinstance(value, dict), *where, "is no object")
        if isinstance(value, dict):
            self.check(required <= set(value), *where, "lacks", sorted(required - set(value)))
            more = set(value) - required - optional
            self.check(not more, *where, "has the unknown keys", sorted(more))

    def licence(self, expression, *where):
        """The value is an expression of known SPDX licences, joined by AND."""
        for term in expression.split(" AND "):
            words = term.split(" WITH ")
            self.check(words[0] in LICENCES, *where, "unknown licence", words[0])
            self.check(set(words[1:]) <= EXCEPTIONS, *where, "unknown exception", words[1:])

    def purl(self, value, *where):
        """The value is a canonical package URL of a type that bom.py uses."""
        self.matches(
            r"pkg:(?:github/[a-z0-9_.-]+|generic|deb/debian)/[\w.-]+@[\w.%-]+(?:\?[\w=&:/.%-]+)?",
            value,
            *where
        )
        names = [pair.split("=")[0] for pair in value.partition("?")[2].split("&")]
        self.check(names == sorted(names), *where, "qualifiers are not sorted:", value)

    def url(self, value, *where):
        """The value is a URL."""
        parts = urllib.parse.urlsplit(value)
        self.check(parts.scheme in ("http", "https") and parts.netloc, *where, "no URL:", value)


def spdx_faults(document):
    """What is wrong with an SPDX 2.3 document, one line each."""
    faults = Faults()
    faults.keys(
        document,
        {
            "spdxVersion",
            "dataLicense",
            "SPDXID",
            "name",
            "documentNamespace",
            "creationInfo",
            "packages",
            "files",
            "relationships",
        },
        set(),
        "document",
    )
    if faults.found:
        return faults.found
    faults.check(document["spdxVersion"] == "SPDX-2.3", "spdxVersion")
    faults.check(document["dataLicense"] == "CC0-1.0", "dataLicense")
    faults.check(document["SPDXID"] == "SPDXRef-DOCUMENT", "SPDXID")
    faults.url(document["documentNamespace"], "documentNamespace")
    faults.check("#" not in document["documentNamespace"], "documentNamespace has a fragment")
    faults.keys(document["creationInfo"], {"created", "creators"}, set(), "creationInfo")
    faults.matches(TIME, document["creationInfo"].get("created"), "created")
    for creator in document["creationInfo"].get("creators", []):
        faults.matches(r"(?:Tool|Organization|Person): \S.*", creator, "creators")
    identifiers = ["SPDXRef-DOCUMENT"]
    for package in document["packages"]:
        identifiers.append(spdx_package(faults, package))
    for file in document["files"]:
        where = file.get("fileName")
        faults.keys(
            file,
            {"fileName", "SPDXID", "checksums", "licenseConcluded", "copyrightText"},
            {"fileTypes", "comment"},
            where,
        )
        faults.matches(r"\./[\w./-]+", file.get("fileName"), "fileName")
        # SHA-1 is the digest that SPDX 2.3 requires of a file.
        spdx_checksums(faults, file, {"SHA1", "SHA256"}, where)
        faults.licence(file["licenseConcluded"], where)
        identifiers.append(file.get("SPDXID"))
    for identifier in identifiers:
        faults.matches(ID, identifier, "SPDXID")
        faults.check(identifiers.count(identifier) == 1, identifier, "is not unique")
    for relation in document["relationships"]:
        faults.keys(
            relation, {"spdxElementId", "relationshipType", "relatedSpdxElement"}, set(), relation
        )
        faults.check(
            relation["relationshipType"] in ("DESCRIBES", "STATIC_LINK", "PATCH_APPLIED"), relation
        )
        for end in ("spdxElementId", "relatedSpdxElement"):
            faults.check(relation[end] in identifiers, relation, "names nothing:", relation[end])
    described = [r for r in document["relationships"] if r["relationshipType"] == "DESCRIBES"]
    faults.check(len(described) == 1, "the document describes", len(described), "elements")
    return faults.found


def spdx_package(faults, package):
    """Checks a package of SPDX; returns its identifier."""
    where = package.get("name")
    faults.keys(
        package,
        {
            "name",
            "SPDXID",
            "versionInfo",
            "supplier",
            "downloadLocation",
            "filesAnalyzed",
            "primaryPackagePurpose",
            "licenseConcluded",
            "licenseDeclared",
            "copyrightText",
            "externalRefs",
        },
        {"summary", "homepage", "checksums", "sourceInfo"},
        where,
    )
    faults.check(package.get("versionInfo"), where, "has no version")
    faults.check(package.get("filesAnalyzed") is False, where, "filesAnalyzed")
    faults.check(
        package.get("primaryPackagePurpose") in ("APPLICATION", "LIBRARY"), where, "purpose"
    )
    if package.get("downloadLocation") != "NOASSERTION":
        faults.url(package.get("downloadLocation"), where)
    if "homepage" in package:
        faults.url(package["homepage"], where)
    for key in ("licenseConcluded", "licenseDeclared"):
        faults.licence(package.get(key, ""), where)
    spdx_checksums(faults, package, {"SHA256"}, where)
    kinds = []
    for reference in package.get("externalRefs", []):
        faults.keys(
            reference,
            {"referenceCategory", "referenceType", "referenceLocator"},
            set(),
            where,
            "externalRefs",
        )
        kind = (reference["referenceCategory"], reference["referenceType"])
        kinds.append(kind)
        faults.check(
            kind in [("PACKAGE-MANAGER", "purl"), ("SECURITY", "cpe23Type")], where, kind
        )
        if kind[1] == "purl":
            faults.purl(reference["referenceLocator"], where)
        else:
            faults.matches(CPE, reference["referenceLocator"], where)
    faults.check(kinds.count(("PACKAGE-MANAGER", "purl")) == 1, where, "has not one purl")
    return package.get("SPDXID")


def spdx_checksums(faults, element, algorithms, where):
    """Checks the checksums of a package or a file."""
    for one in element.get("checksums", []):
        faults.keys(one, {"algorithm", "checksumValue"}, set(), where, "checksums")
        faults.check(one["algorithm"] in algorithms, where, one["algorithm"])
        faults.matches(HEX.get(one["algorithm"], ""), one["checksumValue"], where)
    if "fileName" in element:
        given = {one["algorithm"] for one in element.get("checksums", [])}
        faults.check(given == algorithms, where, "has the checksums", sorted(given))


def cyclonedx_faults(document):
    """What is wrong with a CycloneDX 1.5 document, one line each."""
    faults = Faults()
    faults.keys(
        document,
        {"bomFormat", "specVersion", "serialNumber", "version", "metadata", "components"},
        {"$schema", "dependencies"},
        "document",
    )
    if faults.found:
        return faults.found
    faults.check(document["bomFormat"] == "CycloneDX", "bomFormat")
    faults.check(document["specVersion"] == "1.5", "specVersion")
    faults.check(document["version"] == 1, "version")
    faults.matches("urn:uuid:" + UUID, document["serialNumber"], "serialNumber")
    metadata = document["metadata"]
    faults.keys(metadata, {"timestamp", "component"}, {"lifecycles", "tools"}, "metadata")
    faults.matches(TIME, metadata.get("timestamp"), "timestamp")
    faults.check(metadata.get("lifecycles") == [{"phase": "build"}], "lifecycles")
    references = []
    for component in [metadata["component"]] + document["components"]:
        references.append(cyclonedx_component(faults, component))
    for reference in references:
        faults.check(references.count(reference) == 1, "bom-ref", reference, "is not unique")
    depending = []
    for dependency in document["dependencies"]:
        faults.keys(dependency, {"ref"}, {"dependsOn"}, "dependencies")
        depending.append(dependency["ref"])
        for name in [dependency["ref"]] + dependency.get("dependsOn", []):
            faults.check(name in references, "dependencies: no component", name)
    complete = sorted(depending) == sorted(references)
    faults.check(complete, "dependencies do not cover all components")
    return faults.found


def cyclonedx_component(faults, component):
    """Checks a component of CycloneDX; returns its reference."""
    where = component.get("name")
    faults.keys(
        component,
        {"type", "bom-ref", "name", "version", "licenses", "purl"},
        {
            "cpe",
            "description",
            "externalReferences",
            "hashes",
            "pedigree",
            "properties",
            "scope",
            "supplier",
        },
        where,
    )
    faults.check(component.get("type") in ("application", "library"), where, "type")
    faults.check(component.get("scope", "required") == "required", where, "scope")
    faults.purl(component.get("purl", ""), where)
    if "cpe" in component:
        faults.matches(CPE, component["cpe"], where)
    licences = component.get("licenses", [])
    faults.check(len(licences) == 1, where, "has not one licence")
    for licence in licences:
        faults.check(set(licence) in ({"license"}, {"expression"}), where, licence)
        faults.licence(licence.get("expression") or licence["license"].get("id", ""), where)
    hashes = list(component.get("hashes", []))
    for reference in component.get("externalReferences", []):
        faults.keys(reference, {"url", "type"}, {"comment", "hashes"}, where, "externalReferences")
        faults.url(reference["url"], where)
        faults.check(reference["type"] in ("distribution", "website"), where, reference["type"])
        hashes += reference.get("hashes", [])
    for one in hashes:
        faults.keys(one, {"alg", "content"}, set(), where, "hashes")
        faults.check(one.get("alg") == "SHA-256", where, one.get("alg"))
        faults.matches(HEX["SHA256"], one.get("content"), where)
    pedigree = component.get("pedigree", {"notes": ""})
    faults.keys(pedigree, set(), {"patches", "notes"}, where, "pedigree")
    for patch in pedigree.get("patches", []):
        faults.keys(patch, {"type", "diff"}, set(), where, "patches")
        faults.check(patch["type"] == "unofficial", where, patch["type"])
        faults.keys(patch["diff"], {"url"}, set(), where, "diff")
    for one in component.get("properties", []):
        faults.keys(one, {"name", "value"}, set(), where, "properties")
        faults.check(all(isinstance(part, str) for part in one.values()), where, one)
    return component.get("bom-ref")
