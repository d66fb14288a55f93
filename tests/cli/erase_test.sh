#!/bin/bash
# Erasure: what an erased record said is in no file of the notary, and every other bundle still verifies.
# DESIGN section 3, item 7, by the program alone: records as users make them, the whole folder searched
# for the texts and for each digest, nonce and salt, as hex text and as octets.
#   TRIALVERIFY, TRIALNOTARY: paths of the programs
set -u
. "$(dirname "$0")/lib.sh"

export LC_ALL=C

record() { head -c 64 out; }

# All files of a folder as hex digits, one file a line.
dump() {
	find "$1" -type f -print | while read -r file; do
		od -An -v -tx1 <"$file" | tr -d ' \n'
		echo
	done
}
octets() { printf %s "$1" | od -An -v -tx1 | tr -d ' \n'; }

# secrets BUNDLE NAME: texts.NAME gets all that the record says, hex.NAME its digests, nonces and salts.
# What stays is taken out (docs/formats/stream.md): the ID, stream.json and, when all members
# hide what they hold, the members' SHA-256.
secrets() {
	local bundle=$1 name=$2 keep=$3 b
	must "$tv" extract --trust trust -o "parts.$name" "$bundle"
	must "$tn" show n "$id" --json
	{
		grep -o '"[0-9a-f]\{64,128\}"' out | tr -d '"'
		for b in statement.json commitment-001.json commitment-002.json; do
			[ -e "parts.$name/$b" ] && grep -o '"[0-9a-f]\{64,128\}"' "parts.$name/$b" | tr -d '"'
		done
	} | sort -u >all
	{
		echo "$id"
		grep -o '"id512":"[0-9a-f]*"\|"slot":"[0-9a-f]*"\|"stream":{"id":"[0-9a-f]*"' out | grep -o '[0-9a-f]\{64,\}'
		grep -o '[0-9a-f]\{64,\}' "parts.$name/stream.json"
		sha256sum <"parts.$name/stream.json" | cut -c1-64
		[ "$keep" = digests ] &&
			sed 's/.*"members":\[//; s/\],"documents".*//' out | grep -o '"sha256":"[0-9a-f]*' | cut -d'"' -f4
	} | sort -u >stays
	comm -23 all stays >"hex.$name"
	[ "$(wc -l <"hex.$name")" -ge 4 ] || fault "$name: too few secrets to look for"
}

# found NAME: how many of the record's secrets the folder still holds
found() {
	local hits=0 text
	dump n >hex
	while IFS= read -r text; do
		grep -raqF -- "$text" n && hits=$((hits + 1)) && echo "$1: '$text'"
		grep -qF -- "$(octets "$text")" hex && hits=$((hits + 1))
	done <"texts.$1" >&2
	while read -r text; do
		grep -raqF -- "$text" n && hits=$((hits + 1)) && echo "$1: hex $text"
		# 8 octets are the width of the indexes, and shorter than any part that could stay by chance
		grep -qF -- "${text:0:16}" hex && hits=$((hits + 1)) && echo "$1: octets of $text"
	done <"hex.$1" >&2
	echo "$hits"
}
gone() { count=$((count + 1)); [ "$(found "$1")" = 0 ] || fault "$1: something erased is still there"; }
there() { count=$((count + 1)); [ "$(found "$1" 2>/dev/null)" -gt "$2" ] || fault "$1: the search finds nothing before erasing"; }

must "$tn" init n
must "$tn" trust export n -o trust
mkdir a b
echo "the signed consent of QUILL-ONE" >a/quill-scan-one.pdf
echo "the second page of QUILL-ONE" >a/quill-page-two.pdf
echo "the signed consent of another" >b/other.pdf
echo "the protocol with PLAIN-TEXT-THREE" >plain-three.pdf
echo "the plan with HIDDEN-FOUR" >hidden-four.pdf
for i in $(seq 40); do echo "data $i" >b/data-$i.csv; done

# neighbours on all sides, so that pages of the database are split
must "$tn" submit n --study ER-1 --kind dataset --each --keep b
head -1 out >others; sed -n 20p out >>others
must "$tn" submit n --study ER-1 --kind consent-form --version form-9 plain-three.pdf
form=$(record)
must "$tn" submit n --study ER-1 --kind consent --keep --version version-QUILL --date 1999-09-19 \
	--title "consent of QUILL" --link "uses=$form" a
one=$(record)
must "$tn" submit n --study ER-1 --kind results --keep --version v-PLAIN --title "title PLAIN" plain-three.pdf
three=$(record)
must "$tn" seal n
must "$tn" submit n --study ER-2 --kind analysis-plan --confidential --keep --title "title HIDDEN" hidden-four.pdf
four=$(record)
must "$tn" submit n --study ER-1 --kind consent --keep --version other-version b/other.pdf
record >>others
must "$tn" submit n --study ER-1 --kind dataset --version again --each --keep b
tail -1 out >>others
must "$tn" seal n
echo "$form" >>others
must "$tn" submit n --study ER-1 --kind consent --keep --title "waiting QUILL" a
waiting=$(record)

mkdir before after
for id in "$one" "$three" "$four"; do must "$tn" export n "$id" -o "$id.asice"; done
cut -c1-64 others | sort -u >ids
while read -r id; do must "$tn" export n "$id" -o "before/$id.asice"; done <ids

id=$one secrets "$one.asice" one digests
printf '%s\n' quill-scan-one.pdf quill-page-two.pdf QUILL-ONE version-QUILL 1999-09-19 "consent of QUILL" "$work/a" >texts.one
id=$three secrets "$three.asice" three none
printf '%s\n' v-PLAIN "title PLAIN" >texts.three
id=$four secrets "$four.asice" four digests
printf '%s\n' hidden-four.pdf HIDDEN-FOUR "title HIDDEN" >texts.four
printf '%s\n' "waiting QUILL" >texts.waiting
: >hex.waiting
for r in one three four waiting; do there $r "$(($(wc -l <texts.$r) - 1))"; done
# plain-three.pdf is also another record's: its own name and digests stay with that record
must "$tn" show n "$form" --json
for h in $(grep -o '[0-9a-f]\{64,\}' out); do grep -v "$h" hex.three >x; mv x hex.three; done
# so do the documents of the record that waits, until it is erased too

must "$tn" erase n "$waiting" --yes
gone waiting
must "$tn" erase n "$one" --yes
gone one
must "$tn" erase n "$four" --yes
gone four
must "$tn" erase n "$three" --yes
gone three
for h in $(sha256sum a/* hidden-four.pdf | cut -c1-64); do
	count=$((count + 1))
	[ ! -e "n/documents/$h" ] || fault "a kept document of an erased record is there"
done
[ -e "n/documents/$(sha256sum <b/other.pdf | cut -c1-64)" ] || fault "another record's kept document is gone"
for r in "$one" "$three" "$four" "$waiting"; do
	must "$tn" status n "$r"
	[ "$(cat out)" = "$r  ERASED" ] || fault "not erased: $(cat out)"
	"$tn" export n "$r" -o no.asice >out 2>&1
	[ $? = 1 ] || fault "an erased record is exported"
	grep -q ERASED out || fault "no ERASED: $(cat out)"
done
must "$tn" seal n
must "$tn" log audit n
must "$tn" fsck n

# every other bundle: the same bytes as before, and verified
while read -r id; do
	must "$tn" export n "$id" -o "after/$id.asice"
	must "$tv" --trust trust "after/$id.asice"
	cmp -s "before/$id.asice" "after/$id.asice" || fault "the bundle of $id has changed"
done <ids
# Submitted again it is a new record with an ID of its own, and says so.
must "$tn" submit n --study ER-1 --kind consent --version version-QUILL --date 1999-09-19 \
	--title "consent of QUILL" --link "uses=$form" a
[ "$(record)" != "$one" ] || fault "an erased record came back"
grep -q 'submitted before' err && fault "a new record is called an old one"
must "$tn" erase n "$(record)" --yes
gone one

# killed at any moment and run again
for i in 1 2 3 4 5 6; do
	echo "killed QUILL-ONE $i" >"a/kill-$i.pdf"
	must "$tn" submit n --study ER-1 --kind consent --keep --title "killed QUILL-$i" "a/kill-$i.pdf"
	id=$(record)
	[ $((i % 2)) = 0 ] && must "$tn" seal n
	"$tn" erase n "$id" --yes >/dev/null 2>&1 &
	pid=$!
	sleep "0.00$((i * 2))"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	must "$tn" erase n "$id" --yes
	must "$tn" status n "$id"
	[ "$(cat out)" = "$id  ERASED" ] || fault "not erased: $(cat out)"
	printf '%s\n' "killed QUILL-$i" "kill-$i.pdf" "QUILL-ONE" >texts.kill
	: >hex.kill
	gone kill
done
must "$tn" seal n
must "$tn" log audit n
must "$tn" fsck n

finished
