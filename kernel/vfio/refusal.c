// SPDX-License-Identifier: GPL-2.0-only
/*
 * Refusals: the ABI has room for an errno, and one errno stands for many causes. So each
 * refusal is also a sentence: kept for the file it happened on, told to whoever traces,
 * and logged if it is something for an administrator to mend. The same words everywhere.
 */
#include <linux/uaccess.h>

#include "refusal.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/**
 * vfio_refusal_init() - no refusal so far
 * @refusal: of a file
 */
void vfio_refusal_init(struct vfio_refusal *refusal)
{
	spin_lock_init(&refusal->lock);
	memset(&refusal->last, 0, sizeof(refusal->last));
}

static void remember(struct vfio_refusal *refusal, u32 reason, int error, const char *text)
{
	spin_lock(&refusal->lock);
	refusal->last.reason = reason;
	refusal->last.error = -error;
	strscpy(refusal->last.text, text, sizeof(refusal->last.text));
	spin_unlock(&refusal->lock);
}

static int refuse(struct vfio_refusal *refusal, bool log, u32 reason, int error,
		  const char *format, va_list args)
{
	char text[OPENVFIO_REFUSAL_TEXT];

	vscnprintf(text, sizeof(text), format, args);
	if (refusal)
		remember(refusal, reason, error, text);
	trace_vfio_refusal(reason, -error, text);
	if (log)
		pr_warn_ratelimited("%s\n", text);
	return error;
}

/**
 * ovfio_refuse() - refuse a call, with a reason
 * @refusal: of the file the call is on, or NULL
 * @reason: enum openvfio_reason
 * @error: negative errno
 * @format: a sentence: the object, the cause, the remedy; not ended by a newline
 *
 * Context: Process context.
 * Return: @error.
 */
int ovfio_refuse(struct vfio_refusal *refusal, u32 reason, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error = refuse(refusal, false, reason, error, format, args);
	va_end(args);
	return error;
}
EXPORT_SYMBOL_GPL(ovfio_refuse);

/**
 * ovfio_refuse_and_log() - refuse a call for a reason that an administrator can mend
 * @refusal: of the file the call is on, or NULL
 * @reason: enum openvfio_reason
 * @error: negative errno
 * @format: as for ovfio_refuse()
 *
 * The log is rate-limited.
 *
 * Return: @error.
 */
int ovfio_refuse_and_log(struct vfio_refusal *refusal, u32 reason, int error,
			 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error = refuse(refusal, true, reason, error, format, args);
	va_end(args);
	return error;
}
EXPORT_SYMBOL_GPL(ovfio_refuse_and_log);

/**
 * ovfio_refuse_argsz() - refuse a structure that is too short
 * @refusal: of the file the call is on
 * @argsz: bytes, as the user said
 * @wanted: bytes that the call needs
 *
 * Return: -EINVAL.
 */
int ovfio_refuse_argsz(struct vfio_refusal *refusal, u32 argsz, size_t wanted)
{
	return ovfio_refuse(refusal, OPENVFIO_REASON_ARGSZ, -EINVAL,
			    "argsz is %u, at least %zu are needed", argsz, wanted);
}
EXPORT_SYMBOL_GPL(ovfio_refuse_argsz);

/**
 * vfio_refusal_get() - OPENVFIO_GET_REFUSAL
 * @refusal: of the file
 * @arg: struct openvfio_refusal
 *
 * Return: 0, -EFAULT, or -EINVAL (argsz, flags).
 */
long vfio_refusal_get(struct vfio_refusal *refusal, void __user *arg)
{
	struct openvfio_refusal answer;

	if (copy_from_user(&answer, arg, offsetofend(struct openvfio_refusal, flags)))
		return -EFAULT;
	if (answer.argsz < sizeof(answer) || answer.flags)
		return -EINVAL;
	spin_lock(&refusal->lock);
	refusal->last.argsz = answer.argsz;
	answer = refusal->last;
	spin_unlock(&refusal->lock);
	return copy_to_user(arg, &answer, sizeof(answer)) ? -EFAULT : 0;
}
