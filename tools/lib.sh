# Shared by run, test and tools/check: what must be installed, and how to say what is happening.

# Packages of the distribution (Debian 12). Needed to build and run:
packages_build="g++ cmake ninja-build ccache mold pkg-config python3 brotli
  libboost1.81-dev libboost-json1.81-dev libssl-dev libicu-dev libfmt-dev libsqlite3-dev libpq-dev libsodium-dev
  libzip-dev libexpat1-dev libxlsxwriter-dev libcurl4-openssl-dev libfido2-dev libldap-dev libcjose-dev libjansson-dev zlib1g-dev libzstd-dev libbrotli-dev"
# Needed for the tests as well:
packages_test="libgtest-dev libgmock-dev postgresql chromium-headless-shell fonts-noto-cjk procps slapd ldap-utils openssl libfaketime"
# Needed for tools/check as well:
packages_check="clang-format-19 clang-tidy-19 git"

node_least="20.19.0"

say() { printf '\033[1m%s\033[0m\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# install_packages NAME...: installs what is missing, or says exactly what is.
install_packages() {
  local missing="" name
  local installed
  installed=" $(dpkg-query -W -f='${binary:Package} ${db:Status-Status}\n' 2>/dev/null | awk '$2 == "installed" { sub(/:.*/, "", $1); printf "%s ", $1 }')"
  for name in "$@"; do
    case "$installed" in *" $name "*) ;; *) missing="$missing $name" ;; esac
  done
  [ -z "$missing" ] && return 0
  local as_root=""
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root="sudo"; else
      fail "These packages are missing and only root can install them:
  apt-get install -y --no-install-recommends$missing"
    fi
  fi
  say "Installing packages:$missing"
  $as_root apt-get update -qq || fail "The list of packages could not be fetched."
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y --no-install-recommends -qq $missing >build/packages.log 2>&1 \
    || { tail -n 20 build/packages.log >&2; fail "Installing packages failed; all of it is in build/packages.log."; }
}

node_is_new_enough() {
  command -v node >/dev/null || return 1
  node -e '
    const have = process.versions.node.split(".").map(Number), least = process.argv[1].split(".").map(Number)
    process.exit(have[0] > least[0] || (have[0] === least[0] && have[1] >= least[1]) ? 0 : 1)' "$node_least"
}

# The machine's Node when it is new enough, otherwise the npm package "node", kept in build/tools.
provide_node() {
  node_is_new_enough && command -v npm >/dev/null && return 0
  install_packages nodejs npm
  node_is_new_enough && return 0
  local home="$PWD/build/tools"
  if [ ! -x "$home/node_modules/node/bin/node" ]; then
    say "Fetching a newer Node than the distribution's"
    mkdir -p "$home"
    npm install --prefix "$home" --no-audit --no-fund --silent node@22 || fail "Node $node_least or newer is needed and could not be fetched."
  fi
  export PATH="$home/node_modules/node/bin:$PATH"
  node_is_new_enough || fail "Node $node_least or newer is needed."
}

# configure PRESET [OPTIONS...]: only when it was not configured like this before.
configure() {
  local preset="$1"
  shift
  local wanted="$preset $*"
  # The tests are built once their library is there: ./test brings it after ./run has configured without.
  [ -e /usr/include/gtest/gtest.h ] && wanted="$wanted with tests"
  if [ ! -f "build/$preset/build.ninja" ] || [ "$(cat "build/$preset/configured" 2>/dev/null)" != "$wanted" ]; then
    cmake --preset "$preset" "$@" >"build/configure-$preset.log" 2>&1 || { tail -n 30 "build/configure-$preset.log" >&2; fail "Configuring failed."; }
    printf '%s' "$wanted" >"build/$preset/configured"
  fi
}

# build PRESET TARGET...: with progress on a terminal, and only the end of the log elsewhere when something fails.
build() {
  local preset="$1"
  shift
  if [ -t 1 ]; then
    cmake --build --preset "$preset" --target "$@" || fail "The build failed."
  else
    cmake --build --preset "$preset" --target "$@" >"build/build-$preset.log" 2>&1 || { grep -E -A6 'error|FAILED' "build/build-$preset.log" | tail -n 60 >&2; fail "The build failed; all of it is in build/build-$preset.log."; }
  fi
}
