#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "notary/durable.h"
#include "notary/random.h"
#include "notary/revocation_urls.h"
#include "notary/stamper.h"
#include "notary/verbs_tsa.h"
#include "verify/limits.h"
#include "verify/text.h"
#include "verify/tst.h"

/* ---- the notary's folder ---- */

VF_RC nt_tsa_folder(const struct nt_cli *cli, int *ret, struct vf_err *reterr)
{
	char shown[160];
	enum vf_rc rc = nt_dir_open(AT_FDCWD, cli->args[0], ret, reterr);

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(cli->args[0]));
	if (rc == VF_NO_INPUT || (rc == VF_OK && faccessat(*ret, "trialnotary.conf", F_OK, 0) != 0))
		return vf_fail(reterr, VF_NOT_A_NOTARY, "folder '%s' holds no 'trialnotary.conf'", shown);
	return rc;
}

VF_RC nt_tsa_begin_change(int folder, int *ret_lock, struct nt_authorities *ret, struct vf_err *reterr)
{
	enum vf_rc rc = nt_dir_make(folder, NT_TSA_FOLDER, 0755, reterr);

	if (rc == VF_OK)
		rc = nt_dir_open(folder, NT_TSA_FOLDER, ret_lock, reterr);
	if (rc != VF_OK)
		return rc;
	if (flock(*ret_lock, LOCK_EX) != 0)
		return vf_fail(reterr, VF_IO, "cannot lock '" NT_TSA_FOLDER "': %s", strerror(errno));
	return nt_authorities_load(folder, ret, reterr);
}

void nt_tsa_say_reload(struct nt_cli *cli)
{
	nt_cli_note(cli, "a server that runs on this folder reads it at its next reload (SIGHUP)");
}

static VF_RC find(const struct nt_authorities *list, const char *name, size_t *ret, struct vf_err *reterr)
{
	const struct nt_authority *a = nt_authorities_find(list, vf_bytes_str(name));
	const char *names[NT_MAX_AUTHORITIES], *nearest;
	char shown[80];

	if (a) {
		*ret = (size_t)(a - list->list);
		return VF_OK;
	}
	for (size_t i = 0; i < list->n; i++)
		names[i] = list->list[i].name;
	nearest = nt_cli_suggest(name, names, list->n);
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(name));
	if (nearest)
		return vf_fail(reterr, VF_USAGE, "no authority '%s'; did you mean '%s'?", shown, nearest);
	return vf_fail(reterr, VF_USAGE, "no authority '%s': see 'trialnotary tsa list'", shown);
}

/* ---- a real time-stamp ---- */

static void ignore_end(struct nt_stamp *s, enum vf_rc rc, const struct vf_err *err)
{
	(void)s;
	(void)rc;
	(void)err;
}

/* By the configuration or the certificate that signed; one that the token does not hold is not looked at. */
static bool names_no_revocation(const struct nt_authority *a, const struct vf_tst *tst, const struct vf_hash *signer)
{
	struct nt_revocation_urls urls;
	struct vf_bytes in = tst->cms.certificates, der;

	if (a->n_crl > 0 || a->ocsp[0])
		return false;
	while (vf_cms_take_cert(&in, &der)) {
		struct vf_hash h = vf_sha256(der);

		if (vf_hash_eq(&h, signer))
			return nt_revocation_urls_read(der, &urls, NULL) == VF_OK && urls.n_crl == 0 &&
				(urls.ocsp[0] == '\0' || a->has_ocsp);
	}
	return false;
}

/* What the token says; it was verified before, or all but its time. */
static VF_RC read_token(
	const struct nt_authority *a, const struct nt_stamp *s, struct nt_tsa_trial *t, struct vf_err *reterr)
{
	struct vf_pki *p = vf_pki_new();
	struct vf_tst tst;
	enum vf_rc rc = p ? vf_tst_parse(s->token, &tst, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory");

	if (rc == VF_OK) {
		/* its certificate may be among the roots alone */
		if (vf_tst_check(p, &tst, &s->imprint, NULL, &t->certificate, NULL) == VF_OK)
			t->unrevocable = names_no_revocation(a, &tst, &t->certificate.sha256);
		vf_der_oid_text(tst.policy, t->policy, sizeof(t->policy));
		t->digest = tst.imprint.alg;
	}
	vf_pki_free(p);
	t->octets = s->token.n;
	t->time = s->gen_time;
	t->round_trip_ms = s->received_ms - s->sent_ms;
	t->offset_ms = s->sent_ms + t->round_trip_ms / 2 - s->gen_time;
	t->uncertainty_ms = t->round_trip_ms / 2 + s->accuracy_ms;
	return rc;
}

void nt_tsa_try(const struct nt_authority *a, int folder, struct nt_tsa_trial *ret)
{
	struct nt_stamp s = {.done = ignore_end, .request = nt_buf(VF_MAX_TOKEN), .response = nt_buf(VF_MAX_TOKEN)};
	struct nt_random random = {.left = 0};
	uint8_t data[32];
	int64_t patience;

	*ret = (struct nt_tsa_trial){.rc = nt_random(&random, data, sizeof(data), &ret->err)};
	if (ret->rc == VF_OK)
		ret->rc = vf_digest(a->algorithm, vf_bytes(data, sizeof(data)), &s.imprint, &ret->err);
	if (ret->rc == VF_OK)
		ret->rc = nt_stamp_once(a, folder, &s, &patience, &ret->err);
	if (ret->rc == VF_OK || ret->rc == VF_CLOCK_DOUBT)
		vf_ignore(read_token(a, &s, ret, NULL)); /* what it cannot show stays empty */
	nt_buf_done(&s.request);
	nt_buf_done(&s.response);
}

static void put_time(struct nt_buf *out, const char *name, bool is_known, int64_t ms)
{
	nt_buf_putf(out, is_known ? ",\"%s\":\"" : ",\"%s\":null", name);
	if (!is_known)
		return;
	nt_verb_put_time(out, ms);
	nt_buf_put_u8(out, '"');
}

static void put_number(struct nt_buf *out, const char *name, bool is_known, int64_t v)
{
	nt_buf_putf(out, ",\"%s\":", name);
	if (is_known)
		nt_buf_putf(out, "%" PRId64, v);
	else
		nt_buf_put_str(out, "null");
}

void nt_tsa_put_trial_json(struct nt_buf *out, const struct nt_tsa_trial *t)
{
	bool has = t->octets > 0;

	nt_buf_putf(out, "{\"code\":\"%s\"", vf_rc_name(t->rc));
	nt_cli_field(out, "text", vf_bytes_str(t->err.text));
	put_time(out, "time", has, t->time);
	put_number(out, "offset_ms", has, t->offset_ms);
	put_number(out, "uncertainty_ms", has, t->uncertainty_ms);
	put_number(out, "round_trip_ms", has, t->round_trip_ms);
	nt_cli_field(out, "certificate", vf_bytes_str(t->certificate.name));
	put_time(out, "certificate_end", t->certificate.name[0] != '\0', t->certificate.not_after);
	nt_buf_putf(out, ",\"revocation_missing\":%s", !has ? "null" : t->unrevocable ? "true" : "false");
	nt_cli_field(out, "policy", vf_bytes_str(t->policy));
	nt_cli_field(out, "digest", vf_bytes_str(has ? vf_alg_name(t->digest) : ""));
	put_number(out, "octets", has, (int64_t)t->octets);
	nt_buf_put_u8(out, '}');
}

void nt_tsa_put_trial(struct nt_buf *out, const char *name, const struct nt_tsa_trial *t)
{
	nt_buf_putf(out, "%s: ", name);
	if (t->rc == VF_OK) {
		nt_buf_put_str(out, "works\n");
	} else {
		nt_buf_putf(out, "%s: ", vf_rc_name(t->rc));
		nt_cli_put_text(out, vf_bytes_str(t->err.text));
		nt_buf_put_u8(out, '\n');
	}
	if (!t->octets)
		return;
	nt_buf_put_str(out, "  time         ");
	nt_verb_put_time(out, t->time);
	nt_buf_putf(out, "\n  this clock   %+" PRId64 " ms, +- %" PRId64 "\n  round trip   %" PRId64 " ms\n",
		t->offset_ms, t->uncertainty_ms, t->round_trip_ms);
	if (t->certificate.name[0]) {
		nt_buf_putf(out, "  certificate  %s, until ", t->certificate.name);
		nt_verb_put_time(out, t->certificate.not_after);
		nt_buf_put_u8(out, '\n');
	}
	if (t->unrevocable)
		nt_buf_put_str(out, "  revocation   its certificate names no CRL and no OCSP responder: name one with --crl or --ocsp, or\n"
			"               its time-stamps do not count where revocation data is required, as in 'trust export'\n");
	nt_buf_putf(out, "  policy       %s\n  digest       %s\n  token        %zu octets\n", t->policy,
		vf_alg_name(t->digest), t->octets);
}

VF_RC nt_verb_tsa_test(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int folder = -1;
	struct nt_authorities list;
	size_t first = 0, end, bad = 0;
	enum vf_rc code = VF_OK, rc = nt_tsa_folder(cli, &folder, reterr);

	if (rc == VF_OK)
		rc = nt_authorities_load(folder, &list, reterr);
	if (rc == VF_OK && cli->n_args > 1)
		rc = find(&list, cli->args[1], &first, reterr);
	if (rc != VF_OK)
		return rc;
	end = cli->n_args > 1 ? first + 1 : list.n;
	if (end == 0)
		return vf_fail(reterr, VF_USAGE, "no authority was added yet");
	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_put_str(&cli->text, ",\"authorities\":[");
	}
	for (size_t i = first; i < end; i++) {
		struct nt_tsa_trial t;

		nt_tsa_try(&list.list[i], folder, &t);
		code = code == VF_OK ? t.rc : code;
		bad += t.rc != VF_OK;
		if (cli->json) {
			nt_buf_putf(
				&cli->text, "%s{\"name\":\"%s\",\"test\":", i > first ? "," : "", list.list[i].name);
			nt_tsa_put_trial_json(&cli->text, &t);
			nt_buf_put_u8(&cli->text, '}');
		} else {
			nt_tsa_put_trial(&cli->text, list.list[i].name, &t);
		}
	}
	nt_buf_put_str(&cli->text, cli->json ? "]}\n" : "");
	if (code == VF_OK)
		return VF_OK;
	cli->keep_text = true;
	return vf_fail(reterr, code, "%zu of %zu authorities gave no good time-stamp", bad, end - first);
}

/* ---- the list ---- */

static void put_words(struct nt_buf *out, const struct nt_authority *a)
{
	nt_buf_putf(out, "  %s", vf_alg_name(a->algorithm));
	if (a->policy[0])
		nt_buf_putf(out, ", policy %s", a->policy);
	nt_buf_put_str(out, a->qualified ? ", qualified" : "");
	nt_buf_put_str(out, a->operator_ ? ", of the operator" : "");
	if (a->user[0]) {
		nt_buf_put_str(out, ", as ");
		nt_cli_put_text(out, vf_bytes_str(a->user));
	}
	nt_buf_put_str(out, a->certificate[0] ? ", with a client certificate" : "");
	nt_buf_putf(out, "\n");
}

VF_RC nt_verb_tsa_list(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int folder = -1;
	struct nt_authorities list;
	struct nt_buf *out = &cli->text;
	size_t begin;
	enum vf_rc rc = nt_tsa_folder(cli, &folder, reterr);

	if (rc == VF_OK)
		rc = nt_authorities_load(folder, &list, reterr);
	if (rc != VF_OK)
		return rc;
	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_putf(out, ",\"wanted\":%zu,\"list\":", list.wanted);
		begin = out->n;
		nt_authorities_put(out, &list);
		for (size_t i = begin; i < out->n; i++) /* one line; in a string there is none of them */
			out->p[i] = out->p[i] == '\n' ? ' ' : out->p[i];
		nt_buf_put_str(out, "}\n");
		return VF_OK;
	}
	if (list.embedded)
		nt_buf_put_str(out, "embedded\n");
	for (size_t i = 0; i < list.n; i++) {
		nt_buf_putf(out, "%-16s  ", list.list[i].name);
		nt_cli_put_text(out, vf_bytes_str(list.list[i].url));
		put_words(out, &list.list[i]);
	}
	if (list.n)
		nt_cli_note(cli, "%zu of %zu outside the notary are wanted for each seal", list.wanted, list.n);
	return VF_OK;
}

/* Says what is set now. */
static void put_set(struct nt_cli *cli, const struct nt_authorities *list)
{
	struct nt_buf *out = &cli->text;

	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_putf(out, ",\"embedded\":%s,\"wanted\":%zu,\"authorities\":%zu}\n",
			list->embedded ? "true" : "false", list->wanted, list->n);
		return;
	}
	nt_buf_putf(
		out, "embedded: %s; wanted: %zu of %zu others\n", list->embedded ? "on" : "off", list->wanted, list->n);
	nt_tsa_say_reload(cli);
}

static VF_RC store(struct nt_cli *cli, int folder, const struct nt_authorities *list, struct vf_err *reterr)
{
	enum vf_rc rc = nt_authorities_store(folder, list, reterr);

	if (rc == VF_OK)
		put_set(cli, list);
	return rc;
}

VF_RC nt_verb_tsa_remove(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int folder = -1, lock = -1;
	struct nt_authorities list;
	size_t at;
	enum vf_rc rc = nt_tsa_folder(cli, &folder, reterr);

	if (rc == VF_OK)
		rc = nt_tsa_begin_change(folder, &lock, &list, reterr);
	if (rc == VF_OK)
		rc = find(&list, cli->args[1], &at, reterr);
	if (rc != VF_OK)
		return rc;
	memmove(&list.list[at], &list.list[at + 1], (list.n - at - 1) * sizeof(list.list[0]));
	list.n--;
	if (list.wanted > list.n)
		list.wanted = list.n;
	nt_cli_note(cli, "its roots stay in '" NT_TSA_FOLDER "/', as its time-stamps stay in the records");
	return store(cli, folder, &list, reterr);
}

VF_RC nt_verb_tsa_wanted(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int folder = -1, lock = -1;
	struct nt_authorities list;
	uint64_t n;
	enum vf_rc rc = nt_tsa_folder(cli, &folder, reterr);

	if (rc == VF_OK)
		rc = nt_tsa_begin_change(folder, &lock, &list, reterr);
	if (rc != VF_OK)
		return rc;
	if (list.n == 0)
		return vf_fail(reterr, VF_USAGE, "no authority was added yet");
	if (!vf_decimal_read(vf_bytes_str(cli->args[1]), list.n, &n) || n == 0)
		return vf_fail(
			reterr, VF_USAGE, "'tsa wanted' wants a number from 1 to %zu: so many were added", list.n);
	list.wanted = (size_t)n;
	return store(cli, folder, &list, reterr);
}

VF_RC nt_verb_tsa_embedded(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int folder = -1, lock = -1;
	struct nt_authorities list;
	bool on = strcmp(cli->args[1], "on") == 0;
	enum vf_rc rc = nt_tsa_folder(cli, &folder, reterr);

	if (rc == VF_OK && !on && strcmp(cli->args[1], "off") != 0)
		rc = vf_fail(reterr, VF_USAGE, "'tsa embedded' wants on or off");
	if (rc == VF_OK)
		rc = nt_tsa_begin_change(folder, &lock, &list, reterr);
	if (rc != VF_OK)
		return rc;
	list.embedded = on;
	return store(cli, folder, &list, reterr);
}
