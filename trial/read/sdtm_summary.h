/* Parameters of a trial summary (SDTM TS): which facts of a study they are. */
#ifndef TRIAL_READ_SDTM_SUMMARY_H
#define TRIAL_READ_SDTM_SUMMARY_H

#include "trial/read/fact.h"

/* Says a parameter as it stands (summary.*), and as what it is when its code is known; all with the item of about. */
VF_RC tr_sdtm_summary_say(struct tr_reading *r, const struct tr_about *about, struct vf_bytes code,
	struct vf_bytes value, struct vf_err *reterr);

#endif
