#!/usr/bin/env bash
# compare, manifest and submit --canonical as a reviewer meets them: a file that was downloaded, exported or packed again.
set -u
. "$(dirname "$0")/lib.sh"

# ---- bytes and canonical XML ----
printf '<?xml version="1.0"?>\n<study id="1" name="x">\n <date>2026-03-01</date>\n</study>\n' >a.xml
cp a.xml same.xml
printf '<study name="x"\r\n id="1"><!-- got again -->\r\n <date>2026-03-01</date>\r\n</study>' >again.xml
sed 's/2026-03-01/2026-03-02/' again.xml >changed.xml
runs 0 compare a.xml same.xml
said "bytes: the same file"
runs 0 compare a.xml again.xml
said "xml: not the same bytes; the same content by http://www.w3.org/2006/12/xml-c14n11"
runs 1 compare --bytes a.xml again.xml
said "the two have other octets"
runs 1 compare a.xml changed.xml
[ "$(head -1 out)" = different ] || fault "the first word is not 'different'"
said "/study/date, line 3 of the first file, and /study/date, line 3 of the second file"
unsaid "2026-03"
runs 0 compare a.xml again.xml --json
said '"level":"xml"'
runs 1 compare a.xml changed.xml --json
said '"level":"different"'
said '"path":"/study/date","line":3,"end":false'
printf '<!DOCTYPE study><study/>' >dtd.xml
runs 1 compare a.xml dtd.xml
said "not compared: second file: doctype-no-c14n"
printf '<study>' >broken.xml
runs 1 compare broken.xml a.xml
said "not compared: first file: parse-error"
printf '<study id="1" name="x">\n <date>2026-03-01</date>\n</study><?more?>' >longer.xml
runs 1 compare a.xml longer.xml
said "the end of the first file"
runs 66 compare a.xml absent.xml
runs 64 compare a.xml

# ---- rows ----
printf 'SUBJ,AGE,NOTE\n001,63,"a ""b"""\n002,64,\n' >a.csv
printf '\xef\xbb\xbfSUBJ;AGE;NOTE\r\n"001";63;"a ""b""  "\r\n002;64;""\r\n' >b.csv
printf 'SUBJ,AGE,NOTE\n001,63,"a ""b"""\n002,65,secret\n003,1,x\n' >c.csv
runs 0 compare a.csv b.csv
said "rows: not the same bytes; the same values by trialnotary/rows/1"
runs 1 compare a.csv c.csv
said "rows: 2 in the first file, 3 in the second; 1 have cells that differ"
said "column AGE: 1 cells differ, first in row 2"
said "column NOTE: 1 cells differ, first in row 2"
unsaid secret
runs 1 compare a.csv c.csv --values
said 'null | "secret"'
runs 1 compare a.csv c.csv --json
unsaid secret
said '"name":"AGE","cells":1,"texts":1'
printf '{"datasetJSONVersion":"1.1.0","name":"DM","columns":[{"name":"AGE","dataType":"float"}],"rows":[[8.55],[1]]}' >a.json
printf '{"rows":[[8.549999999999999],[1]],"columns":[{"dataType":"float","name":"AGE"}],"name":"DM","datasetJSONVersion":"1.1.0"}' >b.json
printf '{"rows":[[8.550],[1e0]],"columns":[{"dataType":"float","name":"AGE"}],"name":"DM","datasetJSONVersion":"1.1.0"}' >c.json
printf '{"datasetJSONVersion":"1.1.0","name":"DM","columns":[{"name":"AGE","dataType":"float"}]}\n[8.55]\r\n[1]\n' >a.ndjson
runs 0 compare a.json c.json
runs 0 compare a.json a.ndjson
runs 1 compare a.json b.json
said "numbers, by at most 2.1e-16 of the value"

# ---- listings ----
mkdir -p folder/sub other
printf one >folder/a.txt
printf two >folder/sub/b.txt
cp -r folder/. other
runs 0 manifest folder
cp out listing.json
runs 0 manifest folder -o written.json
said "2 members of 6 octets"
said "$(sha256sum <listing.json | cut -c1-64)"
cmp -s listing.json written.json || fault "-o writes another listing"
runs 64 manifest folder -o written.json
said EXISTS
runs 0 manifest folder -o written.json --force
# a mistyped name costs no document, and no notary its database
printf precious >precious.txt
ln -s written.json link.json
"$tn" init kept >out 2>err || fault "no notary for the test"
for place in precious.txt link.json kept/notary.db; do
	before=$(sha256sum <$place)
	runs 64 manifest folder -o $place --force
	said "is there and is no listing: --force replaces listings alone"
	[ "$(sha256sum <$place)" = "$before" ] || fault "$place was replaced"
done
runs 0 manifest folder --json
said '"members":2,"size":6'
said '"files":[{"name":"a.txt","size":3'
tar -cf folder.tar -C folder .
(cd folder && tar -czf ../files.tgz sub/b.txt a.txt)
for second in other folder.tar files.tgz listing.json; do
	runs 0 compare folder $second
	said "listing: not the same bytes; the same files in it"
done
runs 0 compare folder.tar listing.json
runs 0 compare folder.tar files.tgz
runs 0 compare listing.json written.json
said "bytes: the same file"
printf three >other/c.txt
printf TWO >other/sub/b.txt
runs 1 compare listing.json other
said "only in the second: c.txt"
said "other content: sub/b.txt"
sed 's/"members":2/"members":3/' listing.json >bad.json
runs 1 compare bad.json folder
said FILE_SHAPE
runs 2 manifest a.xml
said "no archive of a known form"

# ---- a record that declares ----
runs 0 init n --origin trials.example.org/2026
mkdir docs
cp a.xml a.csv folder.tar dtd.xml docs
runs 0 submit n --study DEMO-1 --kind dataset docs --canonical canonical.json --json
id=$(id_of)
said "'dtd.xml' has no canonical form (xml): doctype-no-c14n"
said '"files":5'
[ "$(stat -c %a canonical.json)" = 600 ] || fault "others may read the declaration"
grep -q '^{"schema":"trialnotary/canonical/1","documents":\[{"name":"a.csv","forms":\[{"algorithm":"trialnotary/rows/1",' canonical.json || fault "the declaration is not as it must be"
runs 0 submit n --study DEMO-1 --kind dataset docs --canonical canonical.json --json
[ "$(id_of)" = "$id" ] || fault "the same submission makes another record"
runs 0 compare n "$id" docs/a.xml
said "bytes: the same file"
runs 0 compare n "$id" again.xml --name a.xml
said "xml: not the same bytes"
runs 0 compare n "$id" b.csv --name a.csv
said "rows: not the same bytes"
runs 1 compare n "$id" changed.xml --name a.xml
runs 1 compare n "$id" listing.json --name folder.tar
said "declares no canonical form"
runs 64 compare n "$id" again.xml
said "--name"
# as many places as are named are looked at
mkdir moved
cp canonical.json moved
echo "{}" >canonical.json
runs 1 compare n "$id" again.xml --name a.xml
said DOCUMENT_CHANGED
many=()
for i in $(seq 1 100); do mkdir "empty-$i"; many+=(--from "empty-$i"); done
runs 0 compare n "$id" again.xml --name a.xml "${many[@]}" --from moved
runs 64 submit n --study DEMO-1 --kind dataset docs/a.xml --canonical canonical.json
said EXISTS
runs 64 submit n --study DEMO-1 --kind dataset --each docs --canonical x.json
cp canonical.json docs/Canonical.json
runs 1 submit n --study DEMO-1 --kind dataset docs --canonical x.json
said NAME_SHAPE
runs 0 submit n --study DEMO-1 --kind dataset folder --canonical x.json
said "none is declared"
[ ! -e x.json ] || fault "a declaration of nothing is made"
runs 0 submit n --study DEMO-1 --kind dataset docs/a.xml --canonical hidden.json --confidential --keep --json
hidden=$(id_of)
rm hidden.json
runs 0 compare n "$hidden" again.xml
said "xml: not the same bytes"
runs 0 seal n
runs 0 trust export n -o trust
runs 0 export n "$hidden" -o hidden.asice
expect 0 "$tv" hidden.asice --trust trust
runs 0 fsck n

finished
