/*
 * Who may do what: parties, their credentials, and the decision about a request.
 *
 * Knows 'access.db' in the notary's folder (docs/formats/audit.md). What a
 * request is about, and that each decision becomes an audit event (audit.h), is
 * the service's question. Secrets are seen here only by nt_token_*(); the
 * database holds their hashes.
 *
 * Any thread may call; calls are served one after the other, but nt_access_check() waits for none of them. After IO the access
 * database must be opened again, with its notary: all calls but free refuse until then.
 */
#ifndef NOTARY_ACCESS_H
#define NOTARY_ACCESS_H

#include "notary/findings.h"
#include "notary/random.h"

struct nt_access;

enum nt_role {
	NT_ROLE_NONE,
	NT_ROLE_SPONSOR,
	NT_ROLE_ETHICS_BOARD,
	NT_ROLE_SITE,
	NT_ROLE_AUDITOR,
	NT_ROLE_READER,
	NT_ROLE_OPERATOR,
};
#define NT_ROLE_COUNT 7

enum nt_right {
	NT_RIGHT_NONE,
	NT_RIGHT_SUBMIT,
	NT_RIGHT_READ,
	NT_RIGHT_ERASE,
	NT_RIGHT_ADMIN,
};
#define NT_RIGHT_COUNT 5
#define NT_RIGHT_BIT(right) (1U << (right))

#define NT_PARTY_LEN 64
/* A party that could not be named. */
#define NT_PARTY_UNKNOWN "unknown"
/* The submitter of the notary's own records. */
#define NT_PARTY_NOTARY "notary"
#define NT_TOKEN_LEN 53
#define NT_TOKEN_DAYS 90
#define NT_TOKEN_MAX_DAYS 730
#define NT_MAX_CREDENTIALS 100000
#define NT_MAX_SCOPE_STUDIES 64

/* "ethics-board", …, "erase", …; "" for NONE. */
const char *nt_role_name(enum nt_role role);
const char *nt_right_name(enum nt_right right);
/* NONE when the name is unknown. */
enum nt_role nt_role_find(struct vf_bytes name);
enum nt_right nt_right_find(struct vf_bytes name);
/* Bits of the rights that a role has. */
unsigned nt_role_rights(enum nt_role role);
/* True for the name of a party that may be added: the form, and not reserved. */
bool nt_party_name_is(struct vf_bytes name);

/* A fresh token for the caller's eyes; its hash is what is stored. */
VF_RC nt_token_make(
	struct nt_random *r, char out[NT_TOKEN_LEN + 1], struct vf_hash *ret_hash, struct vf_err *reterr);
/* The hash of a token's secret. UNAUTHENTICATED when the text is not in its exact form. */
VF_RC nt_token_read(struct vf_bytes text, struct vf_hash *ret_hash, struct vf_err *reterr);

/*
 * Opens 'access.db' in dir. Without create *ret is NULL when there is none. The
 * caller holds the notary's lock (nt_notary_access() does it all).
 */
VF_RC nt_access_open(const char *dir, bool create, struct nt_access **ret, struct vf_err *reterr);
struct nt_access *nt_access_free(struct nt_access *a);
void nt_access_freep(struct nt_access **a);

/* ---- the decision ---- */

/* What came with a request: the token if it is there, otherwise the key of the client's certificate. */
struct nt_credential {
	struct vf_bytes token;      /* as sent; empty: none */
	const struct vf_hash *spki; /* of the certificate that TLS has checked; NULL: none */
};

struct nt_decision {
	enum vf_rc rc; /* VF_OK: granted */
	char party[NT_PARTY_LEN + 1];
	enum nt_role role;   /* NONE when the party is unknown */
	uint64_t credential; /* 0 when it is unknown */
	unsigned rights;     /* bits; 0 when it is unknown */
};

/*
 * Decides in memory; reads no disk. Returns VF_OK when granted, and ret->rc
 * always says the same: ret is written in either case, as a denied access is
 * an event too. NT_RIGHT_NONE asks only who it is, not for study and kind. An empty study or kind
 * is inside a scope of any only. UNAUTHENTICATED, TOKEN_REVOKED, TOKEN_EXPIRED, FORBIDDEN.
 */
VF_RC nt_access_check(struct nt_access *a, const struct nt_credential *c, enum nt_right right,
	struct vf_bytes study, struct vf_bytes kind, int64_t now_ms, struct nt_decision *ret,
	struct vf_err *reterr);

/* ---- care ---- */

/* Each change is durable on VF_OK, and nothing is changed otherwise. EXISTS: the name belongs to a party already. */
VF_RC nt_access_party_add(
	struct nt_access *a, const char *name, enum nt_role role, int64_t now_ms, struct vf_err *reterr);
/* With all its credentials. *ret_before: it was revoked before. UNKNOWN_PARTY. */
VF_RC nt_access_party_revoke(
	struct nt_access *a, const char *name, int64_t now_ms, bool *ret_before, struct vf_err *reterr);

struct nt_grant {
	const char *party;
	bool certificate;    /* hash is that of a key; otherwise of a token's secret */
	struct vf_hash hash;
	unsigned rights;     /* bits; 0: all of the role */
	struct vf_bytes studies, kinds; /* lines, each ended by LF; empty: any */
	int64_t expires_ms;
};

/*
 * Refuses UNKNOWN_PARTY, TOKEN_REVOKED (the party is), FORBIDDEN (a right that the role does not have), USAGE (times,
 * studies, kinds), EXISTS (a key that is pinned already), LIMIT.
 */
VF_RC nt_access_grant(struct nt_access *a, const struct nt_grant *g, int64_t now_ms, uint64_t *ret_number,
	struct vf_err *reterr);
VF_RC nt_access_revoke(
	struct nt_access *a, uint64_t number, int64_t now_ms, bool *ret_before, struct vf_err *reterr);

/* Rows as they are; ranges live during the call. */
struct nt_party_row {
	uint64_t number;
	struct vf_bytes name;
	enum nt_role role;
	int64_t created_ms, revoked_ms; /* VF_TIME_NONE: not revoked */
};
struct nt_credential_row {
	uint64_t number;
	struct vf_bytes party;
	bool certificate;
	struct vf_hash hash;
	unsigned rights;
	struct vf_bytes studies, kinds;
	int64_t created_ms, expires_ms, revoked_ms; /* revoked: itself or its party */
	int64_t used_ms;                            /* the beginning of the day of its last use; VF_TIME_NONE: never */
};
typedef VF_RC nt_each_party(void *ctx, const struct nt_party_row *row, struct vf_err *reterr);
typedef VF_RC nt_each_credential(void *ctx, const struct nt_credential_row *row, struct vf_err *reterr);
/* In order of creation. */
VF_RC nt_access_parties(struct nt_access *a, nt_each_party *each, void *ctx, struct vf_err *reterr);
VF_RC nt_access_credentials(struct nt_access *a, nt_each_credential *each, void *ctx, struct vf_err *reterr);

/* A consistent copy in a new file (for backups). */
VF_RC nt_access_backup(struct nt_access *a, const char *path, struct vf_err *reterr);
/* What fsck can say: the database's own structure and every row's form. */
VF_RC nt_access_fsck(struct nt_access *a, struct nt_findings *f, struct vf_err *reterr);

#endif
