//go:build !unix

package load

import "time"

func processorTime() time.Duration { return 0 }
