#include "notary/notary_inside.h"

#include <fcntl.h>
#include <string.h>

#include "notary/durable.h"
#include "notary/new_folder.h"
#include "notary/random.h"

static const char *const folders[] = {"keys", "tsa", "log", "log/tile", "staging", "documents"};

VF_RC nt_notary_path(struct nt_buf *out, const char *dir, const char *name, struct vf_err *reterr)
{
	nt_buf_reset(out);
	nt_buf_putf(out, "%s/%s", dir, name);
	nt_buf_put_u8(out, 0);
	return nt_buf_check(out, reterr);
}

static VF_RC create_databases(const char *dir, int fd, const struct nt_init *init, const char *origin,
	const struct nt_signer *signer, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(8192), note = nt_buf(VF_MAX_NOTE);
	struct nt_head first = {.root = vf_merkle_empty(), .time_ms = init->now_ms};
	struct nt_log log;
	struct vf_hash secret;
	struct nt_random random = {.left = 0};
	enum vf_rc rc = nt_log_init(&log, fd, origin, signer, reterr);

	if (rc != VF_OK)
		return rc;
	rc = nt_log_empty_note(&log, &note, reterr);
	nt_log_done(&log);
	if (rc == VF_OK)
		rc = nt_random(&random, secret.b, sizeof(secret.b), reterr);
	if (rc == VF_OK)
		rc = nt_durable_write(fd, "log/checkpoint", nt_buf_bytes(&note), 0644, reterr);
	if (rc == VF_OK)
		rc = nt_notary_path(&path, dir, "notary.db", reterr);
	if (rc == VF_OK)
		rc = nt_store_create(
			(const char *)path.p, origin, &secret, &first.root, nt_buf_bytes(&note), reterr);
	if (rc == VF_OK)
		rc = nt_notary_path(&path, dir, "head.db", reterr);
	first.note = nt_buf_bytes(&note);
	if (rc == VF_OK)
		rc = nt_headlock_create((const char *)path.p, &first, reterr);
	return rc;
}

static VF_RC create_all(
	const char *dir, const struct nt_init *init, const struct nt_config *config, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(8192), text = nt_buf(NT_CONFIG_FILE_MAX);
	VF_CLEANUP(nt_fd_closep) int fd = -1;
	VF_CLEANUP(nt_signer_freep) struct nt_signer *signer = NULL;
	enum vf_rc rc = nt_dir_open(AT_FDCWD, dir, &fd, reterr);

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && rc == VF_OK; i++)
		rc = nt_dir_make(fd, folders[i], strncmp(folders[i], "log", 3) == 0 ? 0755 : 0700, reterr);
	if (rc == VF_OK)
		rc = nt_notary_path(&path, dir, "keys/log.key", reterr);
	if (rc == VF_OK)
		rc = nt_signer_create((const char *)path.p, NT_KEY_ED25519, &signer, reterr);
	if (rc == VF_OK)
		rc = nt_notary_path(&path, dir, NT_RECEIPT_KEY_FILE, reterr);
	if (rc == VF_OK)
		rc = nt_signer_create((const char *)path.p, NT_KEY_ED25519, NULL, reterr);
	if (rc == VF_OK)
		rc = nt_notary_path(&path, dir, "tsa", reterr);
	if (rc == VF_OK)
		rc = nt_tsa_create((const char *)path.p, config, init->now_ms, reterr);
	if (rc == VF_OK)
		rc = create_databases(dir, fd, init, config->origin, signer, reterr);
	if (rc != VF_OK)
		return rc;
	nt_config_put(&text, config);
	rc = nt_buf_check(&text, reterr);
	if (rc == VF_OK)
		rc = nt_durable_write(fd, "trialnotary.conf", nt_buf_bytes(&text), 0644, reterr);
	if (rc == VF_OK)
		rc = nt_fd_sync(fd, dir, reterr);
	return rc;
}

static VF_RC make_config(const struct nt_init *init, struct nt_config *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(NT_CONFIG_FILE_MAX);
	enum vf_rc rc;

	nt_config_default(ret);
	if (init->origin != NULL &&
		(strlen(init->origin) > VF_MAX_ORIGIN || !vf_key_name_is(vf_bytes_str(init->origin))))
		return vf_fail(reterr, VF_USAGE, "the origin must be 1 to %d octets without spaces and '+'",
			VF_MAX_ORIGIN);
	if (init->origin != NULL)
		strcpy(ret->origin, init->origin);
	if (init->tsa_key != NULL && strlen(init->tsa_key) < sizeof(ret->tsa_key))
		strcpy(ret->tsa_key, init->tsa_key);
	nt_config_put(&text, ret);
	rc = nt_buf_check(&text, reterr);
	/* What the file's reader would refuse is refused now. */
	if (rc == VF_OK)
		rc = nt_config_parse(nt_buf_bytes(&text), ret, reterr);
	return rc;
}

VF_RC nt_notary_init(const char *dir, const struct nt_init *init, struct vf_err *reterr)
{
	VF_CLEANUP(nt_folder_done) struct nt_new_folder f = NT_NEW_FOLDER_NONE;
	struct nt_config config;
	enum vf_rc rc = make_config(init, &config, reterr);

	if (rc == VF_OK)
		rc = nt_folder_begin(&f, dir, reterr);
	if (rc == VF_EXISTS)
		return vf_fail(reterr, VF_NOTARY_EXISTS, "'%s' is there and not an empty folder", dir);
	if (rc == VF_OK)
		rc = create_all(f.path, init, &config, reterr);
	return rc == VF_OK ? nt_folder_commit(&f, dir, reterr) : rc;
}
