/* to be written */
typedef int notary_zip_out_stub;
