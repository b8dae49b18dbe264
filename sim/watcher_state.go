package sim

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"pindrop/results/history"
)

// revisions writes down every revision of the state, oldest first, as the server keeps them: its own record of every
// write, whoever thinks what of it. It returns how many there are.
func (w *watcher) revisions() (count int64, err error) {
	if w.run.site.plan.Scenario.State == nil {
		return 0, nil
	}
	err = direct(w.nc, w.run.site.api, bucketStream(w.run.site.stream), func(msg *nats.Msg) error {
		e, err := w.revision(msg)
		if err == nil {
			w.run.site.rec.write(w.log, e)
			count++
		}
		return err
	})
	if err != nil {
		return count, fmt.Errorf("read the state: %w", err)
	}
	return count, nil
}

// revision reads one of them.
func (w *watcher) revision(msg *nats.Msg) (*history.Event, error) {
	var v value
	if err := json.Unmarshal(msg.Data, &v); err != nil {
		return nil, fmt.Errorf("an entry that is none: %w", err)
	}
	stored, err := time.Parse(time.RFC3339Nano, msg.Header.Get("Nats-Time-Stamp"))
	if err != nil {
		return nil, err
	}
	if v.revision, err = strconv.ParseUint(msg.Header.Get("Nats-Sequence"), 10, 64); err != nil {
		return nil, err
	}
	key := strings.TrimPrefix(msg.Header.Get("Nats-Subject"), "$KV."+w.run.site.stream+".")
	return v.written(key, int64(stored.Sub(w.run.site.rec.origin))), nil
}
