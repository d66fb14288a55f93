/* to be written */
typedef int verify_zip_stub;
