#!/usr/bin/env bash
# Prepares a clone to run: system packages, .venv, locked dependencies, the project, the SIP stack.
#
#   scripts/setup.sh          what running needs
#   scripts/setup.sh develop  and what testing needs: the development lock, Chromium, SIP peers
#
# Rule: every step is skipped when its result is there, so running it again costs a second; every
# failure names the step, shows the last lines of its log and says what to do.
set -euo pipefail
cd "$(dirname "$0")/.."

kind=${1:-run}
case $kind in run | develop) ;; *) echo "usage: scripts/setup.sh [run|develop]" >&2; exit 2 ;; esac

venv=.venv
logs=${XDG_CACHE_HOME:-$HOME/.cache}/callwright/setup
started=$SECONDS
did_something=

fail() { # what is wrong, then what to do
  printf '\nSetup stopped: %s\n%s\n' "$1" "$2" >&2
  exit 1
}

child=
trap '[ -z "$child" ] || kill "$child" 2>/dev/null || true; echo; echo "Setup interrupted; run it again, it goes on where it stopped." >&2; exit 130' INT TERM

# step WHAT REMEDY COMMAND...: one line for the person, everything else in a log.
step() {
  local what=$1 remedy=$2 began=$SECONDS status=0 log
  shift 2
  did_something=1
  log="$logs/${what//[^A-Za-z0-9]/-}.log"
  mkdir -p "$logs"
  printf '%s ...' "$what"
  "$@" >"$log" 2>&1 </dev/null &
  child=$!
  while kill -0 "$child" 2>/dev/null; do
    sleep 0.2
    if ((SECONDS - began >= 10 && (SECONDS - began) % 10 == 0)) && ((SECONDS != ${dotted:-0})); then
      dotted=$SECONDS
      printf '.'
    fi
  done
  wait "$child" || status=$?
  child=
  if ((status != 0)); then
    printf ' failed after %s s\n' $((SECONDS - began))
    { echo; echo "The last lines of $log:"; tail -n 15 "$log" | sed 's/^/  | /'; } >&2
    fail "$what (exit status $status)" "$remedy"
  fi
  printf ' %s s\n' $((SECONDS - began))
}

# once NAME INPUT... -- WHAT REMEDY COMMAND...: a step that is done again only when INPUT changed.
once() {
  local name=$1 key stamp
  shift
  local inputs=()
  while [ "$1" != -- ]; do inputs+=("$1"); shift; done
  shift
  stamp=$venv/.setup/$name
  key=$({ cat "${inputs[@]}"; "$venv/bin/python" -VV; } | sha256sum)
  if [ "$(cat "$stamp" 2>/dev/null)" = "$key" ]; then return; fi
  step "$@"
  mkdir -p "$venv/.setup"
  printf '%s\n' "$key" >"$stamp"
}

# --- Python ---------------------------------------------------------------------------------

new_enough() { command -v "$1" >/dev/null && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
has_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }
has_headers() { "$1" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))'; }

python=
for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
  if new_enough "$candidate"; then python=$(command -v "$candidate"); break; fi
done
if [ -z "$python" ] && [ -n "${PYTHON:-}" ]; then
  fail "PYTHON=$PYTHON is not a Python 3.11 or newer" "Name one that is, or leave PYTHON unset."
fi

# --- System packages ------------------------------------------------------------------------

declare -A purpose=(
  [g++]="compiles the SIP stack"
  [make]="compiles the SIP stack"
  [pkg-config]="finds the libraries of the SIP stack"
  [xz-utils]="unpacks the SIP stack's source"
  [ca-certificates]="trusts the package index"
  [libssl-dev]="SIP over TLS"
  [libsrtp2-dev]="encrypted audio"
  [libspeex-dev]="a codec"
  [libspeexdsp-dev]="jitter and echo handling"
  [libgsm1-dev]="a codec of GSM gateways"
  [libopus-dev]="a codec of softphones"
  [libsamplerate0-dev]="converts sampling rates"
  [uuid-dev]="SIP call identifiers"
  [espeak-ng]="speaks the announcements of the demo"
)
if [ "$kind" = develop ]; then # a program that is there already will do, wherever it came from
  command -v chromium >/dev/null || purpose[chromium]="drives the console in tests"
  command -v sipp >/dev/null || purpose[sip-tester]="SIPp: plays faulty far ends in tests"
  command -v baresip >/dev/null || purpose[baresip]="is an agent's phone in tests"
  command -v kamailio >/dev/null || purpose[kamailio]="is a carrier's proxy in tests"
  [ -x /usr/sbin/nft ] || command -v nft >/dev/null || purpose[nftables]="reads the packet filter that is written, in tests"
fi
if [ -z "$python" ]; then
  purpose[python3]="runs everything"
  purpose[python3-venv]="makes .venv"
  purpose[python3-dev]="compiles the SIP stack for Python"
elif [[ $(readlink -f "$python") == /usr/bin/* ]]; then
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  has_venv "$python" || purpose[python$version-venv]="makes .venv"
  has_headers "$python" || purpose[python$version-dev]="compiles the SIP stack for Python"
else
  has_venv "$python" || fail "$python has no venv module" "Install it for this Python, or choose another with PYTHON=/path/to/python."
  has_headers "$python" || fail "$python has no headers (Python.h)" "Install its development files, or choose another with PYTHON=/path/to/python."
fi

if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
  installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' 2>/dev/null | sed -n 's/ installed$//p')
  missing=()
  for package in $(printf '%s\n' "${!purpose[@]}" | sort); do
    grep -qxF "$package" <<<"$installed" || missing+=("$package")
  done
  if ((${#missing[@]} > 0)); then
    echo "Missing system packages:"
    for package in "${missing[@]}"; do printf '  %-20s %s\n' "$package" "${purpose[$package]}"; done
    by_hand="apt-get update && apt-get install --no-install-recommends ${missing[*]}"
    as_root=()
    if [ "$(id -u)" != 0 ]; then
      command -v sudo >/dev/null || fail "installing them needs root, and there is no sudo" "As root: $by_hand"
      if [ -t 0 ]; then sudo -v; fi
      sudo -n true 2>/dev/null || fail "installing them needs root, and sudo asks for a password" "As root: $by_hand"
      as_root=(sudo -n)
    fi
    as_root+=(env DEBIAN_FRONTEND=noninteractive)
    remedy="Check the network and apt's settings, then as root: $by_hand"
    step "Reading the package lists" "$remedy" "${as_root[@]}" apt-get -q update
    step "Installing system packages" "$remedy" \
      "${as_root[@]}" apt-get -q -y install --no-install-recommends "${missing[@]}"
  fi
else
  for program in g++ make pkg-config xz; do
    command -v "$program" >/dev/null || lacking="${lacking:-} $program"
  done
  if [ -n "${lacking:-}" ]; then
    fail "this system has no apt-get, and lacks:$lacking" "Install with its own package manager: a C++ compiler, make, pkg-config, xz, espeak-ng, and the development files of OpenSSL, libsrtp2, speex, speexdsp, gsm, opus, libsamplerate and uuid."
  fi
fi

if [ -z "$python" ]; then
  python=/usr/bin/python3
  new_enough $python || fail "this system's Python is older than 3.11" "Install Python 3.11 or newer and say PYTHON=/path/to/it make setup."
fi

# --- The environment ------------------------------------------------------------------------

index="Check the network and the proxy (https_proxy), then run it again."
if ! { [ -x $venv/bin/python ] && new_enough $venv/bin/python && $venv/bin/python -c 'import pip' 2>/dev/null; }; then
  step "Making $venv" "See that this folder may be written to." "$python" -m venv --clear $venv
fi
once uv locks/uv.txt -- "Installing the installer (uv)" "$index" \
  $venv/bin/python -m pip install --disable-pip-version-check --no-input --require-hashes -r locks/uv.txt
uv=("$venv/bin/python" -m uv pip install --python "$venv/bin/python")
once runtime locks/runtime.txt locks/build.txt -- "Installing the locked dependencies" "$index" \
  "${uv[@]}" --require-hashes -r locks/runtime.txt -r locks/build.txt
if [ "$kind" = develop ]; then
  once develop locks/runtime.txt locks/develop.txt -- "Installing the development tools" "$index" \
    "${uv[@]}" --require-hashes -r locks/develop.txt
fi
if ! { [ -x $venv/bin/dialer ] && $venv/bin/python -c 'import dialer' 2>/dev/null; }; then rm -f $venv/.setup/project; fi
once project pyproject.toml -- "Installing the project" "Read the log; pyproject.toml may be damaged." \
  "${uv[@]}" --no-deps --no-build-isolation --no-index --editable .

# The build tells its own progress.
stack=("$venv/bin/python" -m dialer.telephony.building)
if [ -n "${PJPROJECT_ARCHIVE:-}" ]; then stack+=(--archive "$PJPROJECT_ARCHIVE"); fi
if [ -n "$did_something" ]; then "${stack[@]}"; else "${stack[@]}" --quiet-when-installed; fi

if [ -n "$did_something" ]; then
  echo "Set up in $((SECONDS - started)) s. See \`make help\` for what is next."
else
  echo "Everything is set up."
fi
