/* to be written */
typedef int notary_ers_out_stub;
