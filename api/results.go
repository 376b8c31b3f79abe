package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"rollcall/api/export"
	"rollcall/api/gen"
	"rollcall/api/public"
)

// reports makes the files of reports, each once: a report never changes, and one
// of some hundred units takes a second to make.
type reports struct {
	mu    sync.Mutex
	files map[string]func() ([]byte, error) // by report and form; under mu
}

// file returns a form of a report, made by make if it is asked for the first time.
func (r *reports) file(name string, make func() ([]byte, error)) ([]byte, error) {
	r.mu.Lock()
	once, ok := r.files[name]
	if !ok {
		once = sync.OnceValues(make)
		r.files[name] = once
	}
	r.mu.Unlock()
	return once()
}

// reportFile is the answer with a file of a report. It stands for every operation
// that has one.
type reportFile struct {
	kind, name string // of content, and to keep it under; no name shows it
	published  time.Time
	body       []byte
}

func (f reportFile) write(w http.ResponseWriter) error {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", forever)
	h.Set("Last-Modified", f.published.UTC().Format(http.TimeFormat))
	if f.name != "" {
		h.Set("Content-Disposition", "attachment; filename=\""+f.name+"\"")
	}
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(f.body)
	return err
}

// VisitGetResultResponse implements gen.GetResultResponseObject.
func (f reportFile) VisitGetResultResponse(w http.ResponseWriter) error { return f.write(w) }

// VisitGetResultNISTResponse implements gen.GetResultNISTResponseObject.
func (f reportFile) VisitGetResultNISTResponse(w http.ResponseWriter) error { return f.write(w) }

// VisitGetResultCSVResponse implements gen.GetResultCSVResponseObject.
func (f reportFile) VisitGetResultCSVResponse(w http.ResponseWriter) error { return f.write(w) }

// report returns the report with a number, or the error for one that is not out.
func (s *Server) report(ctx context.Context, version int) (*public.Report, error) {
	list, err := s.election.Reports(ctx)
	if err != nil {
		return nil, fmt.Errorf("reports: %w", err)
	}
	if version <= len(list) {
		return &list[version-1], nil
	}
	if len(list) > 0 && list[len(list)-1].Result != nil {
		return nil, fmt.Errorf("%w: report %d: there are %d", public.ErrNotFound, version, len(list))
	}
	status, err := s.election.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("status: %w", err)
	}
	return nil, &earlyError{status.Phase, s.votingEnds()}
}

// votingEnds is when the last window closes.
func (s *Server) votingEnds() time.Time {
	m := s.election.Manifest()
	return public.Unix(m.Windows[len(m.Windows)-1].To)
}

func reportStatus(r *public.Report) gen.ReportStatus {
	if r.Result == nil {
		return gen.Zero
	}
	return gen.Result
}

func (h handlers) GetResults(ctx context.Context, _ gen.GetResultsRequestObject) (gen.GetResultsResponseObject, error) {
	list, err := h.election.Reports(requestContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("reports: %w", err)
	}
	v := gen.Reports{Reports: make([]gen.ReportLink, len(list))}
	for i := range list {
		v.Reports[i] = gen.ReportLink{
			Version: i + 1, Status: reportStatus(&list[i]), Published: list[i].Published.UTC(), URL: reportURL(i + 1),
		}
	}
	if n := len(list); n > 0 {
		v.Latest = &n
	}
	return gen.GetResults200JSONResponse{Body: v}, nil
}

func reportURL(version int) string { return "/api/v1/results/" + strconv.Itoa(version) }

func (h handlers) GetLatestResult(ctx context.Context, _ gen.GetLatestResultRequestObject) (gen.GetLatestResultResponseObject, error) {
	list, err := h.election.Reports(requestContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("reports: %w", err)
	}
	if len(list) == 0 {
		_, err := h.report(requestContext(ctx), 1)
		return nil, err
	}
	where := reportURL(len(list))
	return gen.GetLatestResult307Response{Headers: gen.GetLatestResult307ResponseHeaders{Location: &where}}, nil
}

func (h handlers) GetResult(ctx context.Context, req gen.GetResultRequestObject) (gen.GetResultResponseObject, error) {
	report, err := h.report(requestContext(ctx), req.Version)
	if err != nil {
		return nil, err
	}
	body, err := h.reports.file(strconv.Itoa(req.Version), func() ([]byte, error) { return h.reportJSON(req.Version, report) })
	if err != nil {
		return nil, err
	}
	return reportFile{kind: "application/json", published: report.Published, body: body}, nil
}

// reportJSON is a report as this interface has it.
func (s *Server) reportJSON(version int, report *public.Report) ([]byte, error) {
	m := s.election.Manifest()
	v := gen.Report{
		Version: version, Status: reportStatus(report), Published: report.Published.UTC(), Election: string(s.election.ID()),
		Rehearsal: m.Rehearsal, Checkpoint: string(report.Checkpoint),
	}
	result := report.Result
	if result == nil {
		ends := s.votingEnds()
		v.NotBefore, result = &ends, &public.Result{}
	} else {
		v.Index, v.Trustees = &result.Index, &result.Trustees
	}
	contests, err := public.Tabulate(m, result)
	if err != nil {
		return nil, err
	}
	v.Contests = make([]gen.ContestResult, len(contests))
	none := s.pages.None()
	for i := range contests {
		v.Contests[i] = contestResultView(&contests[i], none)
	}
	return json.Marshal(v)
}

func (h handlers) GetResultNIST(ctx context.Context, req gen.GetResultNISTRequestObject) (gen.GetResultNISTResponseObject, error) {
	report, err := h.report(requestContext(ctx), req.Version)
	if err != nil {
		return nil, err
	}
	body, err := h.reports.file(strconv.Itoa(req.Version)+"/nist.json", func() ([]byte, error) {
		return export.NIST(h.exported(req.Version, report))
	})
	if err != nil {
		return nil, err
	}
	return reportFile{"application/json", h.fileName(req.Version, report, "nist.json"), report.Published, body}, nil
}

func (h handlers) GetResultCSV(ctx context.Context, req gen.GetResultCSVRequestObject) (gen.GetResultCSVResponseObject, error) {
	report, err := h.report(requestContext(ctx), req.Version)
	if err != nil {
		return nil, err
	}
	languages := h.election.Manifest().Languages
	lang := languages[0]
	if req.Params.Lang != nil {
		lang = *req.Params.Lang
	}
	if !slices.Contains(languages, lang) { // asked before anything is kept under it
		return nil, fmt.Errorf("%w: query parameter \"lang\": %w: %q", errRequest, export.ErrLanguage, lang)
	}
	end := "openelections." + lang + ".csv"
	body, err := h.reports.file(strconv.Itoa(req.Version)+"/"+end, func() ([]byte, error) {
		var table bytes.Buffer
		err := export.OpenElections(&table, h.exported(req.Version, report), lang)
		return table.Bytes(), err
	})
	if err != nil {
		return nil, err
	}
	return reportFile{"text/csv; charset=utf-8", h.fileName(req.Version, report, end), report.Published, body}, nil
}

// exported is a report as package export takes it.
func (s *Server) exported(version int, report *public.Report) export.Result {
	r := export.Result{Manifest: s.election.Manifest(), ID: string(s.election.ID()), Published: report.Published, Version: version}
	if report.Result != nil {
		r.Index, r.Parts = report.Result.Index, report.Result.Parts
	}
	return r
}

// fileName is what a report is kept under. A table can not say by itself which
// election it is of, and that nothing is decided or counted.
func (s *Server) fileName(version int, report *public.Report, end string) string {
	name := fmt.Sprintf("%s-report-%d-%s-", s.election.ID(), version, reportStatus(report))
	if s.election.Manifest().Rehearsal {
		name += "rehearsal-"
	}
	return name + end
}
