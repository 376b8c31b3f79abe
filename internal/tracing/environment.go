package tracing

import (
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// tracesPath is where a collector takes traces, below its address.
const tracesPath = "/v1/traces"

// target returns the URL that traces go to, or "" if nobody asks for them. The
// flag wins over all that the environment says of whether and where.
//
// The names are those of opentelemetry.io/docs/specs/otel/configuration and
// .../protocol/exporter. What is not read here, such as the headers and the
// certificate, the SDK reads by itself.
func target(flag string) (string, error) {
	if flag != "" {
		u, err := parse("--traces", flag)
		if err != nil {
			return "", err
		}
		if strings.Trim(u.Path, "/") == "" {
			u.Path = tracesPath
		}
		return u.String(), checkSampler()
	}
	if strings.EqualFold(env("OTEL_SDK_DISABLED"), "true") || env("OTEL_TRACES_EXPORTER") == "none" {
		return "", nil
	}
	name := "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	if env(name) == "" {
		name = "OTEL_EXPORTER_OTLP_ENDPOINT"
	}
	if env(name) == "" {
		return "", nil
	}
	u, err := parse(name, env(name))
	if err != nil {
		return "", err
	}
	switch {
	case name == "OTEL_EXPORTER_OTLP_ENDPOINT":
		u.Path = strings.TrimRight(u.Path, "/") + tracesPath
	case u.Path == "":
		u.Path = "/" // as it stands
	}
	if e := env("OTEL_TRACES_EXPORTER"); e != "" && e != "otlp" {
		return "", fmt.Errorf("OTEL_TRACES_EXPORTER is %q: traces go by otlp, or not at all with none", e)
	}
	if p := protocol(); p == "grpc" {
		return "", fmt.Errorf("the environment asks for OTLP over %s: traces go over HTTP (http/protobuf, mostly port 4318)", p)
	}
	return u.String(), checkSampler()
}

// CheckURL reports whether s can be the value of --traces.
func CheckURL(s string) error {
	if s == "" {
		return nil
	}
	_, err := parse("--traces", s)
	return err
}

// parse reads the address of a collector. Its error does not repeat the address,
// which may hold a password.
func parse(name, s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || !validPort(u.Port()) || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%s is not the address of a collector: want a URL such as http://127.0.0.1:4318", name)
	}
	return u, nil
}

func validPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return s == "" || err == nil && n > 0
}

func protocol() string {
	if p := env("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"); p != "" {
		return p
	}
	return env("OTEL_EXPORTER_OTLP_PROTOCOL")
}

// checkSampler refuses a sampler that the SDK does not know: it would take all
// traces instead, which is more than was asked for.
func checkSampler() error {
	const name, arg = "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"
	switch s := strings.ToLower(env(name)); s {
	case "", "always_on", "always_off", "parentbased_always_on", "parentbased_always_off":
		return nil
	case "traceidratio", "parentbased_traceidratio":
		if env(arg) == "" {
			return nil
		}
		if r, err := strconv.ParseFloat(env(arg), 64); err != nil || !(r >= 0 && r <= 1) {
			return fmt.Errorf("%s is %q: want a share from 0 to 1, such as 0.1", arg, env(arg))
		}
		return nil
	default:
		return fmt.Errorf("%s is %q: want always_on, always_off or traceidratio, or one of these after parentbased_", name, s)
	}
}

func env(name string) string { return strings.TrimSpace(os.Getenv(name)) }
