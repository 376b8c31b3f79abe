package api

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/gin-gonic/gin"

	"rollcall/api/gen"
	"rollcall/api/public"
	"rollcall/bulletin/entry"
)

// handlers answers the operations of openapi.yaml. Whatever error it returns
// goes through Server.fail.
type handlers struct{ *Server }

// requestContext returns the context of the request itself: gin uses its own
// again for other requests.
func requestContext(ctx context.Context) context.Context {
	if c, ok := ctx.(*gin.Context); ok {
		return c.Request.Context()
	}
	return ctx
}

func (h handlers) GetElection(ctx context.Context, _ gen.GetElectionRequestObject) (gen.GetElectionResponseObject, error) {
	ctx = requestContext(ctx)
	status, err := h.election.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("status: %w", err)
	}
	result, err := h.election.Result(ctx)
	if err != nil {
		return nil, fmt.Errorf("result: %w", err)
	}
	return gen.GetElection200JSONResponse{Body: electionView(h.election, status, result != nil, h.looked.atLeast())}, nil
}

func (h handlers) GetTurnout(ctx context.Context, _ gen.GetTurnoutRequestObject) (gen.GetTurnoutResponseObject, error) {
	ctx = requestContext(ctx)
	status, err := h.election.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("status: %w", err)
	}
	units, err := h.election.Turnout(ctx)
	if err != nil {
		return nil, fmt.Errorf("turnout: %w", err)
	}
	v := gen.Turnout{AsOf: optional(status.LastTick), Voters: status.Voters, Ballots: ballotsView(status.Ballots), Units: make([]gen.UnitTurnout, len(units))}
	for i, u := range units {
		v.Units[i] = gen.UnitTurnout{Unit: u.Unit, Voters: u.Voters, Cast: u.Cast}
	}
	return gen.GetTurnout200JSONResponse{Body: v}, nil
}

func (h handlers) GetReceipts(ctx context.Context, req gen.GetReceiptsRequestObject) (gen.GetReceiptsResponseObject, error) {
	n, err := public.ParseNumber(req.Number)
	if err != nil {
		return nil, err
	}
	matches, err := public.Find(requestContext(ctx), h.election, n)
	if err != nil {
		return nil, err
	}
	h.looked.note(matches)
	if len(matches) == 0 {
		return nil, fmt.Errorf("%w: no ballot has this number", public.ErrNotFound)
	}
	m := h.election.Manifest()
	views := make([]gen.Receipt, len(matches))
	for i := range matches {
		if views[i], err = receiptView(m, &matches[i]); err != nil {
			return nil, err
		}
	}
	return gen.GetReceipts200JSONResponse{Matches: views}, nil
}

func (h handlers) PostEntry(ctx context.Context, req gen.PostEntryRequestObject) (gen.PostEntryResponseObject, error) {
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, fmt.Errorf("%w: body: %w", errRequest, err)
	}
	if _, err := entry.Decode(raw); err != nil {
		return nil, fmt.Errorf("%w: %w", errUndecodable, err)
	}
	select {
	case h.appends <- struct{}{}:
		defer func() { <-h.appends }()
	default:
		return nil, fmt.Errorf("%w: %d appends in flight", public.ErrBusy, maxAppends)
	}
	posted, err := h.election.Post(requestContext(ctx), raw)
	if err != nil {
		return nil, err
	}
	body := gen.Posted{Index: posted.Index, Leaf: fmt.Sprintf("%x", posted.Leaf)}
	if posted.Known {
		return gen.PostEntry200JSONResponse(body), nil
	}
	where := fmt.Sprintf("/api/v1/entries/%d", posted.Index)
	return gen.PostEntry201JSONResponse{Body: body, Headers: gen.PostEntry201ResponseHeaders{Location: &where}}, nil
}

func (h handlers) GetEntry(ctx context.Context, req gen.GetEntryRequestObject) (gen.GetEntryResponseObject, error) {
	entries, err := h.election.Entries(requestContext(ctx), req.Index, 1)
	if err != nil {
		return nil, fmt.Errorf("entry %d: %w", req.Index, err)
	}
	raw := entries[0]
	cache := forever
	head := gen.GetEntry200ResponseHeaders{CacheControl: &cache}
	if req.Params.Format == nil || *req.Params.Format == gen.Cbor {
		return gen.GetEntry200ApplicationCborResponse{
			Body: bytes.NewReader(raw), ContentLength: int64(len(raw)), Headers: head,
		}, nil
	}
	view, err := entryView(req.Index, raw)
	if err != nil {
		return nil, fmt.Errorf("entry %d: %w", req.Index, err)
	}
	return gen.GetEntry200JSONResponse{Body: view, Headers: head}, nil
}

func (h handlers) GetProof(ctx context.Context, req gen.GetProofRequestObject) (gen.GetProofResponseObject, error) {
	proof, err := h.election.Receipt(requestContext(ctx), req.Index)
	if err != nil {
		return nil, fmt.Errorf("proof of entry %d: %w", req.Index, err)
	}
	name := fmt.Sprintf("attachment; filename=\"rollcall-%d.tlog-proof\"", req.Index)
	return gen.GetProof200TextResponse{
		Body: string(proof), Headers: gen.GetProof200ResponseHeaders{ContentDisposition: &name},
	}, nil
}
