#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "notary/access.h"
#include "notary/verbs.h"
#include "verify/text.h"

#define DAY_MS INT64_C(86400000)
/* 64 studies of 128 octets. */
#define MAX_LINES 16384

static VF_RC open_access(
	struct nt_cli *cli, bool create, struct nt_notary **ret_n, struct nt_access **ret, struct vf_err *reterr)
{
	enum vf_rc rc = nt_verb_open(cli, ret_n, reterr);

	return rc == VF_OK ? nt_notary_access(*ret_n, create, ret, reterr) : rc;
}

static void put_time(struct nt_buf *out, const char *name, int64_t ms)
{
	nt_buf_putf(out, ",\"%s\":", name);
	if (ms == VF_TIME_NONE) {
		nt_buf_put_str(out, "null");
		return;
	}
	nt_buf_put_u8(out, '"');
	nt_verb_put_time(out, ms);
	nt_buf_put_u8(out, '"');
}

/* ---- suggestions ---- */

struct names {
	const char *word, *nearest;
	char found[NT_PARTY_LEN + 1];
};

static VF_RC each_name(void *ctx, const struct nt_party_row *row, struct vf_err *reterr)
{
	struct names *x = ctx;
	char name[NT_PARTY_LEN + 1] = {0};
	const char *const one[] = {name};

	(void)reterr;
	memcpy(name, row->name.p, row->name.n);
	if (x->nearest == NULL && nt_cli_suggest(x->word, one, 1) != NULL) {
		memcpy(x->found, name, sizeof(name));
		x->nearest = x->found;
	}
	return VF_OK;
}

/* The nearest name, beside the fault; returns rc. */
static enum vf_rc suggest_party(struct nt_cli *cli, struct nt_access *a, const char *word, enum vf_rc rc)
{
	struct names x = {.word = word};

	if (rc != VF_UNKNOWN_PARTY)
		return rc;
	vf_ignore(nt_access_parties(a, each_name, &x, NULL)); /* a hint; the fault is told in any case */
	if (x.nearest)
		nt_cli_detail(cli, "did you mean '%s'?", x.nearest);
	return rc;
}

static VF_RC unknown(const char *what, const char *word, const char *const *names, size_t n, enum vf_rc code,
	struct vf_err *reterr)
{
	const char *nearest = nt_cli_suggest(word, names, n);
	char shown[120], all[200] = "";

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(word));
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			strncat(all, ", ", sizeof(all) - strlen(all) - 1);
		strncat(all, names[i], sizeof(all) - strlen(all) - 1);
	}
	if (nearest)
		return vf_fail(reterr, code, "no %s '%s'; did you mean '%s'?", what, shown, nearest);
	return vf_fail(reterr, code, "no %s '%s': there are %s", what, shown, all);
}

static VF_RC read_role(const char *word, enum nt_role *ret, struct vf_err *reterr)
{
	const char *names[NT_ROLE_COUNT];
	size_t n = 0;

	*ret = nt_role_find(vf_bytes_str(word));
	if (*ret != NT_ROLE_NONE)
		return VF_OK;
	for (unsigned i = NT_ROLE_NONE + 1; i < NT_ROLE_COUNT; i++)
		names[n++] = nt_role_name((enum nt_role)i);
	return unknown("role", word, names, n, VF_USAGE, reterr);
}

/* ---- parties ---- */

VF_RC nt_verb_party_add(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	struct nt_access *a = NULL;
	enum nt_role role;
	enum vf_rc rc = read_role(nt_cli_get(cli, "role"), &role, reterr);

	if (rc == VF_OK && !nt_party_name_is(vf_bytes_str(cli->args[1])))
		rc = nt_access_party_add(NULL, cli->args[1], role, 0, reterr); /* refuses before anything is made */
	if (rc == VF_OK)
		rc = open_access(cli, true, &n, &a, reterr);
	if (rc == VF_OK)
		rc = nt_access_party_add(a, cli->args[1], role, nt_cli_now(), reterr);
	if (rc != VF_OK)
		return rc;
	if (cli->json) {
		nt_cli_begin(cli);
		nt_cli_field(&cli->text, "party", vf_bytes_str(cli->args[1]));
		nt_cli_field(&cli->text, "role", vf_bytes_str(nt_role_name(role)));
		nt_buf_put_str(&cli->text, "}\n");
	} else {
		nt_buf_putf(&cli->text, "added %s as %s\n", cli->args[1], nt_role_name(role));
	}
	return VF_OK;
}

struct listing {
	struct nt_cli *cli;
	const char *party;
	uint64_t n;
	int64_t now;
};

static VF_RC put_party(void *ctx, const struct nt_party_row *row, struct vf_err *reterr)
{
	struct listing *x = ctx;
	struct nt_buf *out = &x->cli->text;

	(void)reterr;
	if (x->cli->json) {
		nt_buf_put_str(out, x->n++ > 0 ? ",{\"party\":" : "{\"party\":");
		nt_cli_put_json(out, row->name);
		nt_cli_field(out, "role", vf_bytes_str(nt_role_name(row->role)));
		put_time(out, "created", row->created_ms);
		put_time(out, "revoked", row->revoked_ms);
		nt_buf_put_u8(out, '}');
		return VF_OK;
	}
	nt_buf_putf(out, "%-12s  ", nt_role_name(row->role));
	nt_cli_put_text(out, row->name);
	if (row->revoked_ms != VF_TIME_NONE) {
		nt_buf_put_str(out, "  revoked ");
		nt_verb_put_time(out, row->revoked_ms);
	}
	nt_buf_put_u8(out, '\n');
	return VF_OK;
}

VF_RC nt_verb_party_list(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	struct nt_access *a = NULL;
	struct listing x = {.cli = cli};
	enum vf_rc rc = open_access(cli, false, &n, &a, reterr);

	if (rc != VF_OK)
		return rc;
	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_put_str(&cli->text, ",\"parties\":[");
	}
	if (a != NULL)
		rc = nt_access_parties(a, put_party, &x, reterr);
	if (cli->json)
		nt_buf_put_str(&cli->text, "]}\n");
	return rc;
}

/* ,"before":… or a line. */
static void put_revoked(struct nt_cli *cli, const char *name, const char *value, bool quote, bool before)
{
	if (cli->json) {
		nt_cli_begin(cli);
		if (quote)
			nt_cli_field(&cli->text, name, vf_bytes_str(value));
		else
			nt_buf_putf(&cli->text, ",\"%s\":%s", name, value);
		nt_buf_putf(&cli->text, ",\"before\":%s}\n", before ? "true" : "false");
		return;
	}
	nt_buf_putf(&cli->text, "%s %s %s\n", name, value, before ? "was revoked before" : "is revoked");
}

VF_RC nt_verb_party_revoke(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	struct nt_access *a = NULL;
	const char *name = cli->args[1];
	char shown[120];
	bool before = false;
	enum vf_rc rc = open_access(cli, false, &n, &a, reterr);

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(name));
	if (rc == VF_OK && a == NULL)
		rc = vf_fail(reterr, VF_UNKNOWN_PARTY, "no party '%s': none was added yet", shown);
	if (rc == VF_OK)
		rc = suggest_party(cli, a, name, nt_access_party_revoke(a, name, nt_cli_now(), &before, reterr));
	if (rc == VF_OK)
		put_revoked(cli, "party", name, true, before);
	return rc;
}

/* ---- tokens ---- */

static VF_RC read_rights(struct nt_cli *cli, unsigned *ret, struct vf_err *reterr)
{
	const char *names[NT_RIGHT_COUNT], *word;
	size_t n = 0;

	for (unsigned i = NT_RIGHT_NONE + 1; i < NT_RIGHT_COUNT; i++)
		names[n++] = nt_right_name((enum nt_right)i);
	*ret = 0;
	for (size_t i = 0; (word = nt_cli_get_at(cli, "right", i)) != NULL; i++) {
		enum nt_right r = nt_right_find(vf_bytes_str(word));

		if (r == NT_RIGHT_NONE)
			return unknown("right", word, names, n, VF_USAGE, reterr);
		*ret |= NT_RIGHT_BIT(r);
	}
	return VF_OK;
}

static VF_RC read_kinds(struct nt_cli *cli, struct nt_buf *lines, struct vf_err *reterr)
{
	const char *names[TR_KIND_COUNT], *word;
	size_t n = 0;

	for (unsigned i = TR_KIND_NONE + 1; i < TR_KIND_COUNT; i++)
		names[n++] = tr_kind_name((enum tr_kind)i);
	for (size_t i = 0; (word = nt_cli_get_at(cli, "kind", i)) != NULL; i++) {
		if (tr_kind_find(vf_bytes_str(word)) == TR_KIND_NONE)
			return unknown("kind", word, names, n, VF_UNKNOWN_KIND, reterr);
		nt_buf_putf(lines, "%s\n", word);
	}
	return nt_buf_check(lines, reterr);
}

static VF_RC read_studies(struct nt_cli *cli, struct nt_buf *lines, struct vf_err *reterr)
{
	const char *word;

	for (size_t i = 0; (word = nt_cli_get_at(cli, "study", i)) != NULL; i++) {
		if (*word == '\0' || strlen(word) > 128 || !vf_text_is_plain(vf_bytes_str(word)))
			return vf_fail(reterr, VF_USAGE, "--study wants 1 to 128 octets of plain text");
		nt_buf_putf(lines, "%s\n", word);
	}
	return nt_buf_check(lines, reterr);
}

static VF_RC read_days(struct nt_cli *cli, uint64_t *ret, struct vf_err *reterr)
{
	const char *days = nt_cli_get(cli, "days");

	*ret = NT_TOKEN_DAYS;
	if (days && (!vf_decimal_read(vf_bytes_str(days), NT_TOKEN_MAX_DAYS, ret) || *ret == 0))
		return vf_fail(reterr, VF_USAGE, "--days wants a number of days from 1 to %d", NT_TOKEN_MAX_DAYS);
	return VF_OK;
}

static VF_RC read_grant(struct nt_cli *cli, struct nt_grant *g, struct nt_buf *studies, struct nt_buf *kinds,
	struct vf_err *reterr)
{
	const char *spki = nt_cli_get(cli, "spki");
	uint64_t days;
	enum vf_rc rc = read_rights(cli, &g->rights, reterr);

	if (rc == VF_OK)
		rc = read_kinds(cli, kinds, reterr);
	if (rc == VF_OK)
		rc = read_studies(cli, studies, reterr);
	if (rc == VF_OK)
		rc = read_days(cli, &days, reterr);
	if (rc != VF_OK)
		return rc;
	g->party = cli->args[1];
	g->studies = nt_buf_bytes(studies);
	g->kinds = nt_buf_bytes(kinds);
	g->expires_ms = nt_cli_now() + (int64_t)days * DAY_MS;
	g->certificate = spki != NULL;
	if (spki && !vf_hex_read(vf_bytes_str(spki), g->hash.b, sizeof(g->hash.b)))
		return vf_fail(reterr, VF_USAGE, "--spki wants the SHA-256 of a public key: 64 lower-case hex digits");
	return VF_OK;
}

static void put_granted(struct nt_cli *cli, const struct nt_grant *g, uint64_t number, const char *token)
{
	struct nt_buf *out = &cli->text;

	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_putf(out, ",\"number\":%" PRIu64, number);
		nt_cli_field(out, "party", vf_bytes_str(g->party));
		put_time(out, "expires", g->expires_ms);
		nt_cli_field(out, "token", vf_bytes_str(token));
		nt_buf_put_str(out, "}\n");
		return;
	}
	if (g->certificate)
		nt_buf_putf(out, "pinned as number %" PRIu64 " of %s\n", number, g->party);
	else
		nt_buf_putf(out, "%s\n", token);
	nt_cli_note(cli, g->certificate ? "number %" PRIu64 "; 'token revoke' ends it"
					: "token %" PRIu64 "; it is shown only now, and stored nowhere", number);
}

static VF_RC grant(struct nt_cli *cli, struct nt_grant *g, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	struct nt_access *a = NULL;
	struct nt_random random = {.left = 0};
	char token[NT_TOKEN_LEN + 1] = "", shown[120];
	uint64_t number = 0;
	enum vf_rc rc = open_access(cli, false, &n, &a, reterr);

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(g->party));
	if (rc == VF_OK && a == NULL)
		rc = vf_fail(reterr, VF_UNKNOWN_PARTY, "no party '%s': none was added yet", shown);
	if (rc == VF_OK && !g->certificate)
		rc = nt_token_make(&random, token, &g->hash, reterr);
	if (rc == VF_OK)
		rc = suggest_party(cli, a, g->party, nt_access_grant(a, g, nt_cli_now(), &number, reterr));
	if (rc == VF_OK)
		put_granted(cli, g, number, token);
	explicit_bzero(token, sizeof(token));
	explicit_bzero(&random, sizeof(random));
	return rc;
}

VF_RC nt_verb_token_new(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf studies = nt_buf(MAX_LINES), kinds = nt_buf(MAX_LINES);
	struct nt_grant g = {0};
	enum vf_rc rc = read_grant(cli, &g, &studies, &kinds, reterr);

	return rc == VF_OK ? grant(cli, &g, reterr) : rc;
}

/* Lines as a JSON list, or with commas; "any" when there are none. */
static void put_lines(struct nt_buf *out, bool json, const char *name, struct vf_bytes lines)
{
	struct vf_bytes line;
	bool first = true;

	nt_buf_putf(out, json ? ",\"%s\":" : "  %s ", name);
	if (lines.n == 0) {
		nt_buf_put_str(out, json ? "null" : "any");
		return;
	}
	if (json)
		nt_buf_put_u8(out, '[');
	for (; vf_take_line(&lines, &line); first = false) {
		if (!first)
			nt_buf_put_u8(out, ',');
		if (json)
			nt_cli_put_json(out, line);
		else
			nt_cli_put_text(out, line);
	}
	if (json)
		nt_buf_put_u8(out, ']');
}

static void put_rights(struct nt_buf *out, bool json, unsigned rights)
{
	struct nt_buf lines = nt_buf(256);

	for (unsigned i = NT_RIGHT_NONE + 1; i < NT_RIGHT_COUNT; i++)
		if ((rights & NT_RIGHT_BIT(i)) != 0)
			nt_buf_putf(&lines, "%s\n", nt_right_name((enum nt_right)i));
	put_lines(out, json, json ? "rights" : "may", nt_buf_bytes(&lines));
	nt_buf_done(&lines);
}

static VF_RC put_credential(void *ctx, const struct nt_credential_row *row, struct vf_err *reterr)
{
	struct listing *x = ctx;
	struct nt_buf *out = &x->cli->text;

	(void)reterr;
	if (x->party && !vf_bytes_is(row->party, x->party))
		return VF_OK;
	if (x->cli->json) {
		nt_buf_putf(out, "%s{\"number\":%" PRIu64, x->n++ > 0 ? "," : "", row->number);
		nt_cli_field(out, "party", row->party);
		nt_cli_field(out, "type", vf_bytes_str(row->certificate ? "certificate" : "token"));
	} else {
		nt_buf_putf(out, "%-4" PRIu64 "  %-11s  ", row->number, row->certificate ? "certificate" : "token");
		nt_cli_put_text(out, row->party);
	}
	put_rights(out, x->cli->json, row->rights);
	put_lines(out, x->cli->json, "studies", row->studies);
	put_lines(out, x->cli->json, "kinds", row->kinds);
	if (x->cli->json) {
		put_time(out, "created", row->created_ms);
		put_time(out, "expires", row->expires_ms);
		put_time(out, "revoked", row->revoked_ms);
		put_time(out, "used", row->used_ms);
		nt_buf_put_u8(out, '}');
		return VF_OK;
	}
	nt_buf_put_str(out, row->revoked_ms != VF_TIME_NONE ? "  revoked "
							    : x->now >= row->expires_ms ? "  expired " : "  until ");
	nt_verb_put_time(out, row->revoked_ms != VF_TIME_NONE ? row->revoked_ms : row->expires_ms);
	nt_buf_put_u8(out, '\n');
	return VF_OK;
}

VF_RC nt_verb_token_list(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	struct nt_access *a = NULL;
	struct listing x = {.cli = cli, .party = nt_cli_get(cli, "party"), .now = nt_cli_now()};
	enum vf_rc rc = open_access(cli, false, &n, &a, reterr);

	if (rc != VF_OK)
		return rc;
	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_put_str(&cli->text, ",\"tokens\":[");
	}
	if (a != NULL)
		rc = nt_access_credentials(a, put_credential, &x, reterr);
	if (cli->json)
		nt_buf_put_str(&cli->text, "]}\n");
	return rc;
}

VF_RC nt_verb_token_revoke(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	struct nt_access *a = NULL;
	const char *text = cli->args[1];
	uint64_t number;
	bool before = false;
	enum vf_rc rc;

	if (!vf_decimal_read(vf_bytes_str(text), INT64_MAX, &number))
		return vf_fail(reterr, VF_USAGE, "'token revoke' wants the number of a token, as 'token list' shows it");
	rc = open_access(cli, false, &n, &a, reterr);
	if (rc == VF_OK && a == NULL)
		rc = vf_fail(reterr, VF_UNKNOWN_TOKEN, "no token was made yet");
	if (rc == VF_OK)
		rc = nt_access_revoke(a, number, nt_cli_now(), &before, reterr);
	if (rc == VF_OK)
		put_revoked(cli, "token", text, false, before);
	return rc;
}
