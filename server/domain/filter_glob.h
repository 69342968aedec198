/* Filter glob: texts with * ? and [sets], as Python's fnmatch reads them. */
#pragma once

#include "filter_work.h"

bool filter_is_glob(struct bytes text);
/* Does the pattern match all of text? Characters are code points. */
bool filter_glob(struct bytes pattern, struct bytes text, struct filter_work *work);
