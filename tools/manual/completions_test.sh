#!/bin/bash
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
#
# The completion scripts, installed as the packages install them, complete a word at the first try.
# usage: completions_test.sh SIPHON BASH FISH ZSH
set -eu
siphon=$PWD/$1
work=$(mktemp -d "$TEST_TMPDIR/completions.XXXXXX")
export HOME=$work PATH=$work/bin:$PATH TERM=dumb
mkdir "$work/bin" "$work/fish" "$work/zsh"
ln -s "$siphon" "$work/bin/siphon"
cp -L "$3" "$work/fish/siphon.fish"
cp -L "$4" "$work/zsh/_siphon"

# expect SHELL TEXT WORD fails unless the word is in the text.
expect() {
  case $2 in
  *"$3"*) echo "$1: $3" ;;
  *)
    echo "$1 does not offer $3: $2"
    exit 1
    ;;
  esac
}

# shellcheck disable=SC1090
source "$2"
COMP_WORDS=(siphon back)
COMP_CWORD=1
_siphon
expect bash "${COMPREPLY[*]}" backup

offered=$(fish --no-config -c "
  set fish_complete_path $work/fish
  complete -C 'siphon back'")
expect fish "$offered" backup

cat >"$work/session.zsh" <<'SESSION'
zmodload zsh/zpty
# wait_for PATTERN reads from the shell until its output has the pattern.
wait_for() {
  local part seen
  for round in {1..100}; do
    while zpty -r -t shell part; do seen+=$part; done
    if [[ $seen == $~1 ]]; then print -r -- "$seen"; return; fi
    sleep 0.1
  done
  print -ru2 -- "no $1 in: $seen"
  exit 1
}
zpty shell zsh -f -i
zpty -w shell "PS1='> '; unset zle_bracketed_paste; bindkey -e"
zpty -w shell "fpath=($HOME/zsh \$fpath); autoload -Uz compinit; compinit -u -D; echo rea''dy"
wait_for '*ready*'
zpty -w -n shell $'siphon back\t'
wait_for '*backup*'
SESSION
expect zsh "$(zsh -f "$work/session.zsh" | tr -d '\007\033')" backup
