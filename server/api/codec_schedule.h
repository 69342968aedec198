/* Schedule codec: what a schedule is set up with, and the template of its tasks. */
#pragma once

#include "codec.h"
#include "engine/command.h"

MUST_CHECK enum err schedule_edit_read(struct codec *codec, struct bytes text,
                                       struct schedule_edit *edit);
/* The template: a submit's members, but those that say when it runs. */
MUST_CHECK enum err template_read(struct codec *codec, struct bytes json,
                                  struct task_spec *ret_spec);
