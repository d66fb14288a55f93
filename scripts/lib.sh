# Shared by the scripts: packages, builds, counting. Sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1

say() { printf '\n== %s\n' "$*"; }

# need_packages PACKAGE...: installs what is missing by name; without root it says which line to run.
need_packages() {
	local missing=()
	for p in "$@"; do
		dpkg-query -W -f='${db:Status-Status}\n' "$p" 2>/dev/null | grep -qx installed || missing+=("$p")
	done
	[ ${#missing[@]} -eq 0 ] && return 0
	if [ "$(id -u)" != 0 ]; then
		printf 'These packages are missing. Run this line and start again:\n\n  sudo apt-get install -y --no-install-recommends %s\n\n' "${missing[*]}" >&2
		exit 1
	fi
	say "installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
		{ apt-get update -q >/dev/null && apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null; } ||
		{ echo "the packages could not be installed: ${missing[*]}" >&2; exit 1; }
}

build_packages=(gcc libc6-dev meson ninja-build pkg-config libssl-dev libarchive-dev libxml2-dev libjansson-dev zlib1g-dev libsqlite3-dev libevent-dev libcurl4-openssl-dev libqrencode-dev)
test_packages=(clang llvm lld libclang-rt-14-dev curl openssl unzip zip faketime strace zbar-tools poppler-utils)
static_packages=(binutils libacl1-dev libbz2-dev libicu-dev liblz4-dev liblzma-dev libzstd-dev nettle-dev)
interop_packages=(default-jdk-headless libbcprov-java libbcpkix-java libbcutil-java golang-go golang-golang-x-mod-dev python3-jsonschema)

# clang's runtime has the version in its name: take the one of the distribution.
fix_clang_package() {
	local version
	version=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p' | head -1)
	[ -n "$version" ] || return 0
	for i in "${!test_packages[@]}"; do
		case ${test_packages[$i]} in
		libclang-rt-*)
			if apt-cache show "libclang-rt-$version-dev" >/dev/null 2>&1; then
				test_packages[$i]=libclang-rt-$version-dev
			else
				unset "test_packages[$i]"
			fi ;;
		esac
	done
}

# build DIR COMPILER OPTION...: configures once, then builds.
build() {
	local dir=$1 compiler=$2
	shift 2
	if [ ! -f "$dir/build.ninja" ]; then
		rm -rf "$dir"
		CC=$compiler meson setup "$dir" "$@" >"$dir.log" 2>&1 || { cat "$dir.log" >&2; return 1; }
		mv "$dir.log" "$dir/setup.log"
	fi
	ninja -C "$dir" >"$dir/ninja.log" 2>&1 || { tail -60 "$dir/ninja.log" >&2; return 1; }
}
