#include "notary/client_state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "notary/client_state_inside.h"
#include "notary/durable.h"
#include "verify/text.h"

static VF_RC default_folder(char out[PATH_MAX], struct vf_err *reterr)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n = -1;

	/* The XDG base directory rules: a relative path counts as none. */
	if (state && state[0] == '/')
		n = snprintf(out, PATH_MAX, "%s/trialnotary", state);
	else if (home && home[0] == '/')
		n = snprintf(out, PATH_MAX, "%s/.local/state/trialnotary", home);
	if (n < 0 || n >= PATH_MAX)
		return vf_fail(
			reterr, VF_USAGE, "there is no home folder to keep the state in: say with --state where");
	return VF_OK;
}

/* Makes all folders of a path. */
static VF_RC make_folders(const char *path, struct vf_err *reterr)
{
	char part[PATH_MAX], shown[160];

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	if (strlen(path) >= sizeof(part))
		return vf_fail(reterr, VF_USAGE, "the path of the state folder is too long");
	for (size_t n = 1; n <= strlen(path); n++) {
		if (path[n] != '/' && path[n] != '\0')
			continue;
		snprintf(part, sizeof(part), "%.*s", (int)n, path);
		if (mkdir(part, 0700) != 0 && errno != EEXIST)
			return vf_fail(reterr, errno == EACCES ? VF_PERMISSION : VF_IO,
				"folder '%s' cannot be made: %s", shown, strerror(errno));
	}
	return VF_OK;
}

static VF_RC check_mode(int dir, const char *path, struct vf_err *reterr)
{
	char shown[160];
	struct stat st;

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	if (fstat(dir, &st) != 0)
		return vf_fail(reterr, VF_IO, "folder '%s': %s", shown, strerror(errno));
	if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return vf_fail(reterr, VF_PERMISSION,
			"others may read or change the state folder '%s': make it yours alone with 'chmod 700'",
			shown);
	return VF_OK;
}

/* HOST and a digest of what tells states apart: readable, and never two in one. */
static void put_name(struct nt_buf *out, const char *server, const char *token_file)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf all = nt_buf(2 * PATH_MAX + 4096);
	const char *host = strstr(server, "://");
	struct vf_hash digest;
	size_t n = 0;

	nt_buf_put_str(&all, server);
	nt_buf_put_u8(&all, '\n');
	nt_buf_put_str(&all, token_file);
	digest = vf_sha256(nt_buf_bytes(&all));
	for (host = host ? host + 3 : server; host[n] && host[n] != '/' && n < 100; n++)
		nt_buf_put_u8(out, strchr(":[]", host[n]) ? '_' : (uint8_t)host[n]);
	nt_buf_put_u8(out, '-');
	nt_buf_put_hex(out, vf_bytes(digest.b, 8));
}

/* What the part is for, for people. */
static VF_RC write_about(
	struct nt_client_state *s, const char *server, const char *token_file, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(2 * PATH_MAX + 4096);

	if (faccessat(s->dir, "about", F_OK, 0) == 0)
		return VF_OK;
	nt_buf_put_str(&text, "trialnotary/client-state/1\nserver ");
	nt_buf_put_str(&text, server);
	nt_buf_put_str(&text, "\ntoken-file ");
	nt_buf_put_str(&text, token_file);
	nt_buf_put_u8(&text, '\n');
	return nt_durable_write(s->dir, "about", nt_buf_bytes(&text), 0600, reterr);
}

static VF_RC open_part(struct nt_client_state *s, const char *folder, const char *server, const char *token_file,
	struct vf_err *reterr)
{
	static const char *const parts[] = {"records", "keys", "documents", "rules", "streams", "values"};
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(2 * PATH_MAX);
	enum vf_rc rc;

	nt_buf_put_str(&path, folder);
	nt_buf_put_u8(&path, '/');
	put_name(&path, server, token_file);
	nt_buf_put_u8(&path, 0);
	rc = nt_buf_check(&path, reterr);
	if (rc == VF_OK)
		rc = make_folders((const char *)path.p, reterr);
	if (rc == VF_OK)
		rc = nt_dir_open(AT_FDCWD, (const char *)path.p, &s->dir, reterr);
	if (rc == VF_OK)
		rc = check_mode(s->dir, (const char *)path.p, reterr);
	for (size_t i = 0; rc == VF_OK && i < sizeof(parts) / sizeof(parts[0]); i++)
		rc = nt_dir_make(s->dir, parts[i], 0700, reterr);
	if (rc == VF_OK)
		rc = write_about(s, server, token_file, reterr);
	s->folder = rc == VF_OK ? strdup((const char *)path.p) : NULL;
	s->home = rc == VF_OK ? strdup(folder) : NULL;
	if (rc == VF_OK && !(s->folder && s->home))
		rc = vf_fail(reterr, VF_NO_MEMORY, "no memory for the state");
	return rc;
}

VF_RC nt_state_open(const char *folder, const char *server, const char *token_file, struct nt_client_state **ret,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_state_freep) struct nt_client_state *s = calloc(1, sizeof(*s));
	char path[PATH_MAX], token[PATH_MAX];
	enum vf_rc rc = VF_OK;

	if (!s)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the state");
	s->dir = s->lock = -1;
	if (!folder)
		rc = default_folder(path, reterr);
	else if (snprintf(path, sizeof(path), "%s", folder) >= (int)sizeof(path) || !path[0])
		rc = vf_fail(reterr, VF_USAGE, "--state wants the path of a folder");
	if (rc == VF_OK && !realpath(token_file, token))
		rc = vf_fail(reterr, VF_NO_INPUT, "the token file cannot be resolved: %s", strerror(errno));
	if (rc == VF_OK)
		rc = make_folders(path, reterr);
	if (rc == VF_OK)
		rc = open_part(s, path, server, token, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = s;
	s = NULL;
	return VF_OK;
}

struct nt_client_state *nt_state_free(struct nt_client_state *s)
{
	if (!s)
		return NULL;
	nt_state_unlock(s);
	if (s->dir >= 0)
		close(s->dir);
	free(s->folder);
	free(s->home);
	free(s);
	return NULL;
}

void nt_state_freep(struct nt_client_state **s)
{
	*s = nt_state_free(*s);
}

VF_RC nt_state_lock(struct nt_client_state *s, unsigned seconds, struct vf_err *reterr)
{
	const struct timespec pause = {.tv_nsec = 50000000};
	struct timespec now;
	int64_t end;

	if (s->lock >= 0)
		return VF_OK;
	s->lock = openat(s->dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s->lock < 0)
		return vf_fail(reterr, VF_IO, "the lock of the state folder: %s", strerror(errno));
	clock_gettime(CLOCK_MONOTONIC, &now);
	end = (int64_t)now.tv_sec + seconds;
	while (flock(s->lock, LOCK_EX | LOCK_NB) != 0) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (errno == EWOULDBLOCK && (int64_t)now.tv_sec < end) {
			nanosleep(&pause, NULL);
			continue;
		}
		nt_state_unlock(s);
		return vf_fail(reterr, VF_STORE_BUSY, "another process is sending to the same server");
	}
	return VF_OK;
}

void nt_state_unlock(struct nt_client_state *s)
{
	if (s->lock >= 0)
		close(s->lock);
	s->lock = -1;
}
