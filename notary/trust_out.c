/* to be written */
typedef int notary_trust_out_stub;
