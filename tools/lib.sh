# Shared by the scripts of this folder; sourced, not run. Expects `root`, the checkout's folder.

say() { printf '%s\n' "$*" >&2; }

die() {
    say "$*"
    exit 1
}

# packages SECTION...: the names listed under those sections of tools/packages.
packages() {
    local section
    for section in "$@"; do
        awk -v want="[$section]" '/^#/ || NF == 0 { next } /^\[/ { on = ($0 == want); next } on { print }' \
            "$root/tools/packages"
    done
}

# install_missing SECTION...: installs what is not there yet; asks for nothing when all is.
install_missing() {
    command -v dpkg-query >/dev/null || { say "This is not a Debian system: install the packages of tools/packages by other means."; return; }
    local missing=() name
    for name in $(packages "$@"); do
        dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] && return
    say "Installing: ${missing[*]}"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "These Debian packages are missing: ${missing[*]}. Install them as root with: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -qq || die "apt-get update failed: check the network and /etc/apt/sources.list."
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >&2 ||
        die "apt-get could not install: ${missing[*]}."
}

# LibTorch's headers take about 1.5 GiB per compiler: fewer jobs than cores where memory is short.
build_jobs() {
    local cores memory
    cores=$(nproc)
    memory=$(awk '/MemAvailable/ { print int($2 / 1024 / 1536) }' /proc/meminfo)
    [ "$memory" -ge 1 ] || memory=1
    [ "$memory" -lt "$cores" ] && echo "$memory" || echo "$cores"
}

# configure_and_build TARGET...: the release preset; ccache when it is there.
configure_and_build() {
    local launcher=()
    if command -v ccache >/dev/null; then
        launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
        # Precompiled headers are cached only when ccache may ignore what they make unknowable.
        export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    fi
    cd "$root"
    cmake --preset release "${launcher[@]}" >"$root/build/configure.log" 2>&1 ||
        { tail -n 30 "$root/build/configure.log" >&2; die "CMake could not configure; the whole log is build/configure.log."; }
    cmake --build --preset release --parallel "$(build_jobs)" --target "$@" >&2 ||
        die "The build failed; the first error is above."
}

# make_study_tables WORKSPACE <PYTHON: runs a script that makes tables with tools/study_tables.py, by the program that it
# builds first; ASSAY_TABLE_BUILT=1 takes the program as it is.
make_study_tables() {
    command -v python3 >/dev/null || die "python3 is missing: apt-get install python3."
    if [ -z "${ASSAY_TABLE_BUILT:-}" ]; then
        mkdir -p "$root/build"
        install_missing run
        # The script stands on the standard input, which a build must not read.
        configure_and_build assay_product </dev/null
    fi
    PYTHONPATH="$root/tools" PYTHONDONTWRITEBYTECODE=1 ASSAY_TABLE_WORKSPACE=$1 \
        python3 - "$root/build/release/bin/assay-cli"
}
