#!/usr/bin/env bash
# The log across implementations: golang.org/x/mod (sumdb/note, sumdb/tlog) judges ours, we judge what it makes. Prints
# what it tried. Exit 0 all as expected, 1 not, 77 go or the package is missing.
# usage: log.sh LOG_TOOL; TRIALNOTARY: path of the program
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/expect.sh"
tool=$(realpath "${1:?usage: log.sh LOG_TOOL}")
notary=${TRIALNOTARY:?}
modules=/usr/share/gocode
for part in note tlog; do
	[ -d "$modules/src/golang.org/x/mod/sumdb/$part" ] || skip "no $part of golang.org/x/mod (golang-golang-x-mod-dev)"
done
command -v go >/dev/null || skip "no go (golang-go)"
command -v unzip >/dev/null || skip "no unzip"
# 70,000 files and what is synced to disk for them: in memory where there is such a folder
memory=/dev/shm
[ -w "$memory" ] || memory=${TMPDIR:-/tmp}
work=$(mktemp -d -p "$memory") || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# In the manner before modules: Debian's package has the sources, and nothing is fetched.
(cd "$here/golang/notecheck" && GO111MODULE=off GOPATH=$modules GOFLAGS='' GOPROXY=off GOCACHE=$work/cache \
	go build -o "$work/notecheck" .) || { echo "FAIL  notecheck cannot be built"; exit 1; }

# ---- Go on ours: one log at several sizes, two of them with tiles that are just full ----
must "$notary" init n --origin interop.example/ours
must "$notary" trust export n -o trust
key=$(sed -n 's/^log //p' trust/tlog-policy)
have=0
for size in 1 2 255 256 257 600 70000; do
	mkdir "docs-$size"
	seq "$((have + 1))" "$size" | split -l 1 -a 4 - "docs-$size/"
	have=$size
	"$notary" submit n --study INTEROP --kind other --each "docs-$size" >"ids-$size" 2>/dev/null || exit 1
	must "$notary" seal n
	cp n/log/checkpoint "checkpoint-$size"
	expect valid "Go on our log of $size" ./notecheck log n/log "$key" "checkpoint-$size"
done
expect valid "Go on the older checkpoints, with the tiles of now" ./notecheck log n/log "$key" \
	checkpoint-1 checkpoint-2 checkpoint-255 checkpoint-256 checkpoint-257 checkpoint-600
for pair in 1:2 1:70000 2:255 255:256 256:257 256:70000 257:600 600:70000 70000:70000; do
	from=${pair%:*} to=${pair#*:}
	must "$notary" log consistency n --from "$from" --to "$to"
	cp must.out proof
	expect valid "Go on our consistency proof, $from to $to" ./notecheck consistency "$key" "checkpoint-$from" \
		"checkpoint-$to" proof
done
must "$notary" log consistency n --from 255 --to 600
cp must.out proof
expect "invalid: invalid transparency proof" "Go on a proof between other sizes" \
	./notecheck consistency "$key" checkpoint-256 checkpoint-600 proof
for size in 1 2 255 256 257 600 70000; do
	id=$(cut -d ' ' -f 1 "ids-$size" | tail -n 1)
	must "$notary" export n "$id" -o "b-$size.asice" --force
	rm -rf box
	must unzip -qq "b-$size.asice" -d box
	expect valid "Go on the log proof of a bundle sealed at $size" ./notecheck proof n/log "$key" \
		box/META-INF/trialnotary/log.tlog-proof box/META-INF/trialnotary/entry
done
cp box/META-INF/trialnotary/entry entry
sed -i '4s/[0-9]/a/' entry
expect "invalid: invalid transparency proof" "Go on our proof with another entry" ./notecheck proof n/log \
	"$key" box/META-INF/trialnotary/log.tlog-proof entry
must "$notary" init other --origin interop.example/ours
must "$notary" trust export other -o other-trust
expect "invalid: checkpoint-1: note has no verifiable" "Go on our checkpoint with another log's key" ./notecheck log n/log \
	"$(sed -n 's/^log //p' other-trust/tlog-policy)" checkpoint-1
for size in 1 600 70000; do
	echo "$key" | tr -d '\n' >key
	expect valid "ours on ours, checkpoint of $size" "$tool" note key "checkpoint-$size"
done

# ---- ours on Go's notes; differ NAMES those that Go takes and we refuse (docs/interop.md says why) ----
mkdir notes
must ./notecheck notes notes
differ=" extension loose-root loose-signature witness-first "
while read -r name verdict; do
	want=$verdict what="as Go: $verdict"
	case $differ in
	*" $name "*)
		expect valid "Go on its own note '$name'" echo "$verdict"
		want=invalid what="not as Go: invalid" ;;
	esac
	expect "$want" "ours on Go's note '$name', $what" "$tool" note notes/key "notes/$name.note"
done < <(sort notes/verdicts)

# ---- ours on Go's proofs and tiles ----
for seed in 1 2 3; do
	./notecheck proofs $seed | grep -v ^valid >proofs
	expect "valid: the same word" "ours on Go's proofs, seed $seed" "$tool" proofs proofs
done
sed '7s/ valid / invalid /;t;7s/ invalid / valid /' proofs >turned
expect "invalid: line 7: theirs" "ours on Go's proofs with one word turned" "$tool" proofs turned
for size in 1 2 255 256 257 1000 70000; do
	must ./notecheck tiles "go-$size" $size
	expect valid "ours on Go's log of $size" "$tool" tiles "go-$size" "go-$size/key"
done
flip go-1000/tile/0/001 100
expect "invalid: PROOF_ROOT" "ours on Go's log with a changed tile" "$tool" tiles go-1000 go-1000/key
flip go-257/tile/entries/000 100
expect "invalid: PROOF_ROOT: entry" "ours on Go's log with a changed entry" "$tool" tiles go-257 go-257/key
finish 60
