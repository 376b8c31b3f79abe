package boardclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Witnesses is how a board says that its witnesses fare. It is the board's own word.
type Witnesses struct {
	Quorum bool           `json:"quorum"` // enough cosigned when they were asked last
	Since  *time.Time     `json:"since"`  // from when on; nil before they were asked
	States []WitnessState `json:"states"`
}

// WitnessState is what one witness did when it was asked last: "answers", "silent",
// "refuses", "contradicts" if it has signed another history of the board, or "unknown"
// if it was not asked.
type WitnessState struct {
	Name  string     `json:"name"`
	State string     `json:"state"`
	Since *time.Time `json:"since,omitempty"`
}

// maxElection bounds the description of an election in bytes.
const maxElection = 16 << 20

// Witnesses asks the board how its witnesses fare. It returns nil where it has none.
func (c *Client) Witnesses(ctx context.Context) (*Witnesses, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"/api/v1/election", nil)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking the board of its witnesses: %w", err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxElection+1))
	if err != nil {
		return nil, fmt.Errorf("asking the board of its witnesses: %w", err)
	}
	var answer struct {
		Witnessing *Witnesses `json:"witnessing"`
	}
	if resp.StatusCode != http.StatusOK || len(b) > maxElection || json.Unmarshal(b, &answer) != nil {
		return nil, errors.New("asking the board of its witnesses: it does not say, as a copy of its files would not")
	}
	if w := answer.Witnessing; w != nil {
		for i := range w.States {
			w.States[i].Name, w.States[i].State = printable(w.States[i].Name), printable(w.States[i].State)
		}
	}
	return answer.Witnessing, nil
}
