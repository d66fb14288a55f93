/* What exists nowhere else but in the state folder, and how far a study's list was searched. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "notary/client_state_inside.h"
#include "notary/durable.h"
#include "notary/rows_secret.h"
#include "verify/text.h"

/* A place in a list and IDs of parameters, of which a study has a few. */
#define MAX_RULES ((size_t)64 * 1024)

void nt_state_file(char out[NT_STATE_NAME], const char *folder, const struct vf_hash *h)
{
	char hex[NT_STATE_HEX + 1];

	vf_hex_put(hex, vf_bytes(h->b, sizeof(h->b)));
	snprintf(out, NT_STATE_NAME, "%s/%s", folder, hex);
}

VF_RC nt_state_keep(
	struct nt_client_state *s, const struct vf_hash *sha256, struct vf_bytes text, struct vf_err *reterr)
{
	char name[NT_STATE_NAME];

	nt_state_file(name, "documents", sha256);
	return nt_durable_put(s->dir, &(struct nt_file){name, text}, 1, reterr);
}

VF_RC nt_state_keep_secret(struct nt_client_state *s, const struct vf_hash *sha256, const struct vf_hash *secret,
	struct vf_err *reterr)
{
	char name[NT_STATE_NAME], text[NT_STATE_HEX + 2];
	enum vf_rc rc;

	nt_state_file(name, "documents", sha256);
	strcat(name, ".secret");
	nt_secret_text(text, secret);
	rc = nt_durable_write(s->dir, name, vf_bytes(text, NT_STATE_HEX + 1), 0600, reterr);
	explicit_bzero(text, sizeof(text));
	return rc;
}

VF_RC nt_state_secret(
	struct nt_client_state *s, const struct vf_hash *sha256, struct vf_hash *ret, struct vf_err *reterr)
{
	char name[NT_STATE_NAME];

	nt_state_file(name, "documents", sha256);
	strcat(name, ".secret");
	return nt_secret_read(s->dir, name, ret, reterr);
}

bool nt_state_is_kept(const struct nt_client_state *s, const struct vf_hash *sha256)
{
	char name[NT_STATE_NAME];

	nt_state_file(name, "documents", sha256);
	return faccessat(s->dir, name, F_OK, 0) == 0;
}

VF_RC nt_state_unkeep(struct nt_client_state *s, const struct vf_hash *sha256, struct vf_err *reterr)
{
	char name[NT_STATE_NAME];
	enum vf_rc rc;

	nt_state_file(name, "documents", sha256);
	rc = nt_durable_remove(s->dir, name, reterr);
	strcat(name, ".secret");
	return rc == VF_OK ? nt_durable_remove(s->dir, name, reterr) : rc;
}

VF_RC nt_state_kept(struct nt_client_state *s, const struct vf_hash *sha256, struct nt_buf *out, struct vf_err *reterr)
{
	char name[NT_STATE_NAME];

	nt_state_file(name, "documents", sha256);
	nt_buf_putf(out, "%s/%s", s->folder, name);
	nt_buf_put_u8(out, 0);
	return nt_buf_check(out, reterr);
}

/* ---- rules ---- */

VF_RC nt_state_rules(struct nt_client_state *s, struct vf_bytes study, struct nt_buf *out, struct vf_err *reterr)
{
	struct vf_hash h = vf_sha256(study);
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(MAX_RULES);
	char name[NT_STATE_NAME];
	enum vf_rc rc;

	nt_state_file(name, "rules", &h);
	rc = nt_durable_read(s->dir, name, &text, reterr);
	if (rc == VF_NO_INPUT || rc == VF_LIMIT)
		return VF_OK; /* then the whole list is searched */
	if (rc == VF_OK)
		nt_buf_put(out, nt_buf_bytes(&text));
	return rc == VF_OK ? nt_buf_check(out, reterr) : rc;
}

VF_RC nt_state_put_rules(struct nt_client_state *s, struct vf_bytes study, struct vf_bytes text, struct vf_err *reterr)
{
	struct vf_hash h = vf_sha256(study);
	char name[NT_STATE_NAME];

	nt_state_file(name, "rules", &h);
	return nt_durable_write(s->dir, name, text, 0600, reterr);
}
