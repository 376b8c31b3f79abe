package election

import (
	"context"
	"fmt"

	"rollcall/tally/booth"
)

// Restart closes the board and opens it again, as after a crash: door and state
// are made anew from the database.
func (e *Election) Restart(ctx context.Context) error {
	if err := e.Board.Close(); err != nil {
		return fmt.Errorf("closing the board: %w", err)
	}
	if err := e.openBoard(ctx); err != nil {
		return err
	}
	if e.Booth == nil {
		return nil
	}
	var err error
	e.Booth, err = booth.New(e.Manifest, e.Hash, e.Shares[0].Public.JointKey, e.BoothKey, e.Door)
	return err
}
