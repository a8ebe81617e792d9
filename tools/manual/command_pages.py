#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""The pages docs/commands/*.md, made from the commands of the binary.

usage: command_pages.py DESCRIPTION FOLDER [--update]

DESCRIPTION is the output of `siphon __describe`. Fails if the pages in FOLDER are others than those
that it makes; with --update, writes them into the source tree (`bazel run` names it).
"""

import difflib
import os
import re
import sys
import textwrap

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import manual  # pylint: disable=wrong-import-position

NOTE = "<!-- Made by tools/manual/command_pages.py from the program's help texts. -->\n\n"
INDEX = "README.md"


def cell(text):
    """Text for a cell of a table."""
    return text.replace("|", "\\|").replace("<", "&lt;").strip()


def names_of(option):
    """An option or argument as one types it: "`-o`, `--output FILE`"."""
    value = ""
    if "value" in option:
        name, choices = manual.value_of(option)
        value = " " + ("|".join(choices) if choices else name)
    forms = [argument_of(option)] if "argument" in option else []
    forms += [name + value for name in option["names"]]
    return ", ".join("`%s`" % form.replace("|", "\\|") for form in forms)


def argument_of(option):
    """An argument in a usage line: "[PROFILE]", "PROFILE..."."""
    name = manual.value_of(option)[0] if "value" in option else option["argument"].upper()
    text = name + ("..." if option.get("repeated") else "")
    return text if option.get("required") else "[%s]" % text


def meaning_of(option):
    """The description of an option with its default."""
    text = manual.sentence_of(option["description"])
    if option.get("default"):
        text += " The default is %s." % option["default"]
    if option.get("repeated") and "repeat" not in text and "argument" not in option:
        text += " Can be repeated."
    return cell(text)


def table(options):
    """A table of options; empty if there are none."""
    if not options:
        return ""
    rows = ["| %s | %s |\n" % (names_of(one), meaning_of(one)) for one in options]
    return "| option | meaning |\n|---|---|\n%s\n" % "".join(rows)


def usage(words, command):
    """The line that shows how to call a command."""
    parts = ["siphon"] + words
    if command["commands"]:
        parts.append("COMMAND")
    if [one for one in manual.own_options(command) if "argument" not in one]:
        parts.append("[OPTIONS]")
    parts += [argument_of(one) for one in command["options"] if "argument" in one]
    return "```\n%s\n```\n\n" % " ".join(parts)


def notes(footer):
    """The text of a footer in lines, then its examples."""
    prose, _, examples = footer.partition("Examples:\n")
    text = ""
    # A paragraph of a help text is cut into lines for a terminal; an indented line is one of a list.
    for paragraph in re.split(r"\n\n+", prose.strip()):
        if not paragraph:
            continue
        words = re.sub(r"'(siphon [^']*)'", r"`\1`", " ".join(paragraph.split()))
        text += textwrap.fill(
            words, 110, break_long_words=False, break_on_hyphens=False) + "\n\n"
    rows = textwrap.dedent(examples.split("\n\n")[0]).strip("\n")
    rest = "\n\n".join(examples.split("\n\n")[1:])
    if rows:
        text += "```sh\n%s\n```\n\n" % rows
    return text + (notes(rest) if rest else "")


def section(words, command):
    """The text of a command below its heading."""
    text = manual.sentence_of(command["summary"]) + "\n\n" + usage(words, command)
    if command.get("aliases"):
        text += "Also `%s`.\n\n" % "`, `".join(command["aliases"])
    return text + table(manual.own_options(command)) + notes(command["footer"])


def page_of(command):
    """The page of a command, with the commands below it."""
    name = command["name"]
    text = "# siphon %s\n\n%s%s" % (name, NOTE, section([name], command))
    text += "[Options of every command](README.md#options-of-every-command)\n"
    for sub in command["commands"]:
        text += "\n## siphon %s %s\n\n%s" % (name, sub["name"], section([name, sub["name"]], sub))
        text = text.rstrip("\n") + "\n"
    return text


def index_of(root):
    """The page that lists the commands, and what holds for all of them."""
    text = "# Commands\n\n" + NOTE
    text += "| command | does |\n|---|---|\n"
    for command in root["commands"]:
        name = command["name"]
        subs = ["[`%s`](%s.md#siphon-%s-%s)" % (sub["name"], name, name, sub["name"])
                for sub in command["commands"]]
        text += "| [`%s`](%s.md) | %s%s |\n" % (
            name, name, cell(manual.sentence_of(command["summary"])),
            " " + ", ".join(subs) if subs else "")
    text += "\n`siphon pg_dump` and `siphon pg_restore` are PostgreSQL's own programs.\n\n"
    text += "## Options of every command\n\n" + table(root["options"])
    text += "## Environment variables\n\n| variable | meaning |\n|---|---|\n"
    for name, meaning in manual.ENVIRONMENT:
        text += "| `%s` | %s |\n" % (name, cell(meaning))
    text += "\n## Exit codes\n\n| code | meaning |\n|---|---|\n"
    for code, meaning in manual.EXIT_STATUS:
        text += "| %s | %s |\n" % (code, cell(meaning))
    text += ("\n`siphon status` and `siphon health` have [others](../dumps.md#for-cron-and-monitors)."
             "\n[troubleshooting.md](../troubleshooting.md) goes through the causes.\n")
    return text


def pages(root):
    """All pages: name to text."""
    made = {INDEX: index_of(root)}
    made.update((command["name"] + ".md", page_of(command)) for command in root["commands"])
    return made


def read_pages(folder):
    """The pages that are there."""
    there = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".md"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                there[name] = file.read()
    return there


def update(folder, made):
    """Writes the pages, and removes those of commands that are gone."""
    os.makedirs(folder, exist_ok=True)
    for name in read_pages(folder):
        if name not in made:
            os.remove(os.path.join(folder, name))
    for name, text in made.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)


def main(arguments):
    """The program; returns its exit code."""
    with open(arguments[0], encoding="utf-8") as file:
        made = pages(manual.json.load(file))
    if "--update" in arguments:
        update(os.path.join(os.environ["BUILD_WORKSPACE_DIRECTORY"], arguments[1]), made)
        return 0
    there = read_pages(arguments[1])
    for name in sorted(set(made) | set(there)):
        before, after = there.get(name, ""), made.get(name, "")
        if before == after:
            continue
        sys.stdout.writelines(difflib.unified_diff(
            before.splitlines(True), after.splitlines(True), name, "from the help texts"))
    if made == there:
        return 0
    print("update the pages: bazel run //tools/manual:command_pages_test -- --update")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
