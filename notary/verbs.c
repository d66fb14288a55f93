/* to be written */
typedef int notary_verbs_stub;
