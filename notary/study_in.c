#include "notary/study_in.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notary/durable.h"
#include "notary/named_file.h"
#include "trial/kind.h"
#include "verify/bundle.h"
#include "verify/excerpt.h"
#include "verify/receipt.h"
#include "verify/text.h"

/* ---- which file it is ---- */

const char *nt_file_what(const char *path, const char **ret_use)
{
	static const struct {
		size_t at;
		const char *text, *what, *use;
	} known[] = {
		{VF_ZIP_LOCAL_SIZE, VF_NAME_MIMETYPE VF_STUDY_MEDIA, "a study bundle", "trialverify --trust DIR FILE"},
		{VF_ZIP_LOCAL_SIZE, VF_NAME_MIMETYPE VF_ZIP_ASICE, "the bundle of one record", "trialverify --trust DIR FILE"},
		{0, VF_EXCERPT_MAGIC, "an excerpt", "trialverify excerpt FILE BUNDLE"},
		{0, VF_RECEIPT_MAGIC, "a receipt", "trialverify receipt FILE"},
		{0, NT_PAGE_BEGIN, "a page for people", "a browser, and trialverify receipt FILE for a participant's page"},
	};

	*ret_use = NULL;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (nt_named_is(path, known[i].at, known[i].text)) {
			*ret_use = known[i].use;
			return known[i].what;
		}
	return NULL;
}

static VF_RC fail_other(const char *path, const char *shown, struct vf_err *reterr)
{
	const char *use, *what = nt_file_what(path, &use);

	if (what)
		return vf_fail(reterr, VF_STUDY_SHAPE, "'%s' is no study bundle but %s: use %s", shown, what, use);
	return vf_fail(reterr, VF_STUDY_SHAPE, "'%s' is no study bundle: 'trialnotary bundle' makes those", shown);
}

/* ---- opening ---- */

static VF_RC map_file(struct nt_study_in *x, const char *path, const char *shown, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	void *p;

	if (fd < 0)
		return vf_fail(reterr, errno == EACCES ? VF_PERMISSION : VF_NO_INPUT, "'%s' cannot be read: %s", shown, strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return vf_fail(reterr, VF_NO_INPUT, "'%s' is %s, not a study bundle", shown, S_ISDIR(st.st_mode) ? "a folder" : "no regular file");
	if (st.st_size == 0)
		return vf_fail(reterr, VF_NO_INPUT, "'%s' is empty: was it copied to the end?", shown);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for '%s'", shown);
	x->file = p;
	x->n_file = (size_t)st.st_size;
	return VF_OK;
}

VF_RC nt_study_in_open(struct nt_study_in *x, const char *path, struct vf_err *reterr)
{
	struct vf_source source;
	char shown[160];
	void *p;
	enum vf_rc rc;

	*x = (struct nt_study_in)NT_STUDY_IN_NONE;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	rc = map_file(x, path, shown, reterr);
	if (rc != VF_OK)
		return rc;
	source = vf_source_of(nt_study_in_file(x));
	if (!vf_study_is(&source))
		return fail_other(path, shown, reterr);
	p = mmap(NULL, VF_STUDY_MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for '%s'", shown);
	x->tables = p;
	vf_arena_init(&x->arena, x->tables, VF_STUDY_MEMORY);
	return vf_study_open(&source, &x->arena, &x->s, reterr);
}

void nt_study_in_done(struct nt_study_in *x)
{
	if (x->file)
		munmap(x->file, x->n_file);
	if (x->tables)
		munmap(x->tables, VF_STUDY_MEMORY);
	x->file = x->tables = NULL;
}

struct vf_bytes nt_study_in_file(const struct nt_study_in *x)
{
	return vf_bytes(x->file, x->n_file);
}

/* ---- what it says ---- */

/* Room to read time-stamps with: all of it is that of one bundle. */
struct reading {
	void *block, *memory;
	struct vf_session *session;
	struct vf_report *report;
};

static VF_RC begin(struct reading *r, struct vf_err *reterr)
{
	const struct vf_session_options options = {.integrity_only = true};

	r->block = malloc(VF_SESSION_MEMORY);
	r->memory = malloc(VF_BUNDLE_MEMORY);
	r->report = malloc(sizeof(*r->report));
	if (!r->block || !r->memory || !r->report)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a study head");
	return vf_session_new(&options, r->block, VF_SESSION_MEMORY, &r->session, reterr);
}

static void done(struct reading *r)
{
	vf_session_free(r->session);
	free(r->block);
	free(r->memory);
	free(r->report);
}

/* The time of the first token that can be read. */
static int64_t time_in(struct reading *r, struct vf_bytes bundle)
{
	struct vf_source source = vf_source_of(bundle);
	int64_t ret = VF_TIME_NONE;
	struct vf_arena a;

	vf_arena_init(&a, r->memory, VF_BUNDLE_MEMORY);
	if (vf_bundle_check(r->session, &a, "", &source, NULL, 0, r->report, NULL) != VF_OK)
		return VF_TIME_NONE;
	for (size_t i = 0; i < r->report->n_stamps; i++) {
		int64_t at = r->report->stamps[i].gen_time;

		if (r->report->stamps[i].is_read && (ret == VF_TIME_NONE || at < ret))
			ret = at;
	}
	return ret;
}

static VF_RC note_head(struct nt_study_in *x, size_t i, const struct vf_study_unpacked *u, struct reading *r, struct nt_study_said *ret,
	struct vf_err *reterr)
{
	struct vf_bytes bundle;
	enum vf_rc rc = r->session ? VF_OK : begin(r, reterr);

	if (rc == VF_OK)
		rc = vf_study_expand(&x->s, i, u, &bundle, reterr);
	if (rc != VF_OK)
		return rc;
	ret->heads++;
	ret->head = x->s.records[i].id;
	ret->head_at = time_in(r, bundle);
	if (ret->head_at == VF_TIME_NONE)
		return VF_OK;
	if (ret->from == VF_TIME_NONE || ret->head_at < ret->from)
		ret->from = ret->head_at;
	if (ret->to == VF_TIME_NONE || ret->head_at > ret->to)
		ret->to = ret->head_at;
	return VF_OK;
}

static int by_hash(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct vf_hash));
}

static VF_RC count_streams(const struct vf_study *s, size_t *ret, struct vf_err *reterr)
{
	struct vf_hash *list = malloc((s->n_records + 1) * sizeof(*list));
	size_t n = 0;

	if (!list)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the streams of a study");
	for (size_t i = 0; i < s->n_records; i++)
		if (s->records[i].in_stream)
			list[n++] = s->records[i].stream;
	qsort(list, n, sizeof(*list), by_hash);
	*ret = 0;
	for (size_t i = 0; i < n; i++)
		*ret += i == 0 || !vf_hash_eq(&list[i - 1], &list[i]);
	free(list);
	return VF_OK;
}

static VF_RC read_records(struct nt_study_in *x, struct reading *r, struct nt_study_said *ret, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < x->s.n_records; i++) {
		struct vf_study_unpacked u;

		if (!x->s.records[i].is_shown)
			continue;
		rc = vf_study_unpack(&x->s, i, &u, reterr);
		if (rc != VF_OK)
			return rc;
		if (!ret->study[0])
			vf_text_escape(ret->study, sizeof(ret->study), u.statement.study);
		if (tr_kind_of(u.statement.kind) == TR_STUDY_HEAD)
			rc = note_head(x, i, &u, r, ret, reterr);
	}
	return rc;
}

VF_RC nt_study_in_read(struct nt_study_in *x, struct nt_study_said *ret, struct vf_err *reterr)
{
	VF_CLEANUP(done) struct reading r = {0};
	enum vf_rc rc;

	*ret = (struct nt_study_said){.records = x->s.n_records,
		.shown = x->s.n_shown,
		.documents = x->s.box.zip.n - x->s.first_document,
		.seals = x->s.n_seals,
		.head_at = VF_TIME_NONE,
		.from = VF_TIME_NONE,
		.to = VF_TIME_NONE};
	rc = read_records(x, &r, ret, reterr);
	return rc == VF_OK ? count_streams(&x->s, &ret->streams, reterr) : rc;
}
