#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Downloads one file at a time, checks its SHA-256, and gives up soon.

A host that does not answer is asked once in a run: every later request to it fails at once.
"""

import os
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pins

APT_HELPER = "/usr/lib/apt/apt-helper"
# Seconds that a host may stay silent.
TIMEOUT = int(os.environ.get("SIPHON_FETCH_TIMEOUT") or "10")
# What apt says of a host, not of a file.
SILENCE = re.compile(
    r"Could not connect|Cannot initiate the connection|Connection failed|[Tt]imed out|"
    r"Unable to connect|Could not resolve|Temporary failure resolving|Network is unreachable"
)


class Unavailable(Exception):
    """A file can't be had this way; the text is the answer that was given."""


def apt_options():
    """apt's options for every download: short time-outs, and no other user for root's folders."""
    settings = {
        "Acquire::Retries": "1",
        "Acquire::http::Timeout": str(TIMEOUT),
        "Acquire::https::Timeout": str(TIMEOUT),
    }
    if os.getuid() == 0:
        # The cache folder is root's own; apt's sandbox user could not write there.
        settings["APT::Sandbox::User"] = "root"
    return [part for key, value in settings.items() for part in ("-o", key + "=" + value)]


def apt_answer(text):
    """The one line that tells why apt failed."""
    found = re.search(r"^[EW]: Failed to fetch \S+\s+(.*)", text, re.M) or re.search(
        r"^E: (.*)", text, re.M
    )
    answer = found.group(1) if found else (text.strip().splitlines() or ["no answer"])[-1]
    return " ".join(re.sub(r"\[IP: [^\]]*\]", "", answer).split())


def shown(url):
    """The URL as a message may show it: without a password."""
    return re.sub(r"//[^/@]*@", "//", url)


class Downloader:
    """Downloads files; knows which hosts did not answer."""

    def __init__(self):
        self.silent = {}

    def ask(self, url):
        """Fails when the host of the URL is known not to answer."""
        host = urllib.parse.urlsplit(url).netloc
        if host in self.silent:
            raise Unavailable("not asked again: " + self.silent[host])

    def failed(self, url, answer):
        """Remembers that the host of the URL did not answer."""
        self.silent[urllib.parse.urlsplit(url).netloc] = answer

    def by_apt(self, url, path, sha256):
        """Through apt's own downloader, with the machine's proxies and passwords."""
        self.ask(url)
        if os.path.exists(path):
            os.unlink(path)
        run = subprocess.run(
            [APT_HELPER] + apt_options() + ["download-file", url, path, "SHA256:" + sha256],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            universal_newlines=True,
            check=False,
        )
        if run.returncode != 0 or not pins.has_digest(path, sha256):
            for leftover in (path, path + ".FAILED"):
                if os.path.exists(leftover):
                    os.unlink(leftover)
            answer = apt_answer(run.stderr)
            if SILENCE.search(answer):
                self.failed(url, answer)
            raise Unavailable(answer)

    def open(self, url, method="GET"):
        """The open answer to an HTTP request."""
        self.ask(url)
        request = urllib.request.Request(url, method=method, headers={"User-Agent": "siphon-deps"})
        try:
            return urllib.request.urlopen(request, timeout=TIMEOUT)
        except urllib.error.HTTPError as error:
            error.close()
            raise Unavailable("%d %s" % (error.code, error.reason)) from error
        except (OSError, ValueError) as error:
            answer = str(getattr(error, "reason", error))
            self.failed(url, answer)
            raise Unavailable(answer) from error

    def by_http(self, url, path, sha256):
        """With Python's own client."""
        with self.open(url) as answer:
            try:
                with open(path, "wb") as file:
                    for block in iter(lambda: answer.read(1 << 20), b""):
                        file.write(block)
            except OSError as error:
                os.unlink(path)
                raise Unavailable("broke off: %s" % error) from error
        found = pins.sha256_of(path)
        if found != sha256:
            os.unlink(path)
            raise Unavailable("wrong bytes: sha256 " + found)
