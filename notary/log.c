/* to be written */
typedef int notary_log_stub;
