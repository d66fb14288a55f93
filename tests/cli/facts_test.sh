#!/bin/bash
# submit fills version, date and title from documents and sidecar files, and never where persons or confidence are at stake.
#   TRIALNOTARY, TRIALVERIFY: paths of the programs
set -u
. "$(dirname "$0")/lib.sh"

export LC_ALL=C
needs python3

# recorded ID VERSION DATE TITLE: what stands in the record
recorded() {
	local id=$1 line
	count=$((count + 1))
	"$tn" show n "$id" --json >out 2>err || fault "show $id"
	line=$(python3 -c 'import json,sys; r=json.load(open("out")); print("|".join(r.get(k) or "-" for k in ("version","date","title")))')
	[ "$line" = "$2|$3|$4" ] || fault "record says '$line', not '$2|$3|$4'"
}
# submit ARGUMENT...: the first ID goes into id
submit() {
	runs 0 submit n --study EX-1 "$@"
	id=$(head -c 64 out)
}
# odm FILE NUMBER... : a version for each number
odm() {
	local file=$1
	shift
	{
		echo '<?xml version="1.0"?><ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2" FileOID="F.1" CreationDateTime="2026-02-03T04:05:06Z">'
		echo '<Study OID="S.1"><GlobalVariables><StudyName>EX-1</StudyName><StudyDescription>An'
		echo '   example</StudyDescription><ProtocolName>EX-1 protocol</ProtocolName></GlobalVariables>'
		for number; do echo "<MetaDataVersion OID=\"MDV.$number\" Name=\"$number\"/>"; done
		echo '</Study></ODM>'
	} >"$file"
}
registry() { # FILE TITLE
	echo "<clinical_study><id_info><nct_id>NCT00000001</nct_id></id_info><brief_title>$2</brief_title>
<official_title>Longer</official_title><last_update_submitted>$3</last_update_submitted></clinical_study>" >"$1"
}

runs 0 init n

# ---- what documents say ----

odm a.xml 3.0
submit --kind dataset a.xml
has err "'a.xml' says: version '3.0' (version.number), date '2026-02-03T04:05:06Z' (file.created), title 'An example' (study.title)"
recorded "$id" 3.0 2026-02-03T04:05:06Z 'An example'
first=$id
# the same again makes nothing, and --quiet says nothing
runs 0 submit n --study EX-1 --kind dataset a.xml --quiet --json
has out "\"id\":\"$first\""
has out '"new":0,"before":1'
[ ! -s err ] || fault '--quiet says something'
# versions of the metadata are not those of a protocol
submit --kind protocol a.xml
recorded "$id" - 2026-02-03T04:05:06Z 'An example'
# two versions are none; an option counts more than what the document says
odm b.xml 1 2
submit --kind dataset b.xml --date 2020-01-01
recorded "$id" - 2020-01-01 'An example'
submit --kind dataset b.xml --date 2020-01-02 --version x --title y
recorded "$id" x 2020-01-02 y
lacks err says:
# a registry's record: the first of its titles, and its last change; a month is no day
registry r.xml 'Short &amp; <!-- -->good' 'June 4, 2025'
submit --kind registration r.xml
recorded "$id" - 2025-06-04 'Short & good'
registry r.xml Short 'June 2025'
submit --kind registration r.xml
recorded "$id" - - Short
# what a statement cannot say is left out, and told
registry l.xml "$(printf 'long %.0s' $(seq 200))" 'June 4, 2025'
sed -i 's/<official_title>.*<.official_title>//' l.xml
submit --kind registration l.xml
has err "'l.xml': study.title cannot be the title of a statement and is left out"
recorded "$id" - 2025-06-04 -
# a broken file is notarised as it is
head -c 300 a.xml >broken.xml
submit --kind dataset broken.xml
has err "'broken.xml' says nothing for the statement: FILE_SHAPE"
recorded "$id" - - -
echo text >plain
submit --kind other plain
recorded "$id" - - -

# ---- what was submitted without is not made again ----

odm c.xml 5
submit --kind dataset --no-facts c.xml
recorded "$id" - - -
old=$id
submit --kind dataset c.xml
[ "$id" = "$old" ] || fault 'what was submitted with --no-facts was made again'

# ---- several documents ----

mkdir -p each/deep two
odm each/one.xml 1.0
odm each/deep/two.xml 2.0
cp plain each
submit --kind dataset --each each
[ "$(wc -l <out)" = 3 ] || fault 'not three records'
cp out ids
recorded "$(grep one.xml ids | head -c 64)" 1.0 2026-02-03T04:05:06Z 'An example'
recorded "$(grep two.xml ids | head -c 64)" 2.0 2026-02-03T04:05:06Z 'An example'
recorded "$(grep plain ids | head -c 64)" - - -
runs 0 submit n --study EX-1 --kind dataset --each each
cmp -s out ids || fault 'a folder that was submitted again has other IDs'
has err '3 of 3 records were submitted before'
# of one record all documents must say the same
cp each/one.xml two/one.xml
cp each/deep/two.xml two/two.xml
submit --kind dataset two
recorded "$id" - 2026-02-03T04:05:06Z 'An example'
cp plain two
submit --kind dataset two
recorded "$id" - - -

# ---- sidecar files ----

mkdir side
odm side/a.xml 4.0
echo '{"version":"4.1","title":"By hand"}' >side/a.xml.trial.json
echo '{}' >side/b.trial.json
submit --kind dataset --each side
has err '1 sidecar files (*.trial.json) describe their documents and are no documents'
[ "$(wc -l <out)" = 2 ] || fault 'a sidecar file is a document, or one without a document is none'
recorded "$(grep a.xml out | head -c 64)" 4.1 2026-02-03T04:05:06Z 'By hand'
submit --kind dataset side/a.xml --title Option
recorded "$id" 4.1 2026-02-03T04:05:06Z Option
# one that is named is a document
submit --kind other side/a.xml.trial.json
submit --kind dataset --no-facts side
"$tn" show n "$id" --json >out
has out a.xml.trial.json
# what is wrong in one is refused before anything is stored
before=$("$tn" list n | wc -l)
for bad in '{"versions":"1"}' '{"version":1}' '{"version":""}' '{"version":"1","version":"2"}' '["1"]' '' '{"title":"a\u0000b"}' '{"title":"a\nb"}' '{"date":"1"} x'; do
	printf '%s' "$bad" >side/a.xml.trial.json
	runs 1 submit n --study EX-1 --kind dataset --version 9 --each side
	has err "sidecar file 'a.xml.trial.json'"
done
head -c 70000 /dev/zero | tr '\0' ' ' >side/a.xml.trial.json
runs 1 submit n --study EX-1 --kind dataset --version 9 side/a.xml
has err LIMIT
rm side/a.xml.trial.json
ln -s /dev/zero side/a.xml.trial.json
runs 66 submit n --study EX-1 --kind dataset --version 9 side/a.xml
rm side/a.xml.trial.json
# two of one record that disagree
cp each/one.xml side/two.xml
echo '{"date":"2020-01-01"}' >side/a.xml.trial.json
echo '{"date":"2020-01-02"}' >side/two.xml.trial.json
runs 64 submit n --study EX-1 --kind dataset side
has err 'two dates: give --date'
[ "$before" = "$("$tn" list n | wc -l)" ] || fault 'something was stored'
rm side/b.trial.json
submit --kind dataset side --date 2020-01-03
recorded "$id" - 2020-01-03 'An example'

# ---- nothing where persons or confidence are at stake ----

mkdir hidden
odm hidden/h.xml 6.0
echo '{"version":"6.1","title":"Miller"}' >hidden/h.xml.trial.json
submit --kind dataset --confidential hidden
has err '1 sidecar files (*.trial.json) are not read, as the documents are confidential, and are no documents'
recorded "$id" - - -
submit --kind consent --no-facts hidden/h.xml
recorded "$id" - - -
submit --kind consent hidden
lacks err says:
recorded "$id" - - -

# names of persons in the head of a data set stay where they are
cat >dm.json <<'END'
{"datasetJSONCreationDateTime":"2026-01-02T03:04:05","datasetJSONVersion":"1.1.0","studyOID":"S.1","itemGroupOID":"IG.DM","records":1,"name":"DM","label":"Demographics",
"columns":[{"itemOID":"IT.DM.USUBJID","name":"USUBJID","label":"Subject","dataType":"string"}],"rows":[["PERSON-0815"]]}
END
submit --kind dataset dm.json
recorded "$id" - 2026-01-02T03:04:05 Demographics
lacks err PERSON

# ---- options ----

runs 64 submit n --study EX-1 --kind dataset a.xml --facts

finished
