#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "notary/durable.h"
#include "notary/renew.h"
#include "notary/revocation_ask.h"
#include "notary/roots.h"
#include "notary/verbs.h"
#include "trial/when.h"
#include "verify/text.h"

#define DAY INT64_C(86400000)
/* Tokens that are looked at for a hint alone. */
#define GLANCE 256

const struct nt_option nt_renew_options[] = {
	{"dry-run", 'n', NULL, "say what is due and why, and renew nothing", false, false},
	{"before", 0, "TIME", "what ends before this date or time (default: renew_days of trialnotary.conf from now on)",
		false, false},
	{"all", 0, NULL, "everything, whenever it ends", false, false},
	{"by", 0, "NAME", "by this authority alone; 'embedded' is the notary's own", false, false},
	{"algorithm", 0, "sha512", "lead evidence of SHA-256 trees over to SHA-512", false, false},
	{0},
};

const char nt_renew_details[] =
	"Time-stamps count until the certificates and algorithms behind them end. Before that, a new time-stamp over the\n"
	"old ones keeps them good: one for thousands of seals, by the authority that made the old ones, or by another\n"
	"when less than half of the time is left. Records, IDs and the log stay as they are; bundles that are exported\n"
	"from then on hold the new time-stamp too. What is cut off goes on where it was when it is run again. A server\n"
	"does this by itself.\n"
	"--algorithm sha512 makes hash-tree renewals, for the time when SHA-256 becomes weak: every document is bound\n"
	"anew by its SHA-512, and so is the whole log.";

struct renewing {
	struct nt_cli *cli;
	struct nt_notary *n;
	size_t made, failed, revoked;
	struct nt_buf made_json, failed_json, revoked_json;
};

static VF_RC turn(void *ctx, nt_renew_step *step, void *arg, struct vf_err *reterr)
{
	struct renewing *x = ctx;

	return step(arg, x->n, reterr);
}

static void put_time_field(struct nt_buf *out, const char *name, int64_t ms)
{
	nt_buf_putf(out, ",\"%s\":", name);
	if (ms == VF_TIME_NONE || ms >= NT_CHAIN_CLOSED - 1) {
		nt_buf_put_str(out, "null");
		return;
	}
	nt_buf_put_u8(out, '"');
	nt_verb_put_time(out, ms);
	nt_buf_put_u8(out, '"');
}

static void put_group_fields(struct nt_buf *out, const char *authority, const struct nt_chain_group *g)
{
	nt_buf_putf(out, "{\"authority\":\"%s\",\"algorithm\":\"%s\",\"by\":\"%s\"", g->authority, vf_alg_name(g->alg),
		authority);
}

static void made(void *ctx, const char *authority, const struct nt_chain_group *g, const struct nt_renewed_now *r)
{
	struct renewing *x = ctx;
	struct nt_buf *out = x->cli->json ? &x->made_json : &x->cli->text;

	x->made++;
	if (!x->cli->json) {
		nt_buf_putf(out, "renewal %" PRIu64 ": %" PRIu64 " time-stamps of %s, by %s; good until ", r->renewal, r->chains,
			g->authority, authority);
		nt_verb_put_time(out, r->until);
		nt_buf_put_u8(out, '\n');
		return;
	}
	nt_buf_put_str(out, x->made > 1 ? "," : "");
	put_group_fields(out, authority, g);
	nt_buf_putf(out, ",\"renewal\":%" PRIu64 ",\"time_stamps\":%" PRIu64 ",\"leaves\":%" PRIu64, r->renewal, r->chains,
		r->leaves);
	put_time_field(out, "gen_time", r->gen_time);
	put_time_field(out, "until", r->until);
	nt_buf_put_u8(out, '}');
}

static void failed(void *ctx, const char *authority, const struct nt_chain_group *g, enum vf_rc rc, const char *why)
{
	struct renewing *x = ctx;
	struct nt_buf *out = &x->failed_json;

	x->failed++;
	if (!x->cli->json) {
		nt_cli_note(x->cli, "%s gave no time-stamp for those of %s: %s: %s", authority, g->authority, vf_rc_name(rc), why);
		return;
	}
	nt_buf_put_str(out, x->failed > 1 ? "," : "");
	put_group_fields(out, authority, g);
	nt_buf_putf(out, ",\"code\":\"%s\"", vf_rc_name(rc));
	nt_cli_field(out, "text", vf_bytes_str(why));
	nt_buf_put_u8(out, '}');
}

static void revoked(void *ctx, const struct nt_renewal_revoked *r)
{
	struct renewing *x = ctx;
	struct nt_buf *out = &x->revoked_json;

	x->revoked++;
	if (!x->cli->json) {
		nt_cli_note(x->cli, "renewal %" PRIu64 ", by %s, is revoked: %" PRIu64 " time-stamps are good no longer than "
			"before it", r->renewal, r->authority, r->chains);
		return;
	}
	nt_buf_putf(out, "%s{\"renewal\":%" PRIu64 ",\"by\":\"%s\",\"time_stamps\":%" PRIu64 "}", x->revoked > 1 ? "," : "",
		r->renewal, r->authority, r->chains);
}

/* ---- what is due ---- */

static const char *words_of(const struct nt_renewal_why *why)
{
	return why->is_algorithm ? "an algorithm behind it ends" :
		why->is_issuer ? "a certificate above its own ends" : "its certificate ends";
}

static void put_group(struct renewing *x, const struct nt_chain_group *g, const struct nt_renewal_why *why, bool first)
{
	struct nt_buf *out = &x->cli->text;

	if (!x->cli->json) {
		nt_buf_putf(out, "%-16s  %s  %" PRIu64 " time-stamps, from ", g->authority, vf_alg_name(g->alg), g->chains);
		nt_verb_put_time(out, g->first);
		nt_buf_put_str(out, " on: '");
		nt_cli_put_text(out, vf_bytes_str(why->subject));
		nt_buf_putf(out, "', %s\n", words_of(why));
		return;
	}
	nt_buf_putf(out, "%s{\"authority\":\"%s\",\"algorithm\":\"%s\",\"time_stamps\":%" PRIu64, first ? "" : ",",
		g->authority,
		vf_alg_name(g->alg), g->chains);
	put_time_field(out, "first", g->first);
	put_time_field(out, "last", g->last);
	nt_cli_field(out, "subject", vf_bytes_str(why->subject));
	nt_cli_field(out, "why", vf_bytes_str(words_of(why)));
	nt_buf_put_u8(out, '}');
}

static VF_RC put_due(struct renewing *x, const struct nt_renewal_due *d, int64_t by, struct vf_err *reterr)
{
	struct nt_buf *out = &x->cli->text;
	enum vf_rc rc = VF_OK;

	if (x->cli->json) {
		nt_cli_begin(x->cli);
		put_time_field(out, "before", by);
		nt_buf_put_str(out, ",\"due\":[");
	}
	for (size_t i = 0; rc == VF_OK && i < d->n_groups; i++) {
		struct nt_renewal_why why;

		rc = nt_renewal_why(x->n, &d->groups[i], &why, reterr);
		if (rc == VF_OK)
			put_group(x, &d->groups[i], &why, i == 0);
	}
	nt_buf_put_str(out, x->cli->json ? "]" : "");
	return rc;
}

static void put_rest(struct renewing *x, const struct nt_renewal_due *d)
{
	struct nt_cli *cli = x->cli;
	char text[VF_TIME_LEN + 1];

	if (cli->json) {
		nt_buf_put_str(&cli->text, ",\"revoked\":[");
		nt_buf_put(&cli->text, nt_buf_bytes(&x->revoked_json));
		nt_buf_putf(&cli->text, "],\"ended\":%" PRIu64 ",\"unjudged\":%" PRIu64, d->ended, d->unjudged);
		put_time_field(&cli->text, "next", d->first);
		return;
	}
	if (d->ended > 0)
		nt_cli_note(cli, "%" PRIu64 " time-stamps have ended before they were renewed: a renewal now would prove nothing",
			d->ended);
	if (d->unjudged > 0)
		nt_cli_note(cli, "%" PRIu64 " time-stamps cannot be judged: are the roots of their authority in 'authorities/'?",
			d->unjudged);
	if (d->first == VF_TIME_NONE)
		return;
	vf_time_put(text, d->first);
	nt_cli_note(cli, "the first time-stamps to end are good until %s", text);
}

/* ---- the verb ---- */

static VF_RC read_options(struct nt_cli *cli, const struct nt_notary *n, struct nt_renew_options *o,
	struct vf_err *reterr)
{
	const char *before = nt_cli_get(cli, "before"), *by = nt_cli_get(cli, "by"), *alg = nt_cli_get(cli, "algorithm");
	int64_t days = nt_notary_config(n)->renew_days;
	struct tr_when when;

	o->by = nt_notary_now(n) + days * DAY;
	o->late_ms = days * DAY / 2;
	o->tree = alg != NULL;
	o->authority = by;
	if (alg && strcmp(alg, "sha512") != 0)
		return vf_fail(reterr, VF_USAGE, "--algorithm wants sha512: there is no third digest of a document");
	if (before && nt_cli_has(cli, "all"))
		return vf_fail(reterr, VF_USAGE, "--before and --all exclude each other");
	if (before && !tr_when_read(vf_bytes_str(before), &when))
		return vf_fail(reterr, VF_USAGE, "--before wants a date or RFC 3339");
	if (by && strcmp(by, NT_EMBEDDED) != 0 && !nt_authorities_find(o->authorities, vf_bytes_str(by)))
		return vf_fail(reterr, VF_USAGE, "no authority is named so: see 'trialnotary tsa list'");
	if (before)
		o->by = when.lo - 1;
	if (nt_cli_has(cli, "all") || (o->tree && !before)) {
		o->by = NT_CHAIN_CLOSED - 1;
		o->all = true;
	}
	return VF_OK;
}

static void note_failure(void *ctx, uint64_t seal, const char *authority, enum vf_rc rc, const char *why)
{
	(void)seal;
	nt_cli_note(ctx, "%s: %s: %s", authority, vf_rc_name(rc), why);
}

static VF_RC run(struct renewing *x, const struct nt_renew_options *o, struct nt_renew_result *r, struct vf_err *reterr)
{
	size_t revocations = 0;
	enum vf_rc rc = nt_notary_ask_revocation(x->n, note_failure, x->cli, &revocations, reterr);

	if (rc == VF_OK)
		rc = nt_renew(o, r, reterr);
	if (rc != VF_OK)
		return rc;
	if (x->cli->json) {
		nt_buf_put_str(&x->cli->text, ",\"renewed\":[");
		nt_buf_put(&x->cli->text, nt_buf_bytes(&x->made_json));
		nt_buf_put_str(&x->cli->text, "],\"failed\":[");
		nt_buf_put(&x->cli->text, nt_buf_bytes(&x->failed_json));
		nt_buf_put_str(&x->cli->text, "]");
	}
	return VF_OK;
}

static VF_RC renew(struct renewing *x, struct nt_renew_options *o, struct vf_err *reterr)
{
	struct nt_renew_result r = {.rc = VF_OK};
	enum vf_rc rc = nt_renew_look(o, true, reterr);

	if (rc == VF_OK)
		rc = nt_renewal_due(x->n, o->by, &r.after, reterr);
	if (rc == VF_OK)
		rc = put_due(x, &r.after, o->by, reterr);
	if (rc == VF_OK && nt_cli_has(x->cli, "dry-run"))
		rc = nt_renew_revoked(o, true, &r.revoked, reterr);
	else if (rc == VF_OK)
		rc = run(x, o, &r, reterr);
	if (rc != VF_OK)
		return rc;
	put_rest(x, &r.after);
	nt_buf_put_str(&x->cli->text, x->cli->json ? "}\n" : "");
	if (r.failed == 0)
		return VF_OK;
	x->cli->keep_text = true;
	return vf_fail(reterr, r.rc,
		"%" PRIu64 " of %zu groups of time-stamps were not renewed, or not all of them: they stay as they were",
		r.failed, r.before.n_groups);
}

VF_RC nt_verb_renew(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	VF_CLEANUP(nt_fd_closep) int folder = -1;
	struct renewing x = {.cli = cli, .made_json = nt_buf(1 << 20), .failed_json = nt_buf(1 << 20),
		.revoked_json = nt_buf(1 << 20)};
	struct nt_renew_options o = {.turn = turn, .made = made, .failed = failed, .revoked = revoked, .ctx = &x};
	enum vf_rc rc = nt_verb_open(cli, &n, reterr);

	if (rc == VF_OK)
		rc = nt_dir_open(AT_FDCWD, nt_notary_dir(n), &folder, reterr);
	x.n = n;
	o.folder = folder;
	if (rc == VF_OK) {
		o.authorities = nt_notary_authorities(n);
		rc = read_options(cli, n, &o, reterr);
	}
	if (rc == VF_OK)
		rc = renew(&x, &o, reterr);
	nt_buf_done(&x.made_json);
	nt_buf_done(&x.failed_json);
	nt_buf_done(&x.revoked_json);
	return rc;
}

void nt_verb_note_due(struct nt_cli *cli, struct nt_notary *n)
{
	uint32_t days = nt_notary_config(n)->renew_days;
	struct nt_renewal_due *d = calloc(1, sizeof(*d));
	bool more = true;

	/* a hint: what cannot be read is told by others */
	for (int i = 0; d && i < 4 && more; i++)
		if (nt_renewal_look(n, GLANCE, &more, NULL) != VF_OK)
			more = false;
	if (d && nt_renewal_due(n, nt_notary_now(n) + (int64_t)days * DAY, d, NULL) == VF_OK) {
		if (d->chains > 0)
			nt_cli_note(cli, "%" PRIu64 " time-stamps end within %" PRIu32 " days: see 'trialnotary renew DIR --dry-run'",
				d->chains,
				days);
		if (d->ended > 0)
			nt_cli_note(cli, "%" PRIu64 " time-stamps have ended before they were renewed", d->ended);
	}
	free(d);
}
