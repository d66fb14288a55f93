/* Trees of which little is known, programs that are wrong, and what a study bundle shows as a whole. */
#include "notary/heads.h"
#include "notary/study_pack.h"
#include "notary/tree.h"
#include "tests/study_judging.h"
#include "verify/merkle.h"
#include "verify/report_study.h"

/* ---- trees, against the slow way ---- */

static struct vf_hash log_root(const struct vf_hash *leaves, size_t n)
{
	struct vf_hash l, r;
	size_t k = 1;

	if (n == 1)
		return leaves[0];
	while (2 * k < n)
		k *= 2;
	l = log_root(leaves, k);
	r = log_root(leaves + k, n - k);
	return vf_merkle_node(&l, &r);
}

static size_t log_path(const struct vf_hash *leaves, size_t n, size_t at, struct vf_hash *out)
{
	size_t k = 1, used;

	if (n == 1)
		return 0;
	while (2 * k < n)
		k *= 2;
	used = at < k ? log_path(leaves, k, at, out) : log_path(leaves + k, n - k, at - k, out);
	out[used] = at < k ? log_root(leaves + k, n - k) : log_root(leaves, k);
	return used + 1;
}

struct known {
	struct vf_hash leaf, paths[16];
	size_t n;
};

static void check_tree(const struct known *all, size_t n, unsigned mask, bool is_log, const struct vf_digest *root)
{
	static struct vf_study_node nodes[64];
	struct vf_study_tree t = {.alg = VF_SHA256, .is_log = is_log, .size = n};
	struct nt_buf absent = nt_buf(1u << 16);
	struct vf_bytes paths[16], in, sibling;
	struct vf_digest got;
	uint64_t at[16];
	struct vf_arena a;
	struct vf_err err = {0};
	size_t k = 0;

	vf_arena_init(&a, study_room, VF_STUDY_MEMORY);
	for (size_t i = 0; i < n; i++) {
		if (!(mask >> i & 1))
			continue;
		at[k] = nodes[k].at = i;
		memcpy(nodes[k].b, all[i].leaf.b, 32);
		paths[k++] = vf_bytes(all[i].paths, all[i].n * 32);
	}
	CHECK_RC(nt_study_absent(n, at, paths, k, 32, &absent, &err), VF_OK);
	in = nt_buf_bytes(&absent);
	CHECK_RC(vf_study_tree_make(&t, nodes, k, &in, &a, &err), VF_OK);
	CHECK_INT(in.n, 0);
	got = vf_study_tree_root(&t);
	CHECK(vf_digest_eq(&got, root));
	for (size_t i = 0; i < k; i++) {
		const struct known *one = &all[at[i]];

		for (size_t level = 0; level < one->n; level++) {
			CHECK(vf_study_tree_sibling(&t, at[i], level, &sibling));
			CHECK_BYTES(sibling, vf_bytes(one->paths[level].b, 32));
		}
		CHECK(!vf_study_tree_sibling(&t, at[i], one->n, &sibling));
	}
	if (absent.n) {
		in = vf_bytes(absent.p, absent.n - 1);
		CHECK_RC(vf_study_tree_make(&t, nodes, 0, &in, &a, &err), VF_STUDY_SHAPE);
		in = vf_bytes(absent.p, 0);
		for (size_t i = 0; i < k; i++) {
			nodes[i].at = at[i];
			memcpy(nodes[i].b, all[at[i]].leaf.b, 32);
		}
		CHECK_RC(vf_study_tree_make(&t, nodes, k, &in, &a, &err), VF_STUDY_SHAPE);
	}
	nt_buf_done(&absent);
}

/* Every tree up to nine leaves, and all of what may be present. */
static void trees(void)
{
	struct vf_hash leaves[9];
	struct known log[9], batch[9];
	struct vf_err err = {0};

	for (size_t i = 0; i < 9; i++)
		leaves[i] = vf_sha256(vf_bytes(&i, sizeof(i)));
	for (size_t n = 1; n <= 9; n++) {
		struct nt_tree *tree = NULL;
		struct vf_hash top = log_root(leaves, n);
		struct vf_digest log_top = vf_digest_from_hash(&top), batch_top;

		CHECK_RC(nt_tree_new(leaves, n, &tree, &err), VF_OK);
		batch_top = nt_tree_root(tree);
		for (size_t i = 0; i < n; i++) {
			size_t position;
			struct vf_bytes leaf = nt_tree_leaf(tree, i, &position);

			log[i] = (struct known){.leaf = leaves[i]};
			log[i].n = log_path(leaves, n, i, log[i].paths);
			memcpy(batch[i].leaf.b, leaf.p, 32);
			batch[i].n = nt_tree_path_at(tree, i, (uint8_t *)batch[i].paths).n / 32;
		}
		for (unsigned mask = 1; mask < 1u << n; mask++) {
			check_tree(log, n, mask, true, &log_top);
			check_tree(batch, n, mask, false, &batch_top);
		}
		nt_tree_free(tree);
	}
}

/* ---- judging ---- */

static void whole(void)
{
	static const struct nt_withhold consent[] = {{.kind = "consent"}}, dataset[] = {{.kind = "dataset"}};
	struct nt_study_options no_documents = {.no_documents = true}, no_consent = {.choice = {.withhold = consent, .n_withhold = 1}},
				no_dataset = {.choice = {.withhold = dataset, .n_withhold = 1}};
	static struct vf_study_result r;
	struct nt_study_made made;
	struct vf_detached given;
	struct vf_source source;
	struct vf_hash erased;
	struct vf_bytes file, text;
	struct vf_err err = {0};
	struct fixture f;
	char path[200];

	fixture_begin(&f);
	study_submit_many(&f, "A", 0, 1);
	study_submit_many(&f, "B", 0, 3);
	study_submit(&f, "A", TR_CONSENT, "consent.txt", "consent");
	erased = f.last;
	fixture_seal(&f);
	file = study_put(&f, "A", NULL, &made);
	CHECK_RC(study_judge(&f, file, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK_INT(r.counts[VF_VERIFIED], 2);
	CHECK_INT(r.n_streams, 1);
	CHECK_INT(r.streams[0].next, 2);
	CHECK_INT(r.streams[0].missing, 0);
	CHECK_STR(r.study, "A");
	CHECK_INT(r.size, 5);
	CHECK(!r.has_head);
	free((void *)(uintptr_t)file.p);

	/* without its documents it is open, and with them given beside it is not */
	file = study_put(&f, "A", &no_documents, &made);
	CHECK_RC(study_judge(&f, file, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_INDETERMINATE);
	CHECK(study_has_fault(&r, VF_MISSING_OBJECT, ""));
	snprintf(path, sizeof(path), "%s/A-000000.csv", f.dir);
	text = check_read(path);
	source = vf_source_of(text);
	given = (struct vf_detached){path, &source};
	CHECK_RC(study_judge(&f, file, &(struct study_beside){.documents = &given, .n_documents = 1}, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	free((void *)(uintptr_t)text.p);
	free((void *)(uintptr_t)file.p);

	/* withheld: the stream is complete all the same */
	file = study_put(&f, "A", &no_consent, &made);
	CHECK_RC(study_judge(&f, file, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK_INT(r.hidden, 1);
	CHECK_INT(r.streams[0].hidden, 1);
	free((void *)(uintptr_t)file.p);
	file = study_put(&f, "A", &no_dataset, &made);
	CHECK_RC(study_judge(&f, file, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	free((void *)(uintptr_t)file.p);

	/* erased, and withheld behind the last seal that is shown */
	CHECK_RC(nt_notary_erase(f.n, &erased, &err), VF_OK);
	file = study_put(&f, "A", NULL, &made);
	CHECK_RC(study_judge(&f, file, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK_INT(r.hidden, 1);
	free((void *)(uintptr_t)file.p);
	study_submit(&f, "A", TR_CONSENT, "late.txt", "late");
	fixture_seal(&f);
	file = study_put(&f, "A", &no_consent, &made);
	CHECK_RC(study_judge(&f, file, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_INDETERMINATE);
	CHECK(study_has_fault(&r, VF_MISSING_OBJECT, ""));
	free((void *)(uintptr_t)file.p);
	fixture_end(&f);
}

/* Octets in memory that count how often they are read. */
struct counted {
	struct vf_bytes all;
	uint64_t octets; /* that were read */
};

static VF_RC count_read(void *ctx, uint64_t at, uint8_t *out, size_t n, struct vf_err *reterr)
{
	struct counted *c = ctx;
	struct vf_bytes b;

	if (!vf_bytes_slice(c->all, at, n, &b))
		return vf_fail(reterr, VF_IO, "beyond the end");
	memcpy(out, b.p, n);
	c->octets += n;
	return VF_OK;
}

/* A file of a few megabytes must not cost hours: a document is read once, however many records have it. */
static void read_once(void)
{
	static const char text[] = "one document of many records";
	struct nt_study_options no_documents = {.no_documents = true};
	struct vf_study_document d = {.record = 0};
	static struct vf_study_result r;
	struct nt_study_made made;
	struct counted c = {.all = vf_bytes_str(text)};
	struct vf_source source = {.ctx = &c, .size = sizeof(text) - 1, .read = count_read};
	struct vf_detached given = {"one.txt", &source};
	struct vf_err err = {0};
	struct vf_arena a;
	struct vf_study s;
	struct vf_bytes file;
	struct fixture f;

	fixture_begin(&f);
	study_submit(&f, "A", TR_DATASET, "one.txt", text);
	study_submit(&f, "A", TR_PROTOCOL, "one.txt", text);
	study_submit(&f, "A", TR_OTHER, "one.txt", text);
	study_submit(&f, "A", TR_ANALYSIS_PLAN, "one.txt", text);
	fixture_seal(&f);
	file = study_put(&f, "A", &no_documents, &made);
	CHECK_RC(study_judge(&f, file, &(struct study_beside){.documents = &given, .n_documents = 1}, &r), VF_OK);
	CHECK_INT(r.counts[VF_VERIFIED], 4);
	CHECK_INT(c.octets, sizeof(text) - 1);
	free((void *)(uintptr_t)file.p);

	file = study_put(&f, "A", NULL, &made);
	CHECK_INT(made.documents, 1);
	c = (struct counted){.all = file};
	source.size = file.n;
	vf_arena_init(&a, study_room, VF_STUDY_MEMORY);
	fixture_need(vf_study_open(&source, &a, &s, &err), &err, "study bundle");
	for (size_t i = 0; i < 4; i++) {
		c.octets = 0;
		CHECK_RC(vf_study_document_open(&s, &s.box.zip.entries[s.first_document], &d, &err), VF_OK);
		CHECK_INT(c.octets, i == 0 ? sizeof(text) - 1 : 0);
	}
	CHECK(memcmp(d.digests.sha256.b, vf_sha256(vf_bytes_str(text)).b, 32) == 0);
	free((void *)(uintptr_t)file.p);
	fixture_end(&f);
}

/* A record that says which streams and heads there are: of study B's, which is not in the file, or of its own. */
static void heads(void)
{
	static struct vf_study_result r;
	struct nt_study_made made;
	struct vf_hash first, other;
	struct vf_bytes file;
	struct fixture f;
	char text[400], a[65], b[65];

	fixture_begin(&f);
	study_submit_many(&f, "B", 0, 1);
	other = f.last;
	study_submit_many(&f, "A", 0, 1);
	first = f.last;
	vf_hex_put(a, vf_bytes(first.b, 32));
	vf_hex_put(b, vf_bytes(other.b, 32));
	snprintf(text, sizeof(text), "{\"schema\":\"trialnotary/details/study-head/1\",\"streams\":[{\"head\":\"%s\",\"records\":1,\"stream\":\"%s\"}]}", a, a);
	study_submit(&f, "A", TR_STUDY_HEAD, "details.json", text);
	fixture_seal(&f);
	file = study_put(&f, "A", NULL, &made);
	CHECK_RC(study_judge(&f, file, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK(r.has_head);
	free((void *)(uintptr_t)file.p);

	/* the newest counts: it names a stream that is not here */
	snprintf(text, sizeof(text), "{\"schema\":\"trialnotary/details/study-head/1\",\"streams\":[{\"head\":\"%s\",\"records\":1,\"stream\":\"%s\"}]}", b, b);
	study_submit(&f, "A", TR_STUDY_HEAD, "details.json", text);
	fixture_seal(&f);
	file = study_put(&f, "A", NULL, &made);
	CHECK_RC(study_judge(&f, file, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_INDETERMINATE);
	CHECK(study_has_fault(&r, VF_MISSING_OBJECT, ""));
	free((void *)(uintptr_t)file.p);

	/* and one that names another head */
	snprintf(text, sizeof(text), "{\"schema\":\"trialnotary/details/study-head/1\",\"streams\":[{\"head\":\"%s\",\"records\":1,\"stream\":\"%s\"}]}", b, a);
	study_submit(&f, "A", TR_STUDY_HEAD, "details.json", text);
	fixture_seal(&f);
	file = study_put(&f, "A", NULL, &made);
	CHECK_RC(study_judge(&f, file, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK(study_has_fault(&r, VF_STREAM_FORK, ""));
	free((void *)(uintptr_t)file.p);
	fixture_end(&f);
}

/* ---- tampering ---- */

/*
 * IDs and members of all records, one after another; empty when it is refused. Not whole bundles: an octet of a manifest's
 * spelling is nobody's evidence, and the judge of bundles lets it pass.
 */
static struct nt_buf unpack_all(struct vf_bytes file)
{
	struct nt_buf all = nt_buf(1u << 26);
	struct vf_source source = vf_source_of(file);
	struct vf_study_unpacked u;
	struct vf_arena a;
	struct vf_study s;

	vf_arena_init(&a, study_room, VF_STUDY_MEMORY);
	if (vf_study_open(&source, &a, &s, NULL) != VF_OK)
		return all;
	for (size_t i = 0; i < s.n_records; i++) {
		if (vf_study_unpack(&s, i, &u, NULL) != VF_OK)
			continue;
		nt_buf_put(&all, vf_bytes(s.records[i].id.b, 32));
		for (size_t k = 0; k < u.n_members; k++)
			nt_buf_put(&all, u.members[k].bytes);
	}
	return all;
}

/* Each octet of each entry in turn: what is VERIFIED then still is what it was. */
static void tamper(struct fixture *f, struct vf_bytes file, size_t stride)
{
	struct nt_buf want = unpack_all(file), data = nt_buf(1u << 26);
	struct vf_source source = vf_source_of(file);
	size_t verified = 0, refused = 0, n;
	struct vf_container box;
	struct vf_arena a;
	struct vf_err err = {0};

	vf_arena_init(&a, study_room, VF_STUDY_MEMORY);
	fixture_need(vf_container_open(&source, true, &a, &box, &err), &err, "container");
	n = box.zip.n;
	for (size_t i = 1; i < n; i++) {
		struct vf_bytes b;

		vf_arena_init(&a, study_room, VF_STUDY_MEMORY);
		fixture_need(vf_container_open(&source, true, &a, &box, &err), &err, "container");
		fixture_need(vf_container_read(&box, &box.zip.entries[i], &a, &b, &err), &err, "read");
		nt_buf_reset(&data);
		nt_buf_put(&data, b);
		for (size_t at = (i * 7) % stride; at < data.n; at += stride) {
			static struct vf_study_result r;
			struct vf_bytes changed;
			enum vf_rc rc;

			data.p[at] ^= (uint8_t)(1u << at % 8);
			changed = study_replace(file, i, nt_buf_bytes(&data), study_room);
			rc = study_judge(f, changed, NULL, &r);
			if (rc == VF_OK && r.verdict == VF_VERIFIED) {
				struct nt_buf got = unpack_all(changed);

				CHECK_BYTES(nt_buf_bytes(&got), nt_buf_bytes(&want));
				nt_buf_done(&got);
				verified++;
			} else {
				CHECK(rc == VF_OK || vf_rc_class(rc) == VF_CLASS_REJECTED);
				refused++;
			}
			free((void *)(uintptr_t)changed.p);
			data.p[at] ^= (uint8_t)(1u << at % 8);
		}
	}
	printf("%zu changes refused, %zu change nothing that is shown\n", refused, verified);
	CHECK(refused > 20 * verified);
	nt_buf_done(&want);
	nt_buf_done(&data);
}

static void tampering(void)
{
	static const struct nt_withhold consent[] = {{.kind = "consent"}};
	struct nt_study_options o = {.choice = {.withhold = consent, .n_withhold = 1}};
	const char *stride = getenv("TRIALNOTARY_FLIP_STRIDE");
	struct nt_study_made made;
	struct vf_bytes file, cut;
	struct fixture f;

	fixture_begin(&f);
	study_submit_many(&f, "A", 0, 2);
	study_submit_many(&f, "B", 0, 2);
	fixture_seal(&f);
	study_submit_many(&f, "B", 5, 2);
	study_submit(&f, "A", TR_CONSENT, "consent.txt", "consent");
	study_submit_many(&f, "A", 5, 1);
	fixture_seal(&f);
	file = study_put(&f, "A", &o, &made);
	CHECK_RC(study_judge(&f, file, NULL, NULL), VF_OK);
	tamper(&f, file, stride ? (size_t)atoi(stride) : 11);
	for (size_t n = 0; n < file.n; n += 97) {
		cut = vf_bytes(file.p, n);
		CHECK(study_judge(&f, cut, NULL, NULL) != VF_OK);
	}
	free((void *)(uintptr_t)file.p);
	fixture_end(&f);
}

static size_t not_checked(const struct vf_study_result *r, const char *code)
{
	struct vf_study_unchecked u;
	size_t n = 0;

	for (size_t i = 0; vf_study_unchecked_at(r, i, &u); i++)
		n += strcmp(u.code, code) == 0 ? 1 : 0;
	return n;
}

/* A stream of which nothing is shown: nothing says that it is of this study, until a study head names it. */
static void hidden_stream(void)
{
	static const struct nt_withhold consent[] = {{.kind = "consent"}};
	static struct vf_study_result r;
	const struct nt_study_options no_consent = {.choice = {.withhold = consent, .n_withhold = 1}};
	struct nt_submit_file document = {.name = vf_bytes_str("a.txt"), .digests = vf_pair_of(vf_bytes_str("a")), .size = 1};
	struct nt_submit_record record = {.files = &document, .n_files = 1};
	struct nt_submit s = {.submitter = vf_bytes_str("site"), .study = vf_bytes_str("A"), .kind = TR_CONSENT, .confidential = true};
	struct nt_study_made made;
	struct nt_heads_made head;
	struct vf_bytes file;
	struct vf_err err = {0};
	struct fixture f;

	fixture_begin(&f);
	study_submit_many(&f, "A", 0, 1);
	study_submit(&f, "A", TR_CONSENT, "consent.txt", "consent");
	for (int i = 0; i < 2; i++)
		fixture_need(nt_submit_records(f.n, &s, &record, 1, fixture_learn, &f, &err), &err, "submit");
	fixture_seal(&f);
	file = study_put(&f, "A", &no_consent, &made);
	CHECK_RC(study_judge(&f, file, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK_INT(r.n_streams, 2);
	CHECK_INT(vf_study_unattributed(&r), r.hidden - 1); /* that of the first stream is of the study, as the data set is */
	CHECK(vf_study_unattributed(&r) > 0);
	CHECK_INT(not_checked(&r, "HIDDEN_STREAMS"), 1);
	CHECK_INT(not_checked(&r, "OTHER_STREAMS"), 1);
	free((void *)(uintptr_t)file.p);

	fixture_need(nt_heads_put(f.n, vf_bytes_str("A"), &head, &err), &err, "heads");
	fixture_seal(&f);
	file = study_put(&f, "A", &no_consent, &made);
	CHECK_RC(study_judge(&f, file, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK_INT(r.n_streams, 3);
	CHECK(r.has_head);
	CHECK_INT(vf_study_unattributed(&r), 0);
	CHECK_INT(not_checked(&r, "HIDDEN_STREAMS"), 0);
	CHECK_INT(not_checked(&r, "OTHER_STREAMS"), 0);
	free((void *)(uintptr_t)file.p);
	fixture_end(&f);
}

int main(void)
{
	study_begin();
	trees();
	whole();
	read_once();
	heads();
	hidden_stream();
	tampering();
	return check_done();
}
