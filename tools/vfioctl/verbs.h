/* SPDX-License-Identifier: GPL-2.0-only */
/* The entry of each verb, for the table in commands.c. */
#ifndef VFIOCTL_VERBS_H
#define VFIOCTL_VERBS_H

#include "commands.h"

extern const struct command list_command;
extern const struct command users_command;
extern const struct command top_command;
extern const struct command faults_command;
extern const struct command show_command;
extern const struct command groups_command;
extern const struct command graph_command;
extern const struct command explain_command;
extern const struct command doctor_command;
extern const struct command limits_command;
extern const struct command bind_command;
extern const struct command restore_command;
extern const struct command grant_command;
extern const struct command revoke_command;
extern const struct command reset_command;
extern const struct command exec_command;

#endif
