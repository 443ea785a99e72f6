# Sets PYTHON to an interpreter that Hausmeister runs on; sourced by ./run and ./test.

hausmeister_find_python() {
    for candidate in python3 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            PYTHON=$candidate
            return 0
        fi
    done
    return 1
}

if ! hausmeister_find_python; then
    echo "Hausmeister needs Python 3.11, 3.12 or 3.13, and found none as python3, python3.13, python3.12 or python3.11." >&2
    echo "On Debian 12 or newer: apt-get install python3 python3-venv" >&2
    exit 1
fi
