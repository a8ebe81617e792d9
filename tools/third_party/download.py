#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Downloads single files and checks their SHA-256, with short time-outs.

After a host failed to answer, every later request to it in the same run fails at once.
"""

import http.client
import os
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pins

APT_HELPER = "/usr/lib/apt/apt-helper"
# Seconds without an answer after which a request fails.
TIMEOUT = int(os.environ.get("SIPHON_FETCH_TIMEOUT") or "10")
# apt's messages about a host that does not answer, as opposed to a file that is missing.
SILENCE = re.compile(
    r"Could not connect|Cannot initiate the connection|Connection failed|[Tt]imed out|"
    r"Unable to connect|Could not resolve|Temporary failure resolving|Network is unreachable"
)


class Unavailable(Exception):
    """A file is not available this way; the text is the answer of the host or of apt."""


def apt_options():
    """apt's options for downloads: short time-outs, no change of user in root's folders."""
    settings = {
        "Acquire::Retries": "1",
        "Acquire::http::Timeout": str(TIMEOUT),
        "Acquire::https::Timeout": str(TIMEOUT),
    }
    if os.getuid() == 0:
        # The cache folder belongs to root; apt's sandbox user could not write to it.
        settings["APT::Sandbox::User"] = "root"
    return [part for key, value in settings.items() for part in ("-o", key + "=" + value)]


def apt_answer(text):
    """The reason in apt's error output, in one line."""
    found = re.search(r"^[EW]: Failed to fetch \S+\s+(.*)", text, re.M) or re.search(
        r"^E: (.*)", text, re.M
    )
    answer = found.group(1) if found else (text.strip().splitlines() or ["no answer"])[-1]
    return " ".join(re.sub(r"\[IP: [^\]]*\]", "", answer).split())


def shown(url):
    """The URL without user name and password, for messages."""
    return re.sub(r"//[^/@]*@", "//", url)


class Downloader:
    """Downloads files, and remembers the hosts that did not answer."""

    def __init__(self):
        self.silent = {}

    def ask(self, url):
        """Raises Unavailable if the host of the URL failed to answer before."""
        host = urllib.parse.urlsplit(url).netloc
        if host in self.silent:
            raise Unavailable("skipped, the host did not answer before: " + self.silent[host])

    def failed(self, url, answer):
        """Records that the host of the URL did not answer."""
        self.silent[urllib.parse.urlsplit(url).netloc] = answer

    def by_apt(self, url, path, sha256):
        """Downloads a file with apt's downloader: it has the machine's proxies and passwords."""
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
        """Sends an HTTP request; returns the open response."""
        self.ask(url)
        request = urllib.request.Request(url, method=method, headers={"User-Agent": "siphon-deps"})
        try:
            return urllib.request.urlopen(request, timeout=TIMEOUT)
        except urllib.error.HTTPError as error:
            error.close()
            raise Unavailable("%d %s" % (error.code, error.reason)) from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            answer = str(getattr(error, "reason", error))
            self.failed(url, answer)
            raise Unavailable(answer) from error

    def by_http(self, url, path, sha256):
        """Downloads a file with Python's HTTP client."""
        with self.open(url) as answer:
            try:
                with open(path, "wb") as file:
                    for block in iter(lambda: answer.read(1 << 20), b""):
                        file.write(block)
            except (OSError, http.client.HTTPException) as error:
                os.unlink(path)
                raise Unavailable("the download broke off: %s" % error) from error
        found = pins.sha256_of(path)
        if found != sha256:
            os.unlink(path)
            raise Unavailable("wrong bytes: sha256 " + found)
