/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vfio

#if !defined(OPENVFIO_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define OPENVFIO_TRACE_H

#include <linux/tracepoint.h>

/* Each refusal: enum openvfio_reason, the errno, and the sentence the user can ask for. */
TRACE_EVENT(vfio_refusal,
	TP_PROTO(unsigned int reason, int error, const char *text),
	TP_ARGS(reason, error, text),
	TP_STRUCT__entry(
		__field(unsigned int, reason)
		__field(int, error)
		__string(text, text)
	),
	TP_fast_assign(
		__entry->reason = reason;
		__entry->error = error;
		__assign_str(text, text);
	),
	TP_printk("reason=%u error=%d %s", __entry->reason, __entry->error, __get_str(text))
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
