/*
 * What a participant has permitted at a time, and whose consent is to be renewed.
 *
 * Knows the rules of docs/consent.md: facts of records in, a state with the records that
 * say so out. Reads no JSON and no store, and knows no clock. Order is the order of
 * the facts, which is the log's; a declared time only says from when a fact counts, and
 * a time that is known as a day or a month is that whole day or month: what
 * it leaves open is INCONCLUSIVE. Findings about the forms stand beside a state and never change it.
 */
#ifndef TRIAL_CONSENT_H
#define TRIAL_CONSENT_H

#include "trial/statement.h"
#include "trial/when.h"

enum tr_fact_kind {
	TR_FACT_NONE,
	TR_FACT_PROTOCOL,   /* links: supersedes */
	TR_FACT_FORM,       /* links: supersedes, uses */
	TR_FACT_APPROVAL,   /* links: approves */
	/* from here on personal: of one participant */
	TR_FACT_CONSENT,    /* consent and re-consent */
	TR_FACT_WITHDRAWAL, /* no permissions: all of them */
	TR_FACT_GRANT,
	TR_FACT_EVENT, /* an access: says nothing about what is permitted */
};
#define TR_FACT_KIND_COUNT 8

/* Whom a form is for, and who gave a consent: the same words but for the first. */
enum tr_voice {
	TR_VOICE_NONE, /* not said */
	TR_ADULT,      /* population adult, role participant */
	TR_PARENT,
	TR_ASSENT,
	TR_REPRESENTATIVE,
};
#define TR_VOICE_COUNT 5

enum tr_opinion {
	TR_OPINION_NONE,
	TR_APPROVED,
	TR_CONDITIONAL,
	TR_REJECTED,
	TR_APPROVAL_WITHDRAWN,
};
#define TR_OPINION_COUNT 5

/* What a form offers (name, purpose), a consent says, or a withdrawal names. Absent texts have n == 0. */
struct tr_consent_permission {
	struct vf_bytes name, purpose, delegate;
	bool granted;
	struct tr_when from, until; /* may be none */
};

#define TR_NO_DAYS UINT64_MAX
struct tr_renewal {
	bool all;          /* who has consented is asked again */
	uint64_t days;     /* after the approval; TR_NO_DAYS when not said */
	struct tr_when by; /* may be none */
};

/* What one record says. Texts, permissions and links are borrowed. */
struct tr_consent_fact {
	struct vf_hash id;
	uint64_t index; /* in the log; UINT64_MAX while it waits */
	int64_t sealed; /* VF_TIME_NONE while it is not */
	enum tr_fact_kind kind;
	const struct tr_link *links;
	size_t n_links;
	/* consent: given; withdrawal, event: when; approval, grant: from and until; may be none */
	struct tr_when when, until;
	struct vf_hash participant; /* of personal facts */
	struct vf_hash about;       /* consent: form; withdrawal, grant: consent; all zero when not said */
	enum tr_voice voice;        /* form: population; consent: role */
	enum tr_opinion opinion;
	struct tr_renewal reconsent;
	struct vf_bytes party;             /* approval: committee; grant: to; event: who */
	struct vf_bytes purpose, delegate; /* grant, event */
	const struct tr_consent_permission *permissions;
	size_t n_permissions;
};

/* Facts in the order of the log; those that wait come last. */
struct tr_consent_facts {
	const struct tr_consent_fact *p;
	size_t n;
};

/* Forms, approvals and protocols of a study; what one participant said: of another's facts none counts. */
struct tr_consent_view {
	struct tr_consent_facts study, own;
	struct vf_hash participant;
	struct tr_when at;
};

enum tr_consent_state {
	TR_UNKNOWN, /* nothing was said, or not by who has to say it */
	TR_GRANTED,
	TR_REFUSED,
	TR_WITHDRAWN,
	TR_EXPIRED,
	TR_NOT_YET, /* it begins later */
	TR_INCONCLUSIVE,
};
#define TR_CONSENT_STATE_COUNT 7
/* "GRANTED", … */
const char *tr_consent_state_name(enum tr_consent_state state);

/* What is wrong with a record that a state rests on. */
enum tr_remark {
	TR_FORM_MISSING,    /* its form is not there */
	TR_FORM_UNAPPROVED, /* its form was not approved when it was given */
	TR_FORM_SUPERSEDED, /* its form was superseded by an approved one when it was given */
	TR_ROLE_UNFIT,      /* who gave it is not whom the form is for */
	TR_DATE_ORDER,      /* its declared time is before that of an earlier record */
	TR_POST_DATED,      /* its declared time is after its seal */
};
#define TR_REMARK_COUNT 6
/* "FORM_MISSING", …; the sentence. */
const char *tr_remark_name(enum tr_remark remark);
const char *tr_remark_text(enum tr_remark remark);

struct tr_consent_finding {
	enum tr_remark remark;
	bool sure; /* false: the declared times do not decide it */
	const struct tr_consent_fact *fact;
	const struct tr_consent_fact *other; /* the approved form or the earlier record; NULL when none */
};

#define TR_REASON_LEN 400
struct tr_consent_answer {
	enum tr_consent_state state;
	char reason[TR_REASON_LEN + 1];      /* a sentence, with the first eight digits of records */
	const struct tr_consent_fact **said; /* what the state rests on, in order */
	size_t n_said;
	struct tr_consent_finding *findings; /* in order of said */
	size_t n_findings;
};

/*
 * The state of a permission for the participant: by its name, or by a purpose that is a permission's text.
 * who: may this party (a permission's delegate, an access grant's) use it; empty: whoever. What the answer
 * points to lies in the arena and in the facts. NO_MEMORY when it is full (TR_CONSENT_ROOM bytes suffice for
 * n facts of the participant).
 */
VF_RC tr_consent_state(const struct tr_consent_view *view, struct vf_bytes purpose, struct vf_bytes who,
	struct vf_arena *a, struct tr_consent_answer *ret, struct vf_err *reterr);
#define TR_CONSENT_ROOM(n) (((n) + 1) * 512)

enum tr_gap_state {
	TR_GAP_NONE,
	TR_GAP_NOT_DUE, /* the newer form is not approved yet */
	TR_GAP_DUE,
	TR_GAP_OVERDUE,
	TR_GAP_INCONCLUSIVE,
};
#define TR_GAP_STATE_COUNT 5
/* "NOT_DUE", …; "" for none. */
const char *tr_gap_state_name(enum tr_gap_state state);

/* A consent that must be given again on a later form. */
struct tr_gap {
	enum tr_gap_state state;
	const struct tr_consent_fact *consent, *form;
	struct tr_when due; /* none when nobody said until when, or while it is not approved */
	char reason[TR_REASON_LEN + 1];
};

/* At most two: who speaks for the participant, and a child's assent. Who has refused or withdrawn needs none.
 */
#define TR_MAX_GAPS 2
VF_RC tr_consent_gaps(const struct tr_consent_view *view, struct vf_arena *a, struct tr_gap ret[TR_MAX_GAPS],
	size_t *ret_n, struct vf_err *reterr);

#endif
