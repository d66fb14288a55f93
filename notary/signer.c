/* to be written */
typedef int notary_signer_stub;
