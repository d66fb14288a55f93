#include "notary/trust_out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "notary/durable.h"
#include "verify/limits.h"
#include "verify/text.h"

static const char *truth(bool b)
{
	return b ? "true" : "false";
}

/* One good token suffices: the operator's own when there is one, else of any authority. */
static void put_policy(struct nt_notary *n, struct nt_buf *out)
{
	const struct nt_config *c = nt_notary_config(n);
	const struct nt_authorities *a = nt_notary_authorities(n);

	nt_buf_put_str(out, "{\"schema\":\"trialnotary/policy/1\",\"name\":");
	nt_buf_put_json(out, vf_bytes_str(c->origin));
	out->n -= out->n > 0; /* the name goes on inside its quotes */
	nt_buf_put_str(out, " default\",\n \"authorities\":[{\"name\":\"embedded\",\"roots\":\"tsa/embedded.pem\",\"operator\":true,"
			    "\"qualified\":false}");
	for (size_t i = 0; i < a->n; i++)
		nt_buf_putf(out, ",\n  {\"name\":\"%s\",\"roots\":\"tsa/%s.pem\",\"operator\":%s,\"qualified\":%s}", a->list[i].name,
			a->list[i].name, truth(a->list[i].operator_), truth(a->list[i].qualified));
	nt_buf_putf(out, "],\n \"time\":[{\"count\":1%s}],\n", a->embedded ? ",\"of\":[\"embedded\"]" : "");
	nt_buf_put_str(out, " \"revocation\":\"required\",\"expired\":\"refuse\",\"submitter\":\"optional\"}\n");
}

static enum vf_rc put_tlog_policy(struct nt_notary *n, struct nt_buf *out, struct vf_err *reterr)
{
	enum vf_rc rc;

	nt_buf_put_str(out, "log ");
	rc = nt_notary_log_vkey(n, out, reterr);
	if (rc != VF_OK)
		return rc;
	if (out->n && out->p[out->n - 1] == '\n')
		out->n--;
	nt_buf_put_str(out, "\nquorum none\n");
	return VF_OK;
}

static void put_readme(struct nt_trust *t, const struct nt_config *c)
{
	struct nt_buf *out = &t->files[0];

	nt_buf_putf(out, "Trust directory for records of the notary %s\n\n", c->origin);
	nt_buf_put_str(out, "Give it to trialverify with --trust. Whoever can change these files decides what is VERIFIED:\n"
			    "get them, or compare the fingerprints below, over a channel that you trust.\n\n"
			    "The rules of policy.json say whose time counts. The authority 'embedded' is the notary's own: it proves order\n"
			    "and integrity to those who trust the operator. For more, ask for others there.\n\nSHA-256 fingerprints:\n");
	for (size_t i = 1; i < t->n; i++) {
		struct vf_hash h = vf_sha256(nt_buf_bytes(&t->files[i]));

		nt_buf_put_str(out, "  ");
		nt_buf_put_hex(out, vf_bytes(h.b, sizeof(h.b)));
		nt_buf_putf(out, "  %s\n", t->names[i]);
	}
}

static VF_RC put_roots(struct nt_notary *n, const struct nt_authority *a, struct nt_trust *t, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int dir = -1;
	enum vf_rc rc = nt_dir_open(AT_FDCWD, nt_notary_dir(n), &dir, reterr);

	snprintf(t->names[t->n], sizeof(t->names[0]), "tsa/%s.pem", a->name);
	if (rc == VF_OK)
		rc = nt_durable_read(dir, a->roots, &t->files[t->n], reterr);
	if (rc == VF_OK)
		t->n++;
	return rc;
}

static VF_RC fill(struct nt_notary *n, struct nt_trust *t, struct vf_err *reterr)
{
	const struct nt_authorities *a = nt_notary_authorities(n);
	enum vf_rc rc;

	put_policy(n, &t->files[1]);
	rc = nt_notary_receipt_pins(n, &t->files[2], reterr);
	if (rc == VF_OK)
		rc = put_tlog_policy(n, &t->files[3], reterr);
	if (rc == VF_OK)
		rc = nt_notary_tsa_root(n, &t->files[4], reterr);
	for (size_t i = 0; rc == VF_OK && i < a->n; i++)
		rc = put_roots(n, &a->list[i], t, reterr);
	if (rc == VF_OK)
		put_readme(t, nt_notary_config(n));
	for (size_t i = 0; rc == VF_OK && i < t->n; i++)
		rc = nt_buf_check(&t->files[i], reterr);
	return rc;
}

VF_RC nt_trust_make(struct nt_notary *n, struct nt_trust *ret, struct vf_err *reterr)
{
	static const char *const names[NT_TRUST_FILES] = {"README.txt", "policy.json", "receipts", "tlog-policy", "tsa/embedded.pem"};
	struct nt_trust t = {.n = NT_TRUST_FILES};
	enum vf_rc rc;

	for (size_t i = 0; i < NT_TRUST_MAX; i++)
		t.files[i] = nt_buf(VF_MAX_TRUST_FILE);
	for (size_t i = 0; i < NT_TRUST_FILES; i++)
		strcpy(t.names[i], names[i]);
	rc = fill(n, &t, reterr);
	if (rc != VF_OK) {
		nt_trust_done(&t);
		return rc;
	}
	*ret = t;
	return VF_OK;
}

void nt_trust_done(struct nt_trust *t)
{
	for (size_t i = 0; i < NT_TRUST_MAX; i++)
		nt_buf_done(&t->files[i]);
}

static enum vf_rc write_folder(const struct nt_trust *t, const char *folder, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int dir = -1;
	enum vf_rc rc = nt_dir_open(AT_FDCWD, folder, &dir, reterr);

	if (rc == VF_OK)
		rc = nt_dir_make(dir, "tsa", 0755, reterr);
	if (rc == VF_OK)
		rc = nt_dir_make(dir, "submitters", 0755, reterr);
	if (rc == VF_OK)
		rc = nt_dir_make(dir, "streams", 0755, reterr);
	for (size_t i = 0; rc == VF_OK && i < t->n; i++)
		rc = nt_durable_write(dir, t->names[i], nt_buf_bytes(&t->files[i]), 0644, reterr);
	return rc == VF_OK ? nt_fd_sync(dir, folder, reterr) : rc;
}

VF_RC nt_trust_export(struct nt_notary *n, const char *folder, struct vf_err *reterr)
{
	struct nt_trust t;
	char shown[200];
	enum vf_rc rc = nt_trust_make(n, &t, reterr);

	if (rc != VF_OK)
		return rc;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(folder));
	if (mkdir(folder, 0755) != 0)
		rc = vf_fail(reterr, errno == EEXIST ? VF_EXISTS : VF_IO, "cannot make the folder '%s': %s", shown,
			strerror(errno));
	else
		rc = write_folder(&t, folder, reterr);
	nt_trust_done(&t);
	return rc;
}
