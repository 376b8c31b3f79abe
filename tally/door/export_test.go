package door

import (
	"context"
	"time"

	"rollcall/bulletin/entry"
)

// Remember is what Post does with an entry before it hands it to the log.
func (d *Door) Remember(e *entry.Entry) (forget func()) { return d.remember(e) }

// StepFor is Step, and says when Run would look again.
func (d *Door) StepFor(ctx context.Context) (time.Duration, error) { return d.step(ctx) }
