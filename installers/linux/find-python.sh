#!/bin/sh
# Prints the first Python that is 3.11 to 3.14; nothing when there is none. `--explain` says what was found instead.
set -eu
found=""
for name in python3 python3.14 python3.13 python3.12 python3.11 python; do
    version=$("$name" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    case "$version" in
        3.11 | 3.12 | 3.13 | 3.14)
            [ "${1:-}" = --explain ] || echo "$name"
            exit 0
            ;;
    esac
    found="${found:+$found, }$name is $version"
done
if [ "${1:-}" = --explain ]; then
    echo "PEMR Desktop needs Python 3.11 to 3.14 (here: ${found:-none}). Install one of them, or name one:"
    echo "make run PYTHON=/path/to/python3"
fi
