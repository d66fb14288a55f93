/* Pieces of which tests make ODM documents. */
#ifndef TESTS_ODM_TEXT_H
#define TESTS_ODM_TEXT_H

#define NS13 "xmlns='http://www.cdisc.org/ns/odm/v1.3'"
#define NS20 "xmlns='http://www.cdisc.org/ns/odm/v2.0'"
#define DATA(text) "<ClinicalData StudyOID='S' MetaDataVersionOID='M'>" text "</ClinicalData>"
#define AUDIT(user, site, time) \
	"<AuditRecord><UserRef UserOID='" user "'/><LocationRef LocationOID='" site "'/><DateTimeStamp>" time \
	"</DateTimeStamp></AuditRecord>"

#endif
