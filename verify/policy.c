/* to be written */
typedef int verify_policy_stub;
