package election

import (
	"errors"

	"rollcall/internal/workspace"
)

// WriteKeys puts the keys beside the board that its server opens, so that `rollcall
// serve --role board` can go on with this election once it is closed here. The clock
// of that server is the real one: see Options.Began.
func (e *Election) WriteKeys() error {
	dir := workspace.Dir(e.Dir)
	return errors.Join(dir.WriteKey(workspace.Board, e.BoardKey), workspace.WriteSecret(dir.Key("log"), []byte(e.log.Marshal())))
}
