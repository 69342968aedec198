/* Commands: every command of the client side, one file a noun; main.c holds the table. */
#pragma once

#include "options.h"

extern const struct command command_work;
extern const struct command command_submit;
extern const struct command command_wait;
extern const struct command command_watch;
extern const struct command command_task_list;
extern const struct command command_task_show;
extern const struct command command_task_why;
extern const struct command command_task_result;
extern const struct command command_task_cancel;
extern const struct command command_task_retry;
extern const struct command command_queue_list;
extern const struct command command_queue_show;
extern const struct command command_queue_set;
extern const struct command command_queue_pause;
extern const struct command command_queue_resume;
extern const struct command command_limit_list;
extern const struct command command_limit_show;
extern const struct command command_limit_set;
extern const struct command command_limit_delete;
extern const struct command command_schedule_list;
extern const struct command command_schedule_show;
extern const struct command command_schedule_set;
extern const struct command command_schedule_delete;
extern const struct command command_schedule_trigger;
extern const struct command command_schedule_next;
extern const struct command command_schedule_pause;
extern const struct command command_schedule_resume;
extern const struct command command_namespace_list;
extern const struct command command_namespace_show;
extern const struct command command_namespace_set;
extern const struct command command_worker_list;
extern const struct command command_worker_show;
extern const struct command command_worker_rotate_secret;
extern const struct command command_token_create;
extern const struct command command_token_list;
extern const struct command command_token_show;
extern const struct command command_token_rotate;
extern const struct command command_token_revoke;
extern const struct command command_token_new;
extern const struct command command_token_line;
extern const struct command command_whoami;
extern const struct command command_audit;
extern const struct command command_audit_verify;
extern const struct command command_hook_listen;
extern const struct command command_hook_sign;
extern const struct command command_hook_verify;
extern const struct command command_health;
extern const struct command command_version;
