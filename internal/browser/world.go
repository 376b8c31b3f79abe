package browser

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// world is the name of the isolated world that the harness looks from. It
// shares the document with the page's scripts and none of their names, and the
// page's content security policy does not bind it.
const world = "rollcall"

// evaluate evaluates an expression in the isolated world of the document that
// is shown now; a new document has a new one. A promise is waited for.
func evaluate(expression string, byValue bool) chromedp.Action[*runtime.RemoteObject] {
	return func(ctx context.Context, s *chromedp.Target) (*runtime.RemoteObject, error) {
		tree, err := cdp.Call(ctx, s, page.GetFrameTree, cdp.Empty{})
		if err != nil {
			return nil, err
		}
		// The same name of the same document is the same world.
		w, err := cdp.Call(ctx, s, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{
			FrameID: tree.FrameTree.Frame.ID, WorldName: world,
		})
		if err != nil {
			return nil, err
		}
		wait := true
		r, err := cdp.Call(ctx, s, runtime.Evaluate, runtime.EvaluateParams{
			Expression: expression, ContextID: w.ExecutionContextID, ReturnByValue: &byValue, AwaitPromise: &wait,
		})
		if err != nil {
			return nil, err
		}
		if r.ExceptionDetails != nil {
			return nil, &chromedp.ExceptionError{ExceptionDetails: r.ExceptionDetails}
		}
		return r.Result, nil
	}
}

// look evaluates an expression in the isolated world and decodes its JSON into
// out, unless that is nil.
func (p *Page) look(expression string, out any) {
	p.t.Helper()
	p.decode(run(p, "looking at the page", evaluate(expression, true)).Value, out)
}
