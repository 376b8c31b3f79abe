package command

import (
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"rollcall/internal/service"
	"rollcall/internal/tracing"
)

func newServe(e *env) *cobra.Command {
	var cfg service.Config
	var roles, allow, ports, proxies string
	var verbose bool
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the board with its pages, the registrar and the phone line",
		Long: "Runs all roles in one process, or with --role some of them, each opening only its own key.\n\n" +
			"One process that holds all keys is fine for a rehearsal. In a real election it would be trusted for\n" +
			"everything at once: who runs it could take the registrar's PINs and the booth's signature and vote for\n" +
			"people who abstain. Run booth and registrar on machines of different people.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var err error
			if cfg.Roles, err = service.ParseRoles(roles); err != nil {
				return usageError{err}
			}
			if cfg.Allow, err = parseNetworks("sip-allow", allow); err != nil {
				return usageError{err}
			}
			if cfg.Proxies, err = parseNetworks("proxy", proxies); err != nil {
				return usageError{err}
			}
			if cfg.MediaPorts, err = parsePorts(ports); err != nil {
				return usageError{err}
			}
			if err := tracing.CheckURL(cfg.Traces); err != nil {
				return usageError{err}
			}
			level := slog.LevelInfo
			if verbose {
				level = slog.LevelDebug
			}
			cfg.Logger = slog.New(slog.NewTextHandler(e.err, &slog.HandlerOptions{Level: level}))
			s, err := service.Start(c.Context(), cfg)
			if err != nil {
				return err
			}
			announce(e, s, cfg)
			failed := make(chan error, 1)
			go func() { failed <- s.Wait() }()
			select {
			case <-c.Context().Done():
				e.say("Finishing what is under way ...")
				return s.Close()
			case err := <-failed:
				if cerr := s.Close(); err == nil {
					err = cerr
				}
				return err
			}
		},
	}
	dirFlag(c, &cfg.Dir)
	c.Flags().StringVar(&roles, "role", "", "board, registrar, booth: some of them, separated by commas (default all)")
	c.Flags().StringVar(&cfg.HTTP, "listen", defaultHTTP, "where the board's pages, API and files are served")
	c.Flags().StringVar(&proxies, "proxy", "", "networks of web servers in front of the board, such as 127.0.0.1/32: their\nX-Forwarded-For says whose requests are limited")
	c.Flags().BoolVar(&cfg.HTTPS, "https", false, "a web server in front speaks TLS: say https in addresses, and have browsers insist on it")
	c.Flags().StringVar(&cfg.Metrics, "metrics-listen", "", "where Prometheus can read the board's metrics, such as 127.0.0.1:9090; keep the public away")
	c.Flags().StringVar(&cfg.Traces, "traces", "", "collector of OpenTelemetry traces, such as http://127.0.0.1:4318 (OTLP over HTTP); wins over\nOTEL_EXPORTER_OTLP_ENDPOINT and OTEL_SDK_DISABLED. Without any of them nothing is sent")
	c.Flags().StringVar(&cfg.Private, "registrar-listen", "127.0.0.1:8081", "where a registrar without a booth listens")
	c.Flags().StringVar(&cfg.BoardURL, "board", defaultBoard, "the board's address, for a booth that runs without it")
	c.Flags().StringVar(&cfg.RegistrarURL, "registrar-url", "", "the registrar's address, for a booth that runs without it")
	c.Flags().StringVar(&cfg.SIP, "sip-listen", defaultSIP, "where the phone line listens (SIP over UDP)")
	c.Flags().StringVar(&cfg.Advertise, "sip-advertise", "", "address that callers reach the phone line at")
	c.Flags().StringVar(&allow, "sip-allow", "", "networks that may call, such as 203.0.113.0/24, separated by commas")
	c.Flags().StringVar(&ports, "media-ports", "", "UDP ports for sound, such as 20000-20999 (default any)")
	c.Flags().IntVar(&cfg.Lines, "lines", 32, "calls at the same time")
	c.Flags().BoolVar(&verbose, "verbose", false, "log more")
	return c
}

func announce(e *env, s *service.Service, cfg service.Config) {
	if len(cfg.Roles) == len(service.AllRoles) {
		e.say("All roles run in this one process, which is trusted for all of them: see SECURITY.md.")
	}
	if url := s.URL(); url != "" {
		e.say("Board, pages and API:  %s", url)
	}
	if url := s.MetricsURL(); url != "" {
		e.say("Metrics:               %s", url)
	}
	if url := s.TracesURL(); url != "" {
		e.say("Traces go to:          %s", url)
	}
	if url := s.RegistrarURL(); url != "" {
		e.say("Registrar:             %s", url)
	}
	if addr, ok := s.SIP(); ok {
		e.say("Phone line:            sip:rollcall@%s", addr)
	}
	e.say("Stop with Ctrl-C.")
}

// parseNetworks reads the networks that a flag names, separated by commas.
func parseNetworks(flag, s string) ([]netip.Prefix, error) {
	if s == "" {
		return nil, nil
	}
	var list []netip.Prefix
	for part := range strings.SplitSeq(s, ",") {
		p, err := netip.ParsePrefix(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("--%s: %q is no network such as 203.0.113.0/24", flag, part)
		}
		list = append(list, p)
	}
	return list, nil
}

func parsePorts(s string) (ports [2]uint16, err error) {
	if s == "" {
		return ports, nil
	}
	low, high, ok := strings.Cut(s, "-")
	a, err1 := strconv.ParseUint(low, 10, 16)
	b, err2 := strconv.ParseUint(high, 10, 16)
	if !ok || err1 != nil || err2 != nil || a == 0 || b < a {
		return ports, fmt.Errorf("--media-ports: %q is no range such as 20000-20999", s)
	}
	return [2]uint16{uint16(a), uint16(b)}, nil
}
