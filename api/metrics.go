package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"rollcall/api/public"
)

// metrics are numbers for whoever runs the server, in the form of Prometheus. A
// route is its pattern and never what stands in it; nobody's address is a label.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

// scrapeTimeout bounds what a scrape asks of the election.
const scrapeTimeout = 5 * time.Second

func newMetrics(s *Server, more []prometheus.Collector) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rollcall_http_requests_total", Help: "Requests answered.",
		}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "rollcall_http_request_seconds", Help: "Time until a request was answered; streams of events are left out.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5, 20},
		}, []string{"route"}),
	}
	m.registry.MustRegister(m.requests, m.seconds, &boardCollector{s})
	m.registry.MustRegister(more...)
	return m
}

// Metrics returns the handler of the metrics. It is for the operator's own network:
// serve it where the public is not.
func (s *Server) Metrics() http.Handler {
	return promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// measure counts a request and its time, and logs it for who wants every line:
// neither says who asked, or for what number.
func (s *Server) measure(c *gin.Context) {
	start := time.Now()
	c.Next()
	method, route := kind(c)
	elapsed := time.Since(start)
	s.metrics.requests.WithLabelValues(method, route, strconv.Itoa(c.Writer.Status())).Inc()
	if route != eventsPath {
		s.metrics.seconds.WithLabelValues(route).Observe(elapsed.Seconds())
	}
	s.log.Debug("answered", "method", method, "route", route, "status", c.Writer.Status(), "elapsed", elapsed)
}

// kind tells a request by method and route, in words that no client chooses.
func kind(c *gin.Context) (method, route string) {
	if route = c.FullPath(); route == "" {
		route = "none"
	}
	switch method = c.Request.Method; method {
	case http.MethodGet, http.MethodPost, http.MethodHead, http.MethodOptions:
		return method, route
	}
	return "other", route // a client may call it anything
}

// boardCollector tells the state of the board when it is asked.
type boardCollector struct{ server *Server }

var (
	entriesDesc   = prometheus.NewDesc("rollcall_board_entries", "Entries on the board.", nil, nil)
	ballotsDesc   = prometheus.NewDesc("rollcall_ballots", "Ballots by what has become of them.", []string{"state"}, nil)
	votersDesc    = prometheus.NewDesc("rollcall_voters", "Voters on the roll.", nil, nil)
	phaseDesc     = prometheus.NewDesc("rollcall_phase", "1 for the phase that the election is in.", []string{"phase"}, nil)
	tickDesc      = prometheus.NewDesc("rollcall_last_tick_timestamp_seconds", "Time of the last valid tick; an open board ticks once a minute at least.", nil, nil)
	appendsDesc   = prometheus.NewDesc("rollcall_appends_in_flight", "Entries that are being appended for somebody.", nil, nil)
	followersDesc = prometheus.NewDesc("rollcall_followers", "Streams of events that are open.", nil, nil)
	lookedDesc    = prometheus.NewDesc("rollcall_looked_up_ballots", "Cast ballots that somebody has looked up, at least.", nil, nil)
)

// Describe implements prometheus.Collector.
func (b *boardCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{entriesDesc, ballotsDesc, votersDesc, phaseDesc, tickDesc, appendsDesc, followersDesc, lookedDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (b *boardCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	s := b.server
	gauge(appendsDesc, float64(len(s.appends)))
	gauge(lookedDesc, float64(s.looked.atLeast()))
	if s.hub != nil {
		gauge(followersDesc, float64(s.hub.Followers()))
	}
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	status, err := s.election.Status(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(entriesDesc, err)
		return
	}
	gauge(entriesDesc, float64(status.Size))
	gauge(votersDesc, float64(status.Voters))
	gauge(ballotsDesc, float64(status.Ballots.Cast), "cast")
	gauge(ballotsDesc, float64(status.Ballots.Tested), "tested")
	gauge(ballotsDesc, float64(status.Ballots.Undecided), "undecided")
	gauge(ballotsDesc, float64(status.Ballots.Void), "void")
	for _, p := range []public.Phase{public.PhaseSetup, public.PhaseOpen, public.PhaseClosing, public.PhaseEnded} {
		is := 0.0
		if status.Phase == p {
			is = 1
		}
		gauge(phaseDesc, is, string(p))
	}
	if !status.LastTick.IsZero() {
		gauge(tickDesc, float64(status.LastTick.Unix()))
	}
}
