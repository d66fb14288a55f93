# Data of somebody who withdrew, for tests of rules; sourced.

# Dataset-JSON: PERSON-A withdrew on 2026-03-01; rows of FILE DATE are of DATE
person=SITE-9-PERSON-A
disposition() {
	cat >"$1" <<-J
	{"datasetJSONCreationDateTime":"2026-04-01T00:00:00","datasetJSONVersion":"1.1.0","itemGroupOID":"IG.DS","records":1,"name":"DS","label":"Disposition",
	"columns":[{"itemOID":"IT.DS.STUDYID","name":"STUDYID","label":"a","dataType":"string"},{"itemOID":"IT.DS.DOMAIN","name":"DOMAIN","label":"a","dataType":"string"},
	{"itemOID":"IT.DS.USUBJID","name":"USUBJID","label":"a","dataType":"string"},{"itemOID":"IT.DS.DSSEQ","name":"DSSEQ","label":"a","dataType":"integer"},
	{"itemOID":"IT.DS.DSTERM","name":"DSTERM","label":"a","dataType":"string"},{"itemOID":"IT.DS.DSDECOD","name":"DSDECOD","label":"a","dataType":"string"},
	{"itemOID":"IT.DS.DSCAT","name":"DSCAT","label":"a","dataType":"string"},{"itemOID":"IT.DS.DSSTDTC","name":"DSSTDTC","label":"a","dataType":"string"}],
	"rows":[["S-1","DS","$person",1,"WITHDRAWAL BY SUBJECT","WITHDRAWAL BY SUBJECT","DISPOSITION EVENT","2026-03-01"]]}
	J
}
signs() { # FILE DATE...: one row of vital signs for each date
	local file=$1 rows='' d seq=0
	shift
	for d in "$@"; do
		seq=$((seq + 1))
		rows="$rows${rows:+,}[\"S-1\",\"VS\",\"$person\",$seq,\"PULSE\",\"$d\"]"
	done
	cat >"$file" <<-J
	{"datasetJSONCreationDateTime":"2026-04-01T00:00:00","datasetJSONVersion":"1.1.0","itemGroupOID":"IG.VS","records":$seq,"name":"VS","label":"Vital signs",
	"columns":[{"itemOID":"IT.VS.STUDYID","name":"STUDYID","label":"a","dataType":"string"},{"itemOID":"IT.VS.DOMAIN","name":"DOMAIN","label":"a","dataType":"string"},
	{"itemOID":"IT.VS.USUBJID","name":"USUBJID","label":"a","dataType":"string"},{"itemOID":"IT.VS.VSSEQ","name":"VSSEQ","label":"a","dataType":"integer"},
	{"itemOID":"IT.VS.VSTESTCD","name":"VSTESTCD","label":"a","dataType":"string"},{"itemOID":"IT.VS.VSDTC","name":"VSDTC","label":"a","dataType":"string"}],
	"rows":[$rows]}
	J
}
