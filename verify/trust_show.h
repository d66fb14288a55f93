/*
 * How the pins of a trust directory look: the screen, one line each, JSON (docs/cli.md) and a
 * page to print. The same directory gives the same octets; no clock is looked at.
 */
#ifndef VERIFY_TRUST_SHOW_H
#define VERIFY_TRUST_SHOW_H

#include "verify/report.h"
#include "verify/trust_view.h"

/* Everything, rule by rule; unicode false: ASCII alone. */
void vf_trust_show(struct vf_sink *s, const struct vf_trust_view *v, bool unicode);
void vf_trust_show_json(struct vf_sink *s, const struct vf_trust_view *v);
/* One line for each pin. */
void vf_trust_list(struct vf_sink *s, const struct vf_trust_view *v, bool unicode);
void vf_trust_list_json(struct vf_sink *s, const struct vf_trust_view *v);
/* One self-contained page with the fingerprints and a place to sign. */
void vf_trust_page(struct vf_sink *s, const struct vf_trust_view *v);

/* Words that the screen and the page share. */
const char *vf_revocation_rule_words(const struct vf_policy *p);
const char *vf_expired_rule_words(const struct vf_policy *p);
const char *vf_submitter_rule_words(const struct vf_policy *p);
/* ", run by the operator of the log, qualified, accurate to 1 s or better, ..." */
void vf_authority_words(struct vf_sink *s, const struct vf_authority *a);
/* What must sign a checkpoint beside the log. */
void vf_quorum_words(struct vf_sink *s, const struct vf_tlog_policy *t);
/* "2026-03-02" */
#define VF_SHOWN_DAY 11
void vf_shown_day(char out[VF_SHOWN_DAY], int64_t ms);

#endif
