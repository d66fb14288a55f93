/* to be written */
typedef int notary_tsa_stub;
