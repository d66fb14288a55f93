/* to be written */
typedef int notary_manifest_out_stub;
