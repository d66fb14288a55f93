#!/bin/bash
# describe, check, report and explain as users use them.
#   TRIALNOTARY: path of the program
set -u
. "$(dirname "$0")/lib.sh"

export LC_ALL=C

# ---- files ----

cat >odm.xml <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2" FileType="Snapshot" FileOID="F.1" CreationDateTime="2026-02-03T04:05:06Z">
  <Study OID="S.1">
    <GlobalVariables>
      <StudyName>EX-1</StudyName>
      <StudyDescription>An example</StudyDescription>
      <ProtocolName>EX-1 protocol</ProtocolName>
    </GlobalVariables>
    <MetaDataVersion OID="MDV.1" Name="Version 3"/>
  </Study>
  <ClinicalData StudyOID="S.1" MetaDataVersionOID="MDV.1">
    <SubjectData SubjectKey="PERSON-0815">
      <StudyEventData StudyEventOID="SE.1"/>
    </SubjectData>
  </ClinicalData>
</ODM>
END
head -c 300 odm.xml >broken.xml
printf 'STUDYID,DOMAIN,USUBJID,SUBJID,RFICDTC,RFSTDTC\nEX-1,DM,PERSON-0815,0815,2024-02-10,2024-02-12\n' >dm.csv
cat >reg.xml <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<clinical_study>
  <id_info><org_study_id>EX-1</org_study_id><nct_id>NCT00000001</nct_id></id_info>
  <brief_title>An example</brief_title>
  <study_first_submitted>March 11, 2024</study_first_submitted>
</clinical_study>
END
echo 'no format' >plain
{
	echo '<?xml version="1.0"?><ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2" FileOID="F.2"><Study OID="S.2">'
	for i in $(seq 30); do echo "<MetaDataVersion OID=\"MDV.$i\" Name=\"V$i $(printf 'x%.0s' $(seq 150))\"/>"; done
	echo '</Study></ODM>'
} >many.xml
mkdir folder
cp odm.xml dm.csv folder

# ---- describe ----

runs 0 describe odm.xml
has out 'CDISC ODM-XML, 63'
has out 'study.title                        An example'
has out '    version.number                   Version 3'
has out "SHA-256 $(sha256sum odm.xml | cut -c1-64)"
lacks out ' at /ODM'
runs 0 describe --places odm.xml
has out '2026-02-03T04:05:06Z  at /ODM/@CreationDateTime'
runs 0 describe --json odm.xml
has out '{"schema":"trialnotary/describe/1","files":[{"name":"odm.xml"'
has out '"name":"file.created","value":"2026-02-03T04:05:06Z","normal":"2026-02-03T04:05:06Z","precision":"second","grade":"declared","place":"/ODM/@CreationDateTime"'
has out "\"sha512\":\"$(sha512sum odm.xml | cut -c1-128)\""
[ "$(wc -l <out)" = 1 ] || fault 'the JSON is not one line'

# a person is counted, and named only for who asks
for options in '' --json '--all --places' '--rows --audit --columns --json'; do
	# shellcheck disable=SC2086
	runs 0 describe $options odm.xml dm.csv folder
	lacks out PERSON-
	lacks out 0815
	lacks out 2024-02-1
	has out file.subjects
done
runs 0 describe --subjects odm.xml
has out 'PERSON-0815'
runs 0 describe --subjects --json dm.csv
has out '"subject":"PERSON-0815"'

# much is cut, and all is shown when it is asked for
runs 0 describe many.xml
has out "and 18 more of 'version' (--all shows them)"
has out ' ...'
lacks out V30
runs 0 describe --all many.xml
has out "V30 $(printf 'x%.0s' $(seq 150))"
lacks out 'more of'

# what has a form, and does not stand in it, may be anything: its length is shown, and the text to who asks for persons
cat >audit.xml <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2" FileType="Snapshot" FileOID="F.3" CreationDateTime="asked Jane Roe">
  <ClinicalData StudyOID="S.1" MetaDataVersionOID="MDV.1">
    <SubjectData SubjectKey="PERSON-0815">
      <AuditRecord><UserRef UserOID="Jane Roe"/><LocationRef LocationOID="L.1"/><DateTimeStamp>Tuesday, Roe</DateTimeStamp>
        <ReasonForChange>Mrs Roe called</ReasonForChange></AuditRecord>
      <AuditRecord><UserRef UserOID="U.1"/><LocationRef LocationOID="L.1"/><DateTimeStamp>2026-02-03T04:05:06Z</DateTimeStamp></AuditRecord>
    </SubjectData>
  </ClinicalData>
</ODM>
END
runs 0 describe --audit audit.xml
lacks out Roe
has out 'file.created                       [14 octets: shown with --subjects]  (not a date of its form)'
has out 'audit.time                       [12 octets: shown with --subjects]  (not a date of its form)'
has out 'audit.user                       [8 octets: shown with --subjects]'
has out 'audit.reason                     [14 octets: shown with --subjects]'
has out 'audit.user                       U.1'
has out '2026-02-03T04:05:06Z'
runs 0 describe --audit --json audit.xml
lacks out Roe
has out '"name":"audit.time","item":2,"value":null,"hidden":12,"precision":null,"bad":true'
has out '"name":"audit.reason","item":2,"value":null,"hidden":14'
runs 0 describe --audit --subjects audit.xml
has out 'Tuesday, Roe  (not a date of its form)'
has out 'Mrs Roe called'
lacks out 'shown with'

# what is shown grows with the file, memory does not
{
	printf '['
	for i in $(seq 40000); do printf '{"protocolSection":{"identificationModule":{"nctId":"NCT%08d","briefTitle":"Title %d"}}},' "$i" "$i"; done
	printf '{}]'
} >records.json
# the sanitizers cannot begin in so little
(ulimit -S -v 120000 && "$tn" --version) >out 2>&1 && ulimit -S -v 120000
runs 0 describe --all records.json
[ "$(grep -c '^  study ' out)" = 40001 ] || fault 'not each record is named once'
has out '  study 40001'
lacks out 'more of item'
has out 'study.title                      Title 39999'
has out 'file.registry-records              40001'
runs 0 describe --json records.json
[ "$(grep -o '"name":"study.title"' out | wc -l)" = 40000 ] || fault 'not each title is there'
has out '"name":"file.registry-records","value":"40001"'
runs 0 describe records.json
has out "and 39989 more of 'study' (--all shows them)"
[ "$(wc -c <out)" -lt 3000 ] || fault 'more is shown than was asked for'
ulimit -S -v unlimited
# a thing that goes on after much else is named again: the title stands behind 40,000 outcomes of its record
{
	printf '[{"protocolSection":{"identificationModule":{"nctId":"NCT00000001"},"outcomesModule":{"primaryOutcomes":['
	for i in $(seq 20000); do printf '{"measure":"M %d"},' "$i"; done
	printf '{"measure":"last"}]},"statusModule":{"overallStatus":"COMPLETED"}}}]'
} >outcomes.json
runs 0 describe --all outcomes.json
has out '  more of item 1'
[ "$(grep -c '^  record ' out)" = 20001 ] || fault 'not each outcome is named once'
has out 'study.status                     COMPLETED'
runs 0 describe outcomes.json
lacks out 'more of item'
has out 'study.status                     COMPLETED'

runs 0 describe folder plain
[ "$(grep -c SHA-256 out)" = 3 ] || fault 'a folder and a file are not three files'
has out 'no format that is known, 10 octets'
runs 0 describe --json plain
has out '"reader":null,"facts":[],"warnings":[]'

runs 1 describe broken.xml odm.xml
has out 'not read to its end: FILE_SHAPE: line 6, column 46'
has out 'study.name                         EX-1'
has out 'version.number'
has err "FILE_SHAPE: broken.xml: line 6, column 46: '>' is missing"
runs 1 describe --json broken.xml
has out '"fault":{"code":"FILE_SHAPE","text":"line 6, column 46'
runs 66 describe gone.xml
has err NO_INPUT
runs 66 describe --json gone.xml
has out '{"schema":"trialnotary/error/1","code":"NO_INPUT"'
runs 64 describe
runs 64 describe --subject odm.xml
ln -s odm.xml link.xml
runs 66 describe link.xml

# ---- check ----

runs 0 init n
runs 0 submit n --study EX-1 --kind protocol --version 1 --title '<script>alert("1")</script> & more' plain
runs 0 seal n
runs 0 check n --study EX-1 --rule P4
has out 'P4  PASS'
has out '0 FAIL, 0 INCONCLUSIVE, 0 PASS-NOTE, 1 PASS, 0 N/A: PASS'
runs 2 check n --study EX-1
has out 'C2  INCONCLUSIVE(missing-record)'
has err RULE_UNCLEAR
runs 0 submit n --study EX-1 --kind registration reg.xml
runs 0 submit n --study EX-1 --kind dataset dm.csv
runs 0 seal n
runs 1 check n --study EX-1
has out 'P1  FAIL(order)                  study: first submitted to a registry: 2024-03-11 (registry); first enrolment: 2024-02-10 (declared)'
has err RULE_BROKEN
lacks out PERSON-
runs 1 check n --study EX-1 --rule P1 --json
has out '{"schema":"trialnotary/findings/1","study":"EX-1"'
has out '"summary":{"fail":1,"inconclusive":0,"pass_note":0,"pass":0,"not_applicable":0,"worst":"FAIL"}'
lacks out '"rule":"P2"'
runs 0 check n --study EX-1 --rule P4 --at 2030-01-02T03:04:05Z
has out 'as of 2030-01-02T03:04:05'
runs 64 check n --study EX-1 --rule P99
has err "no rule 'P99'"
runs 64 check n --study EX-1 --at yesterday
runs 64 check n
runs 66 check n --study OTHER
# a record in a table of ICTRP does what its XML does
printf '%s\n' 'TrialID,Public title,Date registration,Date registration3,Source Register' \
	'NCT00000001,An example,11/03/2024,20240311,ClinicalTrials.gov' >ictrp.csv
runs 0 submit n --study EX-3 --kind registration --title R ictrp.csv
runs 0 submit n --study EX-3 --kind dataset --title D dm.csv
runs 0 seal n
runs 1 check n --study EX-3 --rule P1
has out 'P1  FAIL(order)                  study: first submitted to a registry: 2024-03-11 (registry); first enrolment: 2024-02-10 (declared)'

# the checksums of an exchange file, against the files
mkdir etmf
printf 'licence' >'etmf/a licence.pdf'
printf 'plan' >etmf/plan.pdf
cat >etmf/exchange.xml <<END
<BATCH xmlns="https://tmfrefmodel.com/ems" STUDYID="EX-2" TRANSFERSOURCEID="CRO" TRANSFERID="1" SPECIFICATIONID="A" TMFRMVERSION="3.0">
<OBJECT><OBJECTID>D-1</OBJECTID><FILE><INTEGRITY>sha256-$(sha256sum <'etmf/a licence.pdf' | cut -c1-64)</INTEGRITY><CONTENTURL>05/a%20licence.pdf</CONTENTURL></FILE></OBJECT>
<OBJECT><OBJECTID>D-2</OBJECTID><FILE><INTEGRITY>md5-$(md5sum <etmf/plan.pdf | cut -c1-32)</INTEGRITY><CONTENTURL>01/plan.pdf</CONTENTURL></FILE></OBJECT></BATCH>
END
for file in etmf/*; do runs 0 submit n --study EX-2 --kind other --title D "$file"; done
runs 0 seal n
runs 0 check n --study EX-2 --rule D5
has out 'D5  PASS'
has out 'files that have the checksums that others say: 2'
sed 's/md5-../md5-00/; s/sha256-../sha256-00/' etmf/exchange.xml >etmf/exchange2.xml
runs 0 submit n --study EX-2 --kind other --title D etmf/exchange2.xml
runs 0 seal n
runs 1 check n --study EX-2 --rule D5
has out 'another checksum than it says'
# a document that moved is found where it is now
mkdir moved
mv reg.xml moved
runs 2 check n --study EX-1 --rule P1
runs 1 check n --study EX-1 --rule P1 --from moved
mv moved/reg.xml .

# ---- report ----

runs 0 report n --study EX-1 -o one.html --at 2030-01-02T03:04:05Z
runs 0 report n --study EX-1 -o two.html --at 2030-01-02T03:04:05Z
cmp -s one.html two.html || fault 'two reports of one time differ'
lacks one.html 'http:'
lacks one.html 'https:'
lacks one.html '<script'
lacks one.html 'src='
lacks one.html PERSON-
has one.html '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; more'
has one.html "default-src 'none'"
has one.html '2024-03-11'
runs 64 report n --study EX-1 -o one.html --at 2030-01-02T03:04:06Z
has err EXISTS
cmp -s one.html two.html || fault 'a report was replaced'
runs 0 report n --study EX-1 -o one.html --at 2031-01-02T03:04:05Z --force
! cmp -s one.html two.html || fault '--force replaced nothing'
runs 64 report n --study EX-1
runs 66 report n --study OTHER -o other.html
runs 0 report n --study EX-1 -o json.html --json
has out "\"sha256\":\"$(sha256sum json.html | cut -c1-64)\""
[ ! -e other.html ] || fault 'a report of no record was made'

# ---- explain ----

runs 0 explain P1
has out 'P1: registration before enrolment'
runs 0 explain --json G1
has out '"rule":"G1"'
runs 0 explain rules
[ "$(wc -l <out)" -ge 32 ] || fault 'not all rules are listed'
while read -r id _; do runs 0 explain "$id"; done < <("$tn" explain rules)
runs 0 explain rules --json
has out "{\"rule\":\"G1\""
runs 0 explain RULE_BROKEN
has out 'exit status 1'
runs 0 explain FILE_SHAPE
runs 64 explain P99

finished
