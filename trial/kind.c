/* to be written */
typedef int trial_kind_stub;
