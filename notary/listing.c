#include "notary/listing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "notary/files.h"
#include "notary/hashing.h"
#include "trial/canonical.h"
#include "trial/read/jcs.h"
#include "verify/text.h"

static const char first_line[] = NT_LISTING_FIRST_LINE;

void nt_listing_done(struct nt_listing *l)
{
	nt_buf_done(&l->lines);
	free(l->members);
	*l = (struct nt_listing){0};
}

/* ---- adding ---- */

static VF_RC put_text(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	(void)reterr;
	nt_buf_put(ctx, piece);
	return VF_OK;
}

/* Begins a line with its name; the buffer is checked at the line's end. */
static VF_RC begin(struct nt_listing *l, struct vf_bytes name, struct nt_listing_member *ret, struct vf_err *reterr)
{
	struct tr_out out = {put_text, &l->lines};
	enum vf_rc rc;

	if (l->lines.cap == 0)
		l->lines = nt_buf(NT_LISTING_MAX);
	if (l->n == NT_LISTING_MAX_MEMBERS || name.n > NT_LISTING_MAX_NAME)
		return vf_fail(reterr, VF_LIMIT, l->n == NT_LISTING_MAX_MEMBERS ? "more than %d members" : "a name of more than %d octets",
			l->n == NT_LISTING_MAX_MEMBERS ? NT_LISTING_MAX_MEMBERS : NT_LISTING_MAX_NAME);
	*ret = (struct nt_listing_member){.at = l->lines.n};
	nt_buf_put_str(&l->lines, "{\"name\":");
	rc = tr_jcs_text(&out, name, reterr);
	ret->n_name = l->lines.n - ret->at - NT_LISTED_NAME;
	return rc;
}

static VF_RC end(struct nt_listing *l, struct nt_listing_member *m, struct vf_err *reterr)
{
	enum vf_rc rc;

	nt_buf_put_u8(&l->lines, '}');
	rc = nt_buf_check(&l->lines, reterr);
	if (rc != VF_OK)
		return rc;
	m->n = l->lines.n - m->at;
	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : 256;
		struct nt_listing_member *members = realloc(l->members, room * sizeof(*members));

		if (!members)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu members", room);
		l->members = members;
		l->room = room;
	}
	if (!vf_add(l->size, m->size, &l->size))
		return vf_fail(reterr, VF_LIMIT, "members of too many octets");
	l->members[l->n++] = *m;
	return VF_OK;
}

VF_RC nt_listing_add(struct nt_listing *l, struct vf_bytes name, uint64_t size, const struct vf_pair *digests,
	struct vf_err *reterr)
{
	struct nt_listing_member m;
	enum vf_rc rc = begin(l, name, &m, reterr);

	if (rc != VF_OK)
		return rc;
	m.size = size;
	nt_buf_putf(&l->lines, ",\"size\":%" PRIu64 ",\"sha256\":\"", size);
	nt_buf_put_hex(&l->lines, vf_bytes(digests->sha256.b, sizeof(digests->sha256.b)));
	nt_buf_put_str(&l->lines, "\",\"sha512\":\"");
	nt_buf_put_hex(&l->lines, vf_bytes(digests->sha512.b, sizeof(digests->sha512.b)));
	nt_buf_put_u8(&l->lines, '"');
	return end(l, &m, reterr);
}

VF_RC nt_listing_add_link(struct nt_listing *l, struct vf_bytes name, struct vf_bytes target, struct vf_err *reterr)
{
	struct tr_out out = {put_text, &l->lines};
	struct nt_listing_member m;
	enum vf_rc rc = begin(l, name, &m, reterr);

	if (rc == VF_OK && target.n > NT_LISTING_MAX_NAME)
		rc = vf_fail(reterr, VF_LIMIT, "a link of more than %d octets", NT_LISTING_MAX_NAME);
	if (rc != VF_OK)
		return rc;
	nt_buf_put_str(&l->lines, ",\"link\":");
	rc = tr_jcs_text(&out, target, reterr);
	return rc == VF_OK ? end(l, &m, reterr) : rc;
}

/* ---- order ---- */

static struct vf_bytes line_of(const struct nt_listing *l, size_t at)
{
	return vf_bytes(l->lines.p + l->members[at].at, l->members[at].n);
}

static struct vf_bytes name_of(const struct nt_listing *l, size_t at)
{
	return vf_bytes(l->lines.p + l->members[at].at + NT_LISTED_NAME, l->members[at].n_name);
}

/* By the name as written, then by the line. */
static int order(const struct nt_listing *l, const struct nt_listing_member *a, const struct nt_listing_member *b)
{
	int names = vf_bytes_cmp(vf_bytes(l->lines.p + a->at + NT_LISTED_NAME, a->n_name),
		vf_bytes(l->lines.p + b->at + NT_LISTED_NAME, b->n_name));

	return names != 0 ? names : vf_bytes_cmp(vf_bytes(l->lines.p + a->at, a->n), vf_bytes(l->lines.p + b->at, b->n));
}

static int by_name(const void *a, const void *b, void *l)
{
	return order(l, a, b);
}

void nt_listing_sort(struct nt_listing *l)
{
	if (l->n > 1)
		qsort_r(l->members, l->n, sizeof(*l->members), by_name, l);
}

/* ---- writing ---- */

VF_RC nt_listing_write(const struct nt_listing *l, nt_listing_put *put, void *ctx, struct vf_err *reterr)
{
	char last[80];
	enum vf_rc rc = put(ctx, vf_bytes_str(first_line), reterr);

	for (size_t i = 0; i < l->n && rc == VF_OK; i++) {
		rc = put(ctx, line_of(l, i), reterr);
		if (rc == VF_OK)
			rc = put(ctx, vf_bytes_str("\n"), reterr);
	}
	snprintf(last, sizeof(last), "{\"members\":%zu,\"size\":%" PRIu64 "}\n", l->n, l->size);
	return rc == VF_OK ? put(ctx, vf_bytes_str(last), reterr) : rc;
}

static VF_RC put_hash(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	(void)reterr;
	vf_pair_put(ctx, piece);
	return VF_OK;
}

VF_RC nt_listing_digest(const struct nt_listing *l, struct vf_pair *ret, struct vf_err *reterr)
{
	struct vf_pair_hasher h;
	enum vf_rc rc;

	vf_pair_init(&h);
	rc = nt_listing_write(l, put_hash, &h, reterr);
	if (rc == VF_OK)
		*ret = vf_pair_done(&h);
	return rc;
}

/* ---- reading ---- */

bool nt_listing_is(struct vf_bytes head)
{
	return vf_bytes_starts(head, first_line);
}

/* The octets that a JSON string in this one spelling stands for: writing them again must give it. */
static bool unescape(struct vf_bytes json, uint8_t *out, size_t cap, size_t *ret_n)
{
	static const char letters[] = "btnfr\"\\", meant[] = "\b\t\n\f\r\"\\";
	size_t n = 0;
	uint8_t c, high;
	const char *letter;

	for (; vf_take_u8(&json, &c); n++) {
		if (n == cap)
			return false;
		out[n] = c;
		if (c != '\\')
			continue;
		if (!vf_take_u8(&json, &c))
			return false;
		letter = memchr(letters, c, sizeof(letters) - 1);
		if (letter) {
			out[n] = (uint8_t)meant[letter - letters];
		} else {
			struct vf_bytes digits;

			if (c != 'u' || !vf_take(&json, 2, &digits) || !vf_hex_read(digits, &high, 1) || (high != 0 && high != 0xdc) ||
				!vf_take(&json, 2, &digits) || !vf_hex_read(digits, &out[n], 1))
				return false;
		}
	}
	*ret_n = n;
	return true;
}

/* Takes a string with its quotes, up to the next quote that is not escaped. */
static bool take_string(struct vf_bytes *in, uint8_t *out, size_t cap, size_t *ret_n)
{
	struct vf_bytes rest = *in, text;
	bool escaped = false;
	uint8_t c;

	if (!vf_take_str(&rest, "\""))
		return false;
	text = vf_bytes(rest.p, 0);
	while (vf_take_u8(&rest, &c) && (escaped || c != '"')) {
		escaped = !escaped && c == '\\';
		text.n++;
	}
	if (rest.p == text.p || rest.p[-1] != '"' || (size_t)(rest.p - text.p) != text.n + 1)
		return false;
	*in = rest;
	return unescape(text, out, cap, ret_n);
}

/* Takes one line and adds what it says; that the line added is this one is the caller's check. */
static VF_RC read_member(struct vf_bytes line, struct nt_listing *l, struct vf_err *reterr)
{
	uint8_t name[NT_LISTING_MAX_NAME], target[NT_LISTING_MAX_NAME];
	size_t n_name, n_target;
	struct vf_pair digests;
	uint64_t size;

	if (!TR_TAKE(&line, "{\"name\":") || !take_string(&line, name, sizeof(name), &n_name))
		return vf_fail(reterr, VF_FILE_SHAPE, "no name");
	if (TR_TAKE(&line, ",\"link\":")) {
		if (!take_string(&line, target, sizeof(target), &n_target))
			return vf_fail(reterr, VF_FILE_SHAPE, "no link");
		return nt_listing_add_link(l, vf_bytes(name, n_name), vf_bytes(target, n_target), reterr);
	}
	if (!TR_TAKE(&line, ",\"size\":") || !tr_take_decimal(&line, NT_LISTING_MAX_SIZE * 1000, &size) || !tr_take_pair(&line, &digests))
		return vf_fail(reterr, VF_FILE_SHAPE, "no size and digests");
	return nt_listing_add(l, vf_bytes(name, n_name), size, &digests, reterr);
}

static VF_RC read_line(struct vf_bytes line, struct nt_listing *l, struct vf_err *reterr)
{
	enum vf_rc rc = read_member(line, l, reterr);

	if (rc != VF_OK)
		return rc;
	if (!vf_bytes_eq(line, line_of(l, l->n - 1)))
		return vf_fail(reterr, VF_FILE_SHAPE, "not in its one spelling");
	if (l->n > 1 && order(l, &l->members[l->n - 2], &l->members[l->n - 1]) > 0)
		return vf_fail(reterr, VF_FILE_SHAPE, "not in order");
	return VF_OK;
}

static VF_RC read_lines(struct vf_bytes text, struct nt_listing *l, struct vf_err *reterr)
{
	struct vf_bytes line;
	uint64_t n = 1;
	char last[80];

	if (!vf_take_str(&text, first_line))
		return vf_fail(reterr, VF_FILE_SHAPE, "line 1: no listing");
	for (;;) {
		enum vf_rc rc;

		n++;
		if (!vf_take_line(&text, &line))
			return vf_fail(reterr, VF_FILE_SHAPE, "line %" PRIu64 ": the listing is cut off", n);
		if (vf_bytes_starts(line, "{\"members\":"))
			break;
		rc = read_line(line, l, reterr);
		if (rc != VF_OK) {
			if (reterr)
				vf_err_prefix(reterr, "line %" PRIu64, n);
			return rc;
		}
	}
	snprintf(last, sizeof(last), "{\"members\":%zu,\"size\":%" PRIu64 "}", l->n, l->size);
	if (!vf_bytes_is(line, last) || text.n != 0)
		return vf_fail(reterr, VF_FILE_SHAPE, "line %" PRIu64 ": not the end that the listing has", n);
	return VF_OK;
}

VF_RC nt_listing_read(struct vf_bytes text, struct nt_listing *ret, struct vf_err *reterr)
{
	struct nt_listing l = {0};
	enum vf_rc rc = read_lines(text, &l, reterr);

	if (rc == VF_OK)
		*ret = l;
	else
		nt_listing_done(&l);
	return rc;
}

/* ---- a folder ---- */

static VF_RC add_hashed(struct nt_listing *l, const struct nt_files *files, struct nt_hash_job *jobs, struct vf_err *reterr)
{
	struct nt_hashing how = {0};
	enum vf_rc rc;

	for (size_t i = 0; i < files->n; i++)
		jobs[i].path = files->files[i].path;
	rc = nt_hash_files(jobs, files->n, &how, reterr);
	for (size_t i = 0; i < files->n && rc == VF_OK; i++)
		rc = nt_listing_add(l, vf_bytes_str(files->files[i].name), jobs[i].size, &jobs[i].digests, reterr);
	nt_hash_jobs_done(jobs, files->n);
	return rc;
}

VF_RC nt_listing_of_folder(const char *path, struct nt_listing *ret, struct vf_err *reterr)
{
	struct nt_listing l = {0};
	struct nt_files files = {0};
	struct nt_hash_job *jobs = NULL;
	enum vf_rc rc = nt_files_add(&files, path, reterr);

	if (rc == VF_OK) {
		jobs = calloc(files.n + 1, sizeof(*jobs));
		rc = jobs ? add_hashed(&l, &files, jobs, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu files", files.n);
	}
	nt_files_done(&files);
	free(jobs);
	if (rc != VF_OK) {
		nt_listing_done(&l);
		return rc;
	}
	nt_listing_sort(&l);
	*ret = l;
	return VF_OK;
}

/* ---- two of them ---- */

uint64_t nt_listing_compare(
	const struct nt_listing *a, const struct nt_listing *b, nt_listing_differs *differs, void *ctx)
{
	size_t i = 0, j = 0;
	uint64_t n = 0;

	while (i < a->n || j < b->n) {
		int names = i == a->n ? 1 : j == b->n ? -1 : vf_bytes_cmp(name_of(a, i), name_of(b, j));

		if (names == 0 && vf_bytes_eq(line_of(a, i), line_of(b, j))) {
			i++;
			j++;
			continue;
		}
		n++;
		if (differs)
			differs(ctx, names < 0 ? NT_LISTING_ONLY_FIRST : names > 0 ? NT_LISTING_ONLY_SECOND : NT_LISTING_CHANGED,
				names > 0 ? name_of(b, j) : name_of(a, i));
		i += names <= 0;
		j += names >= 0;
	}
	return n;
}
