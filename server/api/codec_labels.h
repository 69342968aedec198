/* Labels codec: an object of names and texts, as workers have them and tasks demand them. */
#pragma once

#include "codec.h"

field_read_fn field_label_map; /* struct bytes: as domain/labels.h writes them */
