# Sourced by scripts/*: makes .venv from a hashed lock, and nothing else. POSIX sh.
#
# root must be set to the repository's top. Everything is said on standard error.

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() { # WHAT [REMEDY]...
    say "$1"
    shift
    for line in "$@"; do printf '    %s\n' "$line" >&2; done
    exit 2
}

need() { # COMMAND WHY
    command -v "$1" >/dev/null 2>&1 || die "$1 is missing: $2" "Debian, Ubuntu: apt-get install $1"
}

is_python() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() { # sets python: $PYTHON, python3 or the newest python3.N that is at least 3.11
    for python in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if is_python "$python"; then return; fi
    done
    found=$(python3 -V 2>&1) || found="no python3"
    die "Python 3.11 or newer is needed, and PATH has $found" \
        "Install one, or name one: PYTHON=/path/to/python3.12 $0"
}

use_pip_settings() { # uv does not read pip's configuration: hand it the index settings that the user made for pip
    settings=$("$python" "$root/scripts/lib/pip_settings.py") || die "pip's configuration cannot be read"
    eval "$settings"
}

find_uv() { # sets uv: the one on PATH, or our own in .cache/uv
    if command -v uv >/dev/null 2>&1; then
        uv=uv
        return
    fi
    tools=$root/.cache/uv
    uv=$tools/bin/uv
    lock=$root/scripts/requirements-uv.lock
    if cmp -s "$lock" "$tools/installed.lock" && "$uv" --version >/dev/null 2>&1; then return; fi
    say "no uv on PATH: installing one into .cache/uv"
    rm -rf "$tools"
    mkdir -p "$tools"
    if "$python" -m venv "$tools" >/dev/null 2>&1; then
        set -- "$tools/bin/python" -m pip install --no-user
    elif "$python" -m pip --version >/dev/null 2>&1; then
        set -- "$python" -m pip install --target "$tools"
    else
        rm -rf "$tools"
        die "$python can make no environment: it lacks ensurepip and pip" \
            "Debian, Ubuntu: apt-get install python3-venv    or put uv on PATH"
    fi
    "$@" --quiet --disable-pip-version-check --no-input --require-hashes --only-binary=:all: -r "$lock" >&2 ||
        die "uv could not be installed: see above" \
            "pip's own settings say where from: pip config list    or put uv on PATH"
    cp "$lock" "$tools/installed.lock"
}

stamp() { # KIND: what .venv is made of; equal stamps, equal environments
    printf '%s\n' "$1" "$root"
    "$root/.venv/bin/python" -c 'import sys; print(sys.version)' 2>/dev/null || echo "no python"
    cat "$(lock_of "$1")"
}

lock_of() { # KIND
    case $1 in
        test) echo "$root/scripts/requirements-test.lock" ;;
        *) echo "$root/scripts/requirements.lock" ;;
    esac
}

is_fresh() { # KIND
    stamp "$1" | cmp -s - "$root/.venv/syncbot-stamp"
}

set_up() { # KIND: run or test. The test environment holds all of run's, and is kept once it is there.
    if is_fresh test; then return; fi
    if [ "$1" = run ] && is_fresh run; then return; fi
    kind=$1
    if [ "$(head -n 1 "$root/.venv/syncbot-stamp" 2>/dev/null)" = test ]; then kind=test; fi
    (make_environment "$kind") # what it exports is for uv alone
}

make_environment() { # KIND
    unset VIRTUAL_ENV CONDA_PREFIX PYTHONHOME PYTHONPATH PIP_USER PIP_TARGET PIP_PREFIX UV_SYSTEM_PYTHON UV_PYTHON
    find_python
    use_pip_settings
    find_uv
    export UV_PYTHON_DOWNLOADS=never
    # Every file is pinned by hash, so it does not matter which of several indexes has it.
    export UV_INDEX_STRATEGY=unsafe-best-match
    venv=$root/.venv
    say "making the environment in .venv from $(lock_of "$1" | sed 's|.*/scripts/|scripts/|')"
    if ! is_usable "$venv"; then
        rm -rf "$venv"
        "$uv" venv --quiet --python "$python" "$venv" >&2 || die "uv could not make $venv: see above"
    fi
    rm -f "$venv/syncbot-stamp"
    # Where Python may not keep what it compiled, compile once here; else it does so when it is first needed.
    # shellcheck disable=SC2086  # one option or none
    "$uv" pip sync --quiet ${PYTHONDONTWRITEBYTECODE:+--compile-bytecode} --python "$venv/bin/python" --require-hashes "$(lock_of "$1")" >&2 ||
        die "the packages of $(lock_of "$1") could not be installed: see above" \
            "uv's and pip's own settings say where from (UV_DEFAULT_INDEX, PIP_INDEX_URL, pip config list)"
    install_project "$venv"
    stamp "$1" >"$venv/syncbot-stamp.new"
    mv "$venv/syncbot-stamp.new" "$venv/syncbot-stamp"
}

is_usable() { # VENV: made at this place, by a Python that is still there
    is_python "$1/bin/python" || return 1
    [ -f "$1/syncbot-stamp" ] || return 0
    [ "$(stamp x 2>/dev/null | sed -n 2,3p)" = "$(sed -n 2,3p "$1/syncbot-stamp")" ]
}

# The project itself is not built: a .pth line puts it on the path and a script calls its entry point. So no build
# backend has to be fetched, and the checkout is what runs. `sh` starts the script: its path may hold spaces.
install_project() { # VENV
    site=$("$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    printf '%s\n' "$root" >"$site/syncbot-checkout.pth"
    cat >"$1/bin/syncbot" <<'SCRIPT'
#!/bin/sh
'''exec' "$(dirname -- "$(readlink -f -- "$0")")/python" "$0" "$@"
'''
import sys

from syncbot.cli import main

sys.exit(main())
SCRIPT
    chmod +x "$1/bin/syncbot"
}
