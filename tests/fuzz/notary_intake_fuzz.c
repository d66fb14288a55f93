/* Submissions from outside: nt_intake_read(), with the document as given, or made around a statement as given. */
#include <stdlib.h>

#include "notary/intake.h"
#include "notary/submission_json.h"
#include "verify/limits.h"
#include "verify/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct nt_intake *intake;

/* Room as the caller promises it: NO_MEMORY would be a fault of nt_intake_room(). */
static enum vf_rc take(struct vf_bytes json, void **ret_room, struct nt_submission *ret)
{
	struct nt_intake_from from = {.submitter = vf_bytes_str("party"), .now_ms = INT64_C(1767139200000)};
	char field[NT_FIELD_MAX] = "?";
	struct vf_err err = {0};
	struct vf_arena a;
	size_t n = nt_intake_room(json.n);
	enum vf_rc rc;

	*ret_room = malloc(n);
	if (!*ret_room)
		abort();
	vf_arena_init(&a, *ret_room, n);
	rc = nt_intake_read(intake, &from, json, &a, ret, field, &err);
	if (rc == VF_NO_MEMORY || rc == VF_INTERNAL || rc == VF_NOT_CHECKED)
		abort();
	if (rc != VF_OK && (err.rc != rc || (field[0] != '\0' && field[0] != '/')))
		abort();
	return rc;
}

/* What was taken gives its own ID, and is taken again as it is written. */
static void check_taken(const struct nt_submission *s)
{
	struct vf_pair *pairs = calloc(s->n_members, sizeof(*pairs));
	struct nt_buf again = nt_buf(2 * NT_INTAKE_MAX_JSON);
	struct nt_submission second;
	struct vf_hash512 id512;
	struct vf_hash id;
	void *room;

	for (size_t i = 0; pairs && i < s->n_members; i++)
		pairs[i] = s->members[i].digests;
	vf_group(pairs, s->n_members, &id, &id512);
	free(pairs);
	if (!vf_hash_eq(&id, &s->id) || !vf_hash512_eq(&id512, &s->id512))
		abort();
	if (nt_submission_json_put(&again, s, NULL) != VF_OK || take(nt_buf_bytes(&again), &room, &second) != VF_OK ||
		!vf_hash_eq(&second.id, &s->id) || second.n_documents != s->n_documents)
		abort();
	free(room);
	nt_buf_done(&again);
}

static void try_json(struct vf_bytes json)
{
	struct nt_submission s;
	void *room;

	if (take(json, &room, &s) == VF_OK)
		check_taken(&s);
	free(room);
}

/* A record of plain documents outside streams, with both group hashes as they must be. */
static void try_statement(struct vf_bytes text)
{
	static uint8_t block[4 << 20];
	struct nt_buf json = nt_buf(NT_INTAKE_MAX_JSON);
	struct nt_submission s = {0};
	struct nt_member *members;
	struct nt_document *documents;
	struct vf_statement st;
	struct vf_arena a;
	struct vf_pair *pairs;

	vf_arena_init(&a, block, sizeof(block));
	if (text.n == 0 || vf_statement_parse(text, &a, &st, NULL) != VF_OK)
		return;
	members = calloc(st.n_members + 1, sizeof(*members));
	documents = calloc(st.n_members, sizeof(*documents));
	pairs = calloc(st.n_members + 1, sizeof(*pairs));
	if (!members || !documents || !pairs)
		abort();
	for (size_t i = 0; i < st.n_members; i++) {
		members[s.n_members++] = (struct nt_member){.name = st.members[i].name, .digests = st.members[i].digests};
		if (st.members[i].role == VF_ROLE_DOCUMENT)
			documents[s.n_documents++] = (struct nt_document){.name = st.members[i].name, .digests = st.members[i].digests};
	}
	members[s.n_members++] = (struct nt_member){vf_bytes_str(VF_NAME_STATEMENT), vf_pair_of(text), text};
	for (size_t i = 0; i < s.n_members; i++)
		pairs[i] = members[i].digests;
	vf_group(pairs, s.n_members, &s.id, &s.id512);
	s.members = members;
	s.documents = documents;
	if (nt_submission_json_put(&json, &s, NULL) == VF_OK)
		try_json(nt_buf_bytes(&json));
	nt_buf_done(&json);
	free(members);
	free(documents);
	free(pairs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nt_intake_policy policy = NT_INTAKE_DEFAULT;

	policy.outside_streams = true;
	if (!intake && nt_intake_new(&policy, &intake, NULL) != VF_OK)
		abort();
	try_json(vf_bytes(data, size));
	try_statement(vf_bytes(data, size));
	return 0;
}
