package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.opentelemetry.io/otel/trace"

	"rollcall/api"
	"rollcall/api/live"
	"rollcall/bulletin"
	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/hint"
	"rollcall/internal/workspace"
	"rollcall/tally/door"
	"rollcall/tally/record"
)

// board is the log, its door and clock, and what serves them.
type board struct {
	door  *door.Door
	log   *bulletin.Board
	api   *api.Server
	hooks *live.Webhooks // nil without subscribers
}

// metricsTimeout bounds a request for the metrics.
const metricsTimeout = 15 * time.Second

// hintPause is how often hints are made for what the board has published.
const hintPause = 5 * time.Second

// OpenBoard opens the board of a directory without serving it, and without asking
// witnesses: what it publishes, they have not seen.
func OpenBoard(ctx context.Context, dir workspace.Dir, cfg door.Config) (*door.Door, *bulletin.Board, error) {
	return openBoard(ctx, dir, cfg, nil, nil)
}

// openBoard is OpenBoard with its appends watched, unless watch is nil, and what it
// publishes cosigned, unless witnesses is nil.
func openBoard(ctx context.Context, dir workspace.Dir, cfg door.Config, watch *stages, witnesses *quorum) (*door.Door, *bulletin.Board, error) {
	key, err := dir.ReadKey(workspace.Board)
	if err != nil {
		return nil, nil, err
	}
	text, err := workspace.ReadSecret(dir.Key("log"))
	if err != nil {
		return nil, nil, err
	}
	signer, err := checkpoint.ParseSigner(string(text))
	clear(text)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", dir.Key("log"), err)
	}
	cfg.BoardKey = key
	var log *bulletin.Board
	at := bulletin.Config{Database: dir.Database(), Dir: dir.Public(), Signer: signer}
	if witnesses != nil {
		at.Cosign = witnesses.cosign
		cfg.Cosigned = cosigned(func() *bulletin.Board { return log })
	}
	d := door.New(cfg)
	admitter := d.Admitter()
	if watch != nil {
		admitter = watch.admitter(admitter)
	}
	at.Admitter = admitter
	log, err = bulletin.Open(ctx, at)
	if err != nil {
		return nil, nil, err
	}
	if watch != nil {
		d.Attach(tracedLog{log, watch})
	} else {
		d.Attach(log)
	}
	return d, log, nil
}

func (s *Service) startBoard(ctx, run context.Context) error {
	dir := workspace.Dir(s.cfg.Dir)
	b := &board{}
	s.board = b
	var watch *stages
	var requests trace.Tracer
	if s.traces != nil {
		requests, watch = s.traces.Tracer(), &stages{tracer: s.traces.Tracer()}
	}
	group, err := readWitnesses(dir, s.cfg.Logger)
	if err != nil {
		return err
	}
	witnesses := newQuorum(group)
	if b.door, b.log, err = openBoard(ctx, dir, door.Config{Logger: s.cfg.Logger}, watch, witnesses); err != nil {
		return err
	}
	if b.door.State().Manifest() == nil {
		// init stopped between writing the manifest and posting it.
		raw, err := os.ReadFile(dir.ManifestEntry())
		if err != nil {
			return err
		}
		if _, err := b.door.Post(ctx, raw); err != nil {
			return err
		}
	}
	s.compare(b.door.State().Manifest())
	reports := &reports{dir: dir, door: b.door, board: b.log}
	news := &news{door: b.door, reports: reports, hub: live.NewHub(live.HubConfig{})}
	reports.tell = news.tell
	told := &told{b.door, b.log, reports, &ownCheck{}, witnesses}
	if news.hooks, err = webhooks(dir, told, s.cfg.Logger); err != nil {
		return err
	}
	b.hooks = news.hooks
	lookedUp, err := readLookups(dir)
	if err != nil {
		return err
	}
	b.api, err = api.New(api.Config{
		Election: told, Board: dir.Public(), Zone: time.Local, Log: s.cfg.Logger, Hub: news.hub, LookedUp: lookedUp,
		Proxies: s.cfg.Proxies, HTTPS: s.cfg.HTTPS, Tracer: requests, Collectors: s.collectors(witnesses),
	})
	if err != nil {
		return err
	}
	if s.cfg.Metrics != "" {
		l, err := net.Listen("tcp", s.cfg.Metrics)
		if err != nil {
			return fmt.Errorf("metrics: %w", err)
		}
		s.addrs.metrics = l.Addr()
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", b.api.Metrics())
		server := &http.Server{Handler: mux, ReadHeaderTimeout: metricsTimeout, ReadTimeout: metricsTimeout, WriteTimeout: metricsTimeout}
		s.http = append(s.http, server)
		s.tasks.Go(func() error {
			if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("metrics: %w", err)
			}
			return nil
		})
	}
	l, err := s.listen(s.cfg.HTTP)
	if err != nil {
		return err
	}
	s.addrs.http = l.Addr()
	s.tasks.Go(func() error { return b.api.Serve(l) })
	s.tasks.Go(func() error { return b.door.Run(run) })
	if witnesses != nil {
		s.tasks.Go(func() error {
			return witnesses.watch(run, b.log, probePause, func() bool {
				phase := b.door.State().Phase()
				return phase == record.PhaseOpen || phase == record.PhaseClosing
			})
		})
	}
	s.tasks.Go(func() error { return reports.follow(run) })
	s.tasks.Go(func() error { return news.follow(run) })
	s.tasks.Go(func() error { return s.checkOnceCounted(run, dir, b.door, told.own) })
	if s.traces != nil {
		s.tasks.Go(func() error { return traceTotals(run, requests, b.door) })
	}
	s.tasks.Go(func() error { return s.keepLookups(run, dir, b.api.LookedUp) })
	s.tasks.Go(func() error { // a board without hints is slower to verify, and nothing else
		hint.Follow(run, dir.Public(), hintPause, func(err error) { s.cfg.Logger.Warn("a bundle is without hints", "error", err) })
		return nil
	})
	return nil
}

// collectors are metrics of the process, which are not the server's own to know:
// their package brings database/sql along.
func (s *Service) collectors(witnesses *quorum) []prometheus.Collector {
	list := []prometheus.Collector{collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})}
	if witnesses != nil {
		list = append(list, witnesses)
	}
	if s.traces == nil {
		return list
	}
	counter := func(name, help string, value func() uint64) {
		list = append(list, prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(value()) }))
	}
	counter("rollcall_trace_spans_total", "Spans of traces that were to be sent.", func() uint64 { ended, _ := s.traces.Counts(); return ended })
	counter("rollcall_trace_spans_sent_total", "Spans of traces that the collector has taken.", func() uint64 { _, sent := s.traces.Counts(); return sent })
	return list
}

// webhooks begins to deliver to the subscribers of a directory, if it has any.
func webhooks(dir workspace.Dir, told *told, log *slog.Logger) (*live.Webhooks, error) {
	if !exists(dir.Webhooks()) {
		return nil, nil
	}
	endpoints, err := live.ReadEndpoints(dir.Webhooks())
	if err != nil {
		return nil, err
	}
	return live.NewWebhooks(live.WebhooksConfig{Election: string(told.ID()), Endpoints: endpoints, Log: log})
}
