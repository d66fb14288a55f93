/*
 * Every maximum of the verifier, with its reason. What is larger is refused
 * with LIMIT before it costs memory or time.
 */
#ifndef VERIFY_LIMITS_H
#define VERIFY_LIMITS_H

/* Log sizes and indices: shifts, signed peers, SQLite integers. */
#define VF_MAX_TREE_SIZE INT64_MAX
/* Hashes of an inclusion and of a consistency proof for such a size. */
#define VF_MAX_INCLUSION 63
#define VF_MAX_CONSISTENCY 64
/* C2SP signed notes: x/mod reads 100 lines; ML-DSA lines have 3.3 kB. */
#define VF_MAX_NOTE_LINES 100
#define VF_MAX_NOTE_LINE 8192
#define VF_MAX_NOTE (128 * 1024)
#define VF_MAX_ORIGIN 255
/* The extra line of a log proof in base64: other readers stop at 64 KiB a line. */
#define VF_MAX_PROOF_EXTRA 65536
/* tlog-policy asks for at least 32 of each. */
#define VF_MAX_LOGS 32
#define VF_MAX_WITNESSES 64
#define VF_MAX_GROUPS 32
/* An entry is one length-prefixed item of a C2SP entry bundle (u16). */
#define VF_MAX_ENTRY 65535

/* Receipts: entries that are stored together, and hashes of a path among so many. */
#define VF_MAX_RECEIPT_GROUP (1u << 20)
#define VF_MAX_RECEIPT_PATH 20
#define VF_MAX_RECEIPT 4096
/* A participant's page: texts of a form and of details.json at their longest, each octet escaped; elements within each other. */
#define VF_MAX_PAGE (1024 * 1024)
#define VF_MAX_PAGE_DEPTH 16
/* Seconds that a promise may last: logs of certificates have a day. */
#define VF_MAX_RECEIPT_DELAY 86400
/* Milliseconds by which the clocks of notary and reader may differ. */
#define VF_RECEIPT_SKEW_MS 60000
#define VF_MAX_RECEIPT_KEYS 32

/* Data objects of one record: a statement of that many stays below 4 MiB. */
#define VF_MAX_MEMBERS 10000
#define VF_MAX_STATEMENT (4 * 1024 * 1024)
#define VF_MAX_SMALL_JSON 16384
#define VF_MAX_LINKS 256
/* Printed name of a signer, in octets: more than any certificate's common name (64 characters, RFC 5280). */
#define VF_MAX_PRINTED_NAME 256
#define VF_MAX_SEAL_HEAD (256 * 1024)
#define VF_MAX_SEAL_TOKENS 1024

/* Names in records and containers, in octets; depth in folders. */
#define VF_MAX_NAME 512
#define VF_MAX_NAME_DEPTH 32

/* Containers. ZIP without ZIP64 ends at 65,535 entries and 4 GiB. */
#define VF_MAX_ZIP_ENTRIES 20000
#define VF_MAX_ZIP_DIRECTORY (16 * 1024 * 1024)
/* Total inflated size against the container's: EU DSS stops at 100. */
#define VF_MAX_ZIP_RATIO 200
#define VF_MAX_ZIP_RATIO_FREE (16 * 1024 * 1024)
/* Parts that are read into memory as a whole (not documents). */
#define VF_MAX_PART (16 * 1024 * 1024)
#define VF_MAX_MANIFESTS 64
#define VF_MAX_XML_DEPTH 16
/* libxml2 compares the attributes of a tag pairwise; a URI has at most 1,536 octets. */
#define VF_MAX_XML_TAG 8192
#define VF_MAX_XML_ATTRIBUTES 16

/* Evidence records: four renewals a decade for a century, with room. */
#define VF_MAX_ER (16 * 1024 * 1024)
#define VF_MAX_ER_CHAINS 64
#define VF_MAX_ER_STAMPS 256
#define VF_MAX_ER_LISTS 128
#define VF_MAX_ER_VALUES 200000

/* Tokens and certificates. */
#define VF_MAX_TOKEN (1024 * 1024)
#define VF_MAX_CERTS 32
/* Signatures of other software: joint declarations have a handful of signers. */
#define VF_MAX_SIGNERS 16
/* Values of a CAdES hash index, and elements that are compared with each of them. */
#define VF_MAX_HASH_INDEX 1024
#define VF_MAX_CRLS 32
/* OCSP responses beside the tokens of a bundle: eight authorities, chains of three, twice, with room; octets of one. */
#define VF_MAX_OCSP_PARTS 64
#define VF_MAX_OCSP 32768
/* CRLs and OCSP responses that are weighed for one certificate: those of the token, the user's, the bundle's. */
#define VF_MAX_STATEMENTS 128
#define VF_MAX_CERT 65536
#define VF_MAX_PATH 8
#define VF_MAX_RSA_BITS 8192
#define VF_MAX_DER_DEPTH 32
#define VF_MAX_OID 64

/* A signer's own time of signing this long before the proven time is remarked: seals come daily or more often. */
#define VF_SIGNING_LEAD_MS (INT64_C(7) * 24 * 60 * 60 * 1000)

/* Trust directory. */
#define VF_MAX_TRUST_FILES 256
#define VF_MAX_TRUST_FILE (1024 * 1024)
#define VF_MAX_AUTHORITIES 32
#define VF_MAX_RULES 16

/* Evidence records (one per seal authority) in one bundle. */
#define VF_MAX_EVIDENCE 16

/* Study bundles: records and seals of a large study, in one file that a reader still opens; octets shared, of one bundle. */
#define VF_MAX_STUDY_RECORDS 100000
#define VF_MAX_STUDY_SEALS 10000
#define VF_MAX_STUDY_SHARED (64 * 1024 * 1024)
#define VF_MAX_STUDY_OUTPUT (32 * 1024 * 1024)
/* All bundles together against the file: ten thousand of 9 kB from 2 MB is 45. */
#define VF_MAX_STUDY_RATIO 1000
#define VF_MAX_STUDY_RATIO_FREE (16 * 1024 * 1024)

#endif
