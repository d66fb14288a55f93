/*
 * Inside of the readers of WHO ICTRP: what a record says, whether XML (ictrp.c) or a table (ictrp_csv.c) holds it.
 *
 * Knows the names of its fields as the XML writes them, the order of dates of each register, and lists between ';'.
 */
#ifndef TRIAL_READ_ICTRP_INSIDE_H
#define TRIAL_READ_ICTRP_INSIDE_H

#include "trial/read/record_inside.h"

/* Said when the record ends: the register may stand behind it. */
enum tr_ictrp_kept {
	TR_ICTRP_ID,
	TR_ICTRP_REGISTER,
	TR_ICTRP_REGISTRATION,
	TR_ICTRP_REGISTRATION3,
	TR_ICTRP_ENROLMENT,
	TR_ICTRP_ETHICS_STATUS,
	TR_ICTRP_ETHICS_DATE,
	TR_ICTRP_KEPT_COUNT,
};
#define TR_ICTRP_MAX_KEPT 4096

struct tr_ictrp_text {
	char p[TR_ICTRP_MAX_KEPT];
	size_t n;
	char place[TR_PLACE_LEN];
};

/* Zero it, then tr_ictrp_init(); tr_record_done(&rec) at the end. */
struct tr_ictrp {
	struct tr_record rec; /* first */
	struct tr_ictrp_text kept[TR_ICTRP_KEPT_COUNT];
	uint64_t n_records;
};
void tr_ictrp_init(struct tr_ictrp *d, struct tr_reading *r);

/* A record begins; its values come through rec. */
void tr_ictrp_begin(struct tr_ictrp *d);
/* It ends, or is cut off: says what was kept. */
VF_RC tr_ictrp_end(struct tr_ictrp *d, struct vf_err *reterr);

#endif
