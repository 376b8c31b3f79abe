package door

import "rollcall/bulletin/entry"

// Remember is what Post does with an entry before it hands it to the log.
func (d *Door) Remember(e *entry.Entry) (forget func()) { return d.remember(e) }
