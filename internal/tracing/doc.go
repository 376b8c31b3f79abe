// Package tracing sends traces of what a service does to its operator's
// collector, by OTLP over HTTP, if a flag or the environment asks for it.
//
// It holds where traces go, what of a span may leave the process (tell), and
// that a collector which is slow or gone costs spans and nothing else. Which
// spans there are is said where the work is done: in api and internal/service.
// Nothing is set for the whole process, so libraries that speak OpenTelemetry
// tell nothing here.
package tracing
