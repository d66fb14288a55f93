#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notary/api_inside.h"
#include "notary/random.h"
#include "trial/kind.h"
#include "verify/json.h"
#include "verify/text.h"

#define DAY_MS INT64_C(86400000)
#define MAX_LINES 16384

/* ---- seal now ---- */

void nt_api_seal_now(struct nt_job *j)
{
	nt_keeper_seal_soon(j->api->keeper);
	nt_job_event(j, NT_RIGHT_ADMIN, NT_ABOUT_NONE, NULL, VF_OK, 1);
	j->status = 202;
	nt_buf_put_str(&j->body, "{\"state\":\"sealing\"}\n");
	nt_job_end(j);
}

/* ---- what these have in common ---- */

/* Records the outcome, answers. */
static void end(struct nt_job *j, enum vf_rc rc, const struct vf_err *err, const char *field)
{
	nt_job_event(j, NT_RIGHT_ADMIN, NT_ABOUT_NONE, NULL, rc, 1);
	if (rc != VF_OK)
		nt_job_refuse(j, rc, err, field);
	if (rc == VF_TOKEN_REVOKED)
		j->status = 422; /* the party that is named was revoked, not who asks */
	nt_job_end(j);
}

static void put_when(struct nt_buf *b, const char *name, int64_t ms)
{
	if (ms != VF_TIME_NONE)
		nt_put_time(b, name, ms);
}

/* The body as an object with these names; NULL after a refusal. */
static struct vf_json_doc *read_object(struct nt_job *j, const char *const *names)
{
	struct vf_json_doc *doc = NULL;
	struct vf_err err;
	enum vf_rc rc;

	if (!nt_http_is_type(j->q, "application/json")) {
		nt_job_fail(j, VF_HTTP_UNSUPPORTED, "Content-Type", "the body is application/json");
		return NULL;
	}
	rc = vf_json_parse(nt_http_body(j->q), &doc, &err);
	if (rc == VF_OK)
		rc = vf_json_check_names(vf_json_root(doc), names, &err);
	if (rc == VF_OK)
		return doc;
	vf_json_freep(&doc);
	nt_job_refuse(j, rc, &err, NULL);
	nt_job_end(j);
	return NULL;
}

static bool read_text(const struct vf_json_value *object, const char *name, char *ret, size_t room)
{
	struct vf_bytes text;

	if (!vf_json_str(vf_json_get(object, name), &text) || text.n == 0 || text.n >= room)
		return false;
	memset(ret, 0, room);
	memcpy(ret, text.p, text.n);
	return true;
}

static VF_RC shape(struct vf_err *reterr, const char **field, const char *name, const char *what)
{
	*field = name;
	return vf_fail(reterr, VF_JSON_SHAPE, "%s", what);
}

/* ---- parties ---- */

static VF_RC put_party(void *ctx, const struct nt_party_row *row, struct vf_err *reterr)
{
	struct nt_job *j = ctx;

	(void)reterr;
	nt_buf_put_str(&j->body, j->a++ ? ",{\"name\":" : "{\"name\":");
	nt_buf_put_json(&j->body, row->name);
	nt_buf_putf(&j->body, ",\"role\":\"%s\"", nt_role_name(row->role));
	put_when(&j->body, "created", row->created_ms);
	put_when(&j->body, "revoked", row->revoked_ms);
	nt_buf_put_u8(&j->body, '}');
	return VF_OK;
}

void nt_api_parties(struct nt_job *j)
{
	struct vf_err err = {0};
	enum vf_rc rc;

	nt_buf_put_str(&j->body, "{\"parties\":[");
	rc = nt_access_parties(j->api->access, put_party, j, &err);
	nt_buf_put_str(&j->body, "]}\n");
	end(j, rc, &err, NULL);
}

void nt_api_party_add(struct nt_job *j)
{
	static const char *const names[] = {"name", "role", NULL};
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = read_object(j, names);
	char name[NT_PARTY_LEN + 1], role_name[32];
	enum nt_role role = NT_ROLE_NONE;
	const char *field = NULL;
	struct vf_err err = {0};
	enum vf_rc rc = VF_OK;

	if (!doc)
		return;
	if (!read_text(vf_json_root(doc), "name", name, sizeof(name)) || !nt_party_name_is(vf_bytes_str(name)))
		rc = shape(&err, &field, "/name", "not the name of a party: [a-z0-9][a-z0-9._-]{0,63}, and not reserved");
	if (rc == VF_OK && read_text(vf_json_root(doc), "role", role_name, sizeof(role_name)))
		role = nt_role_find(vf_bytes_str(role_name));
	if (rc == VF_OK && role == NT_ROLE_NONE)
		rc = shape(&err, &field, "/role", "not a role: sponsor, ethics-board, site, auditor, reader or operator");
	if (rc == VF_OK)
		rc = nt_access_party_add(j->api->access, name, role, nt_notary_now(j->api->n), &err);
	if (rc == VF_OK) {
		j->status = 201;
		snprintf(j->location, sizeof(j->location), "/v1/parties/%s", name);
		nt_buf_putf(&j->body, "{\"name\":\"%s\",\"role\":\"%s\"}\n", name, nt_role_name(role));
	}
	end(j, rc, &err, field);
}

void nt_api_party_revoke(struct nt_job *j)
{
	struct vf_bytes path = nt_http_path(j->q);
	char name[NT_PARTY_LEN + 1] = {0};
	struct vf_err err = {0};
	bool before = false;
	enum vf_rc rc;

	if (!vf_take_str(&path, "/v1/parties/") || !nt_party_name_is(path)) {
		rc = vf_fail(&err, VF_UNKNOWN_PARTY, "not the name of a party");
	} else {
		memcpy(name, path.p, path.n);
		rc = nt_access_party_revoke(j->api->access, name, nt_notary_now(j->api->n), &before, &err);
	}
	if (rc == VF_OK)
		nt_buf_putf(&j->body, "{\"name\":\"%s\",\"before\":%s}\n", name, before ? "true" : "false");
	end(j, rc, &err, NULL);
}

/* ---- tokens ---- */

static void put_lines(struct nt_buf *b, const char *name, struct vf_bytes lines)
{
	struct vf_bytes line;
	size_t n = 0;

	if (lines.n == 0)
		return;
	nt_buf_putf(b, ",\"%s\":[", name);
	while (vf_take_line(&lines, &line)) {
		if (n++)
			nt_buf_put_u8(b, ',');
		nt_buf_put_json(b, line);
	}
	nt_buf_put_u8(b, ']');
}

static void put_rights(struct nt_buf *b, unsigned rights)
{
	size_t n = 0;

	nt_buf_put_str(b, ",\"rights\":[");
	for (unsigned i = NT_RIGHT_NONE + 1; i < NT_RIGHT_COUNT; i++)
		if (rights & NT_RIGHT_BIT(i))
			nt_buf_putf(b, "%s\"%s\"", n++ ? "," : "", nt_right_name((enum nt_right)i));
	nt_buf_put_u8(b, ']');
}

/* Never the hash: it would help nobody but who tries tokens against it. */
static VF_RC put_credential(void *ctx, const struct nt_credential_row *row, struct vf_err *reterr)
{
	struct nt_job *j = ctx;

	(void)reterr;
	nt_buf_putf(&j->body, "%s{\"number\":%" PRIu64, j->a++ ? "," : "", row->number);
	nt_put_text(&j->body, "party", row->party);
	nt_buf_putf(&j->body, ",\"type\":\"%s\"", row->certificate ? "certificate" : "token");
	put_rights(&j->body, row->rights);
	put_lines(&j->body, "studies", row->studies);
	put_lines(&j->body, "kinds", row->kinds);
	put_when(&j->body, "created", row->created_ms);
	put_when(&j->body, "expires", row->expires_ms);
	put_when(&j->body, "revoked", row->revoked_ms);
	put_when(&j->body, "used", row->used_ms);
	nt_buf_put_u8(&j->body, '}');
	return VF_OK;
}

void nt_api_tokens(struct nt_job *j)
{
	struct vf_err err = {0};
	enum vf_rc rc;

	nt_buf_put_str(&j->body, "{\"tokens\":[");
	rc = nt_access_credentials(j->api->access, put_credential, j, &err);
	nt_buf_put_str(&j->body, "]}\n");
	end(j, rc, &err, NULL);
}

/* An array of texts as lines; absent is fine. */
static bool read_lines(const struct vf_json_value *object, const char *name, size_t max, struct nt_buf *lines)
{
	const struct vf_json_value *v = vf_json_get(object, name);
	struct vf_bytes text;

	if (!v)
		return true;
	if (!vf_json_is_array(v) || vf_json_count(v) == 0)
		return false;
	for (size_t i = 0; i < vf_json_count(v); i++) {
		if (!vf_json_str(vf_json_item(v, i), &text) || text.n == 0 || text.n > max || !vf_text_is_plain(text))
			return false;
		nt_buf_put(lines, text);
		nt_buf_put_u8(lines, '\n');
	}
	return !lines->failed;
}

static bool read_kinds(const struct vf_json_value *object, struct nt_buf *lines)
{
	struct vf_bytes all, line;

	if (!read_lines(object, "kinds", 64, lines))
		return false;
	all = nt_buf_bytes(lines);
	while (vf_take_line(&all, &line))
		if (tr_kind_find(line) == TR_KIND_NONE)
			return false;
	return true;
}

static bool read_rights(const struct vf_json_value *object, unsigned *ret)
{
	const struct vf_json_value *v = vf_json_get(object, "rights");
	struct vf_bytes text;

	*ret = 0;
	if (!v)
		return true;
	for (size_t i = 0; i < vf_json_count(v); i++) {
		enum nt_right right = vf_json_str(vf_json_item(v, i), &text) ? nt_right_find(text) : NT_RIGHT_NONE;

		if (right == NT_RIGHT_NONE)
			return false;
		*ret |= NT_RIGHT_BIT(right);
	}
	return *ret != 0;
}

struct granting {
	char party[NT_PARTY_LEN + 1];
	struct nt_buf studies, kinds;
	struct nt_grant g;
};

static VF_RC read_grant(const struct vf_json_value *root, struct granting *x, int64_t now_ms, const char **field,
	struct vf_err *reterr)
{
	const struct vf_json_value *spki = vf_json_get(root, "spki"), *days = vf_json_get(root, "days");
	uint64_t n = NT_TOKEN_DAYS;

	if (!read_text(root, "party", x->party, sizeof(x->party)))
		return shape(reterr, field, "/party", "not the name of a party");
	if (days && (!vf_json_uint(days, &n) || n == 0 || n > NT_TOKEN_MAX_DAYS))
		return shape(reterr, field, "/days", "not a number of days from 1 to 730");
	if (!read_rights(root, &x->g.rights))
		return shape(reterr, field, "/rights", "not a list of rights: submit, read, erase, admin");
	if (!read_lines(root, "studies", 128, &x->studies))
		return shape(reterr, field, "/studies", "not a list of study IDs");
	if (!read_kinds(root, &x->kinds))
		return shape(reterr, field, "/kinds", "not a list of kinds of records");
	if (spki && !vf_json_hex(spki, x->g.hash.b, sizeof(x->g.hash.b)))
		return shape(reterr, field, "/spki", "not the SHA-256 of a public key: 64 lower-case hex digits");
	x->g.certificate = spki != NULL;
	x->g.party = x->party;
	x->g.studies = nt_buf_bytes(&x->studies);
	x->g.kinds = nt_buf_bytes(&x->kinds);
	x->g.expires_ms = now_ms + (int64_t)n * DAY_MS;
	return VF_OK;
}

void nt_api_token_new(struct nt_job *j)
{
	static const char *const names[] = {"party", "?days", "?rights", "?studies", "?kinds", "?spki", NULL};
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = read_object(j, names);
	struct granting x = {.studies = nt_buf(MAX_LINES), .kinds = nt_buf(MAX_LINES)};
	int64_t now_ms;
	struct nt_random random = {.left = 0};
	char token[NT_TOKEN_LEN + 1] = "";
	const char *field = NULL;
	struct vf_err err = {0};
	uint64_t number = 0;
	enum vf_rc rc;

	if (!doc)
		return;
	now_ms = nt_notary_now(j->api->n); /* j is gone when there is no doc */
	rc = read_grant(vf_json_root(doc), &x, now_ms, &field, &err);
	if (rc == VF_OK && !x.g.certificate)
		rc = nt_token_make(&random, token, &x.g.hash, &err);
	if (rc == VF_OK)
		rc = nt_access_grant(j->api->access, &x.g, now_ms, &number, &err);
	if (rc == VF_OK) {
		j->status = 201;
		snprintf(j->location, sizeof(j->location), "/v1/tokens/%" PRIu64, number);
		nt_buf_putf(&j->body, "{\"number\":%" PRIu64, number);
		nt_put_text(&j->body, "party", vf_bytes_str(x.party));
		nt_put_text(&j->body, "token", vf_bytes_str(token));
		nt_put_time(&j->body, "expires", x.g.expires_ms);
		nt_buf_put_str(&j->body, "}\n");
	}
	explicit_bzero(token, sizeof(token));
	nt_buf_done(&x.studies);
	nt_buf_done(&x.kinds);
	end(j, rc, &err, field);
}

void nt_api_token_revoke(struct nt_job *j)
{
	struct vf_bytes path = nt_http_path(j->q);
	struct vf_err err = {0};
	bool before = false;
	enum vf_rc rc;

	if (!vf_take_str(&path, "/v1/tokens/") || !vf_decimal_read(path, (UINT64_C(1) << 62) - 1, &j->a))
		rc = vf_fail(&err, VF_UNKNOWN_TOKEN, "a credential has a number");
	else
		rc = nt_access_revoke(j->api->access, j->a, nt_notary_now(j->api->n), &before, &err);
	if (rc == VF_OK)
		nt_buf_putf(&j->body, "{\"number\":%" PRIu64 ",\"before\":%s}\n", j->a, before ? "true" : "false");
	end(j, rc, &err, NULL);
}

/* ---- the audit trail ---- */

static VF_RC put_event(void *ctx, const struct nt_event_row *row, struct vf_err *reterr)
{
	struct nt_job *j = ctx;
	struct nt_event e;
	enum vf_rc rc = nt_event_parse(row->text, &e, reterr);

	if (rc != VF_OK)
		return rc;
	nt_buf_putf(&j->body, "%s{\"number\":%" PRIu64, j->a++ ? "," : "", e.number);
	nt_put_time(&j->body, "time", e.time_ms);
	nt_put_text(&j->body, "party", e.party);
	nt_buf_putf(&j->body, ",\"credential\":%" PRIu64 ",\"right\":\"%s\"", e.credential, nt_right_name(e.right));
	if (e.about != NT_ABOUT_NONE)
		nt_put_hash(&j->body, e.about == NT_ABOUT_RECORD ? "record" : "study_sha256", &e.object);
	nt_buf_putf(&j->body, ",\"outcome\":\"%s\",\"count\":%" PRIu64, vf_rc_name(e.outcome), e.count);
	nt_put_text(&j->body, "request", e.request);
	nt_buf_put_u8(&j->body, '}');
	return VF_OK;
}

void nt_api_audit_events(struct nt_job *j)
{
	struct nt_audit_counts counts = {0};
	uint64_t after = 0, limit = 100;
	struct vf_err err = {0};
	enum vf_rc rc;

	if (!nt_job_read_number(j, "after", 0, (UINT64_C(1) << 62) - 1, false, &after) ||
		!nt_job_read_number(j, "limit", 1, 1000, false, &limit))
		return;
	nt_buf_put_str(&j->body, "{\"events\":[");
	rc = nt_audit_events(j->api->access, after + 1, limit, put_event, j, &err);
	if (rc == VF_OK)
		rc = nt_audit_counts(j->api->access, &counts, &err);
	nt_buf_put_u8(&j->body, ']');
	if (counts.last > after + limit)
		nt_buf_putf(&j->body, ",\"next\":\"%" PRIu64 "\"", after + limit);
	nt_buf_put_str(&j->body, "}\n");
	end(j, rc, &err, NULL);
}

static void count_document(void *ctx, const struct nt_audit_row *row)
{
	struct nt_job *j = ctx;

	nt_buf_putf(&j->body, "%s{\"document\":%" PRIu64, j->a++ ? "," : "", row->number);
	nt_put_hash(&j->body, "record", &row->record);
	nt_buf_putf(&j->body, ",\"first\":%" PRIu64 ",\"events\":%" PRIu64 "}", row->first, row->events);
}

static VF_RC run_audit_seal(struct nt_job *j, struct nt_notary *n, struct vf_err *reterr)
{
	enum vf_rc rc;

	nt_buf_put_str(&j->body, "{\"documents\":[");
	rc = nt_audit_seal(n, j->api->access, nt_notary_now(n), true, count_document, j, reterr);
	nt_buf_put_str(&j->body, "]}\n");
	nt_job_event(j, NT_RIGHT_ADMIN, NT_ABOUT_NONE, NULL, rc, 1);
	return rc;
}

void nt_api_audit_seal(struct nt_job *j)
{
	nt_job_call(j, run_audit_seal);
}
