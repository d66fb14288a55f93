#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notary/durable.h"
#include "notary/verbs_tsa.h"
#include "verify/limits.h"
#include "verify/pki.h"
#include "verify/text.h"

const struct nt_option nt_tsa_add_options[] = {
	{"roots", 0, "FILE", "PEM: what the authority's certificates must lead to", true, false},
	{"algorithm", 0, "NAME", "sha256 (default) or sha512: imprint and tree", false, false},
	{"policy", 0, "OID", "the policy to ask for and to demand", false, false},
	{"qualified", 0, NULL, "its time-stamps are qualified ones (for the trust directory)", false, false},
	{"operator", 0, NULL, "who runs the notary runs it (for the trust directory)", false, false},
	{"user", 0, "NAME", "name for HTTP basic authentication", false, false},
	{"password-file", 0, "FILE", "the password: one line in a file that only you can read", false, false},
	{"certificate", 0, "FILE", "PEM: client certificate for TLS", false, false},
	{"key", 0, "FILE", "PEM: its key", false, false},
	{"ca", 0, "FILE", "PEM: roots of the server's TLS certificate (default: the system's)", false, false},
	{"crl", 0, "URL", "where its CRL is, in place of what its certificates say", false, true},
	{"ocsp", 0, "URL", "its OCSP responder, in place of what its certificates say; '' for none", false, false},
	{"timeout", 0, "SECONDS", "how long an answer may take: 1 to 600 (default: 30)", false, false},
	{"first", 0, NULL, "before the others (default: after them)", false, false},
	{"no-test", 0, NULL, "do not ask it for a time-stamp first", false, false},
	{0},
};
const char nt_tsa_add_details[] =
	"The roots are copied into the notary's folder and their SHA-256 fingerprints shown: compare them over\n"
	"another channel. A time-stamp is asked for and verified first; nothing is added when that fails. Other\n"
	"files stay where they are. A server that runs on the folder reads the list at its next reload (SIGHUP).\n"
	"docs/formats/authorities.md";

static VF_RC take_text(const char *option, const char *value, char *ret, size_t cap, struct vf_err *reterr)
{
	if (!value)
		return VF_OK;
	if (strlen(value) >= cap || (value[0] == '\0' && strcmp(option, "ocsp") != 0))
		return vf_fail(reterr, VF_USAGE, "--%s wants 1 to %zu octets", option, cap - 1);
	if (!vf_text_is_plain(vf_bytes_str(value)))
		return vf_fail(reterr, VF_USAGE, "--%s wants plain text", option);
	memcpy(ret, value, strlen(value) + 1);
	return VF_OK;
}

static VF_RC take_option(const struct nt_cli *cli, const char *option, char *ret, size_t cap, struct vf_err *reterr)
{
	return take_text(option, nt_cli_get(cli, option), ret, cap, reterr);
}

/* A path of the command line becomes one that holds wherever the notary is started; in its folder a relative one. */
static VF_RC take_path(const struct nt_cli *cli, const char *option, char ret[256], struct vf_err *reterr)
{
	const char *given = nt_cli_get(cli, option);
	char real[PATH_MAX], own[PATH_MAX];
	struct vf_bytes inside;

	if (!given)
		return VF_OK;
	if (!realpath(given, real))
		return vf_fail(reterr, VF_NO_INPUT, "the file of --%s cannot be found: %s", option, strerror(errno));
	inside = vf_bytes_str(real);
	if (realpath(cli->args[0], own) && vf_take_str(&inside, own) && vf_take_str(&inside, "/"))
		return take_text(option, (const char *)inside.p, ret, 256, reterr);
	return take_text(option, real, ret, 256, reterr);
}

static VF_RC take_algorithm(const struct nt_cli *cli, struct nt_authority *a, struct vf_err *reterr)
{
	const char *name = nt_cli_get(cli, "algorithm");

	if (name)
		a->algorithm = vf_alg_find(vf_bytes_str(name));
	if (a->algorithm != VF_SHA256 && a->algorithm != VF_SHA512)
		return vf_fail(reterr, VF_USAGE, "--algorithm is sha256 or sha512");
	return VF_OK;
}

static VF_RC take_timeout(const struct nt_cli *cli, struct nt_authority *a, struct vf_err *reterr)
{
	const char *text = nt_cli_get(cli, "timeout");
	uint64_t seconds;

	if (!text)
		return VF_OK;
	if (!vf_decimal_read(vf_bytes_str(text), 600, &seconds) || seconds == 0)
		return vf_fail(reterr, VF_USAGE, "--timeout wants a number of seconds from 1 to 600");
	a->timeout_ms = (uint32_t)seconds * 1000;
	if (a->connect_ms > a->timeout_ms)
		a->connect_ms = a->timeout_ms;
	return VF_OK;
}

static VF_RC take_places(const struct nt_cli *cli, struct nt_authority *a, struct vf_err *reterr)
{
	const char *url;
	enum vf_rc rc = take_option(cli, "ocsp", a->ocsp, sizeof(a->ocsp), reterr);

	a->has_ocsp = nt_cli_has(cli, "ocsp");
	for (; rc == VF_OK && (url = nt_cli_get_at(cli, "crl", a->n_crl)) != NULL; a->n_crl++) {
		if (a->n_crl == sizeof(a->crl) / sizeof(a->crl[0]))
			return vf_fail(reterr, VF_USAGE, "at most 4 --crl");
		rc = take_text("crl", url, a->crl[a->n_crl], sizeof(a->crl[0]), reterr);
	}
	return rc;
}

static VF_RC take_files(const struct nt_cli *cli, struct nt_authority *a, struct vf_err *reterr)
{
	enum vf_rc rc = take_path(cli, "password-file", a->password_file, reterr);

	if (rc == VF_OK)
		rc = take_path(cli, "certificate", a->certificate, reterr);
	if (rc == VF_OK)
		rc = take_path(cli, "key", a->key, reterr);
	if (rc == VF_OK)
		rc = take_path(cli, "ca", a->ca, reterr);
	return rc;
}

/* By the rules of the file, before anything is asked or written. */
static VF_RC check_alone(const struct nt_authority *a, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(NT_AUTHORITIES_MAX);
	struct nt_authorities one = {.embedded = true, .wanted = 1, .n = 1}, again;
	enum vf_rc rc;

	one.list[0] = *a;
	nt_authorities_put(&text, &one);
	rc = nt_buf_check(&text, reterr);
	return rc == VF_OK ? nt_authorities_parse(nt_buf_bytes(&text), &again, reterr) : rc;
}

static VF_RC take_authority(const struct nt_cli *cli, struct nt_authority *a, struct vf_err *reterr)
{
	enum vf_rc rc;

	nt_authority_default(a);
	rc = take_text("name", cli->args[1], a->name, 33, reterr);
	if (rc == VF_OK)
		rc = take_text("url", cli->args[2], a->url, sizeof(a->url), reterr);
	if (rc == VF_OK)
		rc = take_algorithm(cli, a, reterr);
	if (rc == VF_OK)
		rc = take_option(cli, "policy", a->policy, sizeof(a->policy), reterr);
	if (rc == VF_OK)
		rc = take_option(cli, "user", a->user, sizeof(a->user), reterr);
	if (rc == VF_OK)
		rc = take_files(cli, a, reterr);
	if (rc == VF_OK)
		rc = take_timeout(cli, a, reterr);
	if (rc == VF_OK)
		rc = take_places(cli, a, reterr);
	if (rc != VF_OK)
		return rc;
	a->qualified = nt_cli_has(cli, "qualified");
	a->operator_ = nt_cli_has(cli, "operator");
	snprintf(a->roots, sizeof(a->roots), NT_TSA_FOLDER "/%s.pem", a->name);
	return check_alone(a, reterr);
}

struct adding {
	struct nt_cli *cli;
	struct nt_authority a;
	struct nt_buf pem;
	struct vf_pki *roots;
	bool made; /* the file of the roots is new */
	struct nt_tsa_trial trial;
};

static VF_RC read_roots(struct adding *x, struct vf_err *reterr)
{
	enum vf_rc rc = nt_durable_read(AT_FDCWD, nt_cli_get(x->cli, "roots"), &x->pem, reterr);

	if (rc != VF_OK)
		return rc;
	x->roots = vf_pki_new();
	if (!x->roots)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for certificates");
	rc = vf_pki_add_anchors(x->roots, 0, nt_buf_bytes(&x->pem), reterr);
	if (rc != VF_OK)
		vf_err_prefix(reterr, "the file of --roots");
	return rc;
}

/* Roots of an authority that was removed are kept, as its tokens are: other ones need another name. */
static VF_RC copy_roots(struct adding *x, int folder, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf there = nt_buf(VF_MAX_TRUST_FILE);
	enum vf_rc rc = nt_durable_read(folder, x->a.roots, &there, NULL);

	if (rc == VF_OK && vf_bytes_eq(nt_buf_bytes(&there), nt_buf_bytes(&x->pem)))
		return VF_OK;
	if (rc != VF_NO_INPUT || faccessat(folder, x->a.roots, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return vf_fail(reterr, VF_EXISTS, "'%s' holds other roots: choose another name", x->a.roots);
	rc = nt_durable_write(folder, x->a.roots, nt_buf_bytes(&x->pem), 0644, reterr);
	x->made = rc == VF_OK;
	return rc;
}

static VF_RC insert(struct adding *x, int folder, struct nt_authorities *list, struct vf_err *reterr)
{
	bool all = list->wanted == list->n;
	size_t at = nt_cli_has(x->cli, "first") ? 0 : list->n;

	if (list->n == NT_MAX_AUTHORITIES)
		return vf_fail(
			reterr, VF_USAGE, "there are %d authorities already, which is the most", NT_MAX_AUTHORITIES);
	memmove(&list->list[at + 1], &list->list[at], (list->n - at) * sizeof(list->list[0]));
	list->list[at] = x->a;
	list->n++;
	list->wanted += all;
	return nt_authorities_store(folder, list, reterr);
}

static void put_roots(struct nt_cli *cli, const struct vf_pki *roots)
{
	struct nt_buf *out = &cli->text;
	const struct vf_cert *c;

	nt_buf_put_str(out,
		cli->json ? ",\"roots\":["
			  : "  compare these SHA-256 fingerprints of its roots over another channel:\n");
	for (size_t i = 0; (c = vf_pki_anchor(roots, 0, i)) != NULL; i++) {
		nt_buf_put_str(out, cli->json ? (i ? ",{\"sha256\":\"" : "{\"sha256\":\"") : "    ");
		nt_buf_put_hex(out, vf_bytes(c->facts.sha256.b, sizeof(c->facts.sha256.b)));
		if (cli->json) {
			nt_buf_put_u8(out, '"');
			nt_cli_field(out, "name", vf_bytes_str(c->facts.name));
			nt_buf_put_str(out, ",\"end\":\"");
			nt_verb_put_time(out, c->facts.not_after);
			nt_buf_put_str(out, "\"}");
		} else {
			nt_buf_putf(out, "  %s, until ", c->facts.name);
			nt_verb_put_time(out, c->facts.not_after);
			nt_buf_put_u8(out, '\n');
		}
	}
	nt_buf_put_str(out, cli->json ? "]" : "");
}

static void put_added(struct adding *x)
{
	struct nt_cli *cli = x->cli;
	bool tested = !nt_cli_has(cli, "no-test");

	if (cli->json) {
		nt_cli_begin(cli);
		nt_cli_field(&cli->text, "name", vf_bytes_str(x->a.name));
		put_roots(cli, x->roots);
		nt_buf_put_str(&cli->text, ",\"test\":");
		if (tested)
			nt_tsa_put_trial_json(&cli->text, &x->trial);
		nt_buf_put_str(&cli->text, tested ? "}\n" : "null}\n");
		return;
	}
	nt_buf_putf(&cli->text, "added %s\n", x->a.name);
	put_roots(cli, x->roots);
	if (tested)
		nt_tsa_put_trial(&cli->text, x->a.name, &x->trial);
	if (x->a.user[0] && vf_bytes_starts(vf_bytes_str(x->a.url), "http://"))
		nt_cli_note(cli,
			"the password goes over the network as it is: ask the authority for an address with https://");
	nt_tsa_say_reload(cli);
}

/* Holds the lock of the list from the first look to the end: a name is not taken twice, nor a file of roots. */
static VF_RC add(struct adding *x, int folder, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int lock = -1;
	struct nt_authorities list;
	enum vf_rc rc = nt_tsa_begin_change(folder, &lock, &list, reterr);

	if (rc == VF_OK && nt_authorities_find(&list, vf_bytes_str(x->a.name)))
		return vf_fail(reterr, VF_EXISTS, "there is an authority '%s' already", x->a.name);
	if (rc == VF_OK)
		rc = copy_roots(x, folder, reterr);
	if (rc == VF_OK && !nt_cli_has(x->cli, "no-test")) {
		nt_tsa_try(&x->a, folder, &x->trial);
		rc = x->trial.rc == VF_OK ? VF_OK : vf_fail(reterr, x->trial.rc, "%s", x->trial.err.text);
		if (rc == VF_UNKNOWN_ROOT)
			nt_cli_detail(x->cli,
				"certificates between the root and the authority's own may be missing: put them into "
				"--roots too");
	}
	if (rc == VF_OK)
		rc = insert(x, folder, &list, reterr);
	if (rc != VF_OK && x->made)
		vf_ignore(nt_durable_remove(folder, x->a.roots, NULL)); /* what stays is of no harm */
	return rc;
}

VF_RC nt_verb_tsa_add(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int folder = -1;
	struct adding x = {.cli = cli, .pem = nt_buf(VF_MAX_TRUST_FILE)};
	enum vf_rc rc = nt_tsa_folder(cli, &folder, reterr);

	if (rc == VF_OK)
		rc = take_authority(cli, &x.a, reterr);
	if (rc == VF_OK)
		rc = read_roots(&x, reterr);
	if (rc == VF_OK)
		rc = add(&x, folder, reterr);
	if (rc == VF_OK)
		put_added(&x);
	nt_buf_done(&x.pem);
	vf_pki_free(x.roots);
	return rc;
}
