/* Every reader of trial files (fact.h), each in a file of its name. */
#ifndef TRIAL_READ_READERS_H
#define TRIAL_READ_READERS_H

#include "trial/read/fact.h"

extern const struct tr_reader tr_read_csv;
extern const struct tr_reader tr_read_ctgov_json;
extern const struct tr_reader tr_read_ctgov_xml;
extern const struct tr_reader tr_read_dataset_json;
extern const struct tr_reader tr_read_dataset_xml;
extern const struct tr_reader tr_read_define;
extern const struct tr_reader tr_read_docx;
extern const struct tr_reader tr_read_ectd;
extern const struct tr_reader tr_read_ectd_md5;
extern const struct tr_reader tr_read_ectd_stf;
extern const struct tr_reader tr_read_etmf;
extern const struct tr_reader tr_read_fhir_json;
extern const struct tr_reader tr_read_fhir_xml;
extern const struct tr_reader tr_read_ictrp;
extern const struct tr_reader tr_read_ictrp_csv;
extern const struct tr_reader tr_read_isrctn;
extern const struct tr_reader tr_read_odm;
extern const struct tr_reader tr_read_pdf;
extern const struct tr_reader tr_read_text;
extern const struct tr_reader tr_read_usdm;
extern const struct tr_reader tr_read_xpt;

#endif
