/* to be written */
typedef int notary_submit_stub;
