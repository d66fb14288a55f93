/* The options --details, --set and --rules of submit: from words and files to details.json. */
#include <stdlib.h>
#include <string.h>

#include "notary/details_check.h"
#include "notary/participants.h"
#include "notary/verbs_submit.h"
#include "verify/text.h"

/* Room for a file, for settings, for the text that is made, and for reading it. */
#define ROOM (6 * TR_DETAILS_ROOM)
#define MAX_SETTINGS 256
#define MAX_NAME 64

static VF_RC read_text(struct nt_submitting *u, const char *option, size_t max, struct vf_arena *a,
	struct vf_bytes *ret, struct vf_err *reterr)
{
	const char *path = nt_cli_get(u->cli, option);
	struct nt_buf text = nt_buf(max);
	enum vf_rc rc;

	*ret = vf_bytes(NULL, 0);
	if (!path)
		return VF_OK;
	rc = nt_signer_read_file(path, max, &text, reterr);
	if (rc == VF_OK && !vf_arena_copy(a, nt_buf_bytes(&text), ret))
		rc = vf_fail(reterr, VF_NO_MEMORY, "no memory for '--%s'", option);
	if (text.n > 0)
		explicit_bzero(text.p, text.n);
	nt_buf_done(&text);
	return rc;
}

static bool is_record(const struct tr_schema *rules, const char *name)
{
	struct tr_field f;

	for (size_t i = 0; tr_schema_field(rules, i, &f); i++)
		if (strcmp(f.name, name) == 0)
			return strcmp(f.format, "record") == 0 && strcmp(name, "participant") != 0;
	return false;
}

/* A record may be named by the beginning of its ID, as everywhere on the command line. */
static VF_RC find_record(
	struct nt_submitting *u, const char *text, struct vf_arena *a, struct vf_bytes *ret, struct vf_err *reterr)
{
	struct vf_hash id;
	char *hex = VF_NEW(a, 65, char);
	enum vf_rc rc = VF_OK;

	if (!hex)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
	if (!vf_hex_read(vf_bytes_str(text), id.b, sizeof(id.b)))
		rc = u->remote ? nt_remote_find(u->remote, text, &id, reterr) : nt_verb_find(u->n, text, &id, reterr);
	if (rc != VF_OK)
		return rc;
	vf_hex_put(hex, vf_bytes(id.b, sizeof(id.b)));
	*ret = vf_bytes(hex, 64);
	return VF_OK;
}

static VF_RC read_settings(struct nt_submitting *u, const struct tr_schema *rules, struct tr_setting *settings,
	size_t *n, struct vf_arena *a, struct vf_err *reterr)
{
	const char *text;

	while ((text = nt_cli_get_at(u->cli, "set", *n)) != NULL) {
		struct tr_setting *s = &settings[*n];
		size_t length = strcspn(text, "=");
		char *name = VF_NEW(a, length + 1, char);
		enum vf_rc rc = VF_OK;

		if (text[length] == '\0' || length == 0 || length > MAX_NAME)
			return vf_fail(reterr, VF_USAGE, "--set wants NAME=VALUE, like decision=approved");
		if (*n == MAX_SETTINGS)
			return vf_fail(reterr, VF_LIMIT, "more than %d fields", MAX_SETTINGS);
		if (!name)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
		memcpy(name, text, length);
		*s = (struct tr_setting){name, vf_bytes_str(text + length + 1)};
		if (is_record(rules, name))
			rc = find_record(u, text + length + 1, a, &s->value, reterr);
		if (rc != VF_OK)
			return rc;
		*n += 1;
	}
	return VF_OK;
}

/*
 * The value that stands for the participant, from the folder of the notary or of the client: made when the number is new.
 * 64 hex digits are the value itself.
 */
static VF_RC add_participant(
	struct nt_submitting *u, struct tr_setting *settings, size_t *n, struct vf_arena *a, struct vf_err *reterr)
{
	const char *text = nt_cli_get(u->cli, "participant");
	const char *dir = u->remote ? nt_state_home(u->remote->state) : u->cli->args[0];
	struct vf_hash value;
	char *hex;
	enum vf_rc rc = VF_OK;

	if (!text)
		return VF_OK;
	if (u->s.kind != TR_OWN && !tr_kind_is_personal(u->s.kind))
		return vf_fail(reterr, VF_USAGE, "a record of kind '%s' is about no participant: leave --participant out",
			tr_kind_name(u->s.kind));
	for (size_t i = 0; i < *n; i++)
		if (strcmp(settings[i].name, "participant") == 0)
			return vf_fail(reterr, VF_USAGE, "--participant and --set participant: one of them");
	hex = VF_NEW(a, 65, char);
	if (!hex)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
	if (!vf_hex_read(vf_bytes_str(text), value.b, sizeof(value.b)))
		rc = nt_participant_value(dir, u->s.study, vf_bytes_str(text), nt_cli_now(), &value, reterr);
	if (rc != VF_OK)
		return rc;
	vf_hex_put(hex, vf_bytes(value.b, sizeof(value.b)));
	settings[(*n)++] = (struct tr_setting){"participant", vf_bytes(hex, 64)};
	return VF_OK;
}

/* In a personal record they stand in the details, not in the statement. */
static void move_texts(struct nt_submit *s, struct tr_setting *settings, size_t *n)
{
	const struct tr_setting texts[] = {{"version", s->version}, {"date", s->date}, {"title", s->title}};

	if (!nt_submit_is_personal(s))
		return;
	for (size_t i = 0; i < 3; i++)
		if (texts[i].value.n > 0)
			settings[(*n)++] = texts[i];
	s->version = s->date = s->title = vf_bytes(NULL, 0);
}

/* As the linked record of kind schema says; a server's is not here, and its submitter says --confidential. */
static VF_RC find_personal(struct nt_submitting *u, struct vf_err *reterr)
{
	void *block = malloc(2 * TR_DETAILS_ROOM);
	enum vf_rc rc = block ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for details");

	for (size_t i = 0; rc == VF_OK && i < u->s.n_links; i++) {
		VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
		struct tr_facts facts = {0};
		struct vf_arena a;
		bool has = false;

		if (u->links[i].type != TR_USES || nt_notary_get(u->n, &u->links[i].record, &r, NULL) != VF_OK)
			continue; /* what is not there is refused with the other links */
		vf_arena_init(&a, block, 2 * TR_DETAILS_ROOM);
		rc = nt_details_facts(u->n, r, &u->details.book, &a, &has, &facts, reterr);
		u->s.own_is_personal = u->s.own_is_personal || (has && facts.is_personal);
	}
	free(block);
	return rc;
}

static VF_RC find_rules(
	struct nt_submitting *u, struct vf_arena *a, const struct tr_schema **ret, struct vf_err *reterr)
{
	struct vf_err err = {0};
	struct vf_bytes text;
	enum vf_rc rc;

	if (u->s.kind != TR_OWN && nt_cli_has(u->cli, "rules"))
		return vf_fail(reterr, VF_USAGE, "the rules of the kind '%s' are known: leave --rules out",
			tr_kind_name(u->s.kind));
	if (u->s.kind != TR_OWN)
		return tr_rulebook_get(&u->details.book, u->s.kind, ret, reterr);
	rc = read_text(u, "rules", TR_MAX_SCHEMA, a, &text, reterr);
	if (rc != VF_OK)
		return rc;
	u->s.own_rules_sha256 = vf_sha256(text);
	if (u->n)
		rc = find_personal(u, reterr);
	if (rc != VF_OK)
		return rc;
	u->s.confidential = u->s.confidential || u->s.own_is_personal;
	rc = tr_own_rules(u->s.own_kind, text, &u->details.rules, &err);
	*ret = u->details.rules;
	return rc == VF_OK ? VF_OK : vf_fail(reterr, rc, "rules: %s", err.text);
}

static VF_RC make_details(
	struct nt_submitting *u, const struct tr_schema *rules, struct vf_arena *a, struct vf_err *reterr)
{
	struct tr_setting settings[MAX_SETTINGS + 4];
	struct tr_details_draft d = {
		.kind = u->s.kind, .own_kind = u->s.own_kind, .rules = rules, .settings = settings};
	char pointer[TR_POINTER_MAX] = "";
	struct vf_err err = {0};
	enum vf_rc rc = read_text(u, "details", TR_MAX_DETAILS, a, &d.json, reterr);

	if (rc == VF_OK)
		rc = read_settings(u, rules, settings, &d.n_settings, a, reterr);
	if (rc == VF_OK)
		rc = add_participant(u, settings, &d.n_settings, a, reterr);
	if (rc != VF_OK)
		return rc;
	move_texts(&u->s, settings, &d.n_settings);
	rc = tr_details_make(&d, a, &u->s.details, pointer, &err);
	return rc == VF_OK ? VF_OK : nt_details_fail(rc, pointer, &err, reterr);
}

VF_RC nt_submitting_details(struct nt_submitting *u, struct vf_err *reterr)
{
	bool is_wanted = nt_cli_has(u->cli, "details") || nt_cli_get_at(u->cli, "set", 0) != NULL ||
		nt_cli_has(u->cli, "participant");
	const struct tr_schema *rules;
	struct vf_arena *a = &u->details.arena;
	enum vf_rc rc;

	u->details.block = malloc(ROOM);
	if (!u->details.block)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
	vf_arena_init(a, u->details.block, ROOM);
	rc = find_rules(u, a, &rules, reterr);
	if (rc != VF_OK)
		return rc;
	u->s.own_rules = u->details.rules;
	if (is_wanted)
		return make_details(u, rules, a, reterr);
	if (tr_schema_has_required(rules))
		nt_cli_note(u->cli,
			"note: a record of kind '%.*s' should have details (--details or --set): nothing else says what it "
			"is about; 'trialnotary explain KIND' lists them",
			VF_STR(nt_submit_kind(&u->s)));
	return VF_OK;
}

void nt_submitting_details_done(struct nt_submitting *u)
{
	tr_rulebook_done(&u->details.book);
	u->details.rules = tr_schema_free(u->details.rules);
	if (u->details.block)
		explicit_bzero(u->details.block, u->details.arena.used);
	free(u->details.block);
	u->details.block = NULL;
}
