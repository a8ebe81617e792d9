#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Makes the manual pages of siphon from the commands that the program describes.

usage: manual.py --description FILE --spdx FILE --output TAR

FILE is the output of `siphon __describe` (siphon/cli/describe.h). The pages are mdoc(7): siphon.1
and one for each command; the commands of a group are sections of its page. The date is the one of
the SPDX document of the same build.
"""

import argparse
import json
import os
import re
import sys
import textwrap
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "archives"))
import reproducible  # pylint: disable=wrong-import-position

EXIT_STATUS = [
    ("0", "Success."),
    ("1", "Invalid input: an option, the configuration, a refused question."),
    ("2", "System error: network, disk, server."),
    ("3", "Integrity error: a damaged or changed dump."),
    ("4", "Partial success."),
    ("130", "Cancelled by SIGINT."),
    ("143", "Terminated by SIGTERM."),
]
ENVIRONMENT = [
    ("SIPHON_CONFIG_HOME", "The folder of config.yaml."),
    ("XDG_CONFIG_HOME", "The folder of siphon/config.yaml; ~/.config if it is not set."),
    ("XDG_DATA_HOME", "The folder of siphon/dumps; ~/.local/share if it is not set."),
    ("HOME", "The home folder (~); taken from /etc/passwd if it is not set."),
    ("DATABASE_URL", "The database of siphon migrate without --database: a URL or a profile."),
    ("VISUAL", "The editor of siphon config edit."),
    ("EDITOR", "The editor of siphon config edit if VISUAL is not set; vi without both."),
    ("NO_COLOR", "Print without colours if it is not empty."),
    ("TERM", "With the value dumb, print without colours and without a progress line."),
    ("PATH", "Folders in which --tools system looks for the tools."),
    ("PGPASSWORD", "PostgreSQL's password if the profile has none; PGHOST and others work, too."),
    ("SSL_CERT_FILE", "File of the CA certificates; /etc/ssl/cert.pem if it is not set."),
    ("https_proxy", "The proxy for notifications; http_proxy for those to http addresses."),
    ("no_proxy", "Hosts for which no proxy is used."),
]


def escape(text):
    """Text for a line of roff. Words of mdoc macros are escaped by argument()."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text.startswith((".", "'")) else text


def argument(word):
    """One argument of a macro."""
    word = escape(word)
    if re.fullmatch(r"[A-Z][a-z]{1,2}|[%.,:;()\[\]?!|]", word):  # A macro or a delimiter.
        word = "\\&" + word
    return '"%s"' % word.replace('"', "\\(dq") if re.search(r"[\s\"]", word) else word


def paragraph(text):
    """Text in lines. A sentence begins on a line of its own, as mdoc wants it."""
    lines = []
    for sentence in re.split(r"(?:(?<=[.;:])|(?<=\.\)))\s+", text.strip()):
        lines += textwrap.wrap(
            sentence, 72, break_long_words=False, break_on_hyphens=False
        )
    return "".join(escape(line) + "\n" for line in lines)


def sentence_of(text):
    """A description as a sentence."""
    text = text.strip()
    return text if text.endswith((".", ".)")) else text + "."


def value_of(option):
    """The name of an option's value, and the words that it may be: "TOOLS:{auto,builtin}".

    "KIND:NAME" is a name; "N:1-64" is a name with a range.
    """
    name, _, rest = option["value"].partition(":")
    if rest == "NAME":
        name = option["value"]
    return name, re.findall(r"[^{},]+", rest) if rest.startswith("{") else []


def synopsis(option):
    """An option for .Op or .It: "Fl h | Fl -help"."""
    forms = []
    for name in option["names"]:
        form = "Fl " + argument(name[1:])
        if "value" in option:
            form += " Ar " + argument(value_of(option)[0])
        forms.append(form)
    return " | ".join(forms) if forms else "Ar " + argument(option["argument"])


def option_item(option):
    """An entry of a list of options."""
    lines = []
    heading = synopsis(option)
    if "argument" in option and option["names"]:
        heading = "Ar %s | %s" % (argument(option["argument"]), heading)
    lines.append(".It %s\n" % heading)
    lines.append(paragraph(sentence_of(option["description"])))
    if option.get("default"):
        lines.append(paragraph("The default is %s." % option["default"]))
    if option.get("value") and value_of(option)[1]:
        lines.append(paragraph("It is one of %s." % ", ".join(value_of(option)[1])))
    if option.get("repeated") and "repeat" not in option["description"]:
        lines.append("It can be repeated.\n")
    return "".join(lines)


def options_list(options):
    """A list of options."""
    if not options:
        return ""
    return ".Bl -tag -width Ds\n%s.El\n" % "".join(option_item(option) for option in options)


def usage(words, command):
    """The lines of a synopsis."""
    lines = [".Nm siphon\n.Cm %s\n" % " ".join(argument(word) for word in words)]
    positional = [o for o in command["options"] if "argument" in o]
    if command["commands"]:
        lines.append(".Ar command\n")
    if [o for o in own_options(command) if "argument" not in o]:
        lines.append(".Op Ar options\n")
    for option in positional:
        word = "Ar " + argument(option["argument"])
        word += " ..." if option.get("repeated") else ""
        lines.append("." + (word if option.get("required") else "Op " + word) + "\n")
    return "".join(lines)


def own_options(command):
    """The options of a command without --help, which every command has."""
    return [option for option in command["options"] if "--help" not in option["names"]]


def examples(footer):
    """The examples of a help text as a block, and what follows them."""
    match = re.match(r"Examples:\n((?:  .*\n?)+)", footer)
    if not match:
        return "", footer
    rows = textwrap.dedent(match.group(1)).rstrip("\n").split("\n")
    block = ".Bd -literal -offset indent\n%s.Ed\n" % "".join(escape(row) + "\n" for row in rows)
    return block, footer[match.end() :].strip()


def tables(title, rows, macro):
    """A section with a list of terms."""
    items = "".join(
        ".It %s\n%s\n" % (macro % argument(term), escape(text)) for term, text in rows
    )
    return ".Sh %s\n.Bl -tag -width Ds\n%s.El\n" % (title, items)


def head(page, date, summary):
    """The first lines of a page."""
    return ".Dd %s\n.Dt %s 1\n.Os\n.Sh NAME\n.Nm %s\n.Nd %s\n" % (
        date,
        page.upper(),
        page,
        escape(summary[0].lower() + summary[1:]),
    )


def see_also(pages):
    """References to pages, in the order of their names."""
    pages = sorted(pages)
    rows = [".Xr %s 1%s\n" % (page, " ," if page != pages[-1] else "") for page in pages]
    return ".Sh SEE ALSO\n" + "".join(rows)


def page_of_command(command, date):
    """The page of one command, with the commands below it."""
    name = "siphon-" + command["name"]
    text = head(name, date, command["summary"])
    text += ".Sh SYNOPSIS\n" + usage([command["name"]], command)
    text += ".Sh DESCRIPTION\n" + paragraph(sentence_of(command["summary"]))
    if command["commands"]:
        text += "The commands are\n.Bl -tag -width Ds -compact\n"
        for sub in command["commands"]:
            summary = paragraph(sentence_of(sub["summary"]))
            text += ".It Cm %s\n%s" % (argument(sub["name"]), summary)
        text += ".El\n"
    text += ".Pp\nThe options in\n.Xr siphon 1\ncan be given, too.\n"
    if own_options(command):
        text += ".Pp\nThe options are as follows:\n" + options_list(own_options(command))
    block, rest = examples(command["footer"])
    shown = [("", block)] if block else []
    if rest:
        text += ".Pp\n" + paragraph(rest)
    for sub in command["commands"]:
        text += ".Ss siphon %s %s\n" % (command["name"], sub["name"])
        text += usage([command["name"], sub["name"]], sub)
        text += ".Pp\n" + paragraph(sentence_of(sub["summary"]))
        if own_options(sub):
            text += ".Pp\nThe options are as follows:\n" + options_list(own_options(sub))
        block, rest = examples(sub["footer"])
        if block:
            shown.append((sub["name"], block))
        if rest:
            text += ".Pp\n" + paragraph(rest)
    text += ".Sh EXIT STATUS\nSee\n.Xr siphon 1 .\n"
    if shown:
        text += ".Sh EXAMPLES\n" + "".join(block for _, block in shown)
    return name, text + see_also(["siphon"])


def page_of_program(root, date):
    """The page of the program."""
    text = head("siphon", date, root["summary"])
    text += ".Sh SYNOPSIS\n.Nm\n.Op Ar options\n.Ar command\n.Op Ar arguments\n"
    text += ".Sh DESCRIPTION\n" + paragraph(
        "siphon moves databases of PostgreSQL, MySQL, MariaDB and SQLite. A backup holds one "
        "consistent state, a restore is all or nothing, and a damaged or changed dump is refused. "
        "Wherever a command expects a profile, give its name or a database URL such as "
        "postgres://app@db/shop or sqlite:///srv/app/app.db."
    )
    text += ".Pp\nThe commands are\n.Bl -tag -width Ds\n"
    for command in root["commands"]:
        text += ".It Cm %s\n%sSee\n.Xr siphon-%s 1 .\n" % (
            argument(command["name"]),
            paragraph(sentence_of(command["summary"])),
            command["name"],
        )
    text += ".El\n.Pp\nThe following options can be given before and after a command:\n"
    text += options_list(root["options"])
    text += tables("ENVIRONMENT", ENVIRONMENT, "Ev %s")
    text += (
        ".Sh FILES\n.Bl -tag -width Ds\n"
        ".It Pa ~/.config/siphon/config.yaml\nThe configuration: profiles, groups, defaults.\n"
        ".It Pa ~/.local/share/siphon/dumps\nThe dumps.\n.El\n"
    )
    text += tables("EXIT STATUS", EXIT_STATUS, "%s")
    block, _ = examples(root["footer"])
    text += ".Sh EXAMPLES\n" + block
    return "siphon", text + see_also("siphon-" + c["name"] for c in root["commands"])


def pages(root, date):
    """All pages: name to text."""
    made = dict([page_of_program(root, date)])
    made.update(page_of_command(command, date) for command in root["commands"])
    return made


def main():
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("description", "spdx", "output"):
        parser.add_argument("--" + name, required=True)
    arguments = parser.parse_args()
    with open(arguments.description, encoding="utf-8") as file:
        root = json.load(file)
    with open(arguments.spdx, encoding="utf-8") as file:
        created = json.load(file)["creationInfo"]["created"]
    day = time.strptime(created, "%Y-%m-%dT%H:%M:%SZ")
    date = "%s %d, %d" % (time.strftime("%B", day), day.tm_mday, day.tm_year)
    entries = [
        reproducible.entry(name + ".1", text.encode()) for name, text in pages(root, date).items()
    ]
    with open(arguments.output, "wb") as file:
        file.write(reproducible.tar(reproducible.with_folders(entries), 0))
    return 0


if __name__ == "__main__":
    sys.exit(main())
