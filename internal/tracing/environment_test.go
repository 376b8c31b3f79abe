package tracing

import (
	"log/slog"
	"os"
	"strings"
	"testing"
)

// clean takes away what the environment of the test says of traces.
func clean(t *testing.T) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "OTEL_") {
			t.Setenv(name, "")
		}
	}
}

// TestTarget: who asks for traces, and where they go.
func TestTarget(t *testing.T) {
	const (
		endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
		traces   = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
		sampler  = "OTEL_TRACES_SAMPLER"
	)
	for _, c := range []struct {
		name string
		flag string
		env  map[string]string
		want string // "" is off
		err  string // in its error
	}{
		{name: "nobody asks"},
		{name: "a name alone asks for nothing", env: map[string]string{"OTEL_SERVICE_NAME": "x", "OTEL_TRACES_EXPORTER": "otlp", sampler: "nonsense"}},
		{name: "flag", flag: "http://127.0.0.1:4318", want: "http://127.0.0.1:4318/v1/traces"},
		{name: "flag with a slash", flag: "https://c.example/", want: "https://c.example/v1/traces"},
		{name: "flag with a path", flag: "https://c.example/otlp/traces", want: "https://c.example/otlp/traces"},
		{name: "base", env: map[string]string{endpoint: "http://c.example:4318"}, want: "http://c.example:4318/v1/traces"},
		{name: "base with a path", env: map[string]string{endpoint: " https://c.example/otlp/ "}, want: "https://c.example/otlp/v1/traces"},
		{name: "traces as they stand", env: map[string]string{traces: "https://c.example/x", endpoint: "http://other"}, want: "https://c.example/x"},
		{name: "traces without a path", env: map[string]string{traces: "https://c.example"}, want: "https://c.example/"},
		{name: "flag wins", flag: "http://f.example", env: map[string]string{traces: "nonsense", "OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "none"}, want: "http://f.example/v1/traces"},
		{name: "disabled", env: map[string]string{endpoint: "http://c.example", "OTEL_SDK_DISABLED": "TRUE"}},
		{name: "not disabled", env: map[string]string{endpoint: "http://c.example", "OTEL_SDK_DISABLED": "1"}, want: "http://c.example/v1/traces"},
		{name: "no exporter", env: map[string]string{endpoint: "http://c.example", "OTEL_TRACES_EXPORTER": "none"}},
		{name: "share", flag: "http://f.example", env: map[string]string{sampler: "parentbased_traceidratio", sampler + "_ARG": "0.25"}, want: "http://f.example/v1/traces"},
		{name: "share of one", flag: "http://f.example", env: map[string]string{sampler: "TraceIDRatio"}, want: "http://f.example/v1/traces"},

		{name: "no scheme", flag: "127.0.0.1:4318", err: "--traces is not the address"},
		{name: "no host", flag: "http://:4318", err: "--traces is not the address"},
		{name: "another scheme", flag: "grpc://c.example", err: "--traces is not the address"},
		{name: "no port", flag: "http://c.example:70000", err: "--traces is not the address"},
		{name: "a password", flag: "http://who:hunter2@c.example", err: "--traces is not the address"},
		{name: "a query", flag: "http://c.example/?key=hunter2", err: "--traces is not the address"},
		{name: "a wrong base", env: map[string]string{endpoint: "c.example:4318"}, err: endpoint + " is not the address"},
		{name: "wrong traces", env: map[string]string{traces: "http://%zz", endpoint: "http://c.example"}, err: traces + " is not the address"},
		{name: "grpc", env: map[string]string{endpoint: "http://c.example:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, err: "over HTTP"},
		{name: "grpc, but not for traces", env: map[string]string{endpoint: "http://c.example", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf"}, want: "http://c.example/v1/traces"},
		{name: "another exporter", env: map[string]string{endpoint: "http://c.example", "OTEL_TRACES_EXPORTER": "zipkin"}, err: "OTEL_TRACES_EXPORTER"},
		{name: "no such sampler", flag: "http://f.example", env: map[string]string{sampler: "sometimes"}, err: sampler},
		{name: "share over one", env: map[string]string{endpoint: "http://c.example", sampler: "traceidratio", sampler + "_ARG": "1.5"}, err: sampler + "_ARG"},
		{name: "share of nothing known", env: map[string]string{endpoint: "http://c.example", sampler: "traceidratio", sampler + "_ARG": "NaN"}, err: sampler + "_ARG"},
	} {
		t.Run(c.name, func(t *testing.T) {
			clean(t)
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			opened, err := Open(t.Context(), Config{URL: c.flag, Log: slog.New(slog.DiscardHandler)})
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "hunter2") {
					t.Fatalf("error %v, want one with %q", err, c.err)
				}
				return
			}
			if err != nil || opened.URL() != c.want {
				t.Fatalf("traces go to %q, %v; want %q", opened.URL(), err, c.want)
			}
			if (opened == nil) != (c.want == "") {
				t.Error("something runs that has nowhere to send to, or nothing does")
			}
			opened.Close()
		})
	}
}

// TestNoResource: attributes of the process that can not be read are an error.
func TestNoResource(t *testing.T) {
	clean(t)
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "nothing")
	if _, err := Open(t.Context(), Config{URL: "http://c.example", Log: slog.New(slog.DiscardHandler)}); err == nil || !strings.Contains(err.Error(), "OTEL_RESOURCE_ATTRIBUTES") {
		t.Errorf("error %v", err)
	}
}

// TestCheckURL: a flag is checked as it will be read, and none is in order.
func TestCheckURL(t *testing.T) {
	for s, ok := range map[string]bool{"": true, "http://127.0.0.1:4318": true, "https://c.example/x": true, "c.example": false, "http://": false} {
		if err := CheckURL(s); (err == nil) != ok {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// TestOff: a nil Tracing makes spans that are none, and can be closed.
func TestOff(t *testing.T) {
	var off *Tracing
	_, span := off.Tracer().Start(t.Context(), "call.seal")
	if span.IsRecording() || off.URL() != "" {
		t.Error("something is recorded")
	}
	span.End()
	off.Close()
}
