#include "notary/client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <curl/curl.h>

#include "notary/access.h"
#include "notary/client_inside.h"
#include "notary/fetch.h"
#include "verify/text.h"

#define MAX_URL 2048

static VF_RC check_token_file(int fd, const char *shown, struct vf_err *reterr)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return vf_fail(reterr, VF_NO_INPUT, "token file '%s' is not a regular file", shown);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return vf_fail(reterr, VF_PERMISSION, "token file '%s' belongs to somebody else", shown);
	if ((st.st_mode & 077) != 0)
		return vf_fail(reterr, VF_PERMISSION,
			"others may read token file '%s': make it yours alone with 'chmod 600'", shown);
	return VF_OK;
}

VF_RC nt_client_reload(struct nt_client *c, struct vf_err *reterr)
{
	char text[128], shown[160];
	struct vf_hash hash;
	struct vf_bytes token;
	ssize_t n = -1;
	enum vf_rc rc;
	int fd = open(c->token_file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(c->token_file));
	if (fd < 0)
		return vf_fail(reterr, errno == EACCES ? VF_PERMISSION : VF_NO_INPUT, "token file '%s': %s", shown,
			strerror(errno));
	rc = check_token_file(fd, shown, reterr);
	if (rc == VF_OK) {
		n = read(fd, text, sizeof(text));
		if (n < 0)
			rc = vf_fail(reterr, VF_IO, "token file '%s' cannot be read", shown);
	}
	close(fd);
	if (rc != VF_OK)
		return rc;
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	token = vf_bytes(text, (size_t)n);
	if (token.n >= sizeof(c->token) || nt_token_read(token, &hash, NULL) != VF_OK) {
		explicit_bzero(text, sizeof(text));
		return vf_fail(reterr, VF_UNAUTHENTICATED, "file '%s' holds no token: one line 'tn1_...' is wanted",
			shown);
	}
	memcpy(c->token, text, token.n);
	c->token[token.n] = '\0';
	explicit_bzero(text, sizeof(text));
	explicit_bzero(&hash, sizeof(hash));
	return VF_OK;
}

static bool part_is_there(CURLU *u, CURLUPart part)
{
	char *text = NULL;
	bool there = curl_url_get(u, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return there;
}

static bool is_scheme(CURLU *u, const char *want)
{
	char *scheme = NULL;
	bool is = curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK && strcmp(scheme, want) == 0;

	curl_free(scheme);
	return is;
}

/* Takes the URL apart; what is no part of a base address is refused rather than left out. */
static VF_RC read_url(struct nt_client *c, CURLU *u, const char *server, struct vf_err *reterr)
{
	char *url = NULL, shown[200];
	size_t n;

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(server));
	if (strlen(server) > MAX_URL || curl_url_set(u, CURLUPART_URL, server, 0) != CURLUE_OK ||
		!(is_scheme(u, "https") || is_scheme(u, "http")))
		return vf_fail(
			reterr, VF_USAGE, "'%s' is no address of a server: https://HOST[:PORT] is wanted", shown);
	if (part_is_there(u, CURLUPART_USER) || part_is_there(u, CURLUPART_PASSWORD) ||
		part_is_there(u, CURLUPART_QUERY) || part_is_there(u, CURLUPART_FRAGMENT))
		return vf_fail(reterr, VF_USAGE,
			"the server's address holds a name, a password, parameters or a fragment: leave them out");
	c->is_tls = is_scheme(u, "https");
	if (curl_url_get(u, CURLUPART_URL, &url, CURLU_NO_DEFAULT_PORT) == CURLUE_OK) {
		c->server = strdup(url);
		curl_free(url);
	}
	if (!c->server)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a server's address");
	for (n = strlen(c->server); n > 0 && c->server[n - 1] == '/'; n--)
		c->server[n - 1] = '\0';
	return VF_OK;
}

static VF_RC take_server(struct nt_client *c, const char *server, struct vf_err *reterr)
{
	CURLU *u = curl_url();
	enum vf_rc rc = u ? read_url(c, u, server, reterr)
			  : vf_fail(reterr, VF_NO_MEMORY, "no memory for a server's address");

	curl_url_cleanup(u);
	return rc;
}

static VF_RC take_options(struct nt_client *c, const struct nt_client_options *o, struct vf_err *reterr)
{
	if (o->timeout > NT_CLIENT_MAX_TIMEOUT)
		return vf_fail(reterr, VF_USAGE, "at most %d seconds", NT_CLIENT_MAX_TIMEOUT);
	if (o->pin && !vf_hex_read(vf_bytes_str(o->pin), c->pin.sha256, sizeof(c->pin.sha256)))
		return vf_fail(reterr, VF_USAGE,
			"a pin is the SHA-256 of the server's certificate: 64 lower-case hex digits");
	if ((o->pin || o->cacert) && !c->is_tls)
		return vf_fail(reterr, VF_USAGE, "--pin and --cacert need an address with https://");
	if (o->pin && o->cacert)
		return vf_fail(
			reterr, VF_USAGE, "--pin and --cacert are two ways to know the server: give one of them");
	/* The check of addresses sees the proxy's alone. */
	if (o->proxy && !c->is_tls && !o->plain)
		return vf_fail(reterr, VF_USAGE,
			"http:// through a proxy may leave this machine: use https://, or --plain");
	c->pin.is_set = o->pin != NULL;
	c->plain = o->plain;
	c->timeout_ms = (int64_t)(o->timeout ? o->timeout : NT_CLIENT_TIMEOUT) * 1000;
	c->stop = o->stop;
	c->note = o->note;
	c->note_ctx = o->note_ctx;
	c->token_file = strdup(o->token_file);
	c->cacert = o->cacert ? strdup(o->cacert) : NULL;
	c->proxy = strdup(o->proxy ? o->proxy : "");
	if (!c->token_file || !c->proxy || (o->cacert && !c->cacert))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a client");
	if (o->cacert && access(o->cacert, R_OK) != 0)
		return vf_fail(reterr, VF_NO_INPUT, "the file of --cacert cannot be read: %s", strerror(errno));
	return VF_OK;
}

VF_RC nt_client_new(const struct nt_client_options *options, struct nt_client **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_client_freep) struct nt_client *c = calloc(1, sizeof(*c));
	enum vf_rc rc = nt_fetch_start(reterr);

	if (rc != VF_OK)
		return rc;
	if (!c)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a client");
	rc = take_server(c, options->server, reterr);
	if (rc == VF_OK)
		rc = take_options(c, options, reterr);
	if (rc == VF_OK)
		rc = nt_client_reload(c, reterr);
	if (rc != VF_OK)
		return rc;
	c->curl = curl_easy_init();
	if (!c->curl)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a client");
	*ret = c;
	c = NULL;
	return VF_OK;
}

struct nt_client *nt_client_free(struct nt_client *c)
{
	if (!c)
		return NULL;
	curl_easy_cleanup(c->curl);
	free(c->server);
	free(c->token_file);
	free(c->cacert);
	free(c->proxy);
	explicit_bzero(c, sizeof(*c));
	free(c);
	return NULL;
}

void nt_client_freep(struct nt_client **c)
{
	*c = nt_client_free(*c);
}

const char *nt_client_server(const struct nt_client *c)
{
	return c->server;
}

void nt_client_put_parameter(struct nt_buf *out, struct vf_bytes text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] != 0 && strchr(plain, text.p[i]))
			nt_buf_put_u8(out, text.p[i]);
		else
			nt_buf_putf(out, "%%%02X", text.p[i]);
	}
}
