#!/usr/bin/env bash
# Every test but the long ones; what is given is passed on to pytest.
#
#   scripts/test.sh [-k abandoned ...]
#
# First the tests that speak to the outside world, one after the other: real time, real SIP and a
# real browser want the machine for themselves. Then all others, a process for each core.
set -uo pipefail
cd "$(dirname "$0")/.."

pytest=(.venv/bin/python -m pytest --randomly-seed=20261123)
quick="not soak and not benchmark"
outside="real_time or sip or browser"
failed=0
found=

run() { # WHICH OPTION...: pytest's 5 says that nothing was chosen, which is no failure of one half
  local which=$1 status=0
  shift
  "${pytest[@]}" -m "$quick and $which" "$@" || status=$?
  case $status in
    0) found=yes ;;
    2) exit 130 ;; # interrupted
    5) ;;
    *) failed=1 found=yes ;;
  esac
}

echo "1 of 2: tests that speak to the outside world, one after the other"
run "($outside)" "$@"
echo "2 of 2: all others, a process for each core"
run "not ($outside)" --numprocesses=auto "$@"

if [ -z "$found" ]; then
  echo "No test was chosen by: $*" >&2
  exit 5
fi
exit $failed
