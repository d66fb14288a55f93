/*
 * What the files of verbs share: opening the notary, finding records, output.
 *
 * Internal to verbs*.c; the table of verbs is in verbs.c.
 */
#ifndef NOTARY_VERBS_H
#define NOTARY_VERBS_H

#include "notary/cli.h"
#include "notary/notary.h"
#include "trial/kind.h"

/* Opens the notary in the first argument. */
VF_RC nt_verb_open(struct nt_cli *cli, struct nt_notary **ret, struct vf_err *reterr);
/* USAGE when --output lies in the notary's own folder. */
VF_RC nt_verb_check_output(const struct nt_cli *cli, struct vf_err *reterr);
/* The same of another path that the verb will write. */
VF_RC nt_verb_check_place(const struct nt_cli *cli, const char *path, struct vf_err *reterr);
/* An ID as given: 64 hex digits or a unique prefix. No such record: UNKNOWN_RECORD. */
VF_RC nt_verb_find(struct nt_notary *n, const char *text, struct vf_hash *ret, struct vf_err *reterr);
/* The same, and the record. */
VF_RC nt_verb_get(struct nt_notary *n, const char *text, struct nt_record **ret, struct vf_err *reterr);
const char *nt_verb_state(enum nt_state state);
void nt_verb_put_id(struct nt_buf *out, const struct vf_hash *id);
void nt_verb_put_time(struct nt_buf *out, int64_t ms);

/* A line of 'list', or a member of its JSON. */
struct nt_list_line {
	struct vf_hash id;
	enum nt_state state;
	struct vf_bytes kind, study, version, date, title;
};
void nt_verb_put_listed(struct nt_cli *cli, bool first, const struct nt_list_line *l);
/* Whether --output is a folder for count bundles, which it makes: many, a final slash, or a folder that is there. */
VF_RC nt_verb_choose_output(struct nt_cli *cli, size_t count, bool *ret_folder, struct vf_err *reterr);

/* What a check finds, as lines or as members of a JSON list. first is what to say of faults that were not put, then the code of the first one. */
struct nt_verb_findings {
	struct nt_cli *cli;
	enum vf_rc first;
	uint64_t n;
};
/* An nt_finding; ctx is a struct nt_verb_findings. */
void nt_verb_put_finding(void *ctx, enum vf_rc rc, const char *text);
/* The outcome of the check: the first code when there were faults; what was put stays. */
VF_RC nt_verb_end_findings(struct nt_verb_findings *f, uint64_t faults, struct vf_err *reterr);

nt_verb_run nt_verb_init, nt_verb_submit, nt_verb_countersign, nt_verb_hash, nt_verb_explain;
nt_verb_run nt_verb_seal, nt_verb_status, nt_verb_export, nt_verb_list, nt_verb_show;
nt_verb_run nt_verb_log_head, nt_verb_log_consistency, nt_verb_log_audit;
nt_verb_run nt_verb_trust_export, nt_verb_erase, nt_verb_fsck, nt_verb_backup, nt_verb_restore;

nt_verb_run nt_verb_renew, nt_verb_serve;
nt_verb_run nt_verb_party_add, nt_verb_party_list, nt_verb_party_revoke;
nt_verb_run nt_verb_token_new, nt_verb_token_list, nt_verb_token_revoke;
nt_verb_run nt_verb_audit_list, nt_verb_audit_seal, nt_verb_audit_check, nt_verb_audit_export;

nt_verb_run nt_verb_tsa_add, nt_verb_tsa_list, nt_verb_tsa_remove;
nt_verb_run nt_verb_tsa_test, nt_verb_tsa_wanted, nt_verb_tsa_embedded;
nt_verb_run nt_verb_tsa_journal;

nt_verb_run nt_verb_check, nt_verb_report, nt_verb_describe;
nt_verb_run nt_verb_bundle, nt_verb_expand, nt_verb_heads, nt_verb_inspect;
extern const char nt_inspect_details[];
extern const struct nt_option nt_bundle_options[], nt_expand_options[];
extern const char nt_bundle_details[], nt_expand_details[];
extern const struct nt_option nt_heads_options[];
extern const char nt_heads_details[];
extern const struct nt_option nt_report_options[];
extern const char nt_report_details[];
extern const struct nt_option nt_check_options[];
extern const char nt_check_details[];
extern const struct nt_option nt_describe_options[];
extern const char nt_describe_details[];
extern const struct nt_option nt_countersign_options[];
extern const char nt_countersign_details[];
extern const struct nt_option nt_tsa_add_options[];
extern const char nt_tsa_add_details[];
extern const struct nt_option nt_renew_options[];
extern const char nt_renew_details[];
/* A line to stderr when evidence ends soon, or has ended: nothing in a notary in which all is well. */
void nt_verb_note_due(struct nt_cli *cli, struct nt_notary *n);
extern const struct nt_option nt_submit_options[];
extern const char nt_submit_details[];

#endif
